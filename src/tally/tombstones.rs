//! Deleted posts that may yet arrive: deletions can overtake what they delete.
//!
//! Each is remembered until the newest post is a window past it.

use std::collections::BTreeSet;

use hashbrown::HashTable;

use crate::post::{AuthorId, PostId};

/// What is deleted: a post, and the author who alone may delete it where deletions are signed.
type Key = (PostId, Option<AuthorId>);

/// The deletions to remember.
#[derive(Default)]
pub(super) struct Tombstones {
    /// Every post that is counted is looked up here.
    marks: HashTable<Mark>,
    /// By [`Mark::order`].
    in_order: BTreeSet<(Option<i64>, Key)>,
}

/// When a post was deleted.
struct Mark {
    key: Key,
    /// The newest time of its deletions.
    at: Option<i64>,
    /// A deletion came without a time before any post told one.
    waits: bool,
}

impl Mark {
    /// Those that wait come first, to be found when time is known.
    fn order(&self) -> Option<i64> {
        self.at.filter(|_| !self.waits)
    }
}

/// Both halves count: anybody can send deletions of one post under any number of names.
fn hash((id, author): Key) -> u64 {
    id.0 ^ author.map_or(0, |author| author.0.rotate_left(32))
}

impl Tombstones {
    pub(super) fn len(&self) -> usize {
        self.marks.len()
    }

    /// Remembers that a post was deleted at `at`, or at the time of the first post to come.
    pub(super) fn insert(&mut self, id: PostId, author: Option<AuthorId>, at: Option<i64>) {
        let key = (id, author);
        let order = if let Some(mark) = self.marks.find_mut(hash(key), |mark| mark.key == key) {
            self.in_order.remove(&(mark.order(), key));
            mark.at = mark.at.max(at);
            mark.waits |= at.is_none();
            mark.order()
        } else {
            let mark = Mark { key, at, waits: at.is_none() };
            self.marks.insert_unique(hash(key), mark, |mark| hash(mark.key));
            at
        };
        self.in_order.insert((order, key));
    }

    /// Whether a post of that name, by that author, is deleted.
    pub(super) fn names(&self, id: PostId, author: Option<AuthorId>) -> bool {
        let has = |key| self.marks.find(hash(key), |mark| mark.key == key).is_some();
        !self.marks.is_empty() && (has((id, None)) || author.is_some() && has((id, author)))
    }

    pub(super) fn pop_oldest(&mut self) {
        if let Some((_, key)) = self.in_order.pop_first()
            && let Ok(mark) = self.marks.find_entry(hash(key), |mark| mark.key == key)
        {
            mark.remove();
        }
    }

    /// The newest post is at `now`: forgets what was deleted before `horizon`.
    pub(super) fn advance(&mut self, now: i64, horizon: i64) {
        while let Some(&(order, key)) = self.in_order.first() {
            match order {
                None => {
                    self.in_order.pop_first();
                    if let Some(mark) = self.marks.find_mut(hash(key), |mark| mark.key == key) {
                        mark.at = mark.at.max(Some(now));
                        mark.waits = false;
                        self.in_order.insert((mark.at, key));
                    }
                }
                Some(at) if at < horizon => self.pop_oldest(),
                Some(_) => break,
            }
        }
    }
}
