//! Who has voted for whom: the votes of the posts in the window.
//!
//! With one vote an author only the author's newest post counts. Most authors have one post in the
//! window, so that a table of newest posts is all they need; the older posts of the others wait in
//! a tree, in case a newer one is taken back.

use std::collections::BTreeMap;

use hashbrown::HashTable;

use crate::contest::{TeamId, Vote};
use crate::post::AuthorId;

use super::window::{Slot, Slots, State};

/// The votes, kept up to date post by post.
pub(super) struct Votes {
    rule: Vote,
    counts: Vec<u64>,
    /// The newest post of each author.
    newest: HashTable<u32>,
    /// The other posts of authors, by author, time and order.
    older: BTreeMap<(AuthorId, i64, u64), u32>,
}

impl Votes {
    pub(super) fn new(rule: Vote, teams: usize) -> Votes {
        Votes { rule, counts: vec![0; teams], newest: HashTable::new(), older: BTreeMap::new() }
    }

    /// Votes by team.
    pub(super) fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// A post has come.
    pub(super) fn insert(&mut self, slots: &mut Slots, slot: u32) {
        let Some(author) = self.author(&slots[slot]) else {
            return self.add(&slots[slot]);
        };
        let Some(newest) = self.newest_of(slots, author) else {
            self.newest.insert_unique(author.0, slot, |&slot| hash(slots, slot));
            return self.add(&slots[slot]);
        };
        if age(&slots[slot]) > age(&slots[newest]) {
            self.replace_newest(author, newest, slot);
            self.older.insert(key(author, &slots[newest]), newest);
            slots.set_has_older(slot);
            self.subtract(&slots[newest]);
            self.add(&slots[slot]);
        } else {
            self.older.insert(key(author, &slots[slot]), slot);
            slots.set_has_older(newest);
        }
    }

    /// A post is taken back, or leaves for good; it is still found in `slots` as it was.
    pub(super) fn remove(&mut self, slots: &mut Slots, slot: u32) {
        let Some(author) = self.author(&slots[slot]) else {
            return self.subtract(&slots[slot]);
        };
        let Ok(mut newest) = self.newest.find_entry(author.0, |&other| other == slot) else {
            self.older.remove(&key(author, &slots[slot]));
            return;
        };
        let all = (author, i64::MIN, 0)..=(author, i64::MAX, u64::MAX);
        // Few authors have, and looking costs as much as all the rest.
        let next = slots[slot].has_older.then(|| self.older.range(all).next_back());
        if let Some((&older, &next)) = next.flatten() {
            *newest.get_mut() = next;
            self.older.remove(&older);
            slots.set_has_older(next);
            self.add(&slots[next]);
        } else {
            newest.remove();
        }
        self.subtract(&slots[slot]);
    }

    /// A post, marked as faded already, is no longer in the window that is shown.
    pub(super) fn fade(&mut self, slots: &Slots, slot: u32) {
        let post = &slots[slot];
        if self.has_vote(post, slot) {
            self.counts[post.team.index()] -= 1;
        }
    }

    /// A post is edited to name another team.
    pub(super) fn change(&mut self, slots: &mut Slots, slot: u32, team: TeamId) {
        let post = &slots[slot];
        let votes = self.has_vote(post, slot);
        if votes {
            self.subtract(post);
        }
        slots.set_team(slot, team);
        if votes {
            self.add(&slots[slot]);
        }
    }

    /// The author whose other posts matter to this one.
    fn author(&self, post: &Slot) -> Option<AuthorId> {
        post.author.filter(|_| self.rule == Vote::Latest)
    }

    /// Whether this is the post of its author that counts.
    fn has_vote(&self, post: &Slot, slot: u32) -> bool {
        self.author(post)
            .is_none_or(|author| self.newest.find(author.0, |&other| other == slot).is_some())
    }

    fn newest_of(&self, slots: &Slots, author: AuthorId) -> Option<u32> {
        self.newest.find(author.0, |&slot| slots[slot].author == Some(author)).copied()
    }

    fn replace_newest(&mut self, author: AuthorId, old: u32, new: u32) {
        let newest = self.newest.find_mut(author.0, |&slot| slot == old);
        *newest.expect("the author's newest post was just found") = new;
    }

    fn add(&mut self, post: &Slot) {
        self.counts[post.team.index()] += u64::from(post.state == State::Shown);
    }

    fn subtract(&mut self, post: &Slot) {
        self.counts[post.team.index()] -= u64::from(post.state == State::Shown);
    }
}

fn age(post: &Slot) -> (i64, u64) {
    (post.at, post.order)
}

fn key(author: AuthorId, post: &Slot) -> (AuthorId, i64, u64) {
    (author, post.at, post.order)
}

/// Author ids are keyed hashes already.
fn hash(slots: &Slots, slot: u32) -> u64 {
    slots[slot].author.map_or(0, |author| author.0)
}
