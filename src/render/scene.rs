//! What there is to show: the split of a contest, a test pattern, or a timer.

use std::sync::Arc;
use std::time::Duration;

use crate::contest::TeamId;
use crate::snapshot::{Snapshot, SourceState};

use super::timer::Timer;
use crate::picture::{self, Pattern};

/// What there is to show.
#[derive(Clone, Debug)]
pub enum Scene {
    /// The split of a contest.
    Split {
        /// How it stands.
        snapshot: Arc<Snapshot>,
        /// How it is shown.
        look: Look,
    },
    /// The contest in a show with rounds: the snapshot says which look it has, and its age what time
    /// it is since.
    Round(Arc<Snapshot>),
    /// A test pattern, from its beginning.
    Pattern(Pattern),
    /// A timer, running from the instant at which it is shown first; and the snapshot that tells of it.
    Timer(Timer, Option<Arc<Snapshot>>),
}

/// A feed that has been silent for so long may have been lost.
const STALE: Duration = Duration::from_millis(2500);

/// How a split is shown. The shares are the same in every look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Look {
    /// As it stands.
    #[default]
    Standing,
    /// One team has won: the others stand back.
    Winner(TeamId),
    /// Nobody has won: the teams breathe in turn.
    Tie,
}

impl From<Arc<Snapshot>> for Scene {
    fn from(snapshot: Arc<Snapshot>) -> Scene {
        match (snapshot.pattern, snapshot.scene, snapshot.timer) {
            (Some(pattern), ..) => Scene::Pattern(pattern),
            (None, picture::Scene::Timer, Some(standing)) => {
                Scene::Timer(standing.into(), Some(snapshot))
            }
            _ if snapshot.round.is_some() => Scene::Round(snapshot),
            _ => Scene::Split { snapshot, look: Look::Standing },
        }
    }
}

impl Scene {
    /// The state of the contest or the timer, if one is shown.
    #[must_use]
    pub fn snapshot(&self) -> Option<&Arc<Snapshot>> {
        match self {
            Scene::Split { snapshot, .. } | Scene::Round(snapshot) => Some(snapshot),
            Scene::Timer(_, snapshot) => snapshot.as_ref(),
            Scene::Pattern(_) => None,
        }
    }

    /// Whether a scene that followed this one would be its beginning anew.
    pub(super) fn is_continued_by(&self, next: &Scene) -> bool {
        match (self, next) {
            (Scene::Split { look, .. }, Scene::Split { look: next, .. }) => look == next,
            (Scene::Round(snapshot), Scene::Round(next)) => Arc::ptr_eq(snapshot, next),
            (Scene::Pattern(pattern), Scene::Pattern(next)) => pattern == next,
            (Scene::Timer(timer, _), Scene::Timer(next, _)) => timer == next,
            _ => false,
        }
    }

    /// Whether it is the contest in a show with rounds.
    pub(super) fn is_round(&self) -> bool {
        matches!(self, Scene::Round(_))
    }

    /// Whether both are the same test pattern.
    #[must_use]
    pub fn is_same_pattern(&self, other: &Scene) -> bool {
        matches!((self, other), (Scene::Pattern(one), Scene::Pattern(other)) if one == other)
    }

    /// Whether it changes by itself, `age` after it was shown first.
    pub(super) fn is_moving(&self, age: Duration) -> bool {
        match self {
            Scene::Split { look, .. } => *look == Look::Tie,
            Scene::Round(_) => false,
            Scene::Pattern(pattern) => pattern.is_moving(),
            Scene::Timer(timer, _) => timer.is_moving(age),
        }
    }
}

/// Whether nothing that is shown can be trusted to be new: every source that has not ended and is
/// not held has been lost for some time. The split is held then, and marked.
#[must_use]
pub fn is_stale(snapshot: &Snapshot) -> bool {
    let mut sources = snapshot
        .sources
        .iter()
        .filter(|source| !matches!(source.state, SourceState::Ended | SourceState::Paused))
        .peekable();
    sources.peek().is_some()
        && sources.all(|source| {
            matches!(source.state, SourceState::Stale | SourceState::Connecting)
                && source.stale > STALE
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::check::snapshot_of;
    use crate::rgb::Rgb;
    use crate::snapshot::SourceStatus;

    #[track_caller]
    fn check(sources: &[(SourceState, u64)], expected: bool) {
        let mut snapshot = snapshot_of(&[(Rgb::BLACK, 0.5), (Rgb::BLACK, 0.5)]);
        snapshot.sources = sources
            .iter()
            .map(|&(state, millis)| SourceStatus {
                state,
                stale: Duration::from_millis(millis),
                ..SourceStatus::new("feed".to_owned(), "nostr")
            })
            .collect();
        assert_eq!(is_stale(&snapshot), expected);
    }

    #[test]
    fn a_show_is_stale_when_all_of_its_live_sources_are_lost() {
        use SourceState::{Connecting, Ended, Live, Paused, Stale};
        check(&[], false);
        check(&[(Live, 60_000)], false);
        check(&[(Stale, 2_500)], false);
        check(&[(Stale, 2_501)], true);
        check(&[(Connecting, 10_000), (Stale, 3_000)], true);
        check(&[(Connecting, 10_000), (Live, 0)], false);
        check(&[(Stale, 3_000), (Ended, 9_000), (Paused, 0)], true);
        check(&[(Ended, 9_000)], false);
        check(&[(Paused, 9_000)], false);
    }
}
