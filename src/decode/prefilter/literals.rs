//! What the scan searches for: hashtags and words, each by a fragment that is seldom seen.

use std::ops::RangeInclusive;

use crate::decode::boundary::{BEFORE_HASHTAG, FRAGMENT, is_short};

use super::words::{Follows, Word};

/// A text to search for, by a fragment of it.
#[derive(Clone, Debug)]
pub(super) struct Literal {
    /// Folded: ASCII letters are small.
    text: Vec<u8>,
    /// Where in the text the fragment begins.
    fragment: RangeInclusive<usize>,
    check: Check,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Check {
    /// Any case, anywhere.
    Hashtag,
    /// Any case, after one of [`BEFORE_HASHTAG`].
    ShortHashtag,
    /// To the letter.
    Word(Follows),
}

impl Literal {
    /// A hashtag, folded.
    pub(super) fn hashtag(tag: &str) -> Literal {
        let text = tag.as_bytes().to_vec();
        let check = if is_short(tag) { Check::ShortHashtag } else { Check::Hashtag };
        let fragment = rarest_fragment(&text);
        Literal { text, fragment, check }
    }

    /// A word that marks messages.
    pub(super) fn word(Word { text: word, follows }: Word) -> Literal {
        // The quote behind it may be escaped, in JSON in a string.
        let text = word.strip_suffix('"').unwrap_or(word).as_bytes().to_vec();
        let fragment = rarest_fragment(&text);
        Literal { text, fragment, check: Check::Word(follows) }
    }

    /// The byte strings of which one stands wherever this literal does.
    pub(super) fn patterns(&self) -> Vec<Vec<u8>> {
        let fragment = &self.text[self.fragment.clone()];
        match self.check {
            Check::Word(_) => vec![fragment.to_vec()],
            Check::Hashtag => cases(fragment),
            Check::ShortHashtag => BEFORE_HASHTAG
                .iter()
                .flat_map(|&before| {
                    cases(fragment).into_iter().map(move |case| [&[before], &case[..]].concat())
                })
                .collect(),
        }
    }

    /// Whether the literal stands where one of its patterns was found.
    pub(super) fn stands_at(&self, block: &[u8], pattern: usize) -> bool {
        let before = usize::from(self.check == Check::ShortHashtag);
        let Some(start) = (pattern + before).checked_sub(*self.fragment.start()) else {
            return false;
        };
        let Some(text) = block.get(start..start + self.text.len()) else {
            return false;
        };
        match self.check {
            Check::Hashtag => text.eq_ignore_ascii_case(&self.text),
            Check::ShortHashtag => {
                text.eq_ignore_ascii_case(&self.text) && BEFORE_HASHTAG.contains(&block[pattern])
            }
            Check::Word(_) if text != self.text => false,
            Check::Word(follows) => {
                let after = &block[start + self.text.len()..];
                let escapes = after.iter().take_while(|&&byte| byte == b'\\').count();
                after.get(escapes) == Some(&b'"') && follows.holds(&after[escapes + 1..])
            }
        }
    }
}

/// The fragment whose letters are seldom seen in messages.
fn rarest_fragment(text: &[u8]) -> RangeInclusive<usize> {
    // Letters by how often they stand in English; keys and ids are spread evenly anyway.
    const COMMON: &[u8] = b"zqxjkvbpygfwmucldrhsnioate\"";
    // A name in each post of a firehose: its letters are found everywhere.
    const EVERYWHERE: &[u8] = b"commit";
    let cost = |window: &[u8]| -> usize {
        let letters: usize =
            window.iter().map(|byte| COMMON.iter().position(|c| c == byte).unwrap_or(5)).sum();
        let is_everywhere = EVERYWHERE.windows(window.len()).any(|other| other == window);
        letters + if is_everywhere { COMMON.len() } else { 0 }
    };
    let len = text.len().min(FRAGMENT);
    let start = (0..=text.len() - len)
        .min_by_key(|&start| cost(&text[start..start + len]))
        .expect("a literal is not empty");
    start..=start + len - 1
}

/// `text` with its ASCII letters in all combinations of small and large.
fn cases(text: &[u8]) -> Vec<Vec<u8>> {
    text.iter().fold(vec![Vec::new()], |cases, &byte| {
        let mut spellings = vec![byte];
        if byte.is_ascii_lowercase() {
            spellings.push(byte.to_ascii_uppercase());
        }
        let extended = cases.iter().flat_map(|case| {
            spellings.iter().map(move |&spelling| [&case[..], &[spelling]].concat())
        });
        extended.collect()
    })
}
