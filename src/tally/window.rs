//! The sliding window: which posts are in it, and which leaves it next.
//!
//! Exact to the millisecond at any disorder.

use super::queue::{Entries, Queue};
use super::slots::{Age, Slots, State};

impl Entries for Slots {
    type Key = Age;

    fn key(&self, slot: u32) -> Age {
        self[slot].age()
    }

    fn next(&self, slot: u32) -> u32 {
        self[slot].next
    }

    fn set_next(&mut self, slot: u32, next: u32) {
        self[slot].next = next;
    }
}

/// The counted posts in the order in which they leave.
#[derive(Default)]
pub(super) struct Window {
    shown: Queue<Age>,
    faded: Queue<Age>,
}

impl Window {
    /// Puts a post in. `horizon`: posts at or before it are shown no more.
    pub(super) fn push(&mut self, slots: &mut Slots, slot: u32, horizon: i64) {
        if slots[slot].at() > horizon {
            self.shown.push(slots, slot);
        } else {
            slots[slot].set_state(State::Faded);
            self.faded.push(slots, slot);
        }
    }

    /// Moves on to faded what is at or before `horizon`: the next such post that counted until now.
    pub(super) fn fade(&mut self, slots: &mut Slots, horizon: i64) -> Option<u32> {
        while let Some(slot) = self.shown.pop_if(slots, |age| age.at() <= horizon) {
            self.faded.push(slots, slot);
            if slots[slot].state() == State::Shown {
                slots[slot].set_state(State::Faded);
                return Some(slot);
            }
        }
        None
    }

    /// The next post that leaves for good; only faded posts do.
    pub(super) fn pop_left(&mut self, slots: &Slots, horizon: i64) -> Option<u32> {
        self.faded.pop_if(slots, |age| age.at() <= horizon)
    }

    /// The oldest post of all.
    pub(super) fn pop_oldest(&mut self, slots: &Slots) -> Option<u32> {
        self.faded.pop_if(slots, |_| true).or_else(|| self.shown.pop_if(slots, |_| true))
    }
}
