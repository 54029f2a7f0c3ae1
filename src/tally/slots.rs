//! The counted posts, by number, by id and by the name that deletions use.
//!
//! A show may hold millions of them, so that a post is packed into 40 bytes, and whatever holds posts
//! (the queues of the window, the older posts of an author, the free numbers) is chained through the
//! posts themselves. What a hash table grows by is 5 bytes a post.

use std::ops::{Index, IndexMut};

use hashbrown::HashTable;

use crate::contest::{MAX_TEAMS, TeamId};
use crate::post::{AuthorId, Post, PostId};
use crate::timestamp::Timestamp;

/// The number of no post.
pub(super) const NONE: u32 = u32::MAX;

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
    /// 0 without [`HAS_ID`].
    id: u64,
    /// 0 without [`HAS_AUTHOR`].
    author: u64,
    /// The low bits of the time since [`Timestamp::MIN`].
    at_low: u32,
    /// The high bits of it, then the team, the state and the flags.
    packed: u32,
    /// How many were counted before it, modulo 2^32: see [`Slot::age`].
    order: u32,
    /// What comes after it in the queue that it stands in, or among the free numbers.
    pub(super) next: u32,
    /// Of an author's newest post the root of the tree of the others, and in that tree what is older
    /// than this one; see [`super::older`].
    pub(super) left: u32,
    /// In that tree, what is newer than this one.
    pub(super) right: u32,
}

const HAS_ID: u32 = 1;
const HAS_AUTHOR: u32 = 1 << 1;
const HAS_ALIAS: u32 = 1 << 2;
const IS_NEWEST: u32 = 1 << 3;
const STATE_AT: u32 = 4;
const STATE: u32 = 0b11 << STATE_AT;
const TEAM_AT: u32 = 6;
const TEAM: u32 = ((1 << (HIGH_AT - TEAM_AT)) - 1) << TEAM_AT;
const HIGH_AT: u32 = 12;

// Teams have their six bits, and times what is left: 2^52 ms are 142,000 years.
const _: () = assert!(MAX_TEAMS == 1 << (HIGH_AT - TEAM_AT));

/// When a post was posted, and of two at one time which came first. Of all posts that are held at one
/// time, no two are 2^31 apart in the order in which they came: before that, bounds would evict them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Age {
    at: i64,
    order: u32,
}

impl Age {
    /// In milliseconds.
    pub(super) fn at(self) -> i64 {
        self.at
    }
}

impl PartialOrd for Age {
    fn partial_cmp(&self, other: &Age) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Age {
    fn cmp(&self, other: &Age) -> std::cmp::Ordering {
        let apart = self.order.wrapping_sub(other.order).cast_signed();
        self.at.cmp(&other.at).then(apart.cmp(&0))
    }
}

impl Slot {
    pub(super) fn id(&self) -> Option<PostId> {
        (self.packed & HAS_ID != 0).then_some(PostId(self.id))
    }

    pub(super) fn author(&self) -> Option<AuthorId> {
        (self.packed & HAS_AUTHOR != 0).then_some(AuthorId(self.author))
    }

    /// When it was posted, in milliseconds.
    pub(super) fn at(&self) -> i64 {
        let since = u64::from(self.packed >> HIGH_AT) << 32 | u64::from(self.at_low);
        since.cast_signed() + Timestamp::MIN.millis()
    }

    pub(super) fn age(&self) -> Age {
        Age { at: self.at(), order: self.order }
    }

    pub(super) fn team(&self) -> TeamId {
        TeamId(((self.packed & TEAM) >> TEAM_AT) as u16)
    }

    pub(super) fn set_team(&mut self, team: TeamId) {
        self.packed = self.packed & !TEAM | u32::from(team.0) << TEAM_AT;
    }

    pub(super) fn state(&self) -> State {
        match (self.packed & STATE) >> STATE_AT {
            0 => State::Shown,
            1 => State::Faded,
            _ => State::TakenBack,
        }
    }

    pub(super) fn set_state(&mut self, state: State) {
        self.packed = self.packed & !STATE | (state as u32) << STATE_AT;
    }

    /// Whether it is the newest post of its author, and so the one that votes. A post whose author
    /// does not matter always is.
    pub(super) fn is_newest(&self) -> bool {
        self.packed & IS_NEWEST != 0
    }

    pub(super) fn set_newest(&mut self, is_newest: bool) {
        if is_newest {
            self.packed |= IS_NEWEST;
        } else {
            self.packed &= !IS_NEWEST;
        }
    }

    /// What shapes the tree of an author's older posts. Nobody can aim at it: authors are keyed hashes.
    pub(super) fn priority(&self) -> u64 {
        let mut mixed = self.author ^ u64::from(self.order).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        mixed = (mixed ^ (mixed >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
        mixed = (mixed ^ (mixed >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
        mixed ^ (mixed >> 33)
    }

    fn new(post: &Post, team: TeamId, order: u32) -> Slot {
        // A time is one of the years 1 to 9999, and 2^49 ms are 17,000 years.
        let since = (post.at.millis() - Timestamp::MIN.millis()).cast_unsigned();
        let flag = |is_set, flag| if is_set { flag } else { 0 };
        Slot {
            id: post.id.map_or(0, |id| id.0),
            author: post.author.map_or(0, |author| author.0),
            at_low: u32::try_from(since & u64::from(u32::MAX)).expect("32 bits are left"),
            packed: ((since >> 32) as u32) << HIGH_AT
                | u32::from(team.0) << TEAM_AT
                | flag(post.id.is_some(), HAS_ID)
                | flag(post.author.is_some(), HAS_AUTHOR)
                | flag(post.alias.is_some(), HAS_ALIAS),
            order,
            next: NONE,
            left: NONE,
            right: NONE,
        }
    }
}

/// The counted posts.
pub(super) struct Slots {
    posts: Vec<Slot>,
    /// The first of the numbers that are free again.
    free: u32,
    len: usize,
    by_id: HashTable<u32>,
    by_alias: HashTable<u32>,
    /// The second names of all posts, by number. Empty until a post has one: few networks do.
    aliases: Vec<u64>,
    /// How many were ever counted, modulo 2^32.
    inserted: u32,
}

impl Slots {
    /// Room for `most` posts. What is not filled takes no memory, and nothing is copied when it fills:
    /// a block that grew would leave holes as large as itself.
    pub(super) fn new(most: usize) -> Slots {
        Slots {
            posts: Vec::with_capacity(most),
            free: NONE,
            len: 0,
            by_id: HashTable::new(),
            by_alias: HashTable::new(),
            aliases: Vec::new(),
            inserted: 0,
        }
    }
}

impl Index<u32> for Slots {
    type Output = Slot;

    fn index(&self, slot: u32) -> &Slot {
        &self.posts[slot as usize]
    }
}

impl IndexMut<u32> for Slots {
    fn index_mut(&mut self, slot: u32) -> &mut Slot {
        &mut self.posts[slot as usize]
    }
}

impl Slots {
    /// How many posts there are, those taken back included.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn find(&self, id: PostId) -> Option<u32> {
        self.by_id.find(id.0, |&slot| self[slot].id == id.0).copied()
    }

    pub(super) fn find_alias(&self, id: PostId) -> Option<u32> {
        self.by_alias.find(id.0, |&slot| self.aliases[slot as usize] == id.0).copied()
    }

    pub(super) fn insert(&mut self, post: &Post, team: TeamId) -> u32 {
        let slot = Slot::new(post, team, self.inserted);
        self.inserted = self.inserted.wrapping_add(1);
        self.len += 1;
        let number = if self.free == NONE {
            self.posts.push(slot);
            u32::try_from(self.posts.len() - 1).expect("the limit is far below 2^32")
        } else {
            let number = self.free;
            self.free = self[number].next;
            self[number] = slot;
            number
        };
        let posts = &self.posts;
        if let Some(id) = post.id {
            self.by_id.insert_unique(id.0, number, |&slot| posts[slot as usize].id);
        }
        if let Some(alias) = post.alias {
            if self.aliases.len() < posts.len() {
                self.aliases.reserve_exact(posts.capacity() - self.aliases.len());
                self.aliases.resize(posts.len(), 0);
            }
            self.aliases[number as usize] = alias.0;
            let aliases = &self.aliases;
            self.by_alias.insert_unique(alias.0, number, |&slot| aliases[slot as usize]);
        }
        number
    }

    /// The post no longer counts, and is no longer found.
    pub(super) fn take_back(&mut self, slot: u32) {
        self.unlink(slot);
        self[slot].set_state(State::TakenBack);
    }

    /// The post has left the window; its number is free.
    pub(super) fn remove(&mut self, slot: u32) {
        if self[slot].state() != State::TakenBack {
            self.unlink(slot);
        }
        self[slot].set_state(State::TakenBack);
        self[slot].next = self.free;
        self.free = slot;
        self.len -= 1;
    }

    /// The posts that are shown, in no order.
    pub(super) fn shown(&self) -> impl Iterator<Item = &Slot> {
        self.posts.iter().filter(|post| post.state() == State::Shown)
    }

    fn unlink(&mut self, slot: u32) {
        let post = &self.posts[slot as usize];
        if let Some(id) = post.id()
            && let Ok(entry) = self.by_id.find_entry(id.0, |&other| other == slot)
        {
            entry.remove();
        }
        if post.packed & HAS_ALIAS != 0
            && let Ok(entry) =
                self.by_alias.find_entry(self.aliases[slot as usize], |&other| other == slot)
        {
            entry.remove();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::post::{Side, Tags, Version};

    #[test]
    fn a_post_takes_forty_bytes_and_all_of_it_is_found_again() {
        assert_eq!(size_of::<Slot>(), 40);
        for (at, team, id) in
            [(Timestamp::MIN, 0, None), (Timestamp::MAX, 63, Some(PostId(u64::MAX)))]
        {
            let post = Post {
                id,
                alias: id,
                author: id.map(|id| AuthorId(id.0 - 1)),
                at,
                side: Side::Team(TeamId(team)),
                tags: Tags::default(),
                version: Version::First,
            };
            let mut slot = Slot::new(&post, TeamId(team), 7);
            for state in [State::TakenBack, State::Faded, State::Shown] {
                slot.set_state(state);
                slot.set_newest(state == State::Faded);
                assert_eq!((slot.state(), slot.is_newest()), (state, state == State::Faded));
                assert_eq!((slot.at(), slot.team()), (at.millis(), TeamId(team)));
                assert_eq!((slot.id(), slot.author()), (post.id, post.author));
            }
            slot.set_team(TeamId(63 - team));
            assert_eq!((slot.at(), slot.team()), (at.millis(), TeamId(63 - team)));
        }
    }

    #[test]
    fn the_order_goes_on_where_its_number_begins_anew() {
        let age = |at, order| Age { at, order };
        assert!(age(5, 0) > age(5, u32::MAX));
        assert!(age(5, 2) > age(5, 1));
        assert!(age(4, 2) < age(5, 1));
    }
}
