//! Deleted posts that may yet arrive: deletions can overtake what they delete.
//!
//! Each is remembered until the newest post is a window past it.

use hashbrown::HashTable;

use crate::post::{AuthorId, PostId};

use super::queue::{Entries, Queue};
use super::slots::NONE;

/// What is deleted: a post, and the author who alone may delete it where deletions are signed. Both
/// are keyed hashes, and so is what is made of the two: anybody can send deletions of one post under
/// any number of names.
fn key(id: PostId, author: Option<AuthorId>) -> u64 {
    id.0 ^ author.map_or(0, |author| author.0.rotate_left(32))
}

/// The time of what has none yet.
const UNTIMED: i64 = i64::MIN;

/// The deletions to remember.
pub(super) struct Tombstones {
    marks: Marks,
    /// Every post that is counted is looked up here.
    by_key: HashTable<u32>,
    /// By [`Mark::queued`], which is the time of the mark or before it: one that was deleted again
    /// later goes back into the queue when its turn comes.
    queue: Queue<i64>,
    /// The first of the numbers that are free again.
    free: u32,
    /// Deletions came without a time before any post told one.
    any_waits: bool,
}

/// By number.
struct Marks(Vec<Mark>);

/// When a post was deleted.
struct Mark {
    key: u64,
    /// The newest time of its deletions.
    at: i64,
    /// Where it stands in the queue.
    queued: i64,
    /// What comes after it in the queue, or among the free numbers.
    next: u32,
    /// A deletion came without a time before any post told one.
    waits: bool,
}

impl Entries for Marks {
    type Key = i64;

    fn key(&self, mark: u32) -> i64 {
        self.0[mark as usize].queued
    }

    fn next(&self, mark: u32) -> u32 {
        self.0[mark as usize].next
    }

    fn set_next(&mut self, mark: u32, next: u32) {
        self.0[mark as usize].next = next;
    }
}

impl Tombstones {
    /// Room for `most` deletions; what is not filled takes no memory.
    pub(super) fn new(most: usize) -> Tombstones {
        Tombstones {
            marks: Marks(Vec::with_capacity(most)),
            by_key: HashTable::new(),
            queue: Queue::default(),
            free: NONE,
            any_waits: false,
        }
    }
}

impl Tombstones {
    pub(super) fn len(&self) -> usize {
        self.by_key.len()
    }

    /// Remembers that a post was deleted at `at`, or at the time of the first post to come.
    pub(super) fn insert(&mut self, id: PostId, author: Option<AuthorId>, at: Option<i64>) {
        let key = key(id, author);
        let waits = at.is_none();
        self.any_waits |= waits;
        let at = at.unwrap_or(UNTIMED);
        if let Some(&known) = self.by_key.find(key, |&mark| self.marks.0[mark as usize].key == key)
        {
            let known = &mut self.marks.0[known as usize];
            known.at = known.at.max(at);
            known.waits |= waits;
            return;
        }
        let mark = Mark { key, at, queued: at, next: NONE, waits };
        let number = if self.free == NONE {
            self.marks.0.push(mark);
            u32::try_from(self.marks.0.len() - 1).expect("the limit is far below 2^32")
        } else {
            let number = self.free;
            self.free = self.marks.next(number);
            self.marks.0[number as usize] = mark;
            number
        };
        let marks = &self.marks.0;
        self.by_key.insert_unique(key, number, |&mark| marks[mark as usize].key);
        self.queue.push(&mut self.marks, number);
    }

    /// Whether a post of that name, by that author, is deleted.
    pub(super) fn names(&self, id: PostId, author: Option<AuthorId>) -> bool {
        let has =
            |key| self.by_key.find(key, |&mark| self.marks.0[mark as usize].key == key).is_some();
        !self.by_key.is_empty() && (has(key(id, None)) || author.is_some() && has(key(id, author)))
    }

    /// Whether one was there to be forgotten.
    pub(super) fn pop_oldest(&mut self) -> bool {
        self.forget_one(|_| true)
    }

    /// The newest post is at `now`: forgets what was deleted before `horizon`.
    pub(super) fn advance(&mut self, now: i64, horizon: i64) {
        if std::mem::take(&mut self.any_waits) {
            for mark in &mut self.marks.0 {
                if std::mem::take(&mut mark.waits) {
                    mark.at = mark.at.max(now);
                }
            }
        }
        while self.forget_one(|queued| queued < horizon) {}
    }

    /// Forgets the oldest of all, if that is old enough by `leaves`.
    fn forget_one(&mut self, leaves: impl Fn(i64) -> bool) -> bool {
        while let Some(oldest) = self.queue.pop_if(&self.marks, &leaves) {
            let mark = &mut self.marks.0[oldest as usize];
            if mark.at > mark.queued {
                mark.queued = mark.at;
                self.queue.push(&mut self.marks, oldest);
                continue;
            }
            if let Ok(entry) = self.by_key.find_entry(mark.key, |&mark| mark == oldest) {
                entry.remove();
            }
            mark.next = self.free;
            self.free = oldest;
            return true;
        }
        false
    }
}
