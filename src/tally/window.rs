//! The sliding window: which posts are in it, and which leaves it next.
//!
//! Posts mostly come in the order of their times; those go through a queue. Stragglers go through
//! a heap. Either way the window is exact, and a post in order costs a few nanoseconds.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::ops::Index;

use hashbrown::HashTable;

use crate::contest::TeamId;
use crate::post::{AuthorId, Post, PostId};

/// Where a counted post is on its way out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// In the window that is shown.
    Shown,
    /// No longer shown, but not yet older than the window before the newest post.
    Faded,
    /// Deleted, or edited so that it names no team. Waits for its turn to leave the queue.
    TakenBack,
}

/// A counted post.
#[derive(Clone, Debug)]
pub(super) struct Slot {
    pub(super) id: Option<PostId>,
    pub(super) alias: Option<PostId>,
    pub(super) author: Option<AuthorId>,
    /// When it was posted, in milliseconds.
    pub(super) at: i64,
    /// How many were counted before it: of two posts at one time the later one is newer.
    pub(super) order: u64,
    pub(super) team: TeamId,
    pub(super) state: State,
    /// Whether the author may have older posts, known of the author's newest one only.
    pub(super) has_older: bool,
}

/// The counted posts, by number, by id and by the name that deletions use.
#[derive(Default)]
pub(super) struct Slots {
    posts: Vec<Slot>,
    free: Vec<u32>,
    by_id: HashTable<u32>,
    by_alias: HashTable<u32>,
    inserted: u64,
}

impl Index<u32> for Slots {
    type Output = Slot;

    fn index(&self, slot: u32) -> &Slot {
        &self.posts[slot as usize]
    }
}

impl Slots {
    /// How many posts there are, those taken back included.
    pub(super) fn len(&self) -> usize {
        self.posts.len() - self.free.len()
    }

    pub(super) fn find(&self, id: PostId) -> Option<u32> {
        self.by_id.find(id.0, |&slot| self[slot].id == Some(id)).copied()
    }

    pub(super) fn find_alias(&self, id: PostId) -> Option<u32> {
        self.by_alias.find(id.0, |&slot| self[slot].alias == Some(id)).copied()
    }

    pub(super) fn insert(&mut self, post: &Post, team: TeamId) -> u32 {
        let slot = Slot {
            id: post.id,
            alias: post.alias,
            author: post.author,
            at: post.at.millis(),
            order: self.inserted,
            team,
            state: State::Shown,
            has_older: false,
        };
        self.inserted += 1;
        let number = if let Some(number) = self.free.pop() {
            self.posts[number as usize] = slot;
            number
        } else {
            self.posts.push(slot);
            u32::try_from(self.posts.len() - 1).expect("the limit is far below 2^32")
        };
        let posts = &self.posts;
        if let Some(id) = post.id {
            self.by_id.insert_unique(id.0, number, |&slot| hash(posts[slot as usize].id));
        }
        if let Some(alias) = post.alias {
            self.by_alias.insert_unique(alias.0, number, |&slot| hash(posts[slot as usize].alias));
        }
        number
    }

    pub(super) fn set_team(&mut self, slot: u32, team: TeamId) {
        self.posts[slot as usize].team = team;
    }

    pub(super) fn set_has_older(&mut self, slot: u32) {
        self.posts[slot as usize].has_older = true;
    }

    /// The post no longer counts, and is no longer found.
    pub(super) fn take_back(&mut self, slot: u32) {
        self.unlink(slot);
        self.posts[slot as usize].state = State::TakenBack;
    }

    /// The post has left the window; its number is free.
    pub(super) fn remove(&mut self, slot: u32) {
        if self[slot].state != State::TakenBack {
            self.unlink(slot);
        }
        self.free.push(slot);
    }

    fn unlink(&mut self, slot: u32) {
        let Slot { id, alias, .. } = self[slot];
        if let Some(id) = id
            && let Ok(entry) = self.by_id.find_entry(id.0, |&other| other == slot)
        {
            entry.remove();
        }
        if let Some(alias) = alias
            && let Ok(entry) = self.by_alias.find_entry(alias.0, |&other| other == slot)
        {
            entry.remove();
        }
    }
}

/// Ids are keyed hashes already.
fn hash(id: Option<PostId>) -> u64 {
    id.map_or(0, |id| id.0)
}

/// The counted posts in the order in which they leave.
#[derive(Default)]
pub(super) struct Window {
    shown: Queue,
    faded: Queue,
}

impl Window {
    /// Puts a post in. `horizon`: posts at or before it are shown no more.
    pub(super) fn push(&mut self, slots: &mut Slots, slot: u32, horizon: i64) {
        if slots[slot].at > horizon {
            self.shown.push(slots, slot);
        } else {
            slots.posts[slot as usize].state = State::Faded;
            self.faded.push(slots, slot);
        }
    }

    /// Moves on to faded what is at or before `horizon`: the next such post that counted until now.
    pub(super) fn fade(&mut self, slots: &mut Slots, horizon: i64) -> Option<u32> {
        while let Some(slot) = self.shown.pop_at_or_before(slots, horizon) {
            self.faded.push(slots, slot);
            if slots[slot].state == State::Shown {
                slots.posts[slot as usize].state = State::Faded;
                return Some(slot);
            }
        }
        None
    }

    /// The next post that leaves for good; only faded posts do.
    pub(super) fn pop_left(&mut self, slots: &Slots, horizon: i64) -> Option<u32> {
        self.faded.pop_at_or_before(slots, horizon)
    }

    /// The oldest post of all.
    pub(super) fn pop_oldest(&mut self, slots: &Slots) -> Option<u32> {
        self.faded
            .pop_at_or_before(slots, i64::MAX)
            .or_else(|| self.shown.pop_at_or_before(slots, i64::MAX))
    }
}

/// Posts by time, then by the order in which they came.
#[derive(Default)]
struct Queue {
    in_order: VecDeque<u32>,
    stragglers: BinaryHeap<Reverse<(i64, u64, u32)>>,
}

impl Queue {
    fn push(&mut self, slots: &Slots, slot: u32) {
        let Slot { at, order, .. } = slots[slot];
        let newest = self.in_order.back().map(|&back| (slots[back].at, slots[back].order));
        if newest.is_none_or(|newest| newest <= (at, order)) {
            self.in_order.push_back(slot);
        } else {
            self.stragglers.push(Reverse((at, order, slot)));
        }
    }

    fn pop_at_or_before(&mut self, slots: &Slots, horizon: i64) -> Option<u32> {
        let front = self.in_order.front().map(|&front| (slots[front].at, slots[front].order));
        match (front, self.stragglers.peek()) {
            (Some((at, order)), Some(&Reverse((late_at, late_order, _))))
                if (late_at, late_order) < (at, order) =>
            {
                self.pop_straggler(horizon)
            }
            (Some((at, _)), _) if at <= horizon => self.in_order.pop_front(),
            (Some(_), _) => None,
            (None, _) => self.pop_straggler(horizon),
        }
    }

    fn pop_straggler(&mut self, horizon: i64) -> Option<u32> {
        let &Reverse((at, _, slot)) = self.stragglers.peek()?;
        (at <= horizon).then(|| {
            self.stragglers.pop();
            slot
        })
    }
}
