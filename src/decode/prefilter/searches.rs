//! The two ways to search a block for all literals at once.

use std::collections::BTreeSet;

use aho_corasick::packed;

use crate::decode::boundary::FRAGMENT;

use super::CHUNK;
use super::literals::Literal;

/// Several literals, searched for at once.
pub(super) struct Needles {
    pub(super) literals: Vec<Literal>,
    pub(super) search: Search,
}

/// The way to search: the fastest that the machine and the number of literals allow.
pub(super) enum Search {
    /// There are no literals.
    Nothing,
    /// With vector instructions, which takes a limited number of patterns and not every machine.
    Packed(packed::Searcher),
    /// With a table, for any number of patterns.
    Masks(Box<Masks>),
}

impl Needles {
    pub(super) fn new(literals: Vec<Literal>) -> Needles {
        let patterns = in_turns(&literals);
        let search = if patterns.is_empty() {
            Search::Nothing
        } else if let Some(searcher) = packed::Searcher::new(&patterns) {
            Search::Packed(searcher)
        } else {
            Search::Masks(Box::new(Masks::new(&literals)))
        };
        Needles { literals, search }
    }

    /// The place of the first literal at or after `from`; the length of the block if there is none.
    pub(super) fn next(&self, block: &[u8], from: usize) -> usize {
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

/// The patterns of all literals, each once: the first of each literal, then the second of each, and so
/// on; literals with few patterns before those with many.
///
/// The packed search keeps its patterns in a few lists, and looks through a list wherever letters
/// stand that could come from any of them. It gives the lists out in turns, by the number of a pattern,
/// with one list for all cases of the same letters. In this order literals share a list only where
/// there are more literals than lists, and hashtags, which have many patterns, share it with a word.
pub(super) fn in_turns(literals: &[Literal]) -> Vec<Vec<u8>> {
    let mut of_literals: Vec<Vec<Vec<u8>>> = literals.iter().map(Literal::patterns).collect();
    of_literals.sort_by_key(Vec::len);
    let turns = of_literals.last().map_or(0, Vec::len);
    let mut known = BTreeSet::new();
    let patterns =
        (0..turns).flat_map(|turn| of_literals.iter().filter_map(move |of| of.get(turn)));
    patterns.filter(|&pattern| known.insert(pattern)).cloned().collect()
}

/// Which literals have which byte at which place of their patterns, a bit each: however many they
/// are, three look-ups tell whether one of them may stand somewhere.
///
/// Of some hundred literals each bit is shared, and any three letters may begin one. Which ones do is
/// looked up by the letters, so that a thousand are searched for as quickly as a hundred.
pub(super) struct Masks {
    bits: [[u64; 256]; FRAGMENT],
    /// The patterns in small letters, each with the number of its literal, in order.
    by_pattern: Vec<([u8; FRAGMENT], usize)>,
    /// Whether there may be a pattern, by [`Masks::mixed`].
    any: Box<[bool; 1 << 14]>,
    /// The literals with shorter patterns.
    short: Vec<usize>,
}

impl Masks {
    pub(super) fn new(literals: &[Literal]) -> Masks {
        let mut masks = Masks {
            bits: [[0; 256]; FRAGMENT],
            by_pattern: Vec::new(),
            any: Box::new([false; 1 << 14]),
            short: Vec::new(),
        };
        for (index, literal) in literals.iter().enumerate() {
            for pattern in literal.patterns() {
                if let Some(&pattern) = pattern.first_chunk::<FRAGMENT>() {
                    let pattern = pattern.map(|byte| byte.to_ascii_lowercase());
                    masks.any[Self::mixed(pattern)] = true;
                    masks.by_pattern.push((pattern, index));
                } else {
                    masks.short.push(index);
                }
                for (place, of_place) in masks.bits.iter_mut().enumerate() {
                    match pattern.get(place) {
                        Some(&byte) => of_place[usize::from(byte)] |= Self::bit(index),
                        None => of_place.iter_mut().for_each(|mask| *mask |= Self::bit(index)),
                    }
                }
            }
        }
        masks.by_pattern.sort_unstable();
        masks.by_pattern.dedup();
        masks.short.dedup();
        masks
    }

    /// A number for three bytes.
    fn mixed([first, second, third]: [u8; FRAGMENT]) -> usize {
        let [first, second, third] = [first, second, third].map(usize::from);
        (first ^ second << 3 ^ third << 6) & ((1 << 14) - 1)
    }

    /// The literals of which a pattern may be these bytes.
    fn candidates(&self, bytes: [u8; FRAGMENT]) -> impl Iterator<Item = usize> {
        let bytes = bytes.map(|byte| byte.to_ascii_lowercase());
        let first = if self.any[Self::mixed(bytes)] {
            self.by_pattern.partition_point(|(pattern, _)| *pattern < bytes)
        } else {
            self.by_pattern.len()
        };
        let long =
            self.by_pattern[first..].iter().take_while(move |(pattern, _)| *pattern == bytes);
        long.map(|&(_, index)| index).chain(self.short.iter().copied())
    }

    /// The bit of a literal. Many literals share.
    fn bit(index: usize) -> u64 {
        1 << (index % 64)
    }

    #[inline]
    fn at(&self, bytes: [u8; FRAGMENT]) -> u64 {
        let [first, second, third] = bytes.map(usize::from);
        self.bits[0][first] & self.bits[1][second] & self.bits[2][third]
    }

    fn next(&self, literals: &[Literal], block: &[u8], from: usize) -> usize {
        let stands_at = |at: usize| {
            let byte = |at: usize| block.get(at).copied().unwrap_or_default();
            let bytes = [byte(at), byte(at + 1), byte(at + 2)];
            let mask = self.at(bytes);
            mask != 0
                && self.candidates(bytes).any(|index| {
                    mask & Self::bit(index) != 0 && literals[index].stands_at(block, at)
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
