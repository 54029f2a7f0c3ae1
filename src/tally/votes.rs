//! Who has voted for whom: the votes of the posts in the window.
//!
//! With one vote an author only the author's newest post counts. Most authors have one post in the
//! window, so that a table of newest posts is all they need; the older posts of the others wait in
//! trees ([`older`]), in case a newer one is taken back.

use hashbrown::HashTable;

use crate::contest::{TeamId, Vote};
use crate::post::AuthorId;

use super::older;
use super::slots::{NONE, Slot, Slots, State};

/// The votes, kept up to date post by post.
pub(super) struct Votes {
    rule: Vote,
    counts: Vec<u64>,
    /// The newest post of each author.
    newest: HashTable<u32>,
    /// Where each post is a vote, who has posts that are shown, if somebody wants to know.
    authors: Option<Authors>,
}

impl Votes {
    /// `counts_authors`: whether [`Votes::voices`] is wanted where each post is a vote.
    pub(super) fn new(rule: Vote, teams: usize, counts_authors: bool) -> Votes {
        let authors = (counts_authors && rule == Vote::Every).then(Authors::default);
        Votes { rule, counts: vec![0; teams], newest: HashTable::new(), authors }
    }

    /// How many have a vote, if that is known.
    pub(super) fn voices(&self) -> Option<u64> {
        match (self.rule, &self.authors) {
            (Vote::Latest, _) => Some(self.counts.iter().sum()),
            (Vote::Every, authors) => authors.as_ref().map(Authors::count),
        }
    }

    /// Votes by team.
    pub(super) fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// A post has come.
    pub(super) fn insert(&mut self, slots: &mut Slots, slot: u32) {
        slots[slot].set_newest(true);
        let Some(author) = self.author(&slots[slot]) else {
            return self.add(&slots[slot]);
        };
        let known = self.newest.find_mut(author.0, |&slot| is_by(slots, slot, author));
        let Some(known) = known else {
            self.newest.insert_unique(author.0, slot, |&slot| hash(slots, slot));
            return self.add(&slots[slot]);
        };
        let newest = *known;
        let others = slots[newest].left;
        if slots[slot].age() > slots[newest].age() {
            *known = slot;
            slots[newest].set_newest(false);
            slots[slot].left = older::insert(slots, others, newest);
            self.subtract(&slots[newest]);
            self.add(&slots[slot]);
        } else {
            slots[slot].set_newest(false);
            slots[newest].left = older::insert(slots, others, slot);
        }
    }

    /// A post is taken back, or leaves for good; it is still found in `slots` as it was.
    pub(super) fn remove(&mut self, slots: &mut Slots, slot: u32) {
        let Some(author) = self.author(&slots[slot]) else {
            return self.subtract(&slots[slot]);
        };
        let newest = self.newest.find_entry(author.0, |&slot| is_by(slots, slot, author));
        let mut newest = newest.expect("an author of a post has a newest one");
        if *newest.get() != slot {
            let newest = *newest.get();
            slots[newest].left = older::remove(slots, slots[newest].left, slot);
            return;
        }
        let others = slots[slot].left;
        if let Some(next) = older::newest(slots, others) {
            *newest.get_mut() = next;
            let others = older::remove(slots, others, next);
            (slots[next].left, slots[next].right) = (others, NONE);
            slots[next].set_newest(true);
            self.add(&slots[next]);
        } else {
            newest.remove();
        }
        self.subtract(&slots[slot]);
    }

    /// A post, marked as faded already, is no longer in the window that is shown.
    pub(super) fn fade(&mut self, slots: &Slots, slot: u32) {
        let post = &slots[slot];
        if post.is_newest() {
            self.counts[post.team().index()] -= 1;
            if let Some(authors) = &mut self.authors {
                authors.remove(post.author());
            }
        }
    }

    /// A post is edited to name another team.
    pub(super) fn change(&mut self, slots: &mut Slots, slot: u32, team: TeamId) {
        let votes = slots[slot].is_newest();
        if votes {
            self.subtract(&slots[slot]);
        }
        slots[slot].set_team(team);
        if votes {
            self.add(&slots[slot]);
        }
    }

    /// The author whose other posts matter to this one.
    fn author(&self, post: &Slot) -> Option<AuthorId> {
        post.author().filter(|_| self.rule == Vote::Latest)
    }

    fn add(&mut self, post: &Slot) {
        let is_shown = post.state() == State::Shown;
        self.counts[post.team().index()] += u64::from(is_shown);
        if let Some(authors) = self.authors.as_mut().filter(|_| is_shown) {
            authors.add(post.author());
        }
    }

    fn subtract(&mut self, post: &Slot) {
        let is_shown = post.state() == State::Shown;
        self.counts[post.team().index()] -= u64::from(is_shown);
        if let Some(authors) = self.authors.as_mut().filter(|_| is_shown) {
            authors.remove(post.author());
        }
    }
}

/// Who has posts, and how many.
#[derive(Default)]
struct Authors {
    posts: HashTable<(AuthorId, u64)>,
    /// Posts without an author, each of which is a voice of its own.
    nameless: u64,
}

impl Authors {
    fn count(&self) -> u64 {
        self.posts.len() as u64 + self.nameless
    }

    fn add(&mut self, author: Option<AuthorId>) {
        let Some(author) = author else {
            self.nameless += 1;
            return;
        };
        let hash = |entry: &(AuthorId, u64)| entry.0.0;
        let mut entry =
            self.posts.entry(author.0, |entry| entry.0 == author, hash).or_insert((author, 0));
        entry.get_mut().1 += 1;
    }

    fn remove(&mut self, author: Option<AuthorId>) {
        let Some(author) = author else {
            self.nameless -= 1;
            return;
        };
        if let Ok(mut entry) = self.posts.find_entry(author.0, |entry| entry.0 == author) {
            entry.get_mut().1 -= 1;
            if entry.get().1 == 0 {
                entry.remove();
            }
        }
    }
}

fn is_by(slots: &Slots, slot: u32, author: AuthorId) -> bool {
    slots[slot].author() == Some(author)
}

/// Author ids are keyed hashes already.
fn hash(slots: &Slots, slot: u32) -> u64 {
    slots[slot].author().map_or(0, |author| author.0)
}
