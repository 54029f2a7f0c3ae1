//! How a result is shown: its split comes in from both ends over neutral light, so that a close one
//! shows its seam last; then its winner is celebrated, or the teams breathe in turn.
//!
//! By the time since the reveal alone: who comes late finds what there is to see by then.

use std::time::Duration;

use crate::render::easing::smooth;
use crate::snapshot::RoundResult;

/// The light is neutral for so long before anything comes in: what was shown before goes meanwhile, and
/// no light falls and rises at once, which the flash limiter would have to hold back. After a secret
/// round it is neutral already, and a wait would only be a strip that is behind pages and terminal.
const BEFORE: Duration = Duration::from_millis(300);

/// When the split is in, and that of a photo finish.
const SWEEP: Duration = Duration::from_millis(1800);
const PHOTO_FINISH: Duration = Duration::from_millis(3800);

/// How long the winner is celebrated.
const CELEBRATION: Duration = Duration::from_secs(4);

/// The others stand back within this, and come forward again within this.
const BACK: Duration = Duration::from_millis(500);
const FORWARD: Duration = Duration::from_secs(1);

/// The winner's part is cheered at once, and again each time after so long; and not so near the end.
const CHEER: Duration = Duration::from_millis(700);
const CHEERING: Duration = Duration::from_secs(3);

/// The reveal of a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reveal {
    /// How long the light is neutral.
    before: Duration,
    sweep: Duration,
    /// The place of the winner; `None` on a tie.
    winner: Option<usize>,
}

impl Reveal {
    /// That of a result, of a secret round or another.
    #[must_use]
    pub fn of(result: &RoundResult, is_secret: bool) -> Reveal {
        let winner = result.winner.as_ref();
        Reveal {
            before: if is_secret { Duration::ZERO } else { BEFORE },
            sweep: if result.photo_finish { PHOTO_FINISH } else { SWEEP },
            winner: winner.and_then(|name| result.teams.iter().position(|team| team.name == *name)),
        }
    }

    /// The place of the winner; `None` on a tie.
    #[must_use]
    pub fn winner(self) -> Option<usize> {
        self.winner
    }

    /// How far the split has come in.
    #[must_use]
    pub fn way(self, since: Duration) -> f64 {
        let (gone, whole) =
            (since.saturating_sub(self.before), self.sweep.saturating_sub(self.before));
        f64::from(smooth(gone.as_secs_f32() / whole.as_secs_f32()))
    }

    /// How long the split has been there.
    #[must_use]
    pub fn after(self, since: Duration) -> Duration {
        since.saturating_sub(self.sweep)
    }

    /// How far the others stand back, 0..=1.
    #[must_use]
    pub fn back(self, since: Duration) -> f32 {
        let after = self.after(since);
        let back = smooth(after.as_secs_f32() / BACK.as_secs_f32());
        let rest = CELEBRATION.saturating_sub(after);
        back * smooth(rest.as_secs_f32() / FORWARD.as_secs_f32())
    }

    /// How often the winner has been cheered.
    #[must_use]
    pub fn cheers(self, since: Duration) -> u64 {
        let Some(after) = since.checked_sub(self.sweep) else { return 0 };
        let times = after.min(CHEERING).as_millis() / CHEER.as_millis();
        1 + u64::try_from(times).unwrap_or(0)
    }

    /// Whether it goes on by itself.
    #[must_use]
    pub fn is_moving(self, since: Duration) -> bool {
        let over = self.winner.is_some() && self.after(since) >= CELEBRATION;
        // A tie breathes for ever, unless nobody knows since when.
        !over && since < Duration::MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REVEAL: Reveal = Reveal { before: BEFORE, sweep: SWEEP, winner: Some(0) };

    #[test]
    fn a_split_comes_in_within_its_time_and_never_goes_back() {
        let at = |reveal: Reveal, millis| reveal.way(Duration::from_millis(millis));
        assert!(at(REVEAL, 300) < 1e-9);
        assert!((at(REVEAL, 1050) - 0.5).abs() < 1e-6);
        assert!((at(REVEAL, 1800) - 1.0).abs() < 1e-9);
        let ways: Vec<f64> = (0..4000).map(|millis| at(REVEAL, millis)).collect();
        assert!(ways.is_sorted());
        let photo_finish = Reveal { sweep: PHOTO_FINISH, ..REVEAL };
        assert!((at(photo_finish, 2050) - 0.5).abs() < 1e-6);
        assert!(at(photo_finish, 3700) < 1.0);
        let secret = Reveal { before: Duration::ZERO, ..REVEAL };
        assert!(at(secret, 50) > 0.0, "it is neutral already");
        assert!((at(secret, 900) - 0.5).abs() < 1e-6 && (at(secret, 1800) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn the_others_stand_back_for_the_celebration_and_no_longer() {
        let back = |millis| REVEAL.back(Duration::from_millis(millis));
        let found = [0, 1800, 2050, 2300, 4800, 5300, 5800, 60_000].map(back);
        for (back, expected) in found.into_iter().zip([0.0, 0.0, 0.5, 1.0, 1.0, 0.5, 0.0, 0.0]) {
            assert!((back - expected).abs() < 1e-6, "{found:?}");
        }
        assert!(REVEAL.is_moving(Duration::from_millis(5799)));
        assert!(!REVEAL.is_moving(Duration::from_millis(5800)));
        assert!(Reveal { winner: None, ..REVEAL }.is_moving(Duration::from_hours(1)));
    }

    #[test]
    fn the_winner_is_cheered_five_times() {
        let cheers = |millis| REVEAL.cheers(Duration::from_millis(millis));
        assert_eq!([0, 1799, 1800, 2499, 2500, 4600, 9000].map(cheers), [0, 0, 1, 1, 2, 5, 5]);
        assert_eq!(REVEAL.cheers(Duration::MAX), 5);
    }
}
