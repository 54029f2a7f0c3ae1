//! Short names of posts, by which the ledger and the walk know them.

use std::hash::{BuildHasher, RandomState};

use super::mark::number;

/// Names posts of one server in 64 bits. A Mastodon server's ids are numbers that begin with the time
/// of the post, and are their own names, so that names sort by time; other servers' are hashed.
#[derive(Clone, Debug, Default)]
pub(super) struct Names(RandomState);

/// A number that is a post's.
pub(super) type Name = u64;

impl Names {
    pub(super) fn name(&self, id: &str) -> Name {
        number(id).unwrap_or_else(|| self.0.hash_one(id))
    }

    /// The name of what has no id.
    pub(super) fn name_of_text(&self, text: &[u8]) -> Name {
        self.0.hash_one(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_that_are_numbers_are_their_own_names() {
        let names = Names::default();
        assert_eq!(names.name("117655983922104250"), 117_655_983_922_104_250);
        assert_ne!(names.name("01JD7Z8W4Q"), names.name("01JD7Z8W4R"));
    }
}
