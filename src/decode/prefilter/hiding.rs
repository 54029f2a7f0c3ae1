//! Hiding places: characters, escapes and entities that could fold into a part of a hashtag, so that
//! a search for its bytes would miss it.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::canonical_combining_class;

use crate::decode::boundary::BEFORE_HASHTAG;
use crate::decode::json;
use crate::decode::matcher::Folding;
use crate::hashtag;

use super::CHUNK;
use super::surroundings::Surroundings;
use super::tables::{Bitmap, CHANGING, DROPPED, Starts, is_dropped};

/// The characters of which the hashtags consist, and those that could stand in for them.
pub(super) struct Alphabet {
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

impl Alphabet {
    /// The hiding places of `tags`, folded hashtags, in messages that are written with `folding`.
    pub(super) fn new(tags: &BTreeSet<String>, folding: Folding) -> Alphabet {
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
            hiding.extend(
                Surroundings::of(&folded, &spelled, &written, &own).into_iter().map(|s| (c, s)),
            );
            if folding == Folding::Latin
                && let Cow::Owned(bare) = hashtag::fold_latin(&folded)
            {
                let surroundings = Surroundings::of(&bare, &spelled, &written, &own);
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
        for byte in ends.chain(BEFORE_HASHTAG.iter().copied()) {
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
    pub(super) fn next_hidden(&self, block: &[u8], from: usize) -> usize {
        let mut at = from;
        // Each chunk is looked at with one byte more, since an escape is told by two.
        while let Some(chunk) = block.get(at..).and_then(<[u8]>::first_chunk::<{ CHUNK + 1 }>) {
            if is_unusual(chunk)
                && (has_escape(chunk) || !chunk.is_ascii())
                && self.starts.any_in(chunk)
                && let Some(hidden) = (at..at + CHUNK).find(|&at| {
                    self.starts.may_begin(block[at], block[at + 1]) && self.hides_at(block, at)
                })
            {
                return hidden;
            }
            at += CHUNK;
        }
        let hides_at = |&at: &usize| may_hide(block[at]) && self.hides_at(block, at);
        (at..block.len()).find(hides_at).unwrap_or(block.len())
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
        self.hiding[first..]
            .iter()
            .take_while(|&&(hiding, _)| hiding == c)
            .any(|(_, around)| around.fit(before, after))
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

/// Whether a hiding place may begin with the byte.
#[inline]
fn may_hide(byte: u8) -> bool {
    matches!(byte, b'\\' | b'&' | 0xc2..)
}

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
