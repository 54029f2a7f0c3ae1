//! The hashtags of a plain text, by the rules of the twitter-text standard.

use std::iter::FusedIterator;
use std::ops::Range;

use memchr::memchr2;
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory as _};

use super::link::Links;

/// The hashtags of a text in their order, as written, without the `#`.
///
/// These are what the twitter-text standard finds, but for the following:
/// - Letters, marks and digits are those of `unicode-properties`, which knows a newer Unicode. The
///   standard's tables lack some 43 000 characters assigned since, most of them ideographs, and
///   have 68 private-use characters from U+F870 to U+F8D6, which are no letters here.
/// - After `http://` or `https://` any host makes a link, so that a fragment at `localhost` or at
///   an address in numbers is no hashtag. The standard wants a name in a top-level domain, and has
///   punctuation of other scripts, even `＃`, in names.
/// - Without a scheme, the list of top-level domains is shorter, though just as fixed. A name that
///   is no link because of the `/`, `.`, `-` or `_` before it hides no link after it.
/// - A link may be of any length.
///
/// ```
/// # use hashtug::hashtag::extract;
/// let text = "#Tabs, not #spaces! See https://example.com/#why";
/// assert_eq!(extract(text).collect::<Vec<_>>(), ["Tabs", "spaces"]);
/// ```
pub fn extract(text: &str) -> Extract<'_> {
    Extract { text, at: 0, links: Links::default() }
}

/// The hashtags of one text; see [`extract`].
#[derive(Clone, Debug)]
#[must_use = "hashtags are found as the iterator is driven"]
pub struct Extract<'a> {
    text: &'a str,
    /// No hashtag that is still to come has its hash before this.
    at: usize,
    links: Links,
}

impl<'a> Iterator for Extract<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        while let Some(hash) = find_hash(self.text, self.at) {
            self.at = hash.end;
            let rest = &self.text[hash.end..];
            // A hash with one of these is the keycap emoji.
            if !may_open(&self.text[..hash.start]) || rest.starts_with(['\u{FE0F}', '\u{20E3}']) {
                continue;
            }
            let (tag, has_letter) = split_tag(rest);
            self.at += tag.len();
            if !has_letter {
                continue;
            }
            let after = &rest[tag.len()..];
            if let Some(second) = after.chars().next().filter(|&c| is_hash(c)) {
                // The standard's match took the character before the second hash, so that one
                // cannot open a hashtag either.
                self.at += second.len_utf8();
            } else if !after.starts_with("://") && !self.links.cover(self.text, hash.start) {
                self.links.floor = self.at;
                return Some(tag);
            }
        }
        self.at = self.text.len();
        None
    }
}

impl FusedIterator for Extract<'_> {}

/// The first `#` or `＃` at or after `from`.
fn find_hash(text: &str, from: usize) -> Option<Range<usize>> {
    const WIDE: &[u8] = "＃".as_bytes();
    let bytes = text.as_bytes();
    let mut at = from;
    loop {
        at += memchr2(b'#', WIDE[0], &bytes[at..])?;
        if bytes[at] == b'#' {
            return Some(at..at + 1);
        }
        if bytes[at..].starts_with(WIDE) {
            return Some(at..at + WIDE.len());
        }
        at += 1;
    }
}

pub(super) fn is_hash(c: char) -> bool {
    matches!(c, '#' | '＃')
}

/// Whether a hash after this text can open a hashtag: not in the middle of a word, nor in `&#35;`.
fn may_open(before: &str) -> bool {
    before.chars().next_back().is_none_or(|c| match c {
        // These are marks, yet a hashtag may follow an emoji that ends in one.
        '\u{FE0E}' | '\u{FE0F}' => true,
        '&' => false,
        _ => Part::of(c).is_none(),
    })
}

/// The characters at the start that a hashtag may have, and whether a letter or mark is among them.
fn split_tag(text: &str) -> (&str, bool) {
    let mut has_letter = false;
    let end = text.find(|c| match Part::of(c) {
        Some(part) => {
            has_letter |= part == Part::Letter;
            false
        }
        None => true,
    });
    (&text[..end.unwrap_or(text.len())], has_letter)
}

/// What a character is to a hashtag that has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// A letter or mark, of which a hashtag has at least one.
    Letter,
    /// A digit, or one of the few other characters that are written inside words.
    Filler,
}

impl Part {
    pub(super) fn of(c: char) -> Option<Part> {
        match c {
            'a'..='z' | 'A'..='Z' => Some(Part::Letter),
            _ if c.is_ascii_digit() || is_inner(c) => Some(Part::Filler),
            // The rest of ASCII is common and needs no look into the tables.
            '\0'..='\x7F' => None,
            _ => match c.general_category() {
                GeneralCategory::UppercaseLetter
                | GeneralCategory::LowercaseLetter
                | GeneralCategory::TitlecaseLetter
                | GeneralCategory::ModifierLetter
                | GeneralCategory::OtherLetter
                | GeneralCategory::NonspacingMark
                | GeneralCategory::SpacingMark
                | GeneralCategory::EnclosingMark => Some(Part::Letter),
                GeneralCategory::DecimalNumber => Some(Part::Filler),
                _ => None,
            },
        }
    }
}

/// What is neither letter, mark nor digit and yet is written inside words.
fn is_inner(c: char) -> bool {
    matches!(
        c,
        '_'
            // Middle dot; the Hebrew maqaf, geresh and gershayim; two Tibetan syllable marks.
            | '·' | '\u{05BE}' | '\u{05F3}' | '\u{05F4}' | '\u{0F0B}' | '\u{0F0C}'
            // Non-joiner and joiner; the Cyrillic kavyka.
            | '\u{200C}' | '\u{200D}' | '\u{A67E}'
            // Of Japanese: ditto mark, wave dash and the tilde typed for it, the two voicing
            // marks, double hyphen, middle dot.
            | '〃' | '〜' | '～' | '゛' | '゜' | '゠' | '・'
    )
}
