//! What stands on both sides of a character that is a part of a hashtag in disguise.

use std::collections::BTreeSet;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::canonical_combining_class;

/// The ASCII between which a character can be a part of a hashtag. Between others it is a part of
/// some other word. What is not ASCII may always be there, as may the end of an escape: that is a
/// hiding place itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Surroundings {
    before: u128,
    after: u128,
}

impl Surroundings {
    pub(super) const ANYWHERE: Surroundings = Surroundings { before: u128::MAX, after: u128::MAX };

    /// Whether `before` and `after`, the bytes next to a character, let it be a part of a hashtag.
    pub(super) fn fit(self, before: Option<u8>, after: Option<u8>) -> bool {
        Self::has(self.before, before) && (Self::has(self.after, after) || after == Some(b'\\'))
    }

    fn has(set: u128, byte: Option<u8>) -> bool {
        byte.is_none_or(|byte| byte >= 0x80 || set >> byte & 1 == 1)
    }

    /// `tags`, the characters in them, and those with their parts. Where a character that folds to
    /// `folded` is a part of a hashtag, or its edge, since that of a
    /// message that cannot be read may be longer.
    pub(super) fn of(
        folded: &str,
        tags: &BTreeSet<Vec<char>>,
        written: &BTreeSet<char>,
        own: &BTreeSet<char>,
    ) -> Vec<Surroundings> {
        if !folded.chars().any(|c| own.contains(&c)) {
            return vec![];
        }
        let folded: Vec<char> = folded.chars().collect();
        // Marks change places, and with a letter they make another one.
        let is_piece = |tag: &char| !folded.contains(tag) && tag.nfd().any(|c| folded.contains(&c));
        if folded.iter().any(|&c| canonical_combining_class(c) != 0) || written.iter().any(is_piece)
        {
            return vec![Surroundings::ANYWHERE];
        }
        // A neighbour that is not ASCII may be written in many ways, none of them ASCII.
        let ascii = |c: Option<&char>| match c {
            None => u128::MAX,
            Some(&c) if c.is_ascii() => 1 << u32::from(c) | 1 << u32::from(c.to_ascii_uppercase()),
            Some(_) => 0,
        };
        let mut found = BTreeSet::new();
        for tag in tags {
            // As many of the folded characters as stand before the tag, or all but those after it.
            for end in 1..tag.len() + folded.len() {
                let start = end.saturating_sub(folded.len());
                let inside = &tag[start..end.min(tag.len())];
                let skipped = folded.len().saturating_sub(end);
                if folded[skipped..].starts_with(inside) {
                    let before = if end <= folded.len() { None } else { tag.get(start - 1) };
                    found
                        .insert(Surroundings { before: ascii(before), after: ascii(tag.get(end)) });
                }
            }
        }
        // Of a thousand hashtags few surroundings are left.
        found.into_iter().collect()
    }
}
