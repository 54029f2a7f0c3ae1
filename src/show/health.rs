//! How the sources are doing: what each reports of itself, how long ago it was heard of, and whether
//! its posts come in time to count.
//!
//! Time is an argument: how long the show has run.

use std::sync::Arc;
use std::time::Duration;

use crate::display_text;
use crate::event::{Fate, SourceId};
use crate::snapshot::{Gap, SourceState, SourceStatus};
use crate::timestamp::Timestamp;

use super::delay::Delays;

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
    /// Posts in a row that came too late to count.
    late: u64,
    /// What is said of them.
    late_problem: Option<Arc<str>>,
    /// Since when it is live, by the show's clock.
    live_since: Option<Timestamp>,
    delays: Delays,
    /// Its problem is that it has panicked: whoever wrote the problem before cannot take it back.
    has_panicked: bool,
}

/// Late posts in a row that are no accident. What is said of them is said anew at twice as many, and so
/// on.
const LATE_IN_A_ROW: u64 = 10;

/// A shorter delay than this past the grace would be told as none.
const SHOWN: Duration = Duration::from_millis(100);

impl Source {
    fn is_replay(&self) -> bool {
        self.status.kind == "replay"
    }
}

impl Health {
    pub(super) fn new(statuses: Vec<SourceStatus>) -> Health {
        let source = |status| Source {
            status,
            heard: Duration::ZERO,
            late: 0,
            late_problem: None,
            live_since: None,
            delays: Delays::default(),
            has_panicked: false,
        };
        Health { sources: statuses.into_iter().map(source).collect() }
    }

    /// Whether the show has sources at all.
    pub(super) fn has_sources(&self) -> bool {
        !self.sources.is_empty()
    }

    /// Whether a source plays a recording.
    pub(super) fn is_replay(&self, SourceId(source): SourceId) -> bool {
        self.sources.get(source).is_some_and(Source::is_replay)
    }

    /// How long a source has said nothing `now`.
    pub(super) fn silent_for(&self, SourceId(source): SourceId, now: Duration) -> Option<Duration> {
        self.sources.get(source).map(|source| now.saturating_sub(source.heard))
    }

    /// Whether all that have to connect have done so.
    pub(super) fn are_back(&self) -> bool {
        let mut live = self.sources.iter().filter(|source| !source.is_replay());
        live.all(|source| source.status.state != SourceState::Connecting)
    }

    /// A source said something `now`.
    pub(super) fn hear(&mut self, source: SourceId, now: Duration) {
        if let Some(source) = self.source(source) {
            source.heard = now;
        }
    }

    pub(super) fn set_state(
        &mut self,
        source: SourceId,
        state: SourceState,
        clock: Option<Timestamp>,
    ) {
        if let Some(source) = self.source(source) {
            if state == SourceState::Live && source.status.state == SourceState::Connecting {
                source.live_since = clock;
            }
            source.status.state = state;
            if state != SourceState::Connecting && std::mem::take(&mut source.has_panicked) {
                source.status.problem = None;
            }
        }
    }

    /// A post of a source that was made at `posted` arrived at `clock`. What it brings of before it was
    /// live tells nothing.
    pub(super) fn note_delay(&mut self, source: SourceId, posted: Timestamp, clock: Timestamp) {
        if let Some(source) = self.source(source)
            && source.live_since.is_some_and(|since| posted >= since)
        {
            source.delays.note(clock.saturating_since(posted));
        }
    }

    pub(super) fn set_problem(&mut self, source: SourceId, problem: Option<Arc<str>>) {
        if let Some(source) = self.source(source) {
            // The source has cleaned what it quotes; nothing that it forgot gets onto a page.
            let clean = |said: Arc<str>| match display_text::misleading(&said) {
                Some(_) => display_text::one_line(&said, usize::MAX).into(),
                None => said,
            };
            source.status.problem = problem.map(clean);
            source.has_panicked = false;
        }
    }

    /// A panic has ended a source, which begins anew; until then this is its problem.
    pub(super) fn note_panic(&mut self, source: SourceId, words: Arc<str>) {
        if let Some(source) = self.source(source) {
            source.status.problem = Some(words);
            source.status.panics += 1;
            source.has_panicked = true;
        }
    }

    pub(super) fn note_gap(&mut self, source: SourceId, gap: Gap) {
        if let Some(source) = self.source(source) {
            source.status.note_gap(gap);
        }
    }

    /// A post of a source that was this old met with `fate`. Whether the source has a problem now that
    /// it did not have, or no longer has one.
    pub(super) fn judge(
        &mut self,
        source: SourceId,
        fate: &Fate,
        age: impl FnOnce() -> Duration,
    ) -> bool {
        let Some(source) = self.source(source) else { return false };
        match fate {
            // What comes before the source is live is what it has from before.
            Fate::Late if matches!(source.status.state, SourceState::Connecting) => false,
            Fate::Late => {
                source.late += 1;
                let (rows, rest) = (source.late / LATE_IN_A_ROW, source.late % LATE_IN_A_ROW);
                let is_news = rest == 0 && rows.is_power_of_two();
                if is_news {
                    let (late, age) = (source.late, age().as_secs());
                    let problem = format!(
                        "the last {late} posts came too late to count: their times are {age} s old \
                         (is the clock of `{}` wrong, or does it send old posts?)",
                        source.status.name
                    );
                    source.late_problem = Some(problem.into());
                }
                is_news
            }
            Fate::Counted | Fate::Duplicate | Fate::Dead | Fate::Edited(_) => {
                source.late = 0;
                source.late_problem.take().is_some()
            }
            Fate::Other | Fate::Closed | Fate::Both | Fate::TakenBack(_) => false,
        }
    }

    /// A number that is none of the config's sources has no state to keep; its messages count.
    fn source(&mut self, source: SourceId) -> Option<&mut Source> {
        self.sources.get_mut(source.0)
    }

    /// How each stands `now`. With a grace, posts that usually arrive later than that are the source's
    /// problem.
    pub(super) fn statuses(&self, now: Duration, grace: Option<Duration>) -> Vec<SourceStatus> {
        let status = |source: &Source| {
            let delay = source.delays.median();
            let too_late = delay.zip(grace).filter(|&(delay, grace)| delay >= grace + SHOWN);
            let too_late = too_late.map(|(delay, grace)| {
                let (delay, grace) = (delay.as_secs_f64(), grace.as_secs_f64());
                let problem = format!(
                    "its posts arrive {delay:.1} s after they were made, and the grace is {grace:.1} s: \
                     those of the last seconds come too late for their round (a longer `grace` in \
                     `[round]` waits for them)"
                );
                problem.into()
            });
            let own = source.status.problem.as_ref().or(source.late_problem.as_ref()).cloned();
            SourceStatus {
                stale: now.saturating_sub(source.heard),
                problem: own.or(too_late),
                delay,
                ..source.status.clone()
            }
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
        health.set_state(SourceId(1), SourceState::Live, None);
        let stale: Vec<Duration> =
            health.statuses(7 * second, None).iter().map(|status| status.stale).collect();
        assert_eq!(stale, [7 * second, 2 * second]);
        assert_eq!(
            health.statuses(second, None)[1].stale,
            Duration::ZERO,
            "time does not run backwards"
        );
        assert_eq!(health.statuses(second, None)[1].state, SourceState::Live);
    }

    #[test]
    fn many_late_posts_in_a_row_are_a_problem_until_one_is_in_time() {
        let mut health = Health::new(vec![SourceStatus::new("hall".to_owned(), "nostr")]);
        let hour = || Duration::from_hours(1);
        let judge = |health: &mut Health, fate| health.judge(SourceId(0), &fate, hour);
        let problem = |health: &Health| health.statuses(Duration::ZERO, None)[0].problem.clone();
        for _ in 0..50 {
            assert!(!judge(&mut health, Fate::Late), "it is not live yet");
        }
        health.set_state(SourceId(0), SourceState::Live, None);
        for _ in 1..LATE_IN_A_ROW {
            assert!(!judge(&mut health, Fate::Late));
        }
        assert!(judge(&mut health, Fate::Late));
        let said = "the last 10 posts came too late to count: their times are 3600 s old";
        assert!(problem(&health).unwrap().starts_with(said), "{:?}", problem(&health));
        let told = (0..90).filter(|_| judge(&mut health, Fate::Late)).count();
        assert_eq!(told, 3, "at 20, 40 and 80");
        assert!(problem(&health).unwrap().starts_with("the last 80 posts"));
        // What the source says of itself comes first.
        health.set_problem(SourceId(0), Some("gone".into()));
        assert_eq!(problem(&health).as_deref(), Some("gone"));
        health.set_problem(SourceId(0), None);
        assert!(problem(&health).is_some());
        assert!(judge(&mut health, Fate::Counted));
        assert_eq!(problem(&health), None);
        assert!(!judge(&mut health, Fate::Counted));
        // One in between, and the row begins anew.
        for _ in 0..5 {
            (1..LATE_IN_A_ROW).for_each(|_| assert!(!judge(&mut health, Fate::Late)));
            judge(&mut health, Fate::Duplicate);
        }
        assert_eq!(problem(&health), None);
        assert!(!health.judge(SourceId(7), &Fate::Late, hour));
    }

    #[test]
    fn posts_that_usually_come_after_the_grace_are_the_problem_of_their_source() {
        let mut health = Health::new(vec![SourceStatus::new("hall".to_owned(), "nostr")]);
        let at = |ms| Timestamp::from_millis(ms).unwrap();
        health.set_state(SourceId(0), SourceState::Live, Some(at(0)));
        (0..20).for_each(|_| health.note_delay(SourceId(0), at(0), at(3_250)));
        let problem = |ms: Option<u64>| {
            let grace = ms.map(Duration::from_millis);
            health.statuses(Duration::ZERO, grace)[0].problem.clone()
        };
        assert_eq!(problem(None), None, "there are no rounds");
        assert_eq!(problem(Some(3_200)), None, "the difference would not be seen");
        let said = "its posts arrive 3.2 s after they were made, and the grace is 3.0 s:";
        assert!(problem(Some(3_000)).unwrap().starts_with(said), "{:?}", problem(Some(3_000)));
    }

    #[test]
    fn a_panic_is_the_problem_of_a_source_until_it_lives_again() {
        let mut health = Health::new(vec![SourceStatus::new("a".to_owned(), "nostr")]);
        let source = SourceId(0);
        let problem = |health: &Health| {
            let status = health.statuses(Duration::ZERO, None).remove(0);
            (status.panics, status.problem.as_deref().map(str::to_owned))
        };
        health.set_problem(source, Some("refused".into()));
        health.note_panic(source, "a bug".into());
        health.set_state(source, SourceState::Connecting, None);
        assert_eq!(problem(&health), (1, Some("a bug".to_owned())));
        // What the life before had to say is over with it.
        health.set_state(source, SourceState::Live, None);
        assert_eq!(problem(&health), (1, None));
        health.note_panic(source, "a bug".into());
        health.set_problem(source, Some("refused".into()));
        health.set_state(source, SourceState::Live, None);
        assert_eq!(problem(&health), (2, Some("refused".to_owned())), "the newest has the word");
    }
}
