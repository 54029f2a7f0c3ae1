//! What the show publishes, and how long it may stand.

use std::sync::Arc;
use std::time::Duration;

use crate::contest::Contest;
use crate::snapshot::{Count, Phase, Snapshot, SourceState, SourceStatus, Voices};
use crate::timestamp::Timestamp;

use super::rounds::Standing;
use super::{Counting, Now, Show};

/// Pages take a longer silence for a dead show.
pub(super) const LONGEST_BEAT: Duration = Duration::from_millis(500);

/// The same where no source has anything to say.
const LONGEST_BEAT_WITHOUT_SOURCES: Duration = Duration::from_secs(1);

/// A change that is due is shown as soon as that.
const SOONEST_CHANGE: Duration = Duration::from_millis(1);

/// The time between two snapshots while votes leave the window of a live show.
pub(super) const FADING_BEAT: Duration = Duration::from_millis(100);

impl Show {
    /// Until when, in the time that the show has run, a snapshot of `now` may stand if nothing happens:
    /// until something changes by itself, and not so long that a viewer takes silence for death.
    #[must_use]
    pub fn stands_until(&self, now: Now) -> Duration {
        let will_fade = match &self.count {
            Counting::Open(tally) => tally.will_fade(),
            Counting::Rounds(rounds) => rounds.will_fade(),
        };
        let beat = if now.clock.is_some() && will_fade {
            FADING_BEAT
        } else if self.health.has_sources() {
            LONGEST_BEAT
        } else {
            LONGEST_BEAT_WITHOUT_SOURCES
        };
        let second = self.screen.next_second(now.elapsed);
        let round = match (&self.count, now.clock) {
            (Counting::Rounds(rounds), Some(clock)) => rounds.changes_in(clock.millis()),
            _ => None,
        };
        let round = round.and_then(|ms| u64::try_from(ms).ok()).map(Duration::from_millis);
        let round = round.map(|left| now.elapsed + left.max(SOONEST_CHANGE));
        let beat = now.elapsed + beat;
        [second, round].into_iter().flatten().fold(beat, Duration::min)
    }

    /// The whole state `now`; in a show of recordings, at the newest time known.
    pub fn snapshot(&mut self, now: Now) -> Snapshot {
        self.snapshots(now).0
    }

    /// The whole state `now`, and what of it viewers may see, if that is not all.
    pub fn snapshots(&mut self, now: Now) -> (Snapshot, Option<Snapshot>) {
        self.advance(now.clock);
        self.seq += 1;
        let (all, seen) = match &mut self.count {
            Counting::Open(tally) => {
                let count = tally.count(None);
                let voices = tally.voices().map(|authors| Voices { phones: 0, authors });
                let contest = Arc::clone(self.questions.first());
                return (self.assemble(contest, count, voices, now), None);
            }
            Counting::Rounds(rounds) => {
                let all = rounds.standing(now.clock.map(Timestamp::millis));
                let seen = rounds.has_secrets().then(|| rounds.seen(&all));
                (all, seen)
            }
        };
        let all = self.with_rounds(all, now);
        let seen = seen.map(|seen| self.with_rounds(seen, now));
        if let Some(mut seen) = seen {
            self.sizes.put_into(&mut seen);
            return (all, Some(seen));
        }
        self.sizes.note(&all);
        (all, None)
    }

    fn with_rounds(&self, standing: Standing, now: Now) -> Snapshot {
        let Standing {
            contest,
            phase,
            question,
            following,
            round,
            results,
            sealed,
            voices,
            undo,
            count,
        } = standing;
        Snapshot {
            phase,
            question: Some(question),
            following,
            round: Some(round),
            results,
            sealed,
            undo: Some(undo),
            ..self.assemble(contest, count, Some(voices), now)
        }
    }

    /// A snapshot of one open question.
    fn assemble(
        &self,
        contest: Arc<Contest>,
        count: Count,
        voices: Option<Voices>,
        now: Now,
    ) -> Snapshot {
        let Count { at, teams, leader, posts, evicted } = count;
        Snapshot {
            seq: self.seq,
            at,
            contest,
            phase: Phase::Open,
            question: None,
            following: None,
            round: None,
            results: Vec::new(),
            sealed: Vec::new(),
            voices,
            undo: None,
            teams,
            leader,
            posts,
            evicted,
            sources: self.source_statuses(now.elapsed),
            recording: self.parts.recording.clone(),
            journal: self.parts.journal.clone(),
            scene: self.screen.scene(),
            pattern: self.screen.pattern(),
            blackout: self.screen.blackout().to_vec(),
            join: None,
            timer: self.screen.timer(now.elapsed),
            outputs: self.parts.outputs.clone(),
        }
    }

    fn source_statuses(&self, elapsed: Duration) -> Vec<SourceStatus> {
        let grace = match &self.count {
            Counting::Open(_) => None,
            Counting::Rounds(rounds) => Some(rounds.grace()),
        };
        let mut statuses = self.health.statuses(elapsed, grace);
        if let Counting::Rounds(rounds) = &self.count {
            for (number, status) in statuses.iter_mut().enumerate() {
                if rounds.is_source_held(number) {
                    status.state = SourceState::Paused;
                }
            }
        }
        statuses
    }
}
