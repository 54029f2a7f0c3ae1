//! A queue by time of what mostly comes in the order of time.
//!
//! What comes in order is chained through the entries themselves, which costs no memory of its own; the
//! stragglers go through a heap. An entry in order costs a few nanoseconds.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use super::slots::NONE;

/// Entries by number, which can stand in one queue at a time.
pub(super) trait Entries {
    /// When an entry leaves, and what decides between entries of one time.
    type Key: Ord + Copy;

    fn key(&self, entry: u32) -> Self::Key;

    /// What comes after it in its queue.
    fn next(&self, entry: u32) -> u32;

    fn set_next(&mut self, entry: u32, next: u32);
}

/// Entries by key, then by the order in which they came.
pub(super) struct Queue<K> {
    /// The first and the last of those in order.
    front: u32,
    back: u32,
    stragglers: BinaryHeap<Straggler<K>>,
}

impl<K: Ord> Default for Queue<K> {
    fn default() -> Queue<K> {
        Queue { front: NONE, back: NONE, stragglers: BinaryHeap::new() }
    }
}

impl<K: Ord + Copy> Queue<K> {
    pub(super) fn push(&mut self, entries: &mut impl Entries<Key = K>, entry: u32) {
        let key = entries.key(entry);
        if self.back == NONE {
            self.front = entry;
        } else if entries.key(self.back) <= key {
            entries.set_next(self.back, entry);
        } else {
            self.stragglers.push(Straggler { key, entry });
            return;
        }
        entries.set_next(entry, NONE);
        self.back = entry;
    }

    /// Takes the first out, if `leaves` says so of its key.
    pub(super) fn pop_if(
        &mut self,
        entries: &impl Entries<Key = K>,
        leaves: impl Fn(K) -> bool,
    ) -> Option<u32> {
        let straggler = self.stragglers.peek().map(|straggler| straggler.key);
        if self.front != NONE {
            let key = entries.key(self.front);
            if straggler.is_none_or(|straggler| straggler >= key) {
                return leaves(key).then(|| self.pop_front(entries));
            }
        }
        straggler.filter(|&key| leaves(key)).and_then(|_| self.pop_straggler())
    }

    fn pop_front(&mut self, entries: &impl Entries<Key = K>) -> u32 {
        let entry = self.front;
        self.front = entries.next(entry);
        if self.front == NONE {
            self.back = NONE;
        }
        entry
    }

    fn pop_straggler(&mut self) -> Option<u32> {
        let entry = self.stragglers.pop()?.entry;
        let (len, capacity) = (self.stragglers.len(), self.stragglers.capacity());
        // What one flood of stragglers took is there for other entries afterwards.
        if len < capacity / 4 && capacity > 1024 {
            self.stragglers.shrink_to(capacity / 2);
        }
        Some(entry)
    }
}

/// An entry that came after later ones. The greatest is the one that leaves first.
struct Straggler<K> {
    key: K,
    entry: u32,
}

impl<K: Ord> Ord for Straggler<K> {
    fn cmp(&self, other: &Straggler<K>) -> Ordering {
        other.key.cmp(&self.key)
    }
}

impl<K: Ord> PartialOrd for Straggler<K> {
    fn partial_cmp(&self, other: &Straggler<K>) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<K: Ord> PartialEq for Straggler<K> {
    fn eq(&self, other: &Straggler<K>) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl<K: Ord> Eq for Straggler<K> {}
