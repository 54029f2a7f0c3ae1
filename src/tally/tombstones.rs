//! Deleted posts that may yet arrive: deletions can overtake what they delete.
//!
//! Each is remembered until the newest post is a window past it.

use std::collections::{BTreeMap, BTreeSet};

use crate::post::{AuthorId, PostId};

/// What is deleted: a post, and the author who alone may delete it where deletions are signed.
type Key = (PostId, Option<AuthorId>);

/// The deletions to remember.
#[derive(Default)]
pub(super) struct Tombstones {
    marks: BTreeMap<Key, Mark>,
    /// By [`Mark::order`].
    in_order: BTreeSet<(Option<i64>, Key)>,
}

/// When a post was deleted.
#[derive(Clone, Copy, Default)]
struct Mark {
    /// The newest time of its deletions.
    at: Option<i64>,
    /// A deletion came without a time before any post told one.
    waits: bool,
}

impl Mark {
    /// Those that wait come first, to be found when time is known.
    fn order(self) -> Option<i64> {
        self.at.filter(|_| !self.waits)
    }
}

impl Tombstones {
    pub(super) fn len(&self) -> usize {
        self.marks.len()
    }

    /// Remembers that a post was deleted at `at`, or at the time of the first post to come.
    pub(super) fn insert(&mut self, id: PostId, author: Option<AuthorId>, at: Option<i64>) {
        let key = (id, author);
        let mark = self.marks.entry(key).or_default();
        self.in_order.remove(&(mark.order(), key));
        mark.at = mark.at.max(at);
        mark.waits |= at.is_none();
        self.in_order.insert((mark.order(), key));
    }

    /// Whether a post of that name, by that author, is deleted.
    pub(super) fn names(&self, id: PostId, author: Option<AuthorId>) -> bool {
        self.marks.contains_key(&(id, None))
            || author.is_some() && self.marks.contains_key(&(id, author))
    }

    pub(super) fn pop_oldest(&mut self) {
        if let Some((_, key)) = self.in_order.pop_first() {
            self.marks.remove(&key);
        }
    }

    /// The newest post is at `now`: forgets what was deleted before `horizon`.
    pub(super) fn advance(&mut self, now: i64, horizon: i64) {
        while let Some(&(at, key)) = self.in_order.first() {
            match at {
                None => {
                    self.in_order.pop_first();
                    let mark = self.marks.entry(key).or_default();
                    *mark = Mark { at: mark.at.max(Some(now)), waits: false };
                    self.in_order.insert((mark.at, key));
                }
                Some(at) if at < horizon => self.pop_oldest(),
                Some(_) => break,
            }
        }
    }
}
