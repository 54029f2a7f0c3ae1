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

/// Which literals have which byte at which place of their patterns, a bit each: however many they
/// are, three look-ups tell whether one of them may stand somewhere.
pub(super) struct Masks([[u64; 256]; FRAGMENT]);

impl Masks {
    pub(super) fn new(literals: &[Literal]) -> Masks {
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
