//! Text from outside, fit to be shown: on a terminal, in a log, in an error, on a page.
//!
//! Names of files, words of servers and lines of a config may hold anything. What a terminal would obey
//! (control characters, escape sequences), what turns the direction of the writing, what cannot be seen,
//! and marks that are piled up over the lines around them show another text than the one that is there.
//! Here it is said once which characters those are ([`misleading`]). Names that people choose are taken
//! without them ([`without_misleading`]), but for control characters, which are refused; everything else is
//! shown without them ([`one_line`]) or with them spelled out ([`escaped`]).
//!
//! Not more than that is taken away: emoji of several people, flags, Arabic and Hebrew, and the marks of
//! the scripts of India and South East Asia are as they were.

use std::borrow::Cow;
use std::fmt;
use std::path::Path;

use unicode_normalization::char::{canonical_combining_class, is_combining_mark};

/// Marks on one letter, in all writing that has no need of more.
const MOST_MARKS: u8 = 2;

/// The class of marks that take the vowel of a letter away.
const VIRAMA: u8 = 9;

/// Where letters carry more than [`MOST_MARKS`], and how many: vowels and other signs are marks there.
const MORE_MARKS: [(char, char, u8); 6] = [
    // Hebrew and Arabic: a letter's own point, its doubling and a vowel.
    ('\u{0591}', '\u{08ff}', 3),
    // The scripts of India: a dot below, a vowel and a nasal.
    ('\u{0900}', '\u{0dff}', 3),
    // Tibetan and Myanmar: letters in a pile are marks too.
    ('\u{0f00}', '\u{109f}', 5),
    // Khmer.
    ('\u{1780}', '\u{17ff}', 5),
    // Tai Tham.
    ('\u{1a20}', '\u{1aad}', 5),
    // Myanmar, for other languages.
    ('\u{a9e0}', '\u{aa7f}', 5),
];

/// Characters that are not seen, whatever stands around them. Joiners, variation selectors and the
/// tags of flags are not among them: see [`Judge`].
const INVISIBLE: [(char, char); 20] = [
    ('\u{00ad}', '\u{00ad}'),   // soft hyphen
    ('\u{034f}', '\u{034f}'),   // grapheme joiner
    ('\u{115f}', '\u{1160}'),   // Hangul fillers
    ('\u{17b4}', '\u{17b5}'),   // Khmer vowels without a shape
    ('\u{180e}', '\u{180e}'),   // Mongolian vowel separator
    ('\u{200b}', '\u{200b}'),   // space of no width
    ('\u{2028}', '\u{2029}'),   // separators of lines and paragraphs
    ('\u{2060}', '\u{2065}'),   // word joiner, invisible operators
    ('\u{206a}', '\u{206f}'),   // deprecated controls
    ('\u{2800}', '\u{2800}'),   // Braille without dots
    ('\u{3164}', '\u{3164}'),   // Hangul filler
    ('\u{feff}', '\u{feff}'),   // byte order mark
    ('\u{ffa0}', '\u{ffa0}'),   // Hangul filler
    ('\u{fff0}', '\u{fffb}'),   // annotations
    ('\u{1bca0}', '\u{1bca3}'), // controls of shorthand
    ('\u{1d159}', '\u{1d159}'), // a note without a head
    ('\u{1d173}', '\u{1d17a}'), // controls of music
    ('\u{e0000}', '\u{e001f}'), // a tag of languages
    ('\u{e0080}', '\u{e00ff}'), // unassigned, and never seen
    ('\u{e01f0}', '\u{e0fff}'), // the same
];

/// Alphabets whose letters take neither joiners nor variation selectors: between them both are
/// invisible, and tell two names apart that look the same.
const PLAIN_LETTERS: [(char, char); 6] = [
    ('\u{0000}', '\u{00a8}'), // with ASCII's signs and digits
    ('\u{00aa}', '\u{00ad}'),
    ('\u{00af}', '\u{058f}'), // Latin, Greek, Cyrillic, Armenian
    ('\u{1e00}', '\u{1fff}'), // Latin and Greek
    ('\u{2c60}', '\u{2dff}'), // Latin, Coptic, Cyrillic
    ('\u{ff01}', '\u{ff5e}'), // full-width ASCII
];

/// Why a character is not shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flaw {
    Control,
    Direction,
    Invisible,
    Mark,
}

/// A character of a text that would mislead whoever reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Misleading {
    char: char,
    flaw: Flaw,
    /// In characters; the first is 1.
    place: usize,
    /// In bytes, from the start of the text.
    at: usize,
}

impl Misleading {
    /// Whether it is a control character, which no text of one line has.
    #[must_use]
    pub fn is_control(&self) -> bool {
        self.flaw == Flaw::Control
    }

    /// Where it stands in the text, in bytes.
    #[must_use]
    pub fn bytes(&self) -> std::ops::Range<usize> {
        self.at..self.at + self.char.len_utf8()
    }
}

impl fmt::Display for Misleading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.flaw {
            Flaw::Control => "a control character",
            Flaw::Direction => "which turns the direction of the writing",
            Flaw::Invisible => "which cannot be seen",
            Flaw::Mark => "one mark too many on a letter",
        };
        write!(f, "U+{:04X}, {what}, at character {}", u32::from(self.char), self.place)
    }
}

/// The first character of a text that would mislead whoever reads it.
///
/// ```
/// # use hashtug::display_text::misleading;
/// let found = misleading("tea\u{202e}bag").expect("it turns the writing");
/// assert_eq!(
///     found.to_string(),
///     "U+202E, which turns the direction of the writing, at character 4"
/// );
/// assert_eq!(misleading("Zoë 👩‍👩‍👧 हिन्दी עברית"), None);
/// ```
#[must_use]
pub fn misleading(text: &str) -> Option<Misleading> {
    if is_plain(text) {
        return None;
    }
    judged(text)
        .zip(1..)
        .find_map(|((at, char, flaw), place)| flaw.map(|flaw| Misleading { char, flaw, place, at }))
}

/// A text without what would mislead.
///
/// ```
/// # use hashtug::display_text::without_misleading;
/// assert_eq!(without_misleading("tea\u{202e}bag"), "teabag");
/// ```
#[must_use]
pub fn without_misleading(text: &str) -> String {
    judged(text).filter_map(|(_, char, flaw)| flaw.is_none().then_some(char)).collect()
}

/// A text with what would mislead spelled out, so that one sees what is there: `\u{202e}`. A tab is a
/// space.
///
/// ```
/// # use hashtug::display_text::escaped;
/// assert_eq!(escaped("a\u{1b}[31m.jsonl"), r"a\u{1b}[31m.jsonl");
/// ```
#[must_use]
pub fn escaped(text: &str) -> Cow<'_, str> {
    escaped_but(text, |_| false)
}

/// The same for a text of several lines, which stay what they are.
#[must_use]
pub fn escaped_lines(text: &str) -> Cow<'_, str> {
    escaped_but(text, |char| char == '\n')
}

/// The characters of a text, each as [`escaped`] has it.
pub(crate) fn escaped_chars(text: &str) -> impl Iterator<Item = (usize, String)> {
    judged(text).map(|(at, char, flaw)| {
        let mut shown = String::new();
        push(&mut shown, char, flaw);
        (at, shown)
    })
}

/// The first `most` characters of a text, as [`escaped`] has them, and whether there are more.
#[must_use]
pub fn beginning(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => escaped(&text[..end]).into_owned() + "…",
        None => escaped(text).into_owned(),
    }
}

/// The name of a file or folder, as [`escaped`] has it.
#[must_use]
pub fn path(path: &Path) -> String {
    escaped(&path.to_string_lossy()).into_owned()
}

/// What others say, as one line of at most `most` characters, without what would mislead.
///
/// ```
/// # use hashtug::display_text::one_line;
/// assert_eq!(one_line(" no\r\n\u{202e}such\u{200b} page", 9), "no such p…");
/// ```
#[must_use]
pub fn one_line(text: &str, most: usize) -> String {
    let mut line = String::new();
    let mut len = 0;
    let mut space = false;
    for (_, char, flaw) in judged(text) {
        if char.is_whitespace() || flaw == Some(Flaw::Control) {
            space = !line.is_empty();
            continue;
        }
        if flaw.is_some() {
            continue;
        }
        let room = most.saturating_sub(len);
        if room < 1 + usize::from(space) {
            line.push('…');
            break;
        }
        if std::mem::take(&mut space) {
            line.push(' ');
            len += 1;
        }
        line.push(char);
        len += 1;
    }
    line
}

fn escaped_but(text: &str, stays: impl Fn(char) -> bool) -> Cow<'_, str> {
    if is_plain(text) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    for (_, char, flaw) in judged(text) {
        push(&mut shown, char, flaw.filter(|_| !stays(char)));
    }
    Cow::Owned(shown)
}

fn push(shown: &mut String, char: char, flaw: Option<Flaw>) {
    match flaw {
        None => shown.push(char),
        Some(_) if char == '\t' => shown.push(' '),
        Some(Flaw::Control) => shown.extend(char.escape_default()),
        Some(_) => shown.extend(char.escape_unicode()),
    }
}

/// Most texts.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

/// Each character, where it begins, and why it must not be shown.
fn judged(text: &str) -> impl Iterator<Item = (usize, char, Option<Flaw>)> {
    let mut judge = Judge::default();
    let mut chars = text.char_indices().peekable();
    std::iter::from_fn(move || {
        let (at, char) = chars.next()?;
        let next = chars.peek().map(|&(_, next)| next);
        Some((at, char, judge.flaw(char, next)))
    })
}

/// Judges characters by what stands before them.
#[derive(Default)]
struct Judge {
    /// What marks, joiners and selectors belong to.
    base: Option<char>,
    /// How many marks it has.
    marks: u8,
    last: Option<char>,
}

impl Judge {
    fn flaw(&mut self, char: char, next: Option<char>) -> Option<Flaw> {
        let flaw = self.judge(char, next);
        if flaw.is_some() {
            // What follows belongs to nothing that is shown.
            self.base = None;
        }
        self.last = Some(char);
        flaw
    }

    fn judge(&mut self, char: char, next: Option<char>) -> Option<Flaw> {
        let last = self.last;
        if let Some(flaw) = never_shown(char) {
            return Some(flaw);
        }
        match char {
            '\u{20}'..='\u{7e}' => {}
            _ if is_joiner(char) => {
                // Behind the sign that takes a vowel away, a joiner is seen by itself.
                let is_seen = last.is_some_and(|last| canonical_combining_class(last) == VIRAMA);
                let joins = self.takes_joiner()
                    && last.is_some_and(|last| !is_joiner(last))
                    && (is_seen || next.is_some_and(is_joined));
                return (!joins).then_some(Flaw::Invisible);
            }
            _ if is_selector(char) => {
                // `#`, `*` and digits have selectors for their keycaps.
                let keycap = matches!(last, Some('0'..='9' | '#' | '*')) && char == '\u{fe0f}';
                let selects = last.is_some_and(|last| {
                    !is_selector(last) && !is_joiner(last) && !last.is_whitespace()
                });
                let chosen = selects && (keycap || self.takes_joiner());
                return (!chosen).then_some(Flaw::Invisible);
            }
            _ if is_tag(char) => {
                // They follow a black flag, and the last of them ends it.
                let flag = self.base == Some('\u{1f3f4}')
                    && last.is_some_and(|last| {
                        last == '\u{1f3f4}' || is_tag(last) && last != '\u{e007f}'
                    });
                return (!flag).then_some(Flaw::Invisible);
            }
            _ if is_combining_mark(char) => {
                self.marks = self.marks.saturating_add(1);
                let fits =
                    self.base.is_some() && self.marks <= most_marks(char) && last != Some(char);
                return (!fits).then_some(Flaw::Mark);
            }
            _ => {}
        }
        self.base = Some(char);
        self.marks = 0;
        None
    }

    fn takes_joiner(&self) -> bool {
        self.base.is_some_and(|base| !base.is_whitespace() && !is_in(base, &PLAIN_LETTERS))
    }
}

/// What is wrong with a character wherever it stands.
fn never_shown(char: char) -> Option<Flaw> {
    match char {
        '\u{20}'..='\u{7e}' => None,
        _ if char.is_control() => Some(Flaw::Control),
        '\u{061c}'
        | '\u{200e}'
        | '\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2066}'..='\u{2069}' => Some(Flaw::Direction),
        _ => is_in(char, &INVISIBLE).then_some(Flaw::Invisible),
    }
}

/// Whether a joiner before this character can be seen.
fn is_joined(next: char) -> bool {
    !(next.is_whitespace()
        || is_in(next, &PLAIN_LETTERS)
        || is_joiner(next)
        || is_selector(next)
        || is_tag(next)
        || is_combining_mark(next)
        || never_shown(next).is_some())
}

/// The letters in the flags of parts of a country, which are not seen.
fn is_tag(char: char) -> bool {
    ('\u{e0020}'..='\u{e007f}').contains(&char)
}

fn is_joiner(char: char) -> bool {
    matches!(char, '\u{200c}' | '\u{200d}')
}

fn is_selector(char: char) -> bool {
    matches!(
        char,
        '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}' | '\u{180b}'..='\u{180d}' | '\u{180f}'
    )
}

fn is_in(char: char, ranges: &[(char, char)]) -> bool {
    ranges.iter().any(|&(first, last)| (first..=last).contains(&char))
}

/// How many marks a letter can have when `mark` is the last of them.
fn most_marks(mark: char) -> u8 {
    let script = MORE_MARKS.iter().find(|(first, last, _)| (*first..=*last).contains(&mark));
    script.map_or(MOST_MARKS, |&(_, _, most)| most)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_people_write_stays_as_it_is() {
        for text in [
            "Tabs or spaces?",
            "Zoë, Łódź & Ærø – “quoted”",
            "e\u{302}\u{323} Việt Nam ti\u{1ebf}ng",
            "Vi\u{65}\u{323}\u{302}t",
            "العربية: مُحَمَّدٌ",
            "עברית שָׁלוֹם שִׁמְּרוּ",
            "हिन्दी क्षत्रिय पढ़ें बड़ों",
            "ที่ สิทธิ์ น้ำ กรุงเทพฯ",
            "বাংলা தமிழ் తెలుగు ಕನ್ನಡ മലയാളം සිංහල",
            "བོད་ཡིག བསྒྲུབས",
            "မြန်မာ ကျွန်ုပ်",
            "ខ្មែរ ស្ត្រី",
            "日本語 が か\u{3099} 葛\u{e0100}城",
            "한국어 \u{1112}\u{1161}\u{11ab}",
            "می\u{200c}خواهم",
            "क्\u{200d}ष",
            "👩‍👩‍👧‍👦 🏳️‍🌈 ❤️‍🔥 👍🏽 👁️‍🗨️ 🏴‍☠️",
            "1️⃣ #️⃣ *⃣ ☎︎ ☺️ ©️ ®️",
            "🇩🇪 🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
            "non breaking\u{a0}space",
        ] {
            assert_eq!(misleading(text), None, "{text}");
            assert_eq!(escaped(text), text);
            assert_eq!(one_line(text, 100), text.replace('\u{a0}', " "));
        }
    }

    #[test]
    fn what_misleads_is_named_with_its_place() {
        for (text, named) in [
            ("a\u{1b}[2J", "U+001B, a control character, at character 2"),
            ("\u{9b}31m", "U+009B, a control character, at character 1"),
            ("a\u{7f}", "U+007F, a control character, at character 2"),
            ("aä\u{202e}b", "U+202E, which turns the direction of the writing, at character 3"),
            ("\u{2066}b", "U+2066, which turns the direction of the writing, at character 1"),
            ("ab\u{61c}", "U+061C, which turns the direction of the writing, at character 3"),
            ("ab\u{200f}", "U+200F, which turns the direction of the writing, at character 3"),
            ("ab\u{200b}", "U+200B, which cannot be seen, at character 3"),
            ("ca\u{200d}t", "U+200D, which cannot be seen, at character 3"),
            ("са\u{200c}т", "U+200C, which cannot be seen, at character 3"),
            ("ca\u{fe0f}t", "U+FE0F, which cannot be seen, at character 3"),
            ("☺\u{fe0f}\u{fe0f}", "U+FE0F, which cannot be seen, at character 3"),
            ("👩\u{200d}", "U+200D, which cannot be seen, at character 2"),
            ("a\u{e0061}", "U+E0061, which cannot be seen, at character 2"),
            ("a\u{3164}", "U+3164, which cannot be seen, at character 2"),
            ("\u{feff}a", "U+FEFF, which cannot be seen, at character 1"),
            ("\u{301}a", "U+0301, one mark too many on a letter, at character 1"),
            ("👩\u{200d}\u{200d}👩", "U+200D, which cannot be seen, at character 2"),
            ("a\u{301}\u{302}\u{303}", "U+0303, one mark too many on a letter, at character 4"),
            ("ก\u{e47}\u{e47}\u{e47}", "U+0E47, one mark too many on a letter, at character 3"),
        ] {
            assert_eq!(misleading(text).map(|found| found.to_string()).as_deref(), Some(named));
        }
    }

    #[test]
    fn a_line_of_others_is_one_line_and_no_longer_than_asked_for() {
        assert_eq!(one_line("a\nb\tc\u{1b}[31md", 100), "a b c [31md");
        assert_eq!(one_line("ab cd", 5), "ab cd");
        assert_eq!(one_line("ab cd", 4), "ab c…");
        assert_eq!(one_line("ab cd", 3), "ab…");
        assert_eq!(one_line(&format!("z{}", "\u{300}\u{301}".repeat(1000)), 9), "z\u{300}\u{301}");
        assert_eq!(one_line("\u{202e}\u{200b}", 9), "");
    }

    /// Characters of which hostile texts are made.
    fn hostile() -> impl Strategy<Value = String> {
        let chars = "a \n\t\u{1b}\u{9b}\u{202e}\u{2067}\u{200d}\u{200c}\u{fe0f}\u{301}\u{302}\u{5b0}\u{93c}\
                     \u{e47}\u{f72}👩ש#1\u{e0061}\u{1f3f4}\u{200b}\u{feff}";
        let chars: Vec<char> = chars.chars().collect();
        let char = prop_oneof![3 => prop::sample::select(chars), 1 => any::<char>()];
        prop::collection::vec(char, 0..40).prop_map(|chars| chars.into_iter().collect())
    }

    proptest! {
        #[test]
        fn nothing_that_is_shown_misleads(text in hostile()) {
            prop_assert_eq!(misleading(&escaped(&text)), None);
            let line = one_line(&text, 20);
            prop_assert!(line.chars().count() <= 21);
            let is_bad = line.chars().any(|char| never_shown(char).is_some());
            prop_assert!(!is_bad, "{}", line);
            let lines = escaped_lines(&text);
            prop_assert_eq!(lines.matches('\n').count(), text.matches('\n').count());
            let joined: String = escaped_chars(&text).map(|(_, shown)| shown).collect();
            prop_assert_eq!(escaped(&text), joined);
        }
    }
}
