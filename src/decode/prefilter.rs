//! Is it worth decoding at all? Refuses messages by their bytes, without reading any JSON.
//!
//! Most posts of a firehose name no team. Two searches over whole blocks find the few places where
//! one might: the hashtags themselves in ASCII's two cases, and *hiding places*, characters and
//! escapes that could fold into a part of a hashtag. A message without either, and without a word
//! that marks deletions and edits, cannot matter.
//! Errs to one side only: it may let pass what names nobody, and never refuses what names a team.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::{Range, RangeInclusive};

use aho_corasick::packed;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::canonical_combining_class;

use crate::contest::Contest;
use crate::hashtag;

use super::Feed;
use super::json;
use super::matcher::Folding;

/// The bytes that can stand before a hashtag: a quote before a structured one, `#` and the last
/// bytes of `＃` and `﹟` before one in a text, and what ends a tag or an entity in HTML.
pub(super) const CONTEXT: &[u8] = b"\"#\x83\x9f>;";

/// How much of a hashtag is searched for. More would find nothing faster, and less would find
/// candidates everywhere.
const FRAGMENT: usize = 3;

/// Whether a hashtag is so short that it is looked for only where a hashtag can begin.
pub(super) fn is_short(tag: &str) -> bool {
    tag.len() < FRAGMENT
}

/// The search, prepared for one contest.
pub struct Prefilter {
    alphabet: Alphabet,
    /// Hashtags, and the words that mark changes in this feed.
    needles: Needles,
}

/// Where the search stands in one block.
pub struct Scan<'a> {
    block: &'a [u8],
    needle: usize,
    hidden: usize,
}

impl<'a> Scan<'a> {
    /// At the start of `block`, which begins and ends with whole messages.
    #[must_use]
    pub fn new(block: &'a [u8]) -> Scan<'a> {
        // Both are before any place asked for, so that the first question starts both searches.
        Scan { block, needle: usize::MAX, hidden: usize::MAX }
    }
}

impl Prefilter {
    /// A search for the hashtags of `contest` in messages of `feed`. Recordings hold messages of
    /// all feeds.
    #[must_use]
    pub fn new(contest: &Contest, feed: Feed) -> Prefilter {
        // Only servers of Mastodon fold accents; elsewhere every accented letter would stop here.
        let folding = match feed {
            Feed::Post | Feed::Mastodon => Folding::Latin,
            Feed::Jetstream | Feed::X | Feed::Nostr => Folding::Plain,
        };
        let mut tags = BTreeSet::new();
        for tag in contest.teams().iter().flat_map(|team| &team.hashtags) {
            if folding == Folding::Latin {
                tags.insert(hashtag::fold_latin(tag).into_owned());
            }
            tags.insert(tag.clone());
        }
        let of_feed = |words: &[(&[Feed], &str, Follows)]| -> Vec<Literal> {
            let wanted = words.iter().filter(|word| feed == Feed::Post || word.0.contains(&feed));
            wanted.map(|&(_, word, follows)| Literal::word(word, follows)).collect()
        };
        let words = of_feed(&CHANGES).into_iter().chain(of_feed(&FRAMING));
        let literals = tags.iter().map(|tag| Literal::hashtag(tag)).chain(words).collect();
        Prefilter { alphabet: Alphabet::new(&tags, folding), needles: Needles::new(literals) }
    }

    /// The place of the first byte at or after `from` that makes its message worth decoding; the
    /// length of the block if there is none.
    #[must_use]
    pub fn next(&self, scan: &mut Scan<'_>, from: usize) -> usize {
        if scan.needle == usize::MAX || scan.needle < from {
            scan.needle = self.needles.next(scan.block, from);
        }
        if scan.hidden == usize::MAX || scan.hidden < from {
            scan.hidden = self.alphabet.next_hidden(scan.block, from);
        }
        scan.needle.min(scan.hidden)
    }
}

/// Whether a message of this feed may be a deletion or an edit.
pub(super) fn may_change(feed: Option<Feed>, message: &str) -> bool {
    CHANGES.iter().filter(|word| feed.is_none_or(|feed| word.0.contains(&feed))).any(
        |(_, word, follows)| {
            let mut found = message.match_indices(word);
            found.any(|(at, word)| follows.holds(&message.as_bytes()[at + word.len()..]))
        },
    )
}

/// Words without which a message is no deletion or edit; with what has to follow.
const CHANGES: [(&[Feed], &str, Follows); 5] = [
    (&[Feed::Post, Feed::Jetstream, Feed::Mastodon, Feed::X], "\"delete\"", Follows::Anything),
    (&[Feed::Jetstream], "\"update\"", Follows::Anything),
    (&[Feed::Mastodon], "\"status.update\"", Follows::Anything),
    (&[Feed::X], "\"edit_history_tweet_ids\"", Follows::TwoItems),
    (&[Feed::Nostr], "\"kind\"", Follows::Five),
];

/// Words without which a line is one message, and no remark.
const FRAMING: [(&[Feed], &str, Follows); 6] = [
    (&[Feed::X], "\"data\"", Follows::Array),
    (&[Feed::X], "\"statuses\"", Follows::Array),
    (&[Feed::X], "\"meta\"", Follows::Colon),
    (&[], "\"note\"", Follows::Colon),
    (&[], "\"raw\"", Follows::String),
    (&[], "\"raw\"", Follows::Array),
];

/// What follows a word, after white space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Follows {
    Anything,
    Colon,
    Array,
    TwoItems,
    String,
    /// The number 5, in any of its spellings.
    Five,
}

impl Follows {
    fn holds(self, rest: &[u8]) -> bool {
        if self == Follows::Anything {
            return true;
        }
        // Looked at are a few bytes only, since the word may stand in a line many thousand times.
        let is_cut = rest.len() > FOLLOWING;
        let rest = rest[..rest.len().min(FOLLOWING)].trim_ascii_start();
        let value = rest.strip_prefix(b":").map(<[u8]>::trim_ascii_start);
        let Some((&first, rest)) = value.unwrap_or(rest).split_first() else {
            return is_cut;
        };
        value.is_some()
            && match self {
                Follows::Anything | Follows::Colon => true,
                Follows::Array => first == b'[',
                Follows::String => first == b'"',
                Follows::Five => {
                    let end = rest.iter().position(|byte| b",}\n".contains(byte));
                    let number = &rest[..end.unwrap_or(rest.len())];
                    first == b'5' && !matches!(number.first(), Some(b'0'..=b'9'))
                        || number.iter().any(|byte| b"eE.".contains(byte))
                        || end.is_none() && is_cut
                }
                Follows::TwoItems => {
                    let end = memchr::memchr2(b',', b']', rest);
                    first == b'[' && end.map_or(is_cut, |end| rest[end] == b',')
                }
            }
    }
}

/// So many bytes after a word tell what follows it. What they leave open is let pass.
const FOLLOWING: usize = 256;

/// A text to search for, by a fragment of it.
#[derive(Clone, Debug)]
struct Literal {
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
    /// Any case, after one of [`CONTEXT`].
    ShortHashtag,
    /// To the letter.
    Word(Follows),
}

impl Literal {
    fn hashtag(tag: &str) -> Literal {
        let text = tag.as_bytes().to_vec();
        let check = if is_short(tag) { Check::ShortHashtag } else { Check::Hashtag };
        let fragment = rarest_fragment(&text);
        Literal { text, fragment, check }
    }

    fn word(word: &str, follows: Follows) -> Literal {
        let text = word.as_bytes().to_vec();
        let fragment = rarest_fragment(&text);
        Literal { text, fragment, check: Check::Word(follows) }
    }

    /// The byte strings of which one stands wherever this literal does.
    fn patterns(&self) -> Vec<Vec<u8>> {
        let fragment = &self.text[self.fragment.clone()];
        match self.check {
            Check::Word(_) => vec![fragment.to_vec()],
            Check::Hashtag => cases(fragment),
            Check::ShortHashtag => CONTEXT
                .iter()
                .flat_map(|&before| {
                    cases(fragment).into_iter().map(move |case| [&[before], &case[..]].concat())
                })
                .collect(),
        }
    }

    /// Whether the literal stands where one of its patterns was found.
    fn stands_at(&self, block: &[u8], pattern: usize) -> bool {
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
                text.eq_ignore_ascii_case(&self.text) && CONTEXT.contains(&block[pattern])
            }
            Check::Word(follows) => {
                text == self.text && follows.holds(&block[start + self.text.len()..])
            }
        }
    }
}

/// The fragment whose letters are seldom seen in messages.
fn rarest_fragment(text: &[u8]) -> RangeInclusive<usize> {
    // Letters by how often they stand in English; keys and ids are spread evenly anyway.
    const COMMON: &[u8] = b"zqxjkvbpygfwmucldrhsnioate\"";
    let cost = |window: &[u8]| -> usize {
        window.iter().map(|byte| COMMON.iter().position(|c| c == byte).unwrap_or(5)).sum()
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

/// Several literals, searched for at once.
struct Needles {
    literals: Vec<Literal>,
    search: Search,
}

enum Search {
    Nothing,
    /// With vector instructions, which takes a limited number of patterns and not every machine.
    Packed(packed::Searcher),
    Masks(Box<Masks>),
}

impl Needles {
    fn new(literals: Vec<Literal>) -> Needles {
        let patterns: BTreeSet<Vec<u8>> = literals.iter().flat_map(Literal::patterns).collect();
        let search = if patterns.is_empty() {
            Search::Nothing
        } else if let Some(searcher) = packed::Searcher::new(&patterns) {
            Search::Packed(searcher)
        } else {
            Search::Masks(Box::new(Masks::new(&literals)))
        };
        Needles { literals, search }
    }

    fn next(&self, block: &[u8], from: usize) -> usize {
        match &self.search {
            Search::Nothing => block.len(),
            Search::Packed(searcher) => {
                let mut from = from;
                while let Some(found) = searcher.find_in(block, (from..block.len()).into()) {
                    if self.literals.iter().any(|literal| literal.stands_at(block, found.start())) {
                        return found.start();
                    }
                    from = found.start() + 1;
                }
                block.len()
            }
            Search::Masks(masks) => masks.next(&self.literals, block, from),
        }
    }
}

/// Which literals have which byte at which place of their patterns, a bit each: however many they
/// are, three look-ups tell whether one of them may stand somewhere.
struct Masks([[u64; 256]; FRAGMENT]);

impl Masks {
    fn new(literals: &[Literal]) -> Masks {
        let mut masks = Masks([[0; 256]; FRAGMENT]);
        for (index, literal) in literals.iter().enumerate() {
            for pattern in literal.patterns() {
                for (place, of_place) in masks.0.iter_mut().enumerate() {
                    match pattern.get(place) {
                        Some(&byte) => of_place[usize::from(byte)] |= Self::bit(index),
                        None => of_place.iter_mut().for_each(|mask| *mask |= Self::bit(index)),
                    }
                }
            }
        }
        masks
    }

    /// The bit of a literal. Many literals share.
    fn bit(index: usize) -> u64 {
        1 << (index % 64)
    }

    #[inline]
    fn at(&self, bytes: [u8; FRAGMENT]) -> u64 {
        let [first, second, third] = bytes.map(usize::from);
        self.0[0][first] & self.0[1][second] & self.0[2][third]
    }

    fn next(&self, literals: &[Literal], block: &[u8], from: usize) -> usize {
        let stands_at = |at: usize| {
            let byte = |at: usize| block.get(at).copied().unwrap_or_default();
            let mask = self.at([byte(at), byte(at + 1), byte(at + 2)]);
            mask != 0
                && literals.iter().enumerate().any(|(index, literal)| {
                    mask & Self::bit(index) != 0 && literal.stands_at(block, at)
                })
        };
        let mut at = from;
        while let Some(chunk) = block.get(at..).and_then(<[u8]>::first_chunk::<{ CHUNK + 2 }>) {
            let fragments = chunk.windows(FRAGMENT);
            let any = fragments.fold(0, |any, bytes| any | self.at([bytes[0], bytes[1], bytes[2]]));
            if any != 0
                && let Some(found) = (at..at + CHUNK).find(|&at| stands_at(at))
            {
                return found;
            }
            at += CHUNK;
        }
        (at..block.len()).find(|&at| stands_at(at)).unwrap_or(block.len())
    }
}

/// The characters of which the hashtags consist, and those that could stand in for them.
struct Alphabet {
    /// Characters that are not written in any folded hashtag but fold into a part of one, in order,
    /// with each way in which they can.
    hiding: Vec<(char, Surroundings)>,
    /// Characters of hashtags, and the parts into which they decompose.
    own: BTreeSet<char>,
    /// Every character that hides or is dropped.
    marked: Bitmap,
    starts: Starts,
    /// By byte, whether a character that folding drops may matter after it.
    before_dropped: [bool; 256],
}

/// The ASCII between which a character can be a part of a hashtag. Between others it is a part of
/// some other word. What is not ASCII may always be there, as may the end of an escape: that is a
/// hiding place itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Surroundings {
    before: u128,
    after: u128,
}

impl Surroundings {
    const ANYWHERE: Surroundings = Surroundings { before: u128::MAX, after: u128::MAX };

    fn has(set: u128, byte: Option<u8>) -> bool {
        byte.is_none_or(|byte| byte >= 0x80 || set >> byte & 1 == 1)
    }

    /// Where a character that folds to `folded` is a part of a hashtag, or its edge, since that of a
    /// message that cannot be read may be longer.
    fn of(folded: &str, tags: &BTreeSet<Vec<char>>, own: &BTreeSet<char>) -> Vec<Surroundings> {
        let folded: Vec<char> = folded.chars().collect();
        if !folded.iter().any(|c| own.contains(c)) {
            return vec![];
        }
        // Marks change places, and with a letter they make another one.
        let is_piece = |tag: &char| !folded.contains(tag) && tag.nfd().any(|c| folded.contains(&c));
        if folded.iter().any(|&c| canonical_combining_class(c) != 0)
            || tags.iter().flatten().any(is_piece)
        {
            return vec![Surroundings::ANYWHERE];
        }
        // A neighbour that is not ASCII may be written in many ways, none of them ASCII.
        let ascii = |c: Option<&char>| match c {
            None => u128::MAX,
            Some(&c) if c.is_ascii() => 1 << u32::from(c) | 1 << u32::from(c.to_ascii_uppercase()),
            Some(_) => 0,
        };
        let mut found = Vec::new();
        for tag in tags {
            // As many of the folded characters as stand before the tag, or all but those after it.
            for end in 1..tag.len() + folded.len() {
                let start = end.saturating_sub(folded.len());
                let inside = &tag[start..end.min(tag.len())];
                let skipped = folded.len().saturating_sub(end);
                if folded[skipped..].starts_with(inside) {
                    let before = if end <= folded.len() { None } else { tag.get(start - 1) };
                    found.push(Surroundings { before: ascii(before), after: ascii(tag.get(end)) });
                }
            }
        }
        found
    }
}

/// A set of characters.
struct Bitmap(Vec<u64>);

impl Bitmap {
    fn new(chars: impl Iterator<Item = char>) -> Bitmap {
        let mut words = Vec::new();
        for c in chars {
            let c = u32::from(c) as usize;
            if words.len() <= c / 64 {
                words.resize(c / 64 + 1, 0);
            }
            words[c / 64] |= 1 << (c % 64);
        }
        Bitmap(words)
    }

    fn contains(&self, c: char) -> bool {
        let c = u32::from(c) as usize;
        self.0.get(c / 64).is_some_and(|word| word >> (c % 64) & 1 == 1)
    }
}

/// The first two bytes of whatever may be a hiding place: of characters, escapes and entities.
struct Starts(Box<[bool; 1 << 14]>);

impl Starts {
    fn new(chars: impl Iterator<Item = char>) -> Starts {
        let mut starts = Starts(Box::new([false; 1 << 14]));
        for c in chars {
            let mut bytes = [0; 4];
            c.encode_utf8(&mut bytes);
            starts.0[Self::index(bytes[0], bytes[1])] = true;
        }
        for [first, second] in [*b"\\u", *b"&#"] {
            starts.0[Self::index(first, second)] = true;
        }
        starts
    }

    /// Six bits of the second byte tell characters apart; others are looked at once more.
    #[inline]
    fn index(first: u8, second: u8) -> usize {
        usize::from(first) << 6 | usize::from(second & 0x3f)
    }

    /// Whether one begins in the chunk. Looks at every byte of it rather than branch at each.
    #[inline]
    fn any_in(&self, chunk: &[u8; CHUNK + 1]) -> bool {
        let pairs = chunk.iter().zip(&chunk[1..]);
        pairs.fold(false, |any, (&first, &second)| any | self.0[Self::index(first, second)])
    }
}

/// Where the characters lie that folding changes. A test looks at all others.
const CHANGING: [RangeInclusive<u32>; 16] = [
    0x80..=0x33ff,
    0xa640..=0xabff,
    0xf900..=0xfaff,
    0xfb00..=0xffff,
    0x1_0400..=0x1_05ff,
    0x1_0780..=0x1_07ff,
    0x1_0c80..=0x1_0cff,
    0x1_0d50..=0x1_0d8f,
    0x1_18a0..=0x1_18df,
    0x1_6e40..=0x1_6e7f,
    0x1_6ea0..=0x1_6edf,
    0x1_ccd0..=0x1_ccff,
    0x1_d100..=0x1_d7ff,
    0x1_e000..=0x1_eeff,
    0x1_f100..=0x1_fbff,
    0x2_f800..=0x2_fa1f,
];

/// Zero-width joiners and variation selectors, which folding drops.
const DROPPED: [RangeInclusive<u32>; 5] =
    [0x180b..=0x180d, 0x180f..=0x180f, 0x200c..=0x200d, 0xfe00..=0xfe0f, 0xe_0100..=0xe_01ef];

fn is_dropped(c: char) -> bool {
    DROPPED.iter().any(|range| range.contains(&u32::from(c)))
}

impl Alphabet {
    fn new(tags: &BTreeSet<String>, folding: Folding) -> Alphabet {
        let written: BTreeSet<char> = tags.iter().flat_map(|tag| tag.chars()).collect();
        let mut own = written.clone();
        own.extend(written.iter().flat_map(|c| c.nfd()));
        // A mark may stand elsewhere among its neighbours before they are put in order, so that it
        // gives nothing away where it is written.
        let plain = |c: char| written.contains(&c) && canonical_combining_class(c) == 0;
        let mut marks = BTreeSet::new();
        let mut hiding: Vec<(char, Surroundings)> = Vec::new();
        let mut folded = String::new();
        let spelled: BTreeSet<Vec<char>> = tags.iter().map(|tag| tag.chars().collect()).collect();
        for c in CHANGING.into_iter().flatten().filter_map(char::from_u32) {
            if is_dropped(c) || plain(c) {
                continue;
            }
            hashtag::fold_into(c.encode_utf8(&mut [0; 4]), &mut folded);
            hiding.extend(Surroundings::of(&folded, &spelled, &own).into_iter().map(|s| (c, s)));
            if folding == Folding::Latin
                && let Cow::Owned(bare) = hashtag::fold_latin(&folded)
            {
                let surroundings = Surroundings::of(&bare, &spelled, &own);
                if !surroundings.is_empty() {
                    // Its accent, written apart, is dropped as well.
                    marks.extend(folded.nfd().filter(|c| !c.is_ascii()));
                }
                hiding.extend(surroundings.into_iter().map(|s| (c, s)));
            }
        }
        let parts = own.iter().copied().filter(|&c| !c.is_ascii() && !plain(c));
        hiding.extend(parts.chain(marks).map(|c| (c, Surroundings::ANYWHERE)));
        hiding.sort_by_key(|&(c, _)| c);
        let dropped = || DROPPED.into_iter().flatten().filter_map(char::from_u32);
        let marked = || hiding.iter().map(|&(c, _)| c).chain(dropped());
        let mut before_dropped = [false; 256];
        let ends = written.iter().map(|c| {
            let mut written = [0; 4];
            *c.encode_utf8(&mut written).as_bytes().last().expect("a character has a byte")
        });
        for byte in ends.chain(CONTEXT.iter().copied()) {
            before_dropped[usize::from(byte)] = true;
            before_dropped[usize::from(byte.to_ascii_uppercase())] = true;
        }
        Alphabet {
            marked: Bitmap::new(marked()),
            starts: Starts::new(marked()),
            hiding,
            own,
            before_dropped,
        }
    }

    /// The place of the first hiding place at or after `from`; the length if there is none.
    fn next_hidden(&self, block: &[u8], from: usize) -> usize {
        let mut at = from;
        // Each chunk is looked at with one byte more, since two tell an escape.
        while let Some(chunk) = block.get(at..).and_then(<[u8]>::first_chunk::<{ CHUNK + 1 }>) {
            if is_unusual(chunk)
                && (has_escape(chunk) || !chunk.is_ascii())
                && self.starts.any_in(chunk)
                && let Some(hidden) = (at..at + CHUNK).find(|&at| {
                    self.starts.0[Starts::index(block[at], block[at + 1])]
                        && self.hides_at(block, at)
                })
            {
                return hidden;
            }
            at += CHUNK;
        }
        (at..block.len()).find(|&at| self.hides_at(block, at)).unwrap_or(block.len())
    }

    /// Whether a hiding place begins at `at`.
    fn hides_at(&self, block: &[u8], at: usize) -> bool {
        match block[at] {
            b'\\' => block.get(at + 1) == Some(&b'u') && self.escape_hides(block, at),
            b'&' => self.entity_hides(block, at + 1),
            first @ 0xc2.. => {
                let end = at + first.leading_ones() as usize;
                let c = block
                    .get(at..end)
                    .and_then(|bytes| std::str::from_utf8(bytes).ok())
                    .and_then(|text| text.chars().next());
                c.is_some_and(|c| self.hides(block, at..end, c))
            }
            _ => false,
        }
    }

    /// Whether `c`, however it is written at this place, can be a part of a hashtag that the search
    /// for its bytes would miss.
    fn hides(&self, block: &[u8], place: Range<usize>, c: char) -> bool {
        if !self.marked.contains(c) {
            return false;
        }
        let before = place.start.checked_sub(1).map(|at| block[at]);
        if is_dropped(c) {
            return before.is_some_and(|byte| self.before_dropped[usize::from(byte)]);
        }
        let after = block.get(place.end).copied();
        let first = self.hiding.partition_point(|&(hiding, _)| hiding < c);
        self.hiding[first..].iter().take_while(|&&(hiding, _)| hiding == c).any(|(_, around)| {
            Surroundings::has(around.before, before)
                && (Surroundings::has(around.after, after) || after == Some(b'\\'))
        })
    }

    fn escape_hides(&self, block: &[u8], at: usize) -> bool {
        let Some((c, len)) = json::unescape_unit(&block[at..]) else {
            return false;
        };
        c == '&' && self.entity_hides(block, at + len) || self.spelled_out(block, at..at + len, c)
    }

    /// Whether the numeric entity whose `#` is at `at` can be a part of a hashtag.
    fn entity_hides(&self, block: &[u8], at: usize) -> bool {
        let Some((b'#', digits)) = block[at.min(block.len())..].split_first() else {
            return false;
        };
        let (radix, digits) = match digits {
            [b'x' | b'X', digits @ ..] => (16, digits),
            _ => (10, digits),
        };
        let mut value = 0u32;
        for digit in digits.iter().map_while(|&byte| char::from(byte).to_digit(radix)) {
            value = value.saturating_mul(radix).saturating_add(digit);
        }
        // What is around it does not matter: nobody has a reason to write letters so.
        char::from_u32(value).is_some_and(|c| self.is_part(c) || self.marked.contains(c))
    }

    /// Whether `c`, written as an escape, can matter.
    fn spelled_out(&self, block: &[u8], place: Range<usize>, c: char) -> bool {
        self.is_part(c) || self.hides(block, place, c)
    }

    /// Whether `c`, where its bytes do not stand for themselves, can matter wherever it is.
    fn is_part(&self, c: char) -> bool {
        c.is_ascii_alphanumeric()
            || matches!(c, '#' | '＃' | '﹟' | '.' | '_' | '"' | '\\')
            || self.own.contains(&c)
    }
}

/// How many bytes are looked at together, which the compiler turns into vector instructions.
const CHUNK: usize = 64;

/// Whether a byte is not ASCII, or may begin an escape or an entity.
#[inline]
fn is_unusual(chunk: &[u8; CHUNK + 1]) -> bool {
    let any = chunk[..CHUNK]
        .iter()
        .fold(0, |any, &byte| any | byte & 0x80 | u8::from(byte == b'\\') | u8::from(byte == b'&'));
    any != 0
}

/// Whether an escape by number or an entity by number begins in the chunk.
#[inline]
fn has_escape(chunk: &[u8; CHUNK + 1]) -> bool {
    let any = chunk[..CHUNK].iter().zip(&chunk[1..]).fold(0, |any, (&first, &second)| {
        any | u8::from(first == b'\\') & u8::from(second == b'u')
            | u8::from(first == b'&') & u8::from(second == b'#')
    });
    any != 0
}
