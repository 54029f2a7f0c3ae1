//! Deleted posts that may yet arrive: deletions can overtake what they delete.
//!
//! Each is remembered until the newest post is a window past it.

use std::collections::BTreeSet;

use hashbrown::HashTable;

use crate::post::{AuthorId, PostId};

/// A deleted post, by the author who alone may delete it: until when.
struct Tombstone {
    id: PostId,
    author: Option<AuthorId>,
    until: Option<i64>,
}

/// The deletions to remember.
#[derive(Default)]
pub(super) struct Tombstones {
    /// By post: every post that is counted is looked up here.
    by_post: HashTable<Tombstone>,
    /// By time; those without one first, since no post has told the time yet.
    in_order: BTreeSet<(Option<i64>, PostId, Option<AuthorId>)>,
}

impl Tombstones {
    pub(super) fn len(&self) -> usize {
        self.by_post.len()
    }

    /// Remembers that a post was deleted at `at`, or at the time of the first post to come.
    pub(super) fn insert(&mut self, id: PostId, author: Option<AuthorId>, at: Option<i64>) {
        let is_same = |known: &Tombstone| known.id == id && known.author == author;
        let until = if let Some(known) = self.by_post.find_mut(id.0, is_same) {
            self.in_order.remove(&(known.until, id, author));
            known.until = known.until.max(at);
            known.until
        } else {
            let new = Tombstone { id, author, until: at };
            self.by_post.insert_unique(id.0, new, |known| known.id.0);
            at
        };
        self.in_order.insert((until, id, author));
    }

    /// Whether a post of that name, by that author, is deleted.
    pub(super) fn names(&self, id: PostId, author: Option<AuthorId>) -> bool {
        let is_named = |known: &Tombstone| {
            known.id == id && (known.author.is_none() || known.author == author)
        };
        self.by_post.find(id.0, is_named).is_some()
    }

    pub(super) fn pop_oldest(&mut self) {
        if let Some((_, id, author)) = self.in_order.pop_first() {
            let is_same = |known: &Tombstone| known.id == id && known.author == author;
            if let Ok(entry) = self.by_post.find_entry(id.0, is_same) {
                entry.remove();
            }
        }
    }

    /// The newest post is at `now`: forgets what was deleted before `horizon`.
    pub(super) fn advance(&mut self, now: i64, horizon: i64) {
        while let Some(&(at, id, author)) = self.in_order.first() {
            match at {
                None => self.insert(id, author, Some(now)),
                Some(at) if at < horizon => self.pop_oldest(),
                Some(_) => break,
            }
        }
    }
}
