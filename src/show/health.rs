//! How the sources are doing: what each reports of itself, and how long ago it was heard of.
//!
//! Time is an argument: how long the show has run.

use std::sync::Arc;
use std::time::Duration;

use crate::event::SourceId;
use crate::snapshot::{Gap, SourceState, SourceStatus};

/// The state of all sources.
#[derive(Clone, Debug)]
pub(super) struct Health {
    sources: Vec<Source>,
}

#[derive(Clone, Debug)]
struct Source {
    status: SourceStatus,
    /// When it last said something.
    heard: Duration,
}

impl Health {
    pub(super) fn new(statuses: Vec<SourceStatus>) -> Health {
        let source = |status| Source { status, heard: Duration::ZERO };
        Health { sources: statuses.into_iter().map(source).collect() }
    }

    /// Whether the show has sources at all.
    pub(super) fn has_sources(&self) -> bool {
        !self.sources.is_empty()
    }

    /// A source said something `now`.
    pub(super) fn hear(&mut self, source: SourceId, now: Duration) {
        if let Some(source) = self.source(source) {
            source.heard = now;
        }
    }

    pub(super) fn set_state(&mut self, source: SourceId, state: SourceState) {
        if let Some(source) = self.source(source) {
            source.status.state = state;
        }
    }

    pub(super) fn set_problem(&mut self, source: SourceId, problem: Option<Arc<str>>) {
        if let Some(source) = self.source(source) {
            source.status.problem = problem;
        }
    }

    pub(super) fn note_gap(&mut self, source: SourceId, gap: Gap) {
        if let Some(source) = self.source(source) {
            source.status.note_gap(gap);
        }
    }

    /// A number that is none of the config's sources has no state to keep; its messages count.
    fn source(&mut self, source: SourceId) -> Option<&mut Source> {
        self.sources.get_mut(source.0)
    }

    /// How each stands `now`.
    pub(super) fn statuses(&self, now: Duration) -> Vec<SourceStatus> {
        let status = |source: &Source| SourceStatus {
            stale: now.saturating_sub(source.heard),
            ..source.status.clone()
        };
        self.sources.iter().map(status).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_as_stale_as_the_time_since_it_was_heard_of() {
        let second = Duration::from_secs(1);
        let status = |name: &str| SourceStatus::new(name.to_owned(), "nostr");
        let mut health = Health::new(vec![status("a"), status("b")]);
        health.hear(SourceId(1), 5 * second);
        health.set_state(SourceId(1), SourceState::Live);
        let stale: Vec<Duration> =
            health.statuses(7 * second).iter().map(|status| status.stale).collect();
        assert_eq!(stale, [7 * second, 2 * second]);
        assert_eq!(health.statuses(second)[1].stale, Duration::ZERO, "time does not run backwards");
        assert_eq!(health.statuses(second)[1].state, SourceState::Live);
    }
}
