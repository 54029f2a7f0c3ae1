//! Hashtags: how they compare, and where a text has them.
//!
//! [`fold`] makes the key on which hashtags compare; [`fold_latin`] goes on to the key of a server
//! that drops the accents of Latin letters. [`extract`] finds the hashtags of a plain text by the
//! rules of the twitter-text standard; it is for messages without a structured list of hashtags.
//! Nothing here knows of teams, networks or markup. Any string is valid input, however hostile:
//! every function is linear in its length and none panics.

use std::borrow::Cow;
use std::iter::FusedIterator;
use std::ops::Range;

use caseless::Caseless as _;
use memchr::{memchr, memchr2};
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::{canonical_combining_class, compose, is_combining_mark};
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory as _};

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
fn is_invisible(c: char) -> bool {
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
fn bare_latin(c: char) -> char {
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

fn is_hash(c: char) -> bool {
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
enum Part {
    /// A letter or mark, of which a hashtag has at least one.
    Letter,
    /// A digit, or one of the few other characters that are written inside words.
    Filler,
}

impl Part {
    fn of(c: char) -> Option<Part> {
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

/// The links of a text, found only as far as hashtags ask for them.
///
/// A hash is inside a link only after a `/` of that link, so those are searched for, and each is
/// looked at once: that keeps the whole linear.
#[derive(Clone, Debug, Default)]
struct Links {
    /// Every `/` before this has been looked at.
    seen: usize,
    /// Where the last link that was found ends.
    end: usize,
    /// Where the last hashtag that was found ends: no link starts inside it.
    floor: usize,
}

impl Links {
    /// Whether a link covers the byte `at`, which must not be less than in the call before.
    fn cover(&mut self, text: &str, at: usize) -> bool {
        while self.end <= at {
            let Some(found) = memchr(b'/', &text.as_bytes()[self.seen..at]) else {
                self.seen = at;
                return false;
            };
            let slash = self.seen + found;
            self.seen = slash + 1;
            if let Some(end) = link_end(text, self.floor, slash) {
                self.end = end;
                self.seen = end;
            }
        }
        true
    }
}

/// Where the link ends whose first `/` is at `slash`, if there is one that starts at or after
/// `floor`. That is past the slash.
fn link_end(text: &str, floor: usize, slash: usize) -> Option<usize> {
    let before = &text[floor..slash];
    let Some(outside) = strip_scheme(before).filter(|_| text[slash..].starts_with("//")) else {
        return ends_in_host(before).then(|| tail_end(text, slash));
    };
    let host = slash + 2;
    if !may_precede_link(outside) || !text[host..].starts_with(is_word) {
        return None;
    }
    let host_end = host + run(&text[host..], |c| is_word(c) || matches!(c, '-' | '_' | '.'));
    let port = text[host_end..].strip_prefix(':').map_or(0, |port| run(port, is_digit));
    Some(tail_end(text, if port > 0 { host_end + 1 + port } else { host_end }))
}

/// The length of the characters at the start that are all alike.
fn run(text: &str, alike: impl Fn(char) -> bool) -> usize {
    text.find(|c| !alike(c)).unwrap_or(text.len())
}

fn strip_scheme(text: &str) -> Option<&str> {
    ["http:", "https:"].into_iter().find_map(|scheme| {
        let start = text.len().checked_sub(scheme.len())?;
        text.get(start..)?.eq_ignore_ascii_case(scheme).then(|| &text[..start])
    })
}

fn may_precede_link(before: &str) -> bool {
    before.chars().next_back().is_none_or(|c| {
        !c.is_ascii_alphanumeric()
            && !matches!(c, '@' | '＠' | '$' | '#' | '＃' | '\u{FEFF}' | '\u{FFFE}' | '\u{FFFF}')
    })
}

/// Whether the text ends in a host that begins a link without a scheme: `example.com`, with or
/// without a port.
fn ends_in_host(text: &str) -> bool {
    let without_port = text.trim_end_matches(is_digit).strip_suffix(':');
    let text = without_port.filter(|_| text.ends_with(is_digit)).unwrap_or(text);
    let outside = text.trim_end_matches(|c| is_latin(c) || matches!(c, '-' | '_' | '.'));
    if outside.ends_with('/') || !may_precede_link(outside) {
        return false;
    }
    let mut labels = text[outside.len()..].rsplit('.');
    let is_label = |label: &str| label.starts_with(is_latin) && label.ends_with(is_latin);
    labels.next().is_some_and(is_top_level)
        && labels.next().is_some_and(|label| is_label(label) && !label.contains('_'))
        && labels.all(is_label)
}

fn is_top_level(label: &str) -> bool {
    let lower = || label.bytes().map(|b| b.to_ascii_lowercase());
    // Names in other scripts come encoded, all with the same start.
    lower().take(4).eq(*b"xn--")
        || TOP_LEVEL.binary_search_by(|name| name.bytes().cmp(lower())).is_ok()
}

/// Where path and query end that start at `at`.
fn tail_end(text: &str, at: usize) -> usize {
    let mut end = at;
    if text[at..].starts_with('/') {
        end = path_end(text, at + 1);
    }
    if text[end..].starts_with('?') {
        end = query_end(text, end);
    }
    end
}

/// Where the path ends whose first character after the `/` is at `start`: punctuation that is more
/// likely the sentence's is left out, and so are parentheses without their other half.
fn path_end(text: &str, start: usize) -> usize {
    let mut at = start;
    let mut end = start;
    while let Some(c) = text[at..].chars().next() {
        if c == '(' {
            let Some(length) = parenthesised(&text[at..]) else { break };
            at += length;
            end = at;
        } else if is_path(c) {
            at += c.len_utf8();
            if is_latin(c) || is_cyrillic(c) || matches!(c, '+' | '-' | '=' | '_' | '#' | '/') {
                end = at;
            }
        } else {
            break;
        }
    }
    end
}

/// The length of the parenthesis that the text starts with, if it closes; it may hold one other.
fn parenthesised(text: &str) -> Option<usize> {
    let outer = run(&text[1..], is_path);
    let mut at = 1 + outer;
    if text[at..].starts_with('(') {
        let inner = run(&text[at + 1..], is_path);
        at += 1 + inner;
        if inner == 0 || !text[at..].starts_with(')') {
            return None;
        }
        at += 1;
        at += run(&text[at..], is_path);
    } else if outer == 0 {
        return None;
    }
    text[at..].starts_with(')').then_some(at + 1)
}

/// Where the query ends whose `?` is at `mark`; that is before the `?` if there is nothing in it.
fn query_end(text: &str, mark: usize) -> usize {
    let is_query = |c: char| {
        c.is_ascii_alphanumeric()
            || matches!(c, '!' | '#'..='/' | ':' | ';' | '=' | '?' | '@' | '[' | ']' | '_')
            || matches!(c, '|' | '~')
    };
    let start = mark + 1;
    let query = &text[start..start + run(&text[start..], is_query)];
    query
        .rfind(|c: char| {
            c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '&' | '=' | '#' | '/')
        })
        .map_or(mark, |last| start + last + 1)
}

fn is_path(c: char) -> bool {
    is_latin(c)
        || is_cyrillic(c)
        || matches!(c, '!' | '#'..='\'' | '*'..='/' | ':' | ';' | '=' | '@' | '[' | ']' | '_' | '|')
        || matches!(c, '~' | '–')
}

fn is_digit(c: char) -> bool {
    c.is_ascii_digit()
}

/// Letters, digits and marks of any script, as hosts after a scheme have them.
fn is_word(c: char) -> bool {
    c.is_alphanumeric() || is_combining_mark(c)
}

/// ASCII letters and digits, and the accented letters that the standard has in links.
fn is_latin(c: char) -> bool {
    c.is_ascii_alphanumeric()
        || matches!(
            c,
            'À'..='Ö' | 'Ø'..='ö' | 'ø'..='\u{024F}'
                | '\u{0253}' | '\u{0254}' | '\u{0256}' | '\u{0257}' | '\u{0259}' | '\u{025B}' | '\u{0263}'
                | '\u{0268}' | '\u{026F}' | '\u{0272}' | '\u{0289}' | '\u{028B}' | '\u{02BB}'
                | '\u{0300}'..='\u{036F}' | '\u{1E00}'..='\u{1EFF}'
        )
}

fn is_cyrillic(c: char) -> bool {
    matches!(c, '\u{0400}'..='\u{04FF}')
}

/// The top-level domains under which a name without `http://` is taken for a link, sorted: those of
/// countries, and the generic ones that links are commonly written with.
///
/// Under any other, the fragment of a link without a scheme counts as a hashtag. The opposite
/// mistake is the dearer one: `Node.js/#deno` would lose its vote.
#[rustfmt::skip] // One to a line is 400 lines.
const TOP_LEVEL: &[&str] = &[
    "ac", "academy", "ad", "ae", "aero", "af", "ag", "agency", "ai", "al", "am", "ao", "app", "aq",
    "ar", "art", "as", "asia", "at", "au", "audio", "aw", "ax", "az", "ba", "bar", "bb", "bd", "be",
    "berlin", "bf", "bg", "bh", "bi", "biz", "bj", "bl", "blog", "bm", "bn", "bo", "bq", "br", "bs",
    "bt", "business", "bv", "bw", "by", "bz", "ca", "cafe", "camp", "capital", "care", "cat", "cc",
    "cd", "center", "cf", "cg", "ch", "chat", "ci", "city", "ck", "cl", "cloud", "club", "cm", "cn",
    "co", "codes", "com", "community", "company", "coop", "cr", "cu", "cv", "cw", "cx", "cy", "cz",
    "de", "design", "dev", "digital", "dj", "dk", "dm", "do", "dz", "earth", "ec", "edu",
    "education", "ee", "eg", "eh", "email", "energy", "er", "es", "et", "eu", "events", "exchange",
    "expert", "fi", "film", "fj", "fk", "fm", "fo", "foundation", "fr", "fun", "fyi", "ga", "games",
    "gb", "gd", "ge", "gf", "gg", "gh", "gi", "gl", "global", "gm", "gn", "gov", "gp", "gq", "gr",
    "group", "gs", "gt", "gu", "guide", "guru", "gw", "gy", "health", "help", "hk", "hm", "hn",
    "host", "hr", "ht", "hu", "id", "ie", "il", "im", "in", "info", "ink", "institute", "int", "io",
    "iq", "ir", "is", "it", "je", "jm", "jo", "jobs", "jp", "ke", "kg", "kh", "ki", "km", "kn",
    "kp", "kr", "kw", "ky", "kz", "la", "land", "law", "lb", "lc", "li", "life", "link", "live",
    "lk", "london", "lr", "ls", "lt", "ltd", "lu", "lv", "ly", "ma", "mc", "md", "me", "media",
    "mf", "mg", "mh", "mil", "mk", "ml", "mm", "mn", "mo", "mobi", "moe", "money", "movie", "mp",
    "mq", "mr", "ms", "mt", "mu", "museum", "mv", "mw", "mx", "my", "mz", "na", "name", "nc", "ne",
    "net", "network", "news", "nf", "ng", "ngo", "ni", "ninja", "nl", "no", "np", "nr", "nu", "nyc",
    "nz", "om", "one", "ong", "online", "org", "pa", "page", "paris", "party", "pe", "pf", "pg",
    "ph", "pics", "pink", "pk", "pl", "plus", "pm", "pn", "post", "pr", "press", "pro",
    "productions", "ps", "pt", "pub", "pw", "py", "qa", "re", "red", "report", "rip", "ro", "rocks",
    "rs", "ru", "run", "rw", "sa", "sb", "sc", "school", "science", "sd", "se", "services", "sg",
    "sh", "shop", "show", "si", "site", "sj", "sk", "sl", "sm", "sn", "so", "social", "software",
    "solutions", "space", "sport", "sr", "ss", "st", "store", "stream", "studio", "su", "sv", "sx",
    "sy", "systems", "sz", "tc", "td", "team", "tech", "technology", "tel", "tf", "tg", "th",
    "tips", "tj", "tk", "tl", "tm", "tn", "to", "today", "tokyo", "tools", "top", "town", "tr",
    "travel", "tt", "tv", "tw", "tz", "ua", "ug", "uk", "um", "university", "us", "uy", "uz", "va",
    "vc", "ve", "vg", "vi", "video", "vip", "vn", "vote", "vu", "watch", "website", "wf", "wiki",
    "win", "work", "works", "world", "ws", "wtf", "xxx", "xyz", "ye", "yt", "za", "zm", "zone",
    "zw",
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn hashtags_that_people_read_as_the_same_have_one_key() {
        check_same(
            &["cats", "#cats", "＃cats", "﹟cats", "CATS", "Cats", "ｃａｔｓ", "𝐜𝐚𝐭𝐬"],
            "cats",
        );
        check_same(&["STRASSE", "straße", "STRAẞE", "#Straße"], "strasse");
        check_same(&["ΣΑΣ", "σας", "σασ", "Σας"], "σασ");
        check_same(&["İstanbul", "I\u{307}stanbul", "i\u{307}stanbul"], "i\u{307}stanbul");
        check_same(&["café", "cafe\u{301}", "CAFÉ", "CAFE\u{301}"], "café");
        check_same(&["Kelvin", "\u{212A}elvin"], "kelvin");
        check_same(&["ſpaces", "Spaces"], "spaces");
        check_same(&["ﬁlm", "FILM"], "film");
        check_same(&["ﬆone", "ﬅone", "stone"], "stone");
        check_same(&["ǅ", "ǆ", "dž"], "dž");
        check_same(&["Ꭰ", "ꭰ"], "Ꭰ");
        check_same(&["カタカナ", "ｶﾀｶﾅ"], "カタカナ");
        check_same(&["ガス", "ｶﾞｽ", "カ\u{3099}ス"], "ガス");
        check_same(&["각", "\u{1100}\u{1161}\u{11A8}", "가\u{11A8}"], "각");
        check_same(&["१२चाय", "१२चाय\u{200C}"], "१२चाय");
        check_same(&["ชา", "#ชา"], "ชา");
        check_same(&["شاي", "ﺷﺎﻱ"], "شاي");
    }

    #[test]
    fn hashtags_that_differ_in_a_letter_keep_their_own_keys() {
        let tags = [
            "cat",
            "cats",
            "catalog",
            "istanbul",
            "İstanbul",
            "ıstanbul",
            "cafe",
            "café",
            "さ",
            "ざ",
            "か",
            "カ",
            "tea_time",
            "teatime",
            "🐈",
            "🐕",
            "किताब",
            "कताब",
            "١٢",
            "12",
        ];
        let keys: HashSet<_> = tags.into_iter().map(fold).collect();
        assert_eq!(keys.len(), tags.len(), "{keys:?}");
    }

    #[test]
    fn characters_that_only_choose_a_look_are_dropped() {
        check_same(&["می\u{200C}نوشم", "مینوشم"], "مینوشم");
        check_same(&["ශ\u{DCA}\u{200D}ර", "ශ\u{DCA}ර"], "ශ\u{DCA}ර");
        check_same(&["☕\u{FE0F}", "☕\u{FE0E}", "☕"], "☕");
        check_same(&["👩\u{200D}💻", "👩💻"], "👩💻");
        check_same(&["葛\u{E0100}", "葛"], "葛");
        check_same(&["ᠠ\u{180B}", "ᠠ\u{180F}", "ᠠ"], "ᠠ");
        // Not one of them, but a separator.
        assert_ne!(fold("ᠠ\u{180E}ᠠ"), fold("ᠠᠠ"));
    }

    #[test]
    fn an_invisible_character_before_an_accent_or_the_hash_hides_neither() {
        check_same(&["e\u{200D}\u{301}", "é"], "é");
        check_same(&["\u{FE0F}#é", "é"], "é");
    }

    #[test]
    fn only_one_hash_is_dropped() {
        assert_eq!(fold("##cats"), "#cats");
        assert_eq!(fold("＃#é"), "#é");
        assert_eq!(fold("#"), "");
        assert_eq!(fold(""), "");
    }

    #[test]
    fn folding_into_a_buffer_clears_it_and_needs_no_more_room_than_the_key() {
        let mut out = String::with_capacity(16);
        for (tag, key) in [("#TeamTabs", "teamtabs"), ("Straße", "strasse"), ("", "")] {
            fold_into(tag, &mut out);
            assert_eq!((out.as_str(), out.capacity()), (key, 16));
        }
    }

    #[test]
    fn the_key_of_every_character_is_its_own_key() {
        // Past these planes characters have no case, and decompose to what is in these.
        for c in
            (0..0x2_0000).filter_map(char::from_u32).filter(|c| !matches!(c, '#' | '＃' | '﹟'))
        {
            let key = fold(c.encode_utf8(&mut [0; 4]));
            assert_eq!(fold(&key), key, "{c:?}");
            assert!(!key.contains(is_invisible), "{c:?}");
            assert!(!key.contains('#'), "{c:?}");
        }
    }

    #[test]
    fn accents_go_from_the_letters_on_the_servers_list_only() {
        for (tag, key) in [
            ("Köln", "koln"),
            ("KO\u{308}LN", "koln"),
            ("BLÅBÆR", "blabær"),
            ("smørrebrød", "smorrebrod"),
            ("Łódź", "lodz"),
            ("đak", "dak"),
            ("Ŋŧħ", "nth"),
            ("ışık", "isik"),
            ("otoño", "otono"),
            ("Þór", "þor"),
            ("œuf", "œuf"),
            ("Straße", "strasse"),
            // Romanian letters with a comma and Vietnamese ones came to Unicode later.
            ("țară", "țara"),
            ("trà", "tra"),
            ("ạ", "ạ"),
            // Accents of other scripts are letters' own.
            ("чай", "чай"),
            ("τσάι", "τσάι"),
        ] {
            assert_eq!(fold_latin(&fold(tag)), key, "{tag}");
        }
        assert!(matches!(fold_latin("æ_чай"), Cow::Borrowed("æ_чай")));
    }

    #[test]
    fn an_accent_that_meets_its_bare_letter_only_now_is_dropped_too() {
        for (tag, key) in [
            ("ø\u{300}", "o"),
            ("ø\u{300}\u{301}", "o"),
            ("ł\u{331}", "ḻ"),
            ("å\u{30C}", "ǎ"),
            // The mark below goes on first.
            ("ø\u{323}\u{302}", "ộ"),
            // The first of two strokes stays and so keeps the second from the letter.
            ("ø\u{336}\u{338}", "o\u{336}\u{338}"),
        ] {
            assert_eq!(fold_latin(&fold(tag)), key, "{tag}");
        }
    }

    #[test]
    fn every_conformance_case_of_the_standard_is_met() {
        for (case, text, tags) in CONFORMANCE {
            assert_eq!(extract(text).collect::<Vec<_>>(), tags, "{case}: {text}");
        }
        assert_eq!(CONFORMANCE.len() + POSITIONS.len(), 76);
    }

    #[test]
    fn every_hashtag_is_where_the_standard_has_it() {
        for (case, text, expected) in POSITIONS {
            let found: Vec<_> = extract(text)
                .map(|tag| {
                    // From the hash to the end, counted in characters as the standard does.
                    let start = text[..offset(text, tag)].chars().count() - 1;
                    (tag, start, start + 1 + tag.chars().count())
                })
                .collect();
            assert_eq!(found, expected, "{case}: {text}");
        }
    }

    #[test]
    fn a_hash_in_the_middle_of_a_word_or_of_hashes_opens_no_hashtag() {
        check("C#sharp F#1 é#a 茶#a １#a _#a", &[]);
        check("#tea#cake #tea＃cake", &[]);
        check("##tea ＃#tea", &["tea", "tea"]);
        check("#tea##cake", &["cake"]);
        check("#tea#cake#mug", &[]);
        check("#1#tea #1 #tea", &["tea"]);
        check("# #! #", &[]);
    }

    #[test]
    fn an_ampersand_or_a_keycap_makes_a_hash_no_hashtag() {
        check("&#tea; &amp;#tea; & #tea", &["tea", "tea"]);
        check("#\u{FE0F}\u{20E3}tea #\u{20E3}tea #\u{FE0F}#tea", &["tea"]);
    }

    #[test]
    fn a_hashtag_is_whole_or_not_at_all() {
        check("#cat", &["cat"]);
        check("#catalog #cat-alog #cat.alog #cat's", &["catalog", "cat", "cat", "cat"]);
    }

    #[test]
    fn no_hashtag_is_inside_a_link() {
        check("http://x.example/#frag #tea", &["tea"]);
        check("HTTPS://Example.COM/a?b=c&d#frag", &[]);
        check("http://example.com/a_(b)#frag http://example.com/a_(b_(c))/#frag", &[]);
        check(
            "http://localhost:8080/#frag http://10.0.0.1/#frag http://bücher.example/ä#frag",
            &[],
        );
        check("http://example.com?#frag", &[]);
        check("example.com/#frag see:example.com:80/a/#frag a_b.example.com/#frag", &[]);
        check("茶example.com/#frag münchen.de/#frag x.XN--P1AI/#frag", &[]);
        check("x.de/a,b.de/#frag", &[]);
    }

    #[test]
    fn a_hashtag_after_a_link_or_after_what_is_none_counts() {
        check("http://example.com/a #tea", &["tea"]);
        check("http://example.com/(#tea", &["tea"]);
        check("http://example.com/a)#tea http://example.com/()#tea", &["tea", "tea"]);
        check("http://example.com/a.?#tea http://example.com/?.#tea", &["tea"]);
        check("http://#tea http://-/#tea http:///#tea", &["tea", "tea", "tea"]);
        check("Node.js/#deno yes/#tea a/b/#tea 1.5/#tea", &["deno", "tea", "tea", "tea"]);
        check("example.com?#tea", &["tea"]);
        check("@example.com/#tea x@example.com/#tea $example.com/#tea", &["tea", "tea", "tea"]);
        check("/example.com/#tea -example.com/#tea ftp://example.com/#tea", &["tea", "tea", "tea"]);
        check("a_b.com/#tea a..com/#tea a.b-.com/#tea .com/#tea", &["tea", "tea", "tea", "tea"]);
        check("#http://example.com/#tea", &["tea"]);
        check("http://example.com/＃tea http://example.com/…#tea", &["tea", "tea"]);
    }

    #[test]
    fn hostile_texts_take_linear_time() {
        // Quadratic time at this length would be minutes for each.
        for unit in [
            "#",
            "＃",
            "##a",
            "#1",
            "&#",
            "a.co/",
            "a.co/(",
            "x.co/((",
            "(",
            "/",
            "//",
            "http:/",
            "http://",
            "http://a/(",
            "http://a/(a",
            "http://a/.",
            "http://a/?.",
            "a.bb:1",
            "1/",
            "-",
            "_.",
            "日/",
            "ｶﾞ",
            "#a http://a/#a ",
            "\u{301}",
            "ø\u{300}",
            "e\u{301}",
        ] {
            for start in ["", "#", "http://a.de/", "x.co/("] {
                let text = start.to_owned() + &unit.repeat(100_000 / unit.len()) + "#q";
                let _ = extract(&text).count();
                let _ = fold_latin(&fold(&text)).len();
            }
        }
    }

    #[test]
    fn a_finished_extraction_stays_finished() {
        let mut tags = extract("#tea #1");
        assert_eq!(tags.next(), Some("tea"));
        assert_eq!((tags.next(), tags.next()), (None, None));
    }

    #[test]
    fn the_top_level_domains_are_sorted_for_the_search() {
        assert!(TOP_LEVEL.is_sorted_by(|a, b| a < b));
    }

    proptest! {
        #[test]
        fn a_key_is_its_own_key(tag in text()) {
            let key = fold(&tag);
            let again = fold(&key);
            prop_assert_eq!(key.strip_prefix('#').unwrap_or(&key), again);
        }

        #[test]
        fn a_key_does_not_depend_on_normal_form_or_invisible_characters(tag in text(), at in 0..9_usize) {
            let key = fold(&tag);
            prop_assert_eq!(&fold(&tag.nfd().collect::<String>()), &key);
            prop_assert_eq!(&fold(&tag.nfkc().collect::<String>()), &key);
            let (before, after): (Vec<_>, Vec<_>) =
                tag.chars().enumerate().partition(|&(index, _)| index < at);
            let before = before.into_iter().map(|(_, c)| c);
            let after = after.into_iter().map(|(_, c)| c);
            prop_assert_eq!(fold(&before.chain(['\u{200D}', '\u{FE0F}']).chain(after).collect::<String>()), key);
        }

        #[test]
        fn the_ascii_path_gives_the_key_of_the_long_way(tag in "[ -~]{0,12}") {
            let long_way = fold(&(tag.clone() + "\u{200C}"));
            prop_assert_eq!(fold(&tag), long_way);
        }

        #[test]
        fn what_a_server_has_folded_folds_to_the_same_key(tag in text()) {
            // Servers normalise, lower the case and drop accents, and leave it at that. An
            // invisible character between letter and accent can keep them apart there.
            let tag = tag.replace(['#', '＃', '﹟'], "").replace(is_invisible, "");
            let sent: String = tag.nfkc().collect::<String>().to_lowercase().chars().map(bare_latin).collect();
            let key = fold(&tag);
            let latin = fold_latin(&key);
            let sent = fold(&sent);
            prop_assert_eq!(&fold_latin(&sent), &latin);
            prop_assert_eq!(&fold(&latin), &latin);
            prop_assert_eq!(&fold_latin(&latin), &latin);
        }

        #[test]
        fn hashtags_come_from_the_text_in_order(text in text()) {
            let mut at = 0;
            for tag in extract(&text) {
                let start = offset(&text, tag);
                prop_assert!(start > at || at == 0);
                prop_assert!(text[at..start].ends_with(is_hash));
                prop_assert!(tag.chars().all(|c| Part::of(c).is_some()));
                prop_assert!(tag.chars().any(|c| Part::of(c) == Some(Part::Letter)));
                at = start + tag.len();
                prop_assert!(text[at..].chars().next().is_none_or(|c| Part::of(c).is_none()));
            }
        }

        #[test]
        fn without_slashes_the_words_decide(words in prop::collection::vec("[#＃a1é!&_ ]{0,4}", 0..9)) {
            let text = words.join(" ");
            let naive: Vec<&str> = text.split(' ').flat_map(naive_word).collect();
            prop_assert_eq!(extract(&text).collect::<Vec<_>>(), naive);
        }
    }

    /// The hashtags of a text without spaces, links and emoji, by trying each hash by itself.
    fn naive_word(word: &str) -> Vec<&str> {
        let is_inside = |c: char| c.is_alphanumeric() || c == '_';
        let mut found = Vec::new();
        let mut taken = 0;
        for (at, hash) in word.match_indices(is_hash) {
            let before = word[..at].chars().next_back();
            let free = at == 0 || at > taken;
            let rest = &word[at + hash.len()..];
            let tag = &rest[..rest.find(|c| !is_inside(c)).unwrap_or(rest.len())];
            if !free
                || before.is_some_and(|c| is_inside(c) || c == '&')
                || !tag.contains(char::is_alphabetic)
            {
                continue;
            }
            taken = at + hash.len() + tag.len();
            if !word[taken..].starts_with(is_hash) {
                found.push(tag);
            }
        }
        found
    }

    #[track_caller]
    fn check(text: &str, tags: &[&str]) {
        assert_eq!(extract(text).collect::<Vec<_>>(), tags, "{text}");
    }

    #[track_caller]
    fn check_same(tags: &[&str], key: &str) {
        for tag in tags {
            assert_eq!(fold(tag), key, "{tag}");
        }
    }

    /// Where in a text one of its parts begins.
    fn offset(text: &str, part: &str) -> usize {
        part.as_ptr() as usize - text.as_ptr() as usize
    }

    /// Any text, but more often one of characters that mean something to hashtags.
    fn text() -> impl Strategy<Value = String> {
        let piece = prop::sample::select(vec![
            "#",
            "#",
            "＃",
            "﹟",
            "a",
            "B",
            "1",
            "_",
            " ",
            "&",
            "é",
            "e",
            "o",
            "Ø",
            "ł",
            "ß",
            "Σ",
            "ς",
            "İ",
            "ı",
            "K",
            "ﬁ",
            "\u{300}",
            "\u{301}",
            "\u{323}",
            "\u{30C}",
            "\u{331}",
            "\u{345}",
            "\u{200C}",
            "\u{200D}",
            "\u{FE0F}",
            "\u{20E3}",
            "\u{E0100}",
            "ᾳ",
            "ｶ",
            "ﾞ",
            "\u{1100}",
            "\u{1161}",
            "日本",
            "茶",
            "👍",
            "http://",
            "://",
            "/",
            "?",
            ".",
            "(",
            ")",
            "example.com",
            "x.de",
            "js",
        ]);
        prop_oneof![
            1 => any::<String>(),
            4 => prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat()),
        ]
    }

    /// A case of the standard's suite in other words: its name, a text, and the hashtags in it.
    type Case = (&'static str, &'static str, &'static [&'static str]);

    /// The cases about which hashtags a text has: one line each, in the suite's order.
    const CONFORMANCE: [Case; 68] = [
        ("after an emoji without a variation selector", "we ✌#tea won", &["tea"]),
        ("after an emoji with the text selector", "we ✌\u{FE0E}#tea won", &["tea"]),
        ("after an emoji with the emoji selector", "we ✌\u{FE0F}#tea won", &["tea"]),
        ("after an emoji with a skin tone", "we ✌🏿#tea won", &["tea"]),
        ("after an emoji with a skin tone and a selector", "we ✌🏿\u{FE0F}#tea won", &["tea"]),
        ("after an emoji of joined ones", "we 👨\u{200D}👩\u{200D}👧#tea won", &["tea"]),
        ("letters only", "some #tea please", &["tea"]),
        ("letters, then a digit", "round #tea2", &["tea2"]),
        ("a digit, then letters", "#2tea please", &["2tea"]),
        ("not digits only", "Take the #42 tram", &[]),
        ("not a single digit", "#7", &[]),
        (
            "after brackets and quotes",
            "(#tea1 )#tea2 [#tea3 ]#tea4 ’#tea5’#tea6",
            &["tea1", "tea2", "tea3", "tea4", "tea5", "tea6"],
        ),
        ("with ñ", "Out at sea #otoñal", &["otoñal"]),
        ("with é", "Steep it well #thé", &["thé"]),
        ("with ü", "Off to bed #müde", &["müde"]),
        ("not after a space, in Japanese", "nothing here: # 投票 チーム", &[]),
        ("Korean", "Who votes #투표 today?", &["투표"]),
        ("half-width Hangul", "Narrow letters #ﾡﾧﾱ", &["ﾡﾧﾱ"]),
        ("Russian", "Who drinks #чай today?", &["чай"]),
        ("katakana at the start", "#テント is wet", &["テント"]),
        ("hiragana at the start", "#おちゃ please!", &["おちゃ"]),
        ("kanji at the start", "#綱引 is a sport", &["綱引"]),
        ("katakana at the end", "Bring a #テント", &["テント"]),
        ("hiragana at the end", "A cup of #おちゃ", &["おちゃ"]),
        ("kanji at the end", "Ready to pull #綱引", &["綱引"]),
        ("katakana in the middle", "Is the #テント dry?", &["テント"]),
        ("hiragana in the middle", "More #おちゃ for all of us", &["おちゃ"]),
        ("kanji in the middle", "They say #綱引 is fun. is it?", &["綱引"]),
        (
            "kanji and katakana mixed",
            "明日の大会のお知らせ #全国綱引トーナメント",
            &["全国綱引トーナメント"],
        ),
        ("after punctuation", "もうすぐ始まります。#綱引", &["綱引"]),
        ("without punctuation behind it", "#綱引。", &["綱引"]),
        ("full-width hash, letters and digits", "全角でも投票 ＃ｔｅａ４５６", &["ｔｅａ４５６"]),
        ("not without a space before it", "綱引大会#綱引", &[]),
        ("with a long vowel mark", "飲みたい。#コーヒー", &["コーヒー"]),
        ("with a half-width long vowel mark", "飲みたい。#ｺｰﾋｰ", &["ｺｰﾋｰ"]),
        ("with half-width voicing marks", "#ﾀﾞﾝｺﾞ #ﾊﾟﾝﾌﾟｷﾝﾋﾟｻﾞ", &["ﾀﾞﾝｺﾞ", "ﾊﾟﾝﾌﾟｷﾝﾋﾟｻﾞ"]),
        ("half-width hash after full-width ！", "引っぱれー！#綱引。", &["綱引"]),
        ("full-width hash after full-width ！", "引っぱれー！＃綱引。", &["綱引"]),
        (
            "with iteration marks",
            "#人々 #こゝろの声 #たゞ #様〻 #同〃",
            &["人々", "こゝろの声", "たゞ", "様〻", "同〃"],
        ),
        ("with a full-width tilde", "#ラ～メン 今日は～に行く", &["ラ～メン"]),
        ("with a wave dash", "#ラ〜メン 今日は～に行く", &["ラ〜メン"]),
        ("with ş", "It’s a bird: #Kuş #mşt #şal #ş", &["Kuş", "mşt", "şal", "ş"]),
        ("with İ and ı", "It’s a rope: #İp #ılık", &["İp", "ılık"]),
        (
            "before punctuation",
            "#tea: #tea; #tea, #tea. #tea! #tea?",
            &["tea", "tea", "tea", "tea", "tea", "tea"],
        ),
        (
            "after punctuation",
            ":#tea ;#tea ,#tea .#tea !#tea ?#tea",
            &["tea", "tea", "tea", "tea", "tea", "tea"],
        ),
        ("before a new line", "#tea\nor\n#tea2\nor\n#tea3\n", &["tea", "tea2", "tea3"]),
        ("not a hash before a link", "#http://example.com #https://example.com", &[]),
        ("not inside a link", "http://example.com/#tea example.com/#tea", &[]),
        (
            "Latin letters with marks",
            "#gecəniz #hûǁa #Škola #Ċnuiṁ",
            &["gecəniz", "hûǁa", "Škola", "Ċnuiṁ"],
        ),
        (
            "Arabic script",
            "#شاي #قهوة #الحبل #الفريق #چای  #پرچم #گروه #لعبة #مباراة #ی",
            &["شاي", "قهوة", "الحبل", "الفريق", "چای", "پرچم", "گروه", "لعبة", "مباراة", "ی"],
        ),
        (
            "Arabic script with low lines",
            "#شاي_أخضر  #چای_سبز  #قهوة_الصباح, #شد_الحبل. #وقت_چای",
            &["شاي_أخضر", "چای_سبز", "قهوة_الصباح", "شد_الحبل", "وقت_چای"],
        ),
        (
            "Hebrew with points, maqaf, geresh and gershayim",
            "#כּוֹס־תֵּה #רח׳ #דו״ח",
            &["כּוֹס־תֵּה", "רח׳", "דו״ח"],
        ),
        (
            "Thai",
            "#ชา #กาแฟ #น้ำชา #ผู้ชนะ #เชือก #แข่งขัน #ทีม #เสียง",
            &["ชา", "กาแฟ", "น้ำชา", "ผู้ชนะ", "เชือก", "แข่งขัน", "ทีม", "เสียง"],
        ),
        (
            "Arabic script with non-joiners",
            "#تي\u{200C}في\u{200C}تي #می\u{200C}نوشم",
            &["تي\u{200C}في\u{200C}تي", "می\u{200C}نوشم"],
        ),
        ("Amharic", "ዛሬ ማን ያሸንፋል ብለው ያስባሉ #የቡናቡድን", &["የቡናቡድን"]),
        ("Sinhala with a joiner", "#ක්\u{200D}රීඩාව", &["ක්\u{200D}රීඩාව"]),
        (
            "Arabic and Persian with digits",
            "#۱۲۷چای #چای۵۹۰ #شـــاي_بارد_٢٣٧",
            &["۱۲۷چای", "چای۵۹۰", "شـــاي_بارد_٢٣٧"],
        ),
        ("Hindi", "#रस्सी #रस्सी_५६७८ #५६७८ खेल", &["रस्सी", "रस्सी_५६७८"]),
        (
            "scripts of India",
            "#দড়ি #દોરડું #ಹಗ್ಗ #കയർ #ଦଉଡ଼ି #ਰੱਸੀ #ලණුව #கயிறு #తాడు",
            &["দড়ি", "દોરડું", "ಹಗ್ಗ", "കയർ", "ଦଉଡ଼ି", "ਰੱਸੀ", "ලණුව", "கயிறு", "తాడు"],
        ),
        ("Tibetan, with and without a mark at the end", "#ཇ་ཁང་ #ཇ་ཁང", &["ཇ་ཁང་", "ཇ་ཁང"]),
        ("Khmer, Burmese and Lao", "#តែក្តៅ #လက်ဖက်ရည် #ນ້ຳຊາ", &["តែក្តៅ", "လက်ဖက်ရည်", "ນ້ຳຊາ"]),
        ("Greek", "#Τσάι_Βουνού πίνουμε όλοι μαζί", &["Τσάι_Βουνού"]),
        ("Armenian and Georgian", "#Պարան #თოკი", &["Պարան", "თოკი"]),
        ("with a middle dot", "#col·legi", &["col·legi"]),
        ("not without a letter", "#_ #3_4 #567 #〃", &[]),
        ("a letter past the first plane", "#\u{20021}", &["\u{20021}"]),
        (
            "a letter and a mark past the first plane",
            "#\u{16F04}\u{16F51}",
            &["\u{16F04}\u{16F51}"],
        ),
        ("a digit past the first plane", "#A\u{104A0}", &["A\u{104A0}"]),
    ];

    /// As [`Case`], with the places of hash and end in characters.
    type Position = (&'static str, &'static str, &'static [(&'static str, usize, usize)]);

    /// The cases about where hashtags are.
    const POSITIONS: [Position; 8] = [
        ("at the start", "#teapot hot", &[("teapot", 0, 7)]),
        ("at the end", "pour a #teapot", &[("teapot", 7, 14)]),
        ("in the middle", "pour a #teapot for two", &[("teapot", 7, 14)]),
        ("only a valid one", "#456 a #teapot for two", &[("teapot", 7, 14)]),
        ("among characters of many bytes", "綱引き #teapot 綱引き", &[("teapot", 4, 11)]),
        ("two of them", "Red #tea or #milk", &[("tea", 4, 8), ("milk", 12, 17)]),
        ("not Latin", "We pull the #канат!", &[("канат", 12, 18)]),
        (
            "several, not Latin",
            "We pull the #绳子, #綱引き, #밧줄을, and #канат! All of us!",
            &[("绳子", 12, 15), ("綱引き", 17, 21), ("밧줄을", 23, 27), ("канат", 33, 39)],
        ),
    ];
}
