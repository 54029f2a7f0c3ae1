//! Is it worth decoding at all? Refuses messages by their bytes, without reading any JSON.
//!
//! Most posts of a firehose name no team. Two searches over whole blocks find the few places where
//! one might: the hashtags themselves in ASCII's two cases ([`searches`]), and *hiding places*,
//! characters and escapes that could fold into a part of a hashtag ([`hiding`]). A message without
//! either, and without a word that marks deletions and edits ([`words`]), cannot matter.
//! Errs to one side only: it may let pass what names nobody, and never refuses what names a team.

mod hiding;
mod literals;
mod searches;
mod surroundings;
mod tables;
pub(super) mod words;

use std::collections::BTreeSet;

use crate::hashtag;
use crate::questions::Questions;

use super::matcher::Folding;

use hiding::Alphabet;
use literals::Literal;
use searches::Needles;
use words::Word;

/// Bytes that are looked at together, which the compiler turns into vector instructions.
const CHUNK: usize = 64;

/// The search, prepared for the questions of one evening.
pub(super) struct Prefilter {
    alphabet: Alphabet,
    /// Hashtags, and the words that mark messages.
    needles: Needles,
}

/// Where the search stands in one block.
pub(super) struct Scan<'a> {
    block: &'a [u8],
    needle: usize,
    hidden: usize,
}

impl<'a> Scan<'a> {
    /// At the start of `block`, which begins and ends with whole messages.
    pub(super) fn new(block: &'a [u8]) -> Scan<'a> {
        // Both are before any place asked for, so that the first question starts both searches.
        Scan { block, needle: usize::MAX, hidden: usize::MAX }
    }
}

impl Prefilter {
    /// A search for the hashtags of `questions`, in messages that are written with `folding`, and for
    /// `words`.
    pub(super) fn new(
        questions: &Questions,
        folding: Folding,
        words: impl IntoIterator<Item = Word>,
    ) -> Prefilter {
        let mut tags = BTreeSet::new();
        for tag in questions.hashtags() {
            if folding == Folding::Latin {
                tags.insert(hashtag::fold_latin(tag).into_owned());
            }
            tags.insert(tag.clone());
        }
        let hashtags = tags.iter().map(|tag| Literal::hashtag(tag));
        let literals = hashtags.chain(words.into_iter().map(Literal::word)).collect();
        // Elsewhere than on Mastodon every accented letter would stop the search for nothing.
        Prefilter { alphabet: Alphabet::new(&tags, folding), needles: Needles::new(literals) }
    }

    /// The place of the first byte at or after `from` that makes its message worth decoding; the
    /// length of the block if there is none.
    pub(super) fn next(&self, scan: &mut Scan<'_>, from: usize) -> usize {
        if scan.needle == usize::MAX || scan.needle < from {
            scan.needle = self.needles.next(scan.block, from);
        }
        if scan.hidden == usize::MAX || scan.hidden < from {
            scan.hidden = self.alphabet.next_hidden(scan.block, from);
        }
        scan.needle.min(scan.hidden)
    }
}

#[cfg(test)]
mod tests;
