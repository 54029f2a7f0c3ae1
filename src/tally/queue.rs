//! A queue by time of what mostly comes in the order of time.
//!
//! What comes in order is chained through the things themselves, which costs no memory of its own; the
//! stragglers go through a heap. A thing in order costs a few nanoseconds.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use super::slots::NONE;

/// Things by number, which can stand in one queue at a time.
pub(super) trait Things {
    /// When a thing leaves, and what decides between things of one time.
    type Key: Ord + Copy;

    fn key(&self, thing: u32) -> Self::Key;

    /// What comes after it in its queue.
    fn next(&self, thing: u32) -> u32;

    fn set_next(&mut self, thing: u32, next: u32);
}

/// Things by key, then by the order in which they came.
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
    pub(super) fn push(&mut self, things: &mut impl Things<Key = K>, thing: u32) {
        let key = things.key(thing);
        if self.back == NONE {
            self.front = thing;
        } else if things.key(self.back) <= key {
            things.set_next(self.back, thing);
        } else {
            self.stragglers.push(Straggler { key, thing });
            return;
        }
        things.set_next(thing, NONE);
        self.back = thing;
    }

    /// Takes the first out, if `leaves` says so of its key.
    pub(super) fn pop_if(
        &mut self,
        things: &impl Things<Key = K>,
        leaves: impl Fn(K) -> bool,
    ) -> Option<u32> {
        let straggler = self.stragglers.peek().map(|straggler| straggler.key);
        if self.front != NONE {
            let key = things.key(self.front);
            if straggler.is_none_or(|straggler| straggler >= key) {
                return leaves(key).then(|| self.pop_front(things));
            }
        }
        straggler.filter(|&key| leaves(key)).and_then(|_| self.pop_straggler())
    }

    fn pop_front(&mut self, things: &impl Things<Key = K>) -> u32 {
        let thing = self.front;
        self.front = things.next(thing);
        if self.front == NONE {
            self.back = NONE;
        }
        thing
    }

    fn pop_straggler(&mut self) -> Option<u32> {
        let thing = self.stragglers.pop()?.thing;
        let (len, capacity) = (self.stragglers.len(), self.stragglers.capacity());
        // What one flood of stragglers took is there for other things afterwards.
        if len < capacity / 4 && capacity > 1024 {
            self.stragglers.shrink_to(capacity / 2);
        }
        Some(thing)
    }
}

/// A thing that came after later ones. The greatest is the one that leaves first.
struct Straggler<K> {
    key: K,
    thing: u32,
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
