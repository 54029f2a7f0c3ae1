//! What there is to show: the split of a contest, a test pattern, or a timer.

use std::sync::Arc;
use std::time::Duration;

use crate::contest::TeamId;
use crate::snapshot::Snapshot;

use super::pattern::Pattern;
use super::timer::Timer;

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
    /// A test pattern, from its beginning.
    Pattern(Pattern),
    /// A timer, running from the instant at which it is shown first.
    Timer(Timer),
}

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
        Scene::Split { snapshot, look: Look::Standing }
    }
}

impl Scene {
    /// The state of the contest, if one is shown.
    #[must_use]
    pub fn snapshot(&self) -> Option<&Arc<Snapshot>> {
        match self {
            Scene::Split { snapshot, .. } => Some(snapshot),
            Scene::Pattern(_) | Scene::Timer(_) => None,
        }
    }

    /// Whether a scene that followed this one would be its beginning anew.
    pub(super) fn is_continued_by(&self, next: &Scene) -> bool {
        match (self, next) {
            (Scene::Split { look, .. }, Scene::Split { look: next, .. }) => look == next,
            (Scene::Pattern(pattern), Scene::Pattern(next)) => pattern == next,
            (Scene::Timer(timer), Scene::Timer(next)) => timer == next,
            _ => false,
        }
    }

    /// Whether it changes by itself, `age` after it was shown first.
    pub(super) fn is_moving(&self, age: Duration) -> bool {
        match self {
            Scene::Split { look, .. } => *look == Look::Tie,
            Scene::Pattern(pattern) => pattern.is_moving(),
            Scene::Timer(timer) => timer.is_moving(age),
        }
    }
}
