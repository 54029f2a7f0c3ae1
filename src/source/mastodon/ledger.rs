//! What was sent of which post: the stream brings a post once for each hashtag that was subscribed
//! to, and every page of a timeline repeats the one before.
//!
//! Pure: times come in as arguments. Bounded: past [`MAX`] the post that came first is forgotten;
//! should it come again, the tally counts it once all the same.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use tokio::time::Instant;

use crate::timestamp::Timestamp;

use super::names::Name;

/// Posts that are remembered, at about a hundred bytes each.
const MAX: usize = 1 << 16;

/// The posts that have come.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    posts: BTreeMap<Name, Entry>,
    /// In the order in which they came.
    order: VecDeque<Name>,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    /// The post was sent, or need not be.
    is_known: bool,
    /// It was passed over, and its end would be no news.
    is_passed_over: bool,
    /// Its end has come.
    is_deleted: bool,
    /// The edit that was sent last.
    edited_at: Option<Timestamp>,
    /// When it came first.
    since: Instant,
}

/// What is new about a post.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// Nothing.
    None,
    /// All of it.
    New,
    /// It is known and was edited.
    Edited,
}

impl Ledger {
    /// A post has come: what is new about it. The same moment on the server's clock is beside `now`:
    /// an edit that was dated later than that hides none that comes after it.
    pub(super) fn post(
        &mut self,
        name: Name,
        edited_at: Option<Timestamp>,
        (now, server_now): (Instant, Timestamp),
    ) -> Change {
        let post = self.entry(name, now);
        if !post.is_known {
            post.is_known = true;
            post.edited_at = edited_at;
            return Change::New;
        }
        let is_older = edited_at < post.edited_at
            && (edited_at.is_none() || post.edited_at <= Some(server_now));
        if edited_at == post.edited_at || is_older || post.is_deleted {
            return Change::None;
        }
        post.edited_at = edited_at;
        Change::Edited
    }

    /// A post has come that is not to be sent: it is from before the show.
    pub(super) fn pass_over(&mut self, name: Name, edited_at: Option<Timestamp>, now: Instant) {
        let post = self.entry(name, now);
        (post.is_known, post.is_passed_over, post.edited_at) = (true, true, edited_at);
    }

    /// The end of a post has come: whether it is news.
    pub(super) fn delete(&mut self, name: Name, now: Instant) -> bool {
        !std::mem::replace(&mut self.entry(name, now).is_deleted, true)
    }

    /// Whether a post with this name has come.
    pub(super) fn knows(&self, name: Name) -> bool {
        self.posts.get(&name).is_some_and(|post| post.is_known)
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
        let gone = |(name, post): (&Name, &Entry)| {
            let is_gone = post.is_known
                && !post.is_passed_over
                && !post.is_deleted
                && now.saturating_duration_since(post.since) >= grace
                && !found.contains(name);
            is_gone.then_some(*name)
        };
        self.posts.range(from..).filter_map(gone).collect()
    }

    fn entry(&mut self, name: Name, now: Instant) -> &mut Entry {
        if !self.posts.contains_key(&name) {
            if self.order.len() >= MAX
                && let Some(oldest) = self.order.pop_front()
            {
                self.posts.remove(&oldest);
            }
            self.order.push_back(name);
        }
        self.posts.entry(name).or_insert(Entry {
            is_known: false,
            is_passed_over: false,
            is_deleted: false,
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

    /// A moment, at a time of the server's clock.
    fn at(now: Instant) -> (Instant, Timestamp) {
        (now, Timestamp::from_secs(1_795_287_900).unwrap())
    }

    #[test]
    fn an_edit_of_the_future_hides_no_later_one() {
        let mut ledger = Ledger::default();
        let (now, second) = (at(now()), |second: i64| Timestamp::from_secs(1_795_287_841 + second));
        ledger.post(7, None, now);
        assert_eq!(ledger.post(7, second(86_400), now), Change::Edited);
        assert_eq!(ledger.post(7, second(86_400), now), Change::None);
        assert_eq!(ledger.post(7, second(5), now), Change::Edited);
        assert_eq!(ledger.post(7, second(5), now), Change::None);
        assert_eq!(ledger.post(7, second(4), now), Change::None, "an older form of it");
    }

    #[test]
    fn a_post_is_new_once_and_each_change_of_it_once() {
        let mut ledger = Ledger::default();
        let (now, edit) = (at(now()), Timestamp::from_secs(1_795_287_841));
        assert_eq!(ledger.post(7, None, now), Change::New);
        assert_eq!(ledger.post(7, None, now), Change::None);
        assert_eq!(ledger.post(7, edit, now), Change::Edited);
        assert_eq!(ledger.post(7, edit, now), Change::None);
        // The old form of it comes late.
        assert_eq!(ledger.post(7, None, now), Change::None);
    }

    #[test]
    fn a_deletion_is_news_once_and_its_post_too_if_it_comes_after() {
        let mut ledger = Ledger::default();
        let now = now();
        assert!(ledger.delete(7, now));
        assert!(!ledger.delete(7, now));
        assert!(!ledger.knows(7));
        assert_eq!(ledger.post(7, None, at(now)), Change::New);
        assert_eq!(ledger.post(7, Timestamp::from_secs(1), at(now)), Change::None);
    }

    #[test]
    fn what_is_no_longer_there_has_vanished() {
        let mut ledger = Ledger::default();
        let (start, grace) = (now(), Duration::from_secs(30));
        for name in [3, 5, 6, 7, 8] {
            ledger.post(name, None, at(start));
        }
        ledger.delete(6, start);
        ledger.pass_over(10, None, start);
        ledger.post(9, None, at(start + grace));
        let found = BTreeSet::from([5]);
        assert_eq!(ledger.vanished(4, &found, grace, start + grace), [7, 8]);
        assert_eq!(ledger.vanished(4, &found, grace, start), [0; 0]);
    }

    #[test]
    fn memory_is_bounded() {
        let mut ledger = Ledger::default();
        let now = now();
        for name in 0..3 * MAX as u64 {
            ledger.post(name, None, at(now));
        }
        assert_eq!((ledger.posts.len(), ledger.order.len()), (MAX, MAX));
        assert!(ledger.knows(3 * MAX as u64 - 1) && !ledger.knows(1));
    }
}
