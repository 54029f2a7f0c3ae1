//! Deleted posts that may yet arrive: deletions can overtake what they delete.
//!
//! Each is remembered until the newest post is a window past it.

use std::collections::{BTreeMap, BTreeSet};

use crate::post::{AuthorId, PostId};

/// The deletions to remember.
#[derive(Default)]
pub(super) struct Tombstones {
    /// By post and by the author who alone may delete it: until when.
    until: BTreeMap<(PostId, Option<AuthorId>), Option<i64>>,
    /// By time; those without one first, since no post has told the time yet.
    in_order: BTreeSet<(Option<i64>, PostId, Option<AuthorId>)>,
}

impl Tombstones {
    pub(super) fn len(&self) -> usize {
        self.until.len()
    }

    /// Remembers that a post was deleted at `at`, or at the time of the first post to come.
    pub(super) fn insert(&mut self, id: PostId, author: Option<AuthorId>, at: Option<i64>) {
        let known = self.until.entry((id, author)).or_insert(at);
        let old = *known;
        *known = old.max(at);
        let at = *known;
        self.in_order.remove(&(old, id, author));
        self.in_order.insert((at, id, author));
    }

    /// Whether a post of that name, by that author, is deleted.
    pub(super) fn names(&self, id: PostId, author: Option<AuthorId>) -> bool {
        self.until.contains_key(&(id, None))
            || author.is_some() && self.until.contains_key(&(id, author))
    }

    pub(super) fn pop_oldest(&mut self) {
        if let Some((_, id, author)) = self.in_order.pop_first() {
            self.until.remove(&(id, author));
        }
    }

    /// The newest post is at `now`: forgets what was deleted before `horizon`.
    pub(super) fn advance(&mut self, now: i64, horizon: i64) {
        while let Some(&(at, id, author)) = self.in_order.first() {
            match at {
                None => {
                    self.in_order.pop_first();
                    self.until.insert((id, author), Some(now));
                    self.in_order.insert((Some(now), id, author));
                }
                Some(at) if at < horizon => self.pop_oldest(),
                Some(_) => break,
            }
        }
    }
}
