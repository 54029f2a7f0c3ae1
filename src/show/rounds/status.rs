//! Where the evening stands, for snapshots: all of it for the operator, and what of it viewers may see.

use std::sync::Arc;
use std::time::Duration;

use crate::contest::Contest;
use crate::snapshot::{
    Count, MAX_RESULTS, Phase, QuestionStatus, RoundResult, RoundStatus, UndoStatus, Voices,
};

use super::Rounds;
use super::evening::Evening;
use super::result::timestamp;
use super::timeline::Stage;

/// The rounds' part of a snapshot.
#[derive(Clone)]
pub(in crate::show) struct Standing {
    pub(in crate::show) contest: Arc<Contest>,
    pub(in crate::show) phase: Phase,
    pub(in crate::show) question: QuestionStatus,
    pub(in crate::show) following: Option<QuestionStatus>,
    pub(in crate::show) round: RoundStatus,
    pub(in crate::show) results: Vec<Arc<RoundResult>>,
    pub(in crate::show) sealed: Vec<u32>,
    pub(in crate::show) voices: Voices,
    pub(in crate::show) undo: UndoStatus,
    pub(in crate::show) count: Count,
}

impl Rounds {
    /// Whether time is a matter of the round that is on, or opens the next one.
    pub(in crate::show) fn is_timed(&self) -> bool {
        let runs = matches!(self.phase(), Phase::Countdown | Phase::Open | Phase::Locked);
        runs || self.times.rest.is_some()
    }

    /// How it stands when it is `now`, which is not before the time that was reached.
    pub(in crate::show) fn standing(&mut self, now: Option<i64>) -> Standing {
        let reached = self.now.into_iter().chain(self.shown).chain(now).max();
        if let Some(now) = reached {
            let running = self.evening.round.timeline.running_now(now);
            self.tally.advance(timestamp(running));
        }
        let mut count = self.tally.count(None);
        count.at = reached.map(timestamp);
        count.posts = count.posts + self.evening.before + self.plain;
        let evening = &self.evening;
        Standing {
            contest: Arc::clone(evening.contest()),
            phase: evening.round.phase(),
            question: question(evening, evening.round.question),
            following: self.following(),
            round: self.round_status(reached.unwrap_or_default(), true),
            results: newest(evening.results().cloned()),
            sealed: newest(evening.sealed()),
            voices: Voices { phones: 0, authors: self.tally.voices().unwrap_or_default() },
            undo: self.undo_status(),
            count,
        }
    }

    /// What `arm` would make ready. In a round nobody knows, for its result may decide a best-of.
    fn following(&self) -> Option<QuestionStatus> {
        let evening = &self.evening;
        let is_between =
            matches!(evening.round.phase(), Phase::Armed | Phase::Sealed | Phase::Revealed);
        let following = is_between.then(|| evening.following(&self.times)).flatten();
        following.map(|index| question(evening, index))
    }

    /// Whether there is anything that viewers may not see.
    pub(in crate::show) fn has_secrets(&self) -> bool {
        self.evening.round.is_hidden() || self.evening.ended.iter().any(|ended| ended.is_sealed)
    }

    /// What viewers may see of `all`.
    pub(in crate::show) fn seen(&self, all: &Standing) -> Standing {
        let mut standing = all.clone();
        self.hide(&mut standing);
        standing
    }

    fn hide(&self, standing: &mut Standing) {
        let evening = &self.evening;
        let now = standing.count.at.map(crate::timestamp::Timestamp::millis);
        standing.round = self.round_status(now.unwrap_or_default(), false);
        let seen = evening.ended.iter().filter(|ended| !ended.is_sealed);
        let own = evening.round.result.iter().filter(|_| !evening.round.is_hidden());
        standing.results = newest(seen.map(|ended| &ended.result).chain(own).cloned());
        if evening.round.is_hidden() {
            let teams = standing.count.teams.len();
            standing.count.leader = None;
            // In an order of its own, for a sum of such numbers depends on it.
            let mut rates: Vec<f64> = standing.count.teams.iter().map(|team| team.rate).collect();
            rates.sort_by(f64::total_cmp);
            let all: f64 = rates.iter().sum();
            for team in &mut standing.count.teams {
                *team = crate::snapshot::Standing {
                    votes: 0,
                    share: 1.0 / teams as f64,
                    // That posts come may be seen; whose they are may not.
                    rate: all / teams as f64,
                    total: 0,
                };
            }
        }
    }

    fn round_status(&self, now: i64, is_operator: bool) -> RoundStatus {
        let round = &self.evening.round;
        let timeline = &round.timeline;
        let is_hidden = !is_operator && round.is_hidden();
        let opens = timeline.opens(now);
        let is_countdown = timeline.stage() == Stage::Countdown;
        let started = timeline.stage() != Stage::Armed;
        let best_of = self.times.best_of;
        let opens_in = opens.filter(|_| is_countdown).map(|opens| opens - now);
        let since = round.since.map(|since| match opens_in {
            // A pause of a countdown leaves no trace but that it ends later.
            Some(opens_in) => self.times.countdown - opens_in,
            None => timeline.running(now) - timeline.running(since),
        });
        RoundStatus {
            number: round.number,
            best_of,
            wins: self.evening.wins_of_teams(best_of, is_operator),
            opened_at: opens.filter(|_| !is_countdown).map(timestamp),
            ends_at: timeline.bell(now).map(timestamp),
            opens_in: opens_in.map(duration),
            left: if started { timeline.left(now) } else { round.length }.map(duration),
            length: if started { timeline.length() } else { round.length }.map(duration),
            since: since.map(duration),
            counts: self.rules.counts,
            paused: timeline.held().is_some(),
            secret: round.secret,
            hidden: is_hidden,
            grace: self.rules.grace,
            held: self.held,
            result: round.result.clone().filter(|_| !is_hidden),
        }
    }

    /// In how many milliseconds something changes by itself: a phase, or a second on the clock.
    pub(in crate::show) fn changes_in(&self, now: i64) -> Option<i64> {
        let due = self.evening.next_change(&self.times).map(|due| (due - now).max(0));
        let timeline = &self.evening.round.timeline;
        let opens_in = timeline.opens(now).map(|opens| opens - now);
        let clock = match timeline.stage() {
            _ if timeline.held().is_some() => None,
            Stage::Countdown => opens_in,
            Stage::Open => timeline.left(now),
            _ => None,
        };
        let second = clock.filter(|&left| left > 0).map(|left| match left % 1000 {
            0 => 1000,
            rest => rest,
        });
        due.into_iter().chain(second).min()
    }

    /// Whether the mere passing of time takes votes away.
    pub(in crate::show) fn will_fade(&self) -> bool {
        self.is_running() && self.tally.will_fade()
    }

    /// How long after the bell posts made before it may still arrive.
    pub(in crate::show) fn grace(&self) -> Duration {
        self.rules.grace
    }

    /// Whether a source is held.
    pub(in crate::show) fn is_source_held(&self, source: usize) -> bool {
        u32::try_from(source).is_ok_and(|source| self.evening.holds(source))
    }
}

fn question(evening: &Evening, index: usize) -> QuestionStatus {
    QuestionStatus {
        number: number(index + 1),
        of: number(evening.questions.len()),
        title: evening.questions[index].title().to_owned(),
    }
}

/// Those that a snapshot lists.
fn newest<T>(all: impl Iterator<Item = T>) -> Vec<T> {
    let mut newest: Vec<T> = all.collect();
    newest.drain(..newest.len().saturating_sub(MAX_RESULTS));
    newest
}

fn number(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn duration(ms: i64) -> Duration {
    Duration::from_millis(u64::try_from(ms).unwrap_or(0))
}
