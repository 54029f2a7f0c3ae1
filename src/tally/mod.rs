//! Counts posts per team over a sliding window: which team does a post pull for, and how hard.
//!
//! Told everything through [`Message`]s, and the time as an argument: never reads a clock, cannot fail, and the same
//! events give the same snapshots. Does not know what a hashtag is; see [`crate::decode`].
//! Exact to the millisecond at any disorder. Memory is bounded by [`Limits`], never by traffic.

mod older;
mod place;
mod queue;
mod rate;
mod slots;
mod tombstones;
mod votes;
mod weights;
mod window;

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::contest::{Contest, TeamId, Vote};
use crate::event::{Counted, Fate, Message};
use crate::post::{Deletion, Post, PostId, Side, Version};
use crate::snapshot::{Count, Evicted, Posts, Standing};
use crate::timestamp::Timestamp;

use rate::Rate;
use slots::{Slots, State};
use tombstones::Tombstones;
use votes::Votes;
use window::Window;

pub use place::Place;
pub use weights::Weights;

/// What the tally may hold.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Counted posts in the window. Past it the oldest leaves early, which is counted. A post takes 55
    /// to 85 bytes: more where it comes out of order, or has a second name.
    pub posts: usize,
    /// Deletions remembered. Past it the oldest is forgotten, which is counted. One takes 40 to 60
    /// bytes.
    pub deletions: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        // Both full, in the order that costs most, are below 200 MB for the whole program. 25,000
        // posts a second that all name a team would fill a window of a minute; a room never does.
        Limits { posts: 1_500_000, deletions: 500_000 }
    }
}

/// How far back a tally looks, and what it does at its bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    /// Over the contest's sliding window; past the bound the oldest post leaves early.
    Window,
    /// Over a round, however long: nothing leaves, and past the bound new posts are dropped.
    Round,
    /// Over the contest's sliding window within a round, whose time is told; past the bound new posts
    /// are dropped.
    RoundWindow,
}

/// The count, and its only owner.
pub struct Tally {
    contest: Arc<Contest>,
    weights: Weights,
    span: Span,
    limits: Limits,
    /// Window length in milliseconds.
    window_ms: i64,
    /// The newest post so far that names a team, or what a live show's clock says if it is later.
    now: Option<Timestamp>,
    /// The newest time that a snapshot was asked for, or [`Tally::now`] if that is later.
    shown: i64,
    slots: Slots,
    window: Window,
    votes: Votes,
    rate: Rate,
    tombstones: Tombstones,
    totals: Vec<u64>,
    posts: Posts,
    evicted: Evicted,
}

impl Tally {
    /// An empty count.
    ///
    /// # Panics
    /// Never: a contest's window is days at the most.
    #[must_use]
    pub fn new(contest: Arc<Contest>, limits: Limits) -> Tally {
        Tally::over(Span::Window, contest, limits)
    }

    /// An empty count over `span`. With another than [`Span::Window`] whoever holds it says where each
    /// message stands ([`Tally::place`]) and what time it is ([`Tally::advance`]).
    ///
    /// # Panics
    /// Never: a contest's window is days at the most.
    #[must_use]
    pub fn over(span: Span, contest: Arc<Contest>, limits: Limits) -> Tally {
        let teams = contest.teams().len();
        let window_ms = match span {
            Span::Round => ENDLESS_MS,
            _ => i64::try_from(contest.window().as_millis()).expect("a window is days"),
        };
        Tally {
            weights: Weights::new(&contest),
            span,
            limits,
            window_ms,
            now: None,
            shown: i64::MIN,
            slots: Slots::new(limits.posts),
            window: Window::default(),
            votes: Votes::new(contest.vote(), teams, span != Span::Window),
            rate: Rate::new(teams),
            tombstones: Tombstones::new(limits.deletions),
            totals: vec![0; teams],
            posts: Posts::default(),
            evicted: Evicted::default(),
            contest,
        }
    }

    /// The newest time of a post so far that names a team, or of the show's clock.
    #[must_use]
    pub fn now(&self) -> Option<Timestamp> {
        self.now
    }

    /// Counts a message, and says what became of it.
    pub fn apply(&mut self, message: Message) -> Fate {
        match message {
            Message::Post(post) => return self.post(&post),
            Message::Deletion(deletion) => return self.deletion(&deletion),
            Message::Unmatched(count) => self.posts.unmatched += count,
            Message::Malformed(_) => self.posts.malformed += 1,
            Message::Dropped(count) => self.posts.dropped += count,
            Message::Recorded(recorded) => return self.apply(recorded.message),
            // Without rounds there is nothing that they could be about.
            Message::Command(_) | Message::Clock(..) => {}
        }
        Fate::Other
    }

    /// It is this late on the clock of a live show: what is a window older has left for good.
    pub fn advance(&mut self, at: Timestamp) {
        if self.now.is_none_or(|now| at > now) {
            self.set_now(at);
        }
    }

    /// Whether the mere passing of time changes what is shown: there are votes that will leave.
    #[must_use]
    pub fn will_fade(&self) -> bool {
        self.votes.counts().iter().any(|&votes| votes > 0)
            || (0..self.totals.len()).any(|team| self.rate.posts(team) > 0)
    }

    /// What became of all messages so far.
    #[must_use]
    pub fn posts(&self) -> Posts {
        self.posts
    }

    /// How many have a vote: authors, and posts without one. `None` where each post is a vote and
    /// nobody asked for it at the start.
    #[must_use]
    pub fn voices(&self) -> Option<u64> {
        self.votes.voices()
    }

    /// How many have a vote for each team. Looks at every post where each is a vote.
    #[must_use]
    pub fn team_voices(&self) -> Vec<u64> {
        if self.contest.vote() == Vote::Latest {
            return self.votes.counts().to_vec();
        }
        let mut voices = vec![0; self.totals.len()];
        let mut known = BTreeSet::new();
        for post in self.slots.shown() {
            let team = post.team();
            if post.author().is_none_or(|author| known.insert((team, author))) {
                voices[team.index()] += 1;
            }
        }
        voices
    }

    /// The sizes by which votes are compared.
    #[must_use]
    pub fn weights(&self) -> &Weights {
        &self.weights
    }

    /// The count at `at`, or at the newest time known if that is later; `None` for that time.
    pub fn count(&mut self, at: Option<Timestamp>) -> Count {
        if let Some(at) = at {
            self.show(at);
        }
        let teams = self.contest.teams();
        let votes = self.votes.counts();
        let pulls: Vec<f64> =
            votes.iter().zip(teams).map(|(&votes, team)| as_f64(votes) / team.size).collect();
        let sum: f64 = pulls.iter().sum();
        let standings = (0..teams.len())
            .map(|index| Standing {
                votes: votes[index],
                share: if sum > 0.0 {
                    pulls[index] / sum
                } else {
                    1.0 / as_f64(teams.len() as u64)
                },
                rate: as_f64(self.rate.posts(index)) / rate::SPAN.as_secs_f64(),
                total: self.totals[index],
            })
            .collect();
        Count {
            at: self.now.and_then(|_| Timestamp::from_millis(self.shown)),
            teams: standings,
            leader: self.leader(),
            posts: self.posts,
            evicted: self.evicted,
        }
    }

    /// The team that is ahead of every other.
    fn leader(&self) -> Option<TeamId> {
        self.weights.leader(self.votes.counts())
    }

    fn post(&mut self, post: &Post) -> Fate {
        if post.side != Side::None && self.now.is_none_or(|now| post.at > now) {
            self.set_now(post.at);
        }
        self.place(post, Place::Inside)
    }

    /// Counts a post that stands at `place` in its round, whose time in `post.at` is that of the round.
    pub fn place(&mut self, post: &Post, place: Place) -> Fate {
        let known = post.id.and_then(|id| self.slots.find(id));
        let edited = known.filter(|_| post.version == Version::Edit && place.may_change());
        let before = edited.and_then(|slot| {
            let counted = &self.slots[slot];
            let (id, author, at) = (counted.id(), counted.author(), counted.at());
            self.revise(slot, post.side);
            Some(Counted { id: id?, author, at: Timestamp::from_millis(at)? })
        });
        // The first that applies is the one that counts.
        let is_late = || match place {
            Place::Inside | Place::Held => self.has_left(post.at),
            Place::Late => true,
            Place::Outside | Place::Shut | Place::Barred => false,
        };
        let is_closed = match place {
            Place::Held | Place::Shut => true,
            Place::Outside => edited.is_none(),
            Place::Inside | Place::Late | Place::Barred => false,
        };
        let (count, fate) = match post.side {
            _ if place == Place::Barred => (&mut self.posts.unmatched, Fate::Other),
            Side::None => (&mut self.posts.unmatched, Fate::Other),
            Side::Both => (&mut self.posts.both, Fate::Both),
            Side::Team(_) if is_late() => (&mut self.posts.late, Fate::Late),
            Side::Team(_) if is_closed => (&mut self.posts.closed, Fate::Closed),
            Side::Team(_) if edited.is_some() || self.is_deleted(post) => {
                (&mut self.posts.revised, Fate::Dead)
            }
            Side::Team(_) if known.is_some() => (&mut self.posts.duplicate, Fate::Duplicate),
            Side::Team(_) if self.span != Span::Window && self.is_full() => {
                (&mut self.posts.dropped, Fate::Other)
            }
            Side::Team(team) => {
                self.add(post, team);
                (&mut self.posts.matched, Fate::Counted)
            }
        };
        *count += 1;
        before.map_or(fate, Fate::Edited)
    }

    fn is_deleted(&self, post: &Post) -> bool {
        let mut names = [post.id, post.alias].into_iter().flatten();
        names.any(|id| self.tombstones.names(id, post.author))
    }

    fn is_full(&self) -> bool {
        self.slots.len() >= self.limits.posts
    }

    /// Counts a post for `team`.
    fn add(&mut self, post: &Post, team: TeamId) {
        if self.is_full()
            && let Some(oldest) = self.window.pop_oldest(&self.slots)
        {
            self.evicted.posts += u64::from(self.slots[oldest].state() != State::TakenBack);
            self.forget(oldest);
        }
        let slot = self.slots.insert(post, team);
        self.window.push(&mut self.slots, slot, self.shown.saturating_sub(self.window_ms));
        self.votes.insert(&mut self.slots, slot);
        self.rate.add(team.index(), post.at.millis());
        self.totals[team.index()] += 1;
    }

    /// Counts a deletion that came too late to change anything, or concerns nobody.
    pub fn pass(&mut self) -> Fate {
        self.posts.unmatched += 1;
        Fate::Other
    }

    /// Counts a deletion.
    pub fn deletion(&mut self, deletion: &Deletion) -> Fate {
        let mut revised = false;
        let mut taken_back = Vec::new();
        for &id in &deletion.posts {
            let slot = self.slots.find(id).or_else(|| self.slots.find_alias(id));
            if let Some(slot) = slot
                && deletion.author.is_none_or(|author| self.slots[slot].author() == Some(author))
            {
                taken_back.extend(self.slots[slot].id());
                self.revise(slot, Side::None);
                revised = true;
            }
            self.bury(id, deletion);
        }
        if revised {
            self.posts.revised += 1;
        } else {
            self.posts.unmatched += 1;
        }
        if taken_back.is_empty() { Fate::Other } else { Fate::TakenBack(taken_back) }
    }

    /// Remembers that a post was deleted, should it come, or come again.
    fn bury(&mut self, id: PostId, deletion: &Deletion) {
        let at = deletion.at.or(self.now).map(Timestamp::millis);
        // What `now` has passed by a window already can never be asked for.
        if at.is_some_and(|at| self.now.is_some_and(|now| at < now.millis() - self.window_ms)) {
            return;
        }
        if self.tombstones.len() >= self.limits.deletions {
            self.tombstones.pop_oldest();
            self.evicted.deletions += 1;
        }
        self.tombstones.insert(id, deletion.author, at);
    }

    /// Takes a counted post back, or gives it to another team.
    fn revise(&mut self, slot: u32, side: Side) {
        let (team, at) = (self.slots[slot].team(), self.slots[slot].at());
        self.totals[team.index()] -= 1;
        self.rate.remove(team.index(), at);
        if let Side::Team(team) = side {
            self.votes.change(&mut self.slots, slot, team);
            self.totals[team.index()] += 1;
            self.rate.add(team.index(), at);
        } else {
            self.votes.remove(&mut self.slots, slot);
            self.slots.take_back(slot);
        }
    }

    fn has_left(&self, at: Timestamp) -> bool {
        self.now.is_some_and(|now| at.millis() <= now.millis() - self.window_ms)
    }

    /// Moves `now` on to `at`, and lets go of the posts that leave the window thereby.
    fn set_now(&mut self, at: Timestamp) {
        self.now = Some(at);
        self.show(at);
        let horizon = at.millis() - self.window_ms;
        while let Some(slot) = self.window.pop_left(&self.slots, horizon) {
            self.forget(slot);
        }
        self.tombstones.advance(at.millis(), horizon);
    }

    /// Moves the time that is shown on to `at`: posts fade from the count when they leave the
    /// window that ends there. They are let go of when [`Tally::now`] has passed them too, since
    /// whether a post is late, or a duplicate, must not depend on when somebody looked.
    pub fn show(&mut self, at: Timestamp) {
        if at.millis() <= self.shown {
            return;
        }
        self.shown = at.millis();
        while let Some(slot) = self.window.fade(&mut self.slots, self.shown - self.window_ms) {
            self.votes.fade(&self.slots, slot);
        }
        self.rate.advance(self.shown);
    }

    /// Lets go of a post that has left the window.
    fn forget(&mut self, slot: u32) {
        if self.slots[slot].state() != State::TakenBack {
            self.votes.remove(&mut self.slots, slot);
        }
        self.slots.remove(slot);
    }
}

/// A span that nothing is older than, and that can be added to any time.
const ENDLESS_MS: i64 = i64::MAX / 4;

/// Counts stay far below 2^53, up to which this is exact.
fn as_f64(count: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "exact below 2^53 messages")]
    {
        count as f64
    }
}

#[cfg(test)]
mod tests;
