//! How many posts each team got over the last ten seconds, exact to the millisecond.
//!
//! One counter a team and millisecond, so that posts may come in any order and be taken back.

use std::time::Duration;

/// How far back the rate looks.
pub(super) const SPAN: Duration = Duration::from_secs(10);

const SPAN_MS: i64 = 10_000;

/// The posts of the last [`SPAN`].
pub(super) struct Rate {
    teams: usize,
    /// By millisecond modulo the span, then by team.
    counters: Vec<u32>,
    /// By millisecond modulo the span, whether any team has a counter that is not zero: most
    /// milliseconds have none, and are passed over quickly.
    any: Vec<bool>,
    sums: Vec<u64>,
    /// The end of the span.
    end: i64,
}

impl Rate {
    pub(super) fn new(teams: usize) -> Rate {
        // 40 KB a team, so that all that it needs is there from the start.
        let span = usize::try_from(SPAN_MS).expect("it is a small number");
        let (counters, any) = (vec![0; teams * span], vec![false; span]);
        Rate { teams, counters, any, sums: vec![0; teams], end: i64::MIN }
    }

    /// Posts of a team in the span.
    pub(super) fn posts(&self, team: usize) -> u64 {
        self.sums[team]
    }

    /// Moves the end of the span on.
    pub(super) fn advance(&mut self, end: i64) {
        if self.end == i64::MIN || end.saturating_sub(self.end) >= SPAN_MS {
            self.counters.fill(0);
            self.any.fill(false);
            self.sums.fill(0);
        } else {
            for leaving in self.end - SPAN_MS + 1..=end - SPAN_MS {
                if !std::mem::take(&mut self.any[place(leaving)]) {
                    continue;
                }
                for team in 0..self.teams {
                    let index = self.index(team, leaving);
                    let count = std::mem::take(&mut self.counters[index]);
                    self.sums[team] -= u64::from(count);
                }
            }
        }
        self.end = end;
    }

    /// A post of `team` at `at`, which is not after the end.
    pub(super) fn add(&mut self, team: usize, at: i64) {
        if self.covers(at) {
            let index = self.index(team, at);
            self.counters[index] += 1;
            self.any[place(at)] = true;
            self.sums[team] += 1;
        }
    }

    /// Takes a post back.
    pub(super) fn remove(&mut self, team: usize, at: i64) {
        if self.covers(at) {
            let index = self.index(team, at);
            self.counters[index] -= 1;
            self.sums[team] -= 1;
        }
    }

    fn covers(&self, at: i64) -> bool {
        at > self.end.saturating_sub(SPAN_MS)
    }

    fn index(&self, team: usize, at: i64) -> usize {
        place(at) * self.teams + team
    }
}

fn place(at: i64) -> usize {
    usize::try_from(at.rem_euclid(SPAN_MS)).expect("a remainder is not negative")
}
