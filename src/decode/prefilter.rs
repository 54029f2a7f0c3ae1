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
        let of_feed = |words: &[(&[Feed], &str, Follows)]| -> Vec<Literal> {
            let wanted = words.iter().filter(|word| feed == Feed::Post || word.0.contains(&feed));
            wanted.map(|&(_, word, follows)| Literal::word(word, follows)).collect()
        };
        let words = of_feed(&CHANGES).into_iter().chain(of_feed(&FRAMING));
        // Elsewhere than on Mastodon every accented letter would stop the search for nothing.
        Prefilter::build(contest, Folding::of(Some(feed)), words)
    }

    /// A search for the hashtags of `contest` alone, as their authors wrote them.
    #[must_use]
    pub(super) fn of_hashtags(contest: &Contest) -> Prefilter {
        Prefilter::build(contest, Folding::Plain, std::iter::empty())
    }

    fn build(
        contest: &Contest,
        folding: Folding,
        words: impl Iterator<Item = Literal>,
    ) -> Prefilter {
        let mut tags = BTreeSet::new();
        for tag in contest.teams().iter().flat_map(|team| &team.hashtags) {
            if folding == Folding::Latin {
                tags.insert(hashtag::fold_latin(tag).into_owned());
            }
            tags.insert(tag.clone());
        }
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
        // In JSON in a string, white space may be escaped; who knows what follows then.
        let rest = match after_space(&rest[..rest.len().min(FOLLOWING)]) {
            [b':', rest @ ..] => after_space(rest),
            [b'\\', ..] => return true,
            [] => return is_cut,
            _ => return false,
        };
        let Some((&first, rest)) = rest.split_first() else {
            return true;
        };
        if matches!(first, b'\n' | b'\\') {
            return true;
        }
        match self {
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
                let end = memchr::memchr3(b',', b']', b'\n', rest);
                first == b'[' && end.map_or(is_cut, |end| rest[end] == b',')
            }
        }
    }
}

/// So many bytes after a word report what follows it. What they leave open is let pass.
const FOLLOWING: usize = 256;

/// What comes after white space. A line feed ends the message.
fn after_space(rest: &[u8]) -> &[u8] {
    let space = rest.iter().take_while(|byte| b" \t\r".contains(byte)).count();
    &rest[space..]
}

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
        // The quote behind it may be escaped, in JSON in a string.
        let text = word.strip_suffix('"').unwrap_or(word).as_bytes().to_vec();
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
                let after = &block[start + self.text.len()..];
                let escapes = after.iter().take_while(|&&byte| byte == b'\\').count();
                text == self.text
                    && after.get(escapes) == Some(&b'"')
                    && follows.holds(&after[escapes + 1..])
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
/// are, three look-ups report whether one of them may stand somewhere.
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
        if !folded.chars().any(|c| own.contains(&c)) {
            return vec![];
        }
        let folded: Vec<char> = folded.chars().collect();
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

    /// Six bits of the second byte report characters apart; others are looked at once more.
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

/// Where the characters lie that folding changes, and few others. A test looks at all of those.
const CHANGING: [RangeInclusive<u32>; 53] = [
    0xa0..=0x24e,
    0x2b0..=0x2e4,
    0x340..=0x58c,
    0x675..=0x678,
    0x958..=0x95f,
    0x9dc..=0x9df,
    0xa33..=0xa5e,
    0xb5c..=0xb5d,
    0xe33..=0xe33,
    0xeb3..=0xfb9,
    0x10a0..=0x10fc,
    0x13f8..=0x13fd,
    0x1c80..=0x1cbf,
    0x1d2c..=0x1dbf,
    0x1e00..=0x20a8,
    0x2100..=0x2189,
    0x222c..=0x2230,
    0x2329..=0x232a,
    0x2460..=0x24ea,
    0x2a0c..=0x2a0c,
    0x2a74..=0x2a76,
    0x2adc..=0x2adc,
    0x2c00..=0x2cf2,
    0x2d6f..=0x2d6f,
    0x2e9f..=0x2e9f,
    0x2ef3..=0x303a,
    0x309b..=0x309f,
    0x30ff..=0x319f,
    0x3200..=0x33ff,
    0xa640..=0xa69d,
    0xa722..=0xa7f9,
    0xab5c..=0xabbf,
    0xf900..=0xffee,
    0x1_0400..=0x1_0427,
    0x1_04b0..=0x1_04d3,
    0x1_0570..=0x1_0595,
    0x1_0781..=0x1_07bf,
    0x1_0c80..=0x1_0cb2,
    0x1_0d50..=0x1_0d65,
    0x1_18a0..=0x1_18bf,
    0x1_6e40..=0x1_6e5f,
    0x1_b123..=0x1_b126,
    0x1_ccd6..=0x1_ccf9,
    0x1_d15e..=0x1_d164,
    0x1_d1bb..=0x1_d1c0,
    0x1_d400..=0x1_d7ff,
    0x1_df95..=0x1_e06d,
    0x1_e900..=0x1_e921,
    0x1_ee00..=0x1_eebb,
    0x1_f100..=0x1_f190,
    0x1_f200..=0x1_f251,
    0x1_fbf0..=0x1_fbf9,
    0x2_f800..=0x2_fa1d,
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
        // Each chunk is looked at with one byte more, since two report an escape.
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
        let before = block[..place.start].iter().rev().find(|&&byte| byte != b'\\').copied();
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
        let escape = &block[at..];
        // In JSON in a string there are more backslashes, also between the halves of a pair.
        let more = escape.iter().skip(7).take_while(|&&byte| byte == b'\\').count();
        let read = match escape.get(7 + more..12 + more) {
            Some(second) if more > 0 => {
                let pair = [&escape[..6], b"\\", second].concat();
                json::unescape_unit(&pair)
                    .map(|(c, len)| (c, if len > 6 { len + more } else { len }))
            }
            _ => json::unescape_unit(escape),
        };
        let Some((c, len)) = read else {
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

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;
    use std::sync::LazyLock;
    use std::time::Duration;

    use proptest::prelude::*;
    use proptest::sample::{Index, select};

    use super::*;
    use crate::contest::{Reposts, Team, Vote};
    use crate::decode::Decoder;
    use crate::event::Message;
    use crate::post::Hasher;

    #[test]
    fn characters_outside_the_changing_ones_fold_to_themselves() {
        let others = ('\u{80}'..=char::MAX).filter(|&c| {
            !is_dropped(c) && !CHANGING.iter().any(|range| range.contains(&u32::from(c)))
        });
        let changing: Vec<_> = others
            .map(|c| (c, hashtag::fold(&c.to_string())))
            .filter(|(c, folded)| hashtag::fold_latin(folded) != c.to_string())
            .collect();
        assert_eq!(changing, []);
    }

    #[test]
    fn accents_stop_nothing_but_what_could_be_a_hashtag() {
        let contest = contest(&["tabs".to_owned(), "spaces".to_owned()]);
        for (feed, text, hidden) in [
            (Feed::Jetstream, "música, café, große, Straße, 今日は！ ☕\u{fe0f}", false),
            (Feed::Jetstream, "tàbs", false),
            (Feed::Mastodon, "tàbs", true),
            (Feed::Mastodon, "ta\u{300}bs", true),
            (Feed::Mastodon, "Ràdio, café, große", false),
            (Feed::X, "ｔａｂｓ", true),
            (Feed::X, "tab\u{17f}", true),
            (Feed::X, "t\u{200d}abs", true),
            (Feed::X, r"t\u0061bs", true),
            (Feed::X, r"caf\u00e9 \ud83d\ude00", false),
        ] {
            let prefilter = Prefilter::new(&contest, feed);
            let found = prefilter.next(&mut Scan::new(text.as_bytes()), 0) < text.len();
            assert_eq!(found, hidden, "{text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        #[test]
        fn the_scan_changes_no_event(
            (tags, lines, feed) in (tags(), feed()).prop_flat_map(|(tags, feed)| {
                let lines = prop::collection::vec(line(feed, tags.clone()), 1..12);
                (Just(tags), lines, Just(feed))
            }),
            is_known in any::<bool>(),
        ) {
            let contest = contest(&tags);
            let hasher = Hasher::default();
            let block = lines.join(&b'\n');
            let feed = is_known.then_some(feed);
            let mut scanned = Vec::new();
            let mut decoder = Decoder::new(&contest, feed, hasher.clone());
            decoder.block(&block, |_, event| push(&mut scanned, event));
            let mut decoded = Vec::new();
            let mut decoder = Decoder::new(&contest, feed, hasher);
            for line in block.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii) {
                if !line.is_empty() && !super::super::is_heartbeat(line) {
                    decoder.message(line, &mut |event| push(&mut decoded, event));
                }
            }
            prop_assert_eq!(scanned, decoded, "{:?} {}", tags, String::from_utf8_lossy(&block));
        }

        #[test]
        fn both_searches_for_hashtags_find_the_same(
            (tags, lines, feed) in (tags(), feed()).prop_flat_map(|(tags, feed)| {
                let lines = prop::collection::vec(line(feed, tags.clone()), 1..6);
                (Just(tags), lines, Just(feed))
            }),
        ) {
            let Needles { literals, search } = Prefilter::new(&contest(&tags), feed).needles;
            let masks = Search::Masks(Box::new(Masks::new(&literals)));
            let block = lines.join(&b'\n');
            let found = Needles { literals: literals.clone(), search }.next(&block, 0);
            prop_assert_eq!(Needles { literals, search: masks }.next(&block, 0), found);
        }
    }

    /// Adds an event; runs of unmatched messages are one.
    fn push(messages: &mut Vec<Message>, event: Message) {
        match (messages.last_mut(), event) {
            (Some(Message::Unmatched(known)), Message::Unmatched(count)) => *known += count,
            (_, event) => messages.push(event),
        }
    }

    /// A contest in which each of these hashtags is a team, if it can be.
    fn contest(tags: &[String]) -> Contest {
        let team = |tag: &String| Team {
            name: tag.clone(),
            hashtags: vec![tag.clone()],
            color: crate::contest::PALETTE[0],
            size: 1.0,
        };
        let contest = |tags: &[String]| {
            let teams = tags.iter().map(team).collect();
            Contest::new(String::new(), Duration::from_mins(1), Vote::Every, Reposts::Count, teams)
        };
        contest(tags).unwrap_or_else(|_| contest(&["tabs".into(), "spaces".into()]).unwrap())
    }

    fn tags() -> impl Strategy<Value = Vec<String>> {
        let known = select(vec![
            "tabs",
            "spaces",
            "c",
            "go",
            "r2",
            "1a",
            "x_y",
            "file",
            "strasse",
            "straße",
            "köln",
            "thé",
            "são",
            "İp",
            "ılık",
            "ŋ",
            "øl",
            "ñ",
            "ǆ",
            "σας",
            "чай",
            "йод",
            "茶",
            "日本",
            "ラーメン",
            "が",
            "ガ",
            "한국",
            "각",
            "हिन्दी",
            "क़",
            "ชา",
            "น้ำชา",
            "قهوة",
            "ﷲ",
            "שׁ",
            "ệ",
            "tab\u{0323}s",
            "𝔘",
            "𠀡",
        ]);
        let tag = prop_oneof![4 => known.prop_map(str::to_owned), 1 => "[a-z0-9]{1,4}"];
        prop::collection::vec(tag, 2..5)
    }

    fn feed() -> impl Strategy<Value = Feed> {
        select(Feed::ALL.to_vec())
    }

    /// Every character that folding changes, with what it folds to, with accents and without.
    static FOLDED: LazyLock<Vec<(char, String, String)>> = LazyLock::new(|| {
        let changing = CHANGING.into_iter().flatten().filter_map(char::from_u32);
        let folded = changing.map(|c| (c, hashtag::fold(&c.to_string())));
        folded.map(|(c, folded)| (c, folded.clone(), hashtag::fold_latin(&folded).into())).collect()
    });

    /// `tag` as somebody might write it.
    fn hidden(tag: &str) -> impl Strategy<Value = String> + use<> {
        let tag = tag.to_owned();
        prop::collection::vec((0..14u8, any::<Index>()), 24).prop_map(move |ways| {
            let mut written = String::new();
            let mut rest = &*tag;
            for (way, index) in ways {
                let Some(c) = rest.chars().next() else { break };
                let mut taken = c.len_utf8();
                match way {
                    0..4 => written.push(c),
                    4 => written.extend(c.to_uppercase()),
                    5 => written.extend(c.nfd()),
                    6 => written.extend([c, '\u{200d}']),
                    7 => written.extend([c, '\u{fe0f}']),
                    8 => written.extend([c, '\u{301}']),
                    9 => written.extend(['\u{200c}', c]),
                    _ => {
                        let alike: Vec<_> = FOLDED
                            .iter()
                            .flat_map(|(c, folded, bare)| [(c, folded), (c, bare)])
                            .filter(|(_, folded)| !folded.is_empty() && rest.starts_with(&**folded))
                            .collect();
                        if alike.is_empty() {
                            written.push(c);
                        } else {
                            let (c, folded) = alike[index.index(alike.len())];
                            written.push(*c);
                            taken = folded.len();
                        }
                    }
                }
                rest = &rest[taken..];
            }
            written + rest
        })
    }

    /// Text as it may stand in JSON: `ways` choose what becomes an escape.
    fn escaped(text: &str, ways: &[u8]) -> String {
        let mut out = String::new();
        for (c, &way) in text.chars().zip(ways.iter().cycle()) {
            match (c, way) {
                ('\n', _) => out.push_str("\\n"),
                ('"' | '\\', 1..) => out.extend(['\\', c]),
                (_, 0) => {
                    for unit in c.encode_utf16(&mut [0; 2]) {
                        write!(out, "\\u{unit:04x}").unwrap();
                    }
                }
                _ => out.push(c),
            }
        }
        out
    }

    /// A message that may name a team in any way, or be broken.
    fn line(feed: Feed, tags: Vec<String>) -> impl Strategy<Value = Vec<u8>> {
        let word = select(tags).prop_flat_map(|tag| hidden(&tag));
        let glue = select(vec![
            "",
            "",
            "",
            "",
            "#",
            "x",
            "\"delete\"",
            "\"kind\": 5",
            "\"update\"",
            "é",
            "日",
            "\u{300}",
            "\u{200d}",
            " ",
            "\\",
            "&",
            ";",
            "\\u",
            "<b>",
            "ﬁ",
        ]);
        let before = select(vec!["#", "#", "＃", "﹟", "", "a #", "日 #", "\"#", "\n#"]);
        let text = (glue.clone(), before, word.clone(), glue.clone())
            .prop_map(|(left, before, word, right)| [left, before, &word, right].concat());
        let tag = (glue.clone(), word, glue).prop_map(|(a, b, c)| [a, &b, c].concat());
        let ways =
            prop_oneof![Just(vec![9u8]), Just(vec![0u8]), prop::collection::vec(0..9u8, 1..9)];
        let broken = (0..8u8, any::<Index>(), any::<u8>());
        ((text, tag), (ways.clone(), ways), 0..7u8, 0..3usize, broken).prop_map(
            move |((text, tag), (inner, outer), shape, id, broken)| {
                let message = message(feed, &text, &tag, &inner, &outer, shape, id);
                let mut bytes = message.into_bytes();
                let place = broken.1.index(bytes.len());
                match broken.0 {
                    0 => bytes.truncate(place),
                    1 => bytes[place] = broken.2,
                    2 => drop(bytes.remove(place)),
                    _ => {}
                }
                bytes
            },
        )
    }

    fn message(
        feed: Feed,
        text: &str,
        tag: &str,
        inner: &[u8],
        outer: &[u8],
        shape: u8,
        id: usize,
    ) -> String {
        let (plain_text, plain_tag) = (text, tag);
        let (text, tag) = (escaped(text, inner), escaped(tag, inner));
        match (feed, shape) {
            (Feed::Post, 0) => format!(r#"{{"at":1000,"id":"{id}","text":"{text}"}}"#),
            (Feed::Post, 1) => format!(r#"{{"at":1000,"delete":"{id}"}}"#),
            (Feed::Post, 2..5) => {
                let feeds = [Feed::Jetstream, Feed::Mastodon, Feed::Nostr];
                let of = feeds[usize::from(shape - 2)];
                let raw = message(of, plain_text, plain_tag, inner, outer, 3 + shape % 3, id);
                let source = ["bluesky", "mastodon", "nostr"][usize::from(shape - 2)];
                if id == 0 {
                    let raw = escaped(&raw, outer);
                    format!(r#"{{"at":1000,"source":"{source}","raw":"{raw}"}}"#)
                } else {
                    format!(r#"{{"at":1000,"source":"{source}","raw":{raw}}}"#)
                }
            }
            (Feed::Post, _) => format!(r#"{{"at":1000,"id":"{id}","hashtags":["x","{tag}"]}}"#),
            (Feed::Jetstream, 0) => format!(
                r#"{{"did":"d","time_us":1000000,"kind":"commit","commit":{{"operation":"delete","collection":"app.bsky.feed.post","rkey":"{id}"}}}}"#
            ),
            (Feed::Jetstream, _) => {
                let record = match shape {
                    1 | 2 => format!(r#"{{"text":"{text}"}}"#),
                    3 => format!(r#"{{"text":"{text}","tags":["{tag}"]}}"#),
                    _ => format!(
                        r#"{{"text":"{text}","facets":[{{"features":[{{"$type":"app.bsky.richtext.facet#tag","tag":"{tag}"}}]}}]}}"#
                    ),
                };
                let operation = if shape == 6 { "update" } else { "create" };
                format!(
                    r#"{{"did":"d","time_us":1000000,"kind":"commit","commit":{{"operation":"{operation}","collection":"app.bsky.feed.post","rkey":"{id}","record":{record}}}}}"#
                )
            }
            (Feed::Mastodon, _) => mastodon(plain_text, &tag, inner, outer, shape, id),
            (Feed::X, 0) => format!(r#"{{"delete":{{"status":{{"id_str":"{id}"}}}}}}"#),
            (Feed::X, 1) => format!(
                r#"[{{"data":{{"id":"{id}","author_id":"a","created_at":"1970-01-01T00:00:01Z","text":"{text}"}}}},{{"id":"9"}}]"#
            ),
            (Feed::X, 2 | 3) => {
                let data = format!(
                    r#"{{"id":"{id}","author_id":"a","created_at":"1970-01-01T00:00:01Z","text":"{text}","edit_history_tweet_ids":["1"]}}"#
                );
                if shape == 2 {
                    format!(r#"{{"data":[{data},{data}]}}"#)
                } else {
                    format!(r#"{{"data":{data}}}"#)
                }
            }
            (Feed::X, 4) => format!(
                r#"{{"data":{{"id":"{id}","author_id":"a","created_at":"1970-01-01T00:00:01Z","text":"RT","edit_history_tweet_ids":["1","{id}"],"referenced_tweets":[{{"type":"retweeted","id":"7"}}]}},"includes":{{"tweets":[{{"id":"7","text":"{text}"}}]}}}}"#
            ),
            (Feed::X, _) => format!(
                r#"{{"data":{{"id":"{id}","author_id":"a","created_at":"1970-01-01T00:00:01Z","text":"{text}","entities":{{"hashtags":[{{"tag":"{tag}"}}]}}}}}}"#
            ),
            (Feed::Nostr, 0) => format!(
                r#"{{"id":"{id}","pubkey":"p","created_at":1,"kind":5,"tags":[["e","1"]],"content":""}}"#
            ),
            (Feed::Nostr, 1) => {
                let inner = format!(
                    r#"{{"id":"1","pubkey":"q","created_at":1,"kind":1,"tags":[["t","{tag}"]],"content":""}}"#
                );
                let content = escaped(&inner, outer);
                format!(
                    r#"{{"id":"{id}","pubkey":"p","created_at":1,"kind":6,"tags":[],"content":"{content}"}}"#
                )
            }
            (Feed::Nostr, _) => {
                let event = format!(
                    r#"{{"id":"{id}","pubkey":"p","created_at":1,"kind":1,"tags":[["t","{tag}"]],"content":"{text}"}}"#
                );
                match shape {
                    2 => format!(r#"["EVENT","sub",{event}]"#),
                    3 => format!("[{event},{event}]"),
                    _ => event,
                }
            }
        }
    }

    fn mastodon(text: &str, tag: &str, inner: &[u8], outer: &[u8], shape: u8, id: usize) -> String {
        if shape == 0 {
            return format!(r#"{{"event":"delete","payload":"{id}"}}"#);
        }
        let tags =
            if shape == 2 { String::new() } else { format!(r#","tags":[{{"name":"{tag}"}}]"#) };
        let mut content = String::new();
        for (c, way) in text.chars().zip(inner.iter().cycle()) {
            match way {
                1 => write!(content, "&#{};", u32::from(c)).unwrap(),
                2 => write!(content, "&#x{:X};", u32::from(c)).unwrap(),
                _ => content.push(c),
            }
        }
        let content = escaped(&content, inner);
        let status = format!(
            r#"{{"id":"{id}","uri":"u{id}","created_at":"1970-01-01T00:00:01Z","account":{{"acct":"a"}},"content":"<p>{content}</p>"{tags}}}"#
        );
        if shape == 1 {
            return status;
        }
        let event = if shape == 6 { "status.update" } else { "update" };
        let payload = escaped(&status, outer);
        format!(r#"{{"stream":["public"],"event":"{event}","payload":"{payload}"}}"#)
    }
}
