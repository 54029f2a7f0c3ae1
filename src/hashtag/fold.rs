//! The keys on which hashtags compare.

use std::borrow::Cow;

use caseless::Caseless as _;
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::{canonical_combining_class, compose};

/// The key on which hashtags compare: two hashtags are the same if and only if their keys are.
///
/// One leading `#`, `＃` or `﹟` is dropped, and so are the characters that only choose how others
/// look: joiners, non-joiners and variation selectors. The rest is normalised (NFKC), folded in
/// full (`ß` to `ss`, `ς` to `σ`), and normalised again.
///
/// A key is its own key, except where it begins with another `#`: only one is dropped at a time,
/// as some clients write `##tag` for a hashtag `#tag`.
///
/// ```
/// # use hashtug::hashtag::fold;
/// assert_eq!(fold("#Straße"), "strasse");
/// assert_eq!(fold("ｃａｔｓ"), fold("CATS"));
/// assert_ne!(fold("cat"), fold("catalog"));
/// ```
#[must_use]
pub fn fold(tag: &str) -> String {
    let mut folded = String::with_capacity(tag.len());
    fold_into(tag, &mut folded);
    folded
}

/// The same as [`fold`], into a buffer whose former contents are cleared.
///
/// While the buffer has room, ASCII costs no allocation and no look into a Unicode table; other
/// text allocates only for more than four combining marks on one letter.
pub fn fold_into(tag: &str, out: &mut String) {
    out.clear();
    if tag.is_ascii() {
        out.push_str(tag.strip_prefix('#').unwrap_or(tag));
        out.make_ascii_lowercase();
        return;
    }
    // Invisible characters go first. Dropped last, one that stood between a letter and its accent
    // would leave a key that is not normalised; no step after this brings one in.
    let mut visible = tag.chars().filter(|&c| !is_invisible(c)).peekable();
    visible.next_if(|&c| matches!(c, '#' | '＃' | '﹟'));
    out.extend(visible.nfkc().default_case_fold().nfkc());
}

/// Whether a character only chooses how its neighbours look: joiners and variation selectors.
///
/// The Mongolian selectors are among them: Unicode gives them the same property, and they too
/// choose between shapes of one letter. The Mongolian vowel separator (U+180E) is not: it has not
/// that property, and it parts a word from its suffix.
pub(super) fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{200C}' | '\u{200D}'
            | '\u{FE00}'..='\u{FE0F}'
            | '\u{E0100}'..='\u{E01EF}'
            | '\u{180B}'..='\u{180D}'
            | '\u{180F}'
    )
}

/// The key of a Mastodon server, from that of [`fold`]: accents are dropped from the Latin letters
/// on the server's list, and nothing else changes.
///
/// The list is that of Western and Central European letters (`à` to `a`, `ø` to `o`, `ł` to `l`,
/// `đ` and `ð` to `d`, `ŋ` to `n`). As on the server, ligatures stay (`æ`, `œ`, `þ`), and so do
/// letters of later Unicode blocks: the Romanian `ș` and the Vietnamese `ạ` keep their marks.
///
/// A server sends what is left, and folding that must lead here again. So an accent that meets its
/// bare letter only now (`ø` with a grave accent is `o` with one) is put on it and dropped in turn.
///
/// ```
/// # use hashtug::hashtag::{fold, fold_latin};
/// assert_eq!(fold_latin(&fold("#Köln")), "koln");
/// ```
#[must_use]
pub fn fold_latin(folded: &str) -> Cow<'_, str> {
    let Some(first) = folded.find(|c| bare_latin(c) != c) else {
        return Cow::Borrowed(folded);
    };
    let (unchanged, rest) = folded.split_at(first);
    let mut out = String::with_capacity(folded.len());
    out.push_str(unchanged);
    let mut chars = rest.chars().peekable();
    while let Some(accented) = chars.next() {
        let mut letter = bare_latin(accented);
        if letter == accented {
            out.push(letter);
            continue;
        }
        // Composition as in NFC: a mark is blocked from the letter by one before it that stayed
        // and has the same class.
        let at = out.len();
        let mut last_class = 0;
        while let Some(mark) = chars.next_if(|&c| canonical_combining_class(c) != 0) {
            let class = canonical_combining_class(mark);
            if let Some(composed) = compose(letter, mark).filter(|_| class != last_class) {
                letter = bare_latin(composed);
            } else {
                last_class = class;
                out.push(mark);
            }
        }
        out.insert(at, letter);
    }
    Cow::Owned(out)
}

/// The ASCII letter that a Mastodon server has for a folded letter, or the letter itself.
pub(super) fn bare_latin(c: char) -> char {
    match c {
        'à'..='å' | 'ā' | 'ă' | 'ą' => 'a',
        'ç' | 'ć' | 'ĉ' | 'ċ' | 'č' => 'c',
        'ð' | 'ď' | 'đ' => 'd',
        'è'..='ë' | 'ē' | 'ĕ' | 'ė' | 'ę' | 'ě' => 'e',
        'ĝ' | 'ğ' | 'ġ' | 'ģ' => 'g',
        'ĥ' | 'ħ' => 'h',
        'ì'..='ï' | 'ĩ' | 'ī' | 'ĭ' | 'į' | 'ı' => 'i',
        'ĵ' => 'j',
        'ķ' | 'ĸ' => 'k',
        'ĺ' | 'ļ' | 'ľ' | 'ŀ' | 'ł' => 'l',
        'ñ' | 'ń' | 'ņ' | 'ň' | 'ŉ' | 'ŋ' => 'n',
        'ò'..='ö' | 'ø' | 'ō' | 'ŏ' | 'ő' => 'o',
        'ŕ' | 'ŗ' | 'ř' => 'r',
        'ś' | 'ŝ' | 'ş' | 'š' | 'ſ' => 's',
        'ţ' | 'ť' | 'ŧ' => 't',
        'ù'..='ü' | 'ũ' | 'ū' | 'ŭ' | 'ů' | 'ű' | 'ų' => 'u',
        'ŵ' => 'w',
        'ý' | 'ÿ' | 'ŷ' => 'y',
        'ź' | 'ż' | 'ž' => 'z',
        _ => c,
    }
}
