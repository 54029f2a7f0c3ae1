//! Which posts were told already: the stream brings a post once for each hashtag that was subscribed
//! to, and every page of a timeline repeats the one before.
//!
//! Pure: times come in as arguments. Bounded: past [`MAX`] the post that was told first is
//! forgotten; should it come again, the tally counts it once all the same.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use tokio::time::Instant;

use crate::timestamp::Timestamp;

use super::mark::Name;

/// So many posts are remembered, at about a hundred bytes each.
const MAX: usize = 1 << 16;

/// The posts that were told.
#[derive(Debug, Default)]
pub(super) struct Seen {
    posts: BTreeMap<Name, Seenness>,
    /// In the order in which they came.
    order: VecDeque<Name>,
}

#[derive(Clone, Copy, Debug)]
struct Seenness {
    /// The post was told, or need not be.
    told: bool,
    /// It was passed over, and its end would be no news.
    passed_over: bool,
    /// Its end was told.
    deleted: bool,
    /// The edit that was told last.
    edited_at: Option<Timestamp>,
    /// When it came first.
    since: Instant,
}

/// What to tell of a post.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tell {
    /// Nothing that is not known.
    Nothing,
    /// It is new.
    Post,
    /// It is known and has changed.
    Edit,
}

impl Seen {
    /// A status has come.
    pub(super) fn status(
        &mut self,
        name: Name,
        edited_at: Option<Timestamp>,
        now: Instant,
    ) -> Tell {
        let post = self.post(name, now);
        if !post.told {
            post.told = true;
            post.edited_at = edited_at;
            return Tell::Post;
        }
        if edited_at <= post.edited_at || post.deleted {
            return Tell::Nothing;
        }
        post.edited_at = edited_at;
        Tell::Edit
    }

    /// A status has come that is not to be told: it is from before the show.
    pub(super) fn pass_over(&mut self, name: Name, edited_at: Option<Timestamp>, now: Instant) {
        let post = self.post(name, now);
        (post.told, post.passed_over, post.edited_at) = (true, true, edited_at);
    }

    /// The end of a post has come: whether it is news.
    pub(super) fn delete(&mut self, name: Name, now: Instant) -> bool {
        !std::mem::replace(&mut self.post(name, now).deleted, true)
    }

    /// Whether a status with this name has come.
    pub(super) fn knows(&self, name: Name) -> bool {
        self.posts.get(&name).is_some_and(|post| post.told)
    }

    /// The posts after `from` that were there for longer than `grace` and are not among those
    /// `found` in a look at all of them: they were deleted, and nobody has said so.
    pub(super) fn vanished(
        &self,
        from: Name,
        found: &BTreeSet<Name>,
        grace: Duration,
        now: Instant,
    ) -> Vec<Name> {
        let gone = |(name, post): (&Name, &Seenness)| {
            let is_gone = post.told
                && !post.passed_over
                && !post.deleted
                && now.saturating_duration_since(post.since) >= grace
                && !found.contains(name);
            is_gone.then_some(*name)
        };
        self.posts.range(from..).filter_map(gone).collect()
    }

    fn post(&mut self, name: Name, now: Instant) -> &mut Seenness {
        if !self.posts.contains_key(&name) {
            if self.order.len() >= MAX
                && let Some(oldest) = self.order.pop_front()
            {
                self.posts.remove(&oldest);
            }
            self.order.push_back(name);
        }
        self.posts.entry(name).or_insert(Seenness {
            told: false,
            passed_over: false,
            deleted: false,
            edited_at: None,
            since: now,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Instant {
        #[expect(clippy::disallowed_methods, reason = "any instant will do")]
        Instant::from_std(std::time::Instant::now())
    }

    #[test]
    fn a_post_is_told_once_and_each_change_of_it_once() {
        let mut seen = Seen::default();
        let (now, edit) = (now(), Timestamp::from_secs(1_795_287_841));
        assert_eq!(seen.status(7, None, now), Tell::Post);
        assert_eq!(seen.status(7, None, now), Tell::Nothing);
        assert_eq!(seen.status(7, edit, now), Tell::Edit);
        assert_eq!(seen.status(7, edit, now), Tell::Nothing);
        // The old form of it comes late.
        assert_eq!(seen.status(7, None, now), Tell::Nothing);
    }

    #[test]
    fn a_deletion_is_told_once_and_its_post_too_if_it_comes_after() {
        let mut seen = Seen::default();
        let now = now();
        assert!(seen.delete(7, now));
        assert!(!seen.delete(7, now));
        assert!(!seen.knows(7));
        assert_eq!(seen.status(7, None, now), Tell::Post);
        assert_eq!(seen.status(7, Timestamp::from_secs(1), now), Tell::Nothing);
    }

    #[test]
    fn what_is_no_longer_there_has_vanished() {
        let mut seen = Seen::default();
        let (start, grace) = (now(), Duration::from_secs(30));
        for name in [3, 5, 6, 7, 8] {
            seen.status(name, None, start);
        }
        seen.delete(6, start);
        seen.pass_over(10, None, start);
        seen.status(9, None, start + grace);
        let found = BTreeSet::from([5]);
        assert_eq!(seen.vanished(4, &found, grace, start + grace), [7, 8]);
        assert_eq!(seen.vanished(4, &found, grace, start), [0; 0]);
    }

    #[test]
    fn memory_is_bounded() {
        let mut seen = Seen::default();
        let now = now();
        for name in 0..3 * MAX as u64 {
            seen.status(name, None, now);
        }
        assert_eq!((seen.posts.len(), seen.order.len()), (MAX, MAX));
        assert!(seen.knows(3 * MAX as u64 - 1) && !seen.knows(1));
    }
}
