//! Whether a stream is broken or has nothing to say: either way it is connected and silent.
//!
//! A server whose hashtag feeds are switched off, or an account that has chosen languages, lets us
//! subscribe and sends nothing. Two signs give it away: deletions of posts that never came, and posts
//! in the timelines that a stream would have brought. Pure: times come in as arguments.

use std::time::Duration;

use crate::timestamp::Timestamp;

/// Deletions of unknown posts that are no accident if not one post has come.
const ONLY_DELETIONS: usize = 3;

/// Steps of [`super::super::link::Times::poll`] that pass before a post that the stream has not
/// brought is missed.
pub(super) const MISSED_STEPS: u32 = 2;

/// What a connection to a stream has brought.
#[derive(Default)]
pub(super) struct Silence {
    /// When the connection was made, on the show's clock; `None` before the first.
    since: Option<Timestamp>,
    posts: u64,
    /// Deletions of posts that have not come.
    deletions: usize,
}

impl Silence {
    /// A connection was made: it has brought nothing yet.
    pub(super) fn begin(since: Timestamp) -> Silence {
        Silence { since: Some(since), ..Silence::default() }
    }

    pub(super) fn since(&self) -> Option<Timestamp> {
        self.since
    }

    /// The stream has brought a post.
    pub(super) fn count_post(&mut self) {
        self.posts += 1;
    }

    /// The stream has brought the end of a post that has not come.
    pub(super) fn count_unknown_deletion(&mut self) {
        self.deletions += 1;
    }

    /// Whether the stream brings deletions of posts, and not the posts.
    pub(super) fn has_only_deletions(&self) -> bool {
        self.posts == 0 && self.deletions >= ONLY_DELETIONS
    }

    /// Whether the stream has brought no post at all, and would have brought this one of the
    /// timelines, which was posted at `posted`.
    pub(super) fn has_missed(
        &self,
        posted: Option<Timestamp>,
        now: Timestamp,
        step: Duration,
    ) -> bool {
        let (Some(since), Some(posted)) = (self.since, posted) else { return false };
        self.posts == 0
            && posted > since.saturating_add(step)
            && now.saturating_since(posted) > step * MISSED_STEPS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEP: Duration = Duration::from_secs(5);

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_secs(1_795_287_841 + seconds).unwrap()
    }

    #[test]
    fn a_stream_is_broken_if_it_brings_deletions_alone() {
        let mut silence = Silence::begin(at(0));
        for _ in 0..ONLY_DELETIONS {
            assert!(!silence.has_only_deletions());
            silence.count_unknown_deletion();
        }
        assert!(silence.has_only_deletions());
        silence.count_post();
        assert!(!silence.has_only_deletions());
    }

    #[test]
    fn a_stream_is_broken_if_the_timelines_have_what_it_should_have_brought() {
        let mut silence = Silence::begin(at(0));
        assert!(silence.has_missed(Some(at(6)), at(17), STEP));
        // It may come yet.
        assert!(!silence.has_missed(Some(at(6)), at(16), STEP));
        // It may have come before the subscription was taken.
        assert!(!silence.has_missed(Some(at(5)), at(30), STEP));
        assert!(!silence.has_missed(None, at(30), STEP));
        silence.count_post();
        assert!(!silence.has_missed(Some(at(6)), at(17), STEP));
        assert!(!Silence::default().has_missed(Some(at(6)), at(17), STEP));
    }
}
