//! The looks of a round: what a strip shows from the moment a question is armed until its result stands.
//!
//! Each is made of what a snapshot says and how old it is, so that an output that begins in the middle
//! shows what the others show. What a look does not say, it does not read: while a round is hidden no
//! vote, no rate and no result of it reaches a light, whatever stands in the snapshot.
//! A look gives way to the next by a [`Crossfade`](crossfade::Crossfade), and so does time that jumps.

pub mod crossfade;
pub mod fill;
pub mod last_seconds;
pub mod neutral;
pub mod reveal;

use std::time::Duration;

use super::scene::Look;
use super::{Renderer, TIE_PERIOD, scene, split};
use crate::contest::TeamId;
use crate::snapshot::{Phase, RoundResult, RoundStatus, Snapshot};
use reveal::Reveal;

/// What is left of the light while the operator holds the round, and after the bell.
const PAUSED: f32 = 0.5;
const LOCKED: f32 = 0.6;

/// A time that differs by more from what was expected has jumped.
const JUMP: Duration = Duration::from_millis(250);

/// Frames come on time from so much before the last seconds on.
const EARLY: Duration = Duration::from_secs(1);

/// What a strip shows of a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RoundLook {
    /// The teams' colours, equal, dim and calm.
    Armed,
    /// Their light comes in from both ends.
    Countdown,
    /// The split, alive.
    Open,
    /// A secret round is open: neutral.
    Secret,
    /// The split as it stands.
    Locked,
    /// Neutral, and still.
    Sealed,
    /// The result comes in, is celebrated, and stands.
    Revealed,
}

impl RoundLook {
    fn of(phase: Phase, round: &RoundStatus) -> RoundLook {
        // Nobody who tells the renderer more than viewers may see can make it show that.
        match (phase, round.hidden || round.secret && phase != Phase::Revealed) {
            (Phase::Armed, _) => RoundLook::Armed,
            (Phase::Countdown, _) => RoundLook::Countdown,
            (Phase::Open, false) => RoundLook::Open,
            (Phase::Open, true) => RoundLook::Secret,
            (Phase::Locked, false) => RoundLook::Locked,
            (Phase::Revealed, false) => RoundLook::Revealed,
            (Phase::Locked | Phase::Revealed, true) | (Phase::Sealed, _) => RoundLook::Sealed,
        }
    }
}

/// What time it is in a round.
#[derive(Clone, Copy, Debug)]
struct Times {
    /// Since the phase began; for ever where nobody knows.
    since: Duration,
    /// Until the countdown ends.
    opens_in: Duration,
    /// Until the bell; for ever where there is none.
    left: Duration,
}

impl Times {
    /// By what was said some time ago.
    fn of(round: &RoundStatus, age: Duration) -> Times {
        let age = if round.paused { Duration::ZERO } else { age };
        Times {
            since: round.since.unwrap_or(Duration::MAX).saturating_add(age),
            opens_in: round.opens_in.unwrap_or_default().saturating_sub(age),
            left: round.left.map_or(Duration::MAX, |left| left.saturating_sub(age)),
        }
    }
}

/// What a strip has shown last of a round.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shown {
    look: RoundLook,
    paused: bool,
    number: u32,
    times: Times,
}

impl Shown {
    /// Whether what follows is another look, and not this one as time goes on.
    fn is_ended_by(&self, next: &Shown) -> bool {
        (self.look, self.paused, self.number) != (next.look, next.paused, next.number)
    }

    /// Whether time has not gone on as the look relies on.
    fn is_broken_by(&self, next: &Shown, elapsed: Duration) -> bool {
        let elapsed = if next.paused { Duration::ZERO } else { elapsed };
        let (before, now) = (self.times, next.times);
        let since = before.since.saturating_add(elapsed).abs_diff(now.since) > JUMP;
        let left = before.left.saturating_sub(elapsed).abs_diff(now.left) > JUMP
            && before.left.min(now.left) < last_seconds::BEGIN;
        match next.look {
            RoundLook::Countdown | RoundLook::Revealed => since,
            RoundLook::Secret => since || left,
            RoundLook::Open => left,
            RoundLook::Armed | RoundLook::Locked | RoundLook::Sealed => false,
        }
    }
}

impl Renderer {
    /// Draws a round, and says whether it moves and at what level its light is.
    pub(super) fn draw_round(
        &mut self,
        snapshot: &Snapshot,
        round: &RoundStatus,
        elapsed: Duration,
    ) -> (bool, f32) {
        let look = RoundLook::of(snapshot.phase, round);
        let times = Times::of(round, self.age);
        let next = Shown { look, paused: round.paused, number: round.number, times };
        self.leave_for(next, snapshot, elapsed);
        self.stale.step(look_is_open(look) && scene::is_stale(snapshot), elapsed);
        self.dim = match look {
            _ if round.paused => PAUSED,
            RoundLook::Open | RoundLook::Secret => last_seconds::level(times.left),
            RoundLook::Locked => LOCKED,
            _ => 1.0,
        };
        let moving = match look {
            RoundLook::Armed => self.draw_countdown(snapshot, 0.0, elapsed),
            RoundLook::Countdown => {
                let way = fill::way(round.since.map(|_| times.since), times.opens_in);
                self.draw_countdown(snapshot, way, elapsed) && !round.paused
            }
            RoundLook::Open | RoundLook::Locked => {
                let felt = look == RoundLook::Open && !round.paused;
                let breathes = felt && times.left < last_seconds::BEGIN + EARLY;
                self.draw_standing(snapshot, felt, elapsed) || breathes && !times.left.is_zero()
            }
            RoundLook::Secret => {
                self.draw_neutral(snapshot, Some(times.since), elapsed);
                !round.paused
            }
            RoundLook::Sealed => {
                self.draw_neutral(snapshot, None, elapsed);
                false
            }
            RoundLook::Revealed => self.draw_revealed(snapshot, round, times.since, elapsed),
        };
        let level = match look {
            // As much as the effects need.
            RoundLook::Open | RoundLook::Locked | RoundLook::Revealed => self.effects.level(),
            _ => 1.0,
        };
        (moving || self.stale.is_seen(), level * self.stale.level())
    }

    /// Leaves one look for the next without a jump.
    fn leave_for(&mut self, next: Shown, snapshot: &Snapshot, elapsed: Duration) {
        let recoloured = self.colours_of(&snapshot.contest);
        let Some(last) = self.round.replace(next) else { return };
        let broken = !self.crossfade.is_on() && last.is_broken_by(&next, elapsed);
        if recoloured || last.is_ended_by(&next) || broken {
            self.crossfade.begin(&self.drawn, self.drawn_level, self.drawn_dim);
        }
    }

    /// Equal shares, as far as a countdown has come.
    fn draw_countdown(&mut self, snapshot: &Snapshot, way: f64, elapsed: Duration) -> bool {
        self.effects.rest(&snapshot.teams, elapsed);
        self.light_teams(Look::Standing, 0.0, 0.0);
        let shares = self.easing.jump(equal(snapshot));
        for run in self.map.runs() {
            let cells = &mut self.drawn[run.start..run.start + run.cells];
            split::draw(shares, &self.looks, run, cells);
            fill::countdown(run, way, cells);
        }
        way > 0.0 && way < 1.0
    }

    /// The split as it stands; `felt`: with the life that posts bring.
    fn draw_standing(&mut self, snapshot: &Snapshot, felt: bool, elapsed: Duration) -> bool {
        if felt {
            self.effects.step(&snapshot.teams, elapsed);
        } else {
            self.effects.rest(&snapshot.teams, elapsed);
        }
        self.light_teams(Look::Standing, 0.0, 0.0);
        self.draw_shares(snapshot, elapsed)
    }

    /// Light that tells nothing: of a secret round that has been open for so long, or of one sealed.
    fn draw_neutral(&mut self, snapshot: &Snapshot, open: Option<Duration>, elapsed: Duration) {
        self.effects.rest(&snapshot.teams, elapsed);
        self.easing.jump(equal(snapshot));
        for run in self.map.runs() {
            let cells = &mut self.drawn[run.start..run.start + run.cells];
            for (index, cell) in cells.iter_mut().enumerate() {
                *cell = match open {
                    Some(since) => neutral::open(run, index, since),
                    None => neutral::sealed(run, index),
                };
            }
        }
    }

    /// The result, so long after it was shown.
    fn draw_revealed(
        &mut self,
        snapshot: &Snapshot,
        round: &RoundStatus,
        since: Duration,
        elapsed: Duration,
    ) -> bool {
        let result = round.result.as_deref();
        let result = result.filter(|result| result.teams.len() == snapshot.teams.len());
        let Some(result) = result else { return self.draw_standing(snapshot, false, elapsed) };
        let reveal = Reveal::of(result, round.secret);
        self.celebrate(reveal, snapshot, since, elapsed);
        let shares = self.easing.jump(shares(result));
        let way = reveal.way(since);
        for run in self.map.runs() {
            let cells = &mut self.drawn[run.start..run.start + run.cells];
            split::draw(shares, &self.looks, run, cells);
            self.effects.draw(shares, run, cells);
            if way < 1.0 {
                fill::sweep(run, way, cells, |index| neutral::sealed(run, index));
            }
        }
        reveal.is_moving(since) || self.effects.is_active()
    }

    /// The light of the teams, so long after the result was shown.
    fn celebrate(
        &mut self,
        reveal: Reveal,
        snapshot: &Snapshot,
        since: Duration,
        elapsed: Duration,
    ) {
        let after = reveal.after(since);
        if let Some(winner) = reveal.winner() {
            let team = u16::try_from(winner).map_or(Look::Standing, |at| Look::Winner(TeamId(at)));
            self.light_teams(team, reveal.back(since), 0.0);
            let before = reveal.cheers(since.saturating_sub(elapsed));
            let cheers = reveal.cheers(since) - before;
            self.effects.cheer(winner, cheers, &snapshot.teams, elapsed);
        } else {
            let on = after.as_secs_f32().min(1.0);
            self.light_teams(Look::Tie, on, turn(after, TIE_PERIOD));
            self.effects.rest(&snapshot.teams, elapsed);
        }
    }
}

fn look_is_open(look: RoundLook) -> bool {
    matches!(look, RoundLook::Open | RoundLook::Secret)
}

/// Every team's share where nobody has any more than another.
fn equal(snapshot: &Snapshot) -> impl Iterator<Item = f64> {
    let teams = snapshot.teams.len();
    std::iter::repeat_n(1.0 / teams as f64, teams)
}

fn shares(result: &RoundResult) -> impl Iterator<Item = f64> {
    result.teams.iter().map(|team| team.share)
}

/// Where in a period a time is, 0..1.
fn turn(time: Duration, period: Duration) -> f32 {
    let nanos = time.as_nanos() % period.as_nanos();
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(0)).as_secs_f32() / period.as_secs_f32()
}

#[cfg(test)]
mod tests;
