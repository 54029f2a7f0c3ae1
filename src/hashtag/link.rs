//! The links of a text, in whose fragments a `#` begins no hashtag.

use memchr::memchr;
use unicode_normalization::char::is_combining_mark;

/// The links of a text, found only as far as hashtags ask for them.
///
/// A hash is inside a link only after a `/` of that link, so those are searched for, and each is
/// looked at once: that keeps the whole linear.
#[derive(Clone, Debug, Default)]
pub(super) struct Links {
    /// Every `/` before this has been looked at.
    seen: usize,
    /// Where the last link that was found ends.
    end: usize,
    /// Where the last hashtag that was found ends: no link starts inside it.
    pub(super) floor: usize,
}

impl Links {
    /// Whether a link covers the byte `at`, which must not be less than in the call before.
    pub(super) fn cover(&mut self, text: &str, at: usize) -> bool {
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
pub(super) const TOP_LEVEL: &[&str] = &[
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
