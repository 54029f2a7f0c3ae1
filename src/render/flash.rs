//! The flash limiter: whatever is to be shown, no spot flashes more than twice a second.
//!
//! A flash, by WCAG 2.3.1, is a pair of opposing changes of relative luminance by a tenth of its
//! range or more; a red flash is the same of a saturated red. So the limiter follows the luminance
//! and the redness of every cell, and those of the whole strip as one cell more. When a value turns
//! back by the threshold that is a transition, and after one the next has to wait. Until then the
//! cell goes as far towards its new light as the threshold lets it.
//!
//! What is allowed at an instant is a convex set that holds the light that is shown, so that some
//! part of the way to any new light is always allowed. The current limiter relies on the same.

use std::time::Duration;

use super::colour::Linear;

/// From one transition to the next, in ms. A second has room for four: two flashes.
const SPACING: u32 = 260;

/// A change of luminance that counts. A tenth is the law; the rest is for the rounding to bytes.
const LUMINANCE: f32 = 0.085;

/// A change of redness that counts. 20 of 320 is the law; three channels are rounded.
const REDNESS: f32 = 0.03;

/// How far below the threshold a held value stays.
const SHORT: f32 = 0.001;

/// Where the limiter's clock begins, and begins again when it has come to [`FAR`].
const NEAR: u32 = 1 << 16;
const FAR: u32 = 1 << 31;

/// One value and where it turned.
#[derive(Clone, Copy, Debug)]
struct Track {
    /// The farthest it went since it turned.
    extreme: f32,
    /// 1 if it goes up, -1 if it goes down.
    course: f32,
    /// When it may turn.
    free_at: u32,
}

impl Track {
    const DARK: Track = Track { extreme: 0.0, course: 1.0, free_at: 0 };

    /// How much of the way from `shown` to `wanted` is allowed. Below zero counts as zero.
    #[inline]
    fn allowed(&self, shown: f32, wanted: f32, threshold: f32, now: u32) -> f32 {
        let back = self.course * (self.extreme - wanted.max(0.0));
        if back < threshold || now >= self.free_at {
            return 1.0;
        }
        // The values that are below zero lie on the way all the same.
        let (back, is_back) =
            (self.course * (self.extreme - wanted), self.course * (self.extreme - shown));
        ((threshold - SHORT - is_back) / (back - is_back)).clamp(0.0, 1.0)
    }

    #[inline]
    fn note(&mut self, shown: f32, threshold: f32, now: u32) {
        let shown = shown.max(0.0);
        let back = self.course * (self.extreme - shown);
        if back < 0.0 {
            self.extreme = shown;
        } else if back >= threshold {
            *self = Track { extreme: shown, course: -self.course, free_at: now + SPACING };
        }
    }
}

/// The two values of a spot.
#[derive(Clone, Copy, Debug)]
struct Spot {
    luminance: Track,
    redness: Track,
}

impl Spot {
    const DARK: Spot = Spot { luminance: Track::DARK, redness: Track::DARK };

    #[inline]
    fn allowed(&self, shown: Linear, wanted: Linear, now: u32) -> f32 {
        let (shown_luminance, luminance) = (shown.luminance(), wanted.luminance());
        let (shown_redness, redness) = (shown.redness(), wanted.redness());
        self.luminance
            .allowed(shown_luminance, luminance, LUMINANCE, now)
            .min(self.redness.allowed(shown_redness, redness, REDNESS, now))
    }

    #[inline]
    fn note(&mut self, shown: Linear, now: u32) {
        self.luminance.note(shown.luminance(), LUMINANCE, now);
        self.redness.note(shown.redness(), REDNESS, now);
    }
}

/// What every cell of a strip has shown lately.
#[derive(Clone, Debug)]
pub struct Flash {
    clock: Duration,
    /// The clock in ms.
    now: u32,
    spots: Vec<Spot>,
    whole: Spot,
}

impl Flash {
    /// A dark strip of so many cells.
    #[must_use]
    pub fn new(cells: usize) -> Flash {
        let mut flash = Flash {
            clock: Duration::ZERO,
            now: NEAR,
            spots: vec![Spot::DARK; cells],
            whole: Spot::DARK,
        };
        flash.pass(Duration::ZERO);
        flash
    }

    /// The strip is dark, and was so for long.
    pub fn reset(&mut self) {
        self.spots.fill(Spot::DARK);
        self.whole = Spot::DARK;
    }

    /// Time goes on.
    pub fn pass(&mut self, elapsed: Duration) {
        self.clock += elapsed.min(Duration::from_millis(u64::from(NEAR)));
        let now = NEAR + u32::try_from(self.clock.as_millis()).unwrap_or(FAR);
        if now >= FAR {
            for track in self.spots.iter_mut().chain([&mut self.whole]) {
                for track in [&mut track.luminance, &mut track.redness] {
                    track.free_at = track.free_at.saturating_sub(now - NEAR);
                }
            }
            self.clock = Duration::ZERO;
            self.now = NEAR;
        } else {
            self.now = now;
        }
    }

    /// Takes back of `wanted` what the cells may not show yet, and says whether that is anything.
    pub fn hold(&self, shown: &[Linear], wanted: &mut [Linear]) -> bool {
        let mut held = false;
        for ((spot, &shown), wanted) in self.spots.iter().zip(shown).zip(wanted) {
            if *wanted == shown {
                continue;
            }
            let part = spot.allowed(shown, *wanted, self.now);
            if part < 1.0 {
                *wanted = between(shown, *wanted, part);
                held = true;
            }
        }
        held
    }

    /// How much of the way the whole strip may go, by its mean light.
    #[must_use]
    pub fn whole(&self, shown: Linear, wanted: Linear) -> f32 {
        self.whole.allowed(shown, wanted, self.now)
    }

    /// This is what the cells show, and their mean.
    pub fn note(&mut self, shown: &[Linear], mean: Linear) {
        for (spot, &shown) in self.spots.iter_mut().zip(shown) {
            spot.note(shown, self.now);
        }
        self.whole.note(mean, self.now);
    }
}

/// A part of the way from one light to another.
#[must_use]
pub fn between(one: Linear, other: Linear, part: f32) -> Linear {
    one * (1.0 - part) + other * part
}
