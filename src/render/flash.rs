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

use std::ops::Range;
use std::time::Duration;

use super::colour::Linear;
use super::planes::{Planes, Sums};

/// From one transition to the next, in ms. A second has room for four: two flashes.
const SPACING: i32 = 260;

/// A change of luminance that counts. A tenth is the law. Cameras and eyes take a strip for brighter
/// or darker than its bytes say, and who measures the bytes as those of a screen finds a change near
/// full light to be up to 2.3 times as large: it has to hold for them too, rounding included.
const LUMINANCE: f32 = 0.037;

/// A change of redness that counts. 20 of 320 is the law; three channels are rounded.
const REDNESS: f32 = 0.03;

/// How far below the threshold a held value stays.
const SHORT: f32 = 0.001;

/// Where the limiter's clock begins, and begins again when it has come to [`FAR`].
const NEAR: i32 = 1 << 16;
const FAR: i32 = 1 << 30;

/// Cells that are done at one time.
const LANES: usize = 8;

/// Cells that are looked at together before they are looked at one by one.
const BLOCK: usize = 32;

/// A value of every cell and where it turned.
#[derive(Clone, Debug)]
struct Track {
    /// A change that counts.
    threshold: f32,
    /// What is wanted of it.
    wanted: Vec<f32>,
    /// The farthest it went since it turned.
    extreme: Vec<f32>,
    /// 1 if it goes up, -1 if it goes down.
    course: Vec<f32>,
    /// When it may turn, in ms.
    free_at: Vec<i32>,
}

impl Track {
    /// Dark, and going up.
    fn new(cells: usize, threshold: f32) -> Track {
        let cells = cells.next_multiple_of(LANES);
        Track {
            threshold,
            wanted: vec![0.0; cells],
            extreme: vec![0.0; cells],
            course: vec![1.0; cells],
            free_at: vec![0; cells],
        }
    }

    fn reset(&mut self) {
        self.extreme.fill(0.0);
        self.course.fill(1.0);
        self.free_at.fill(0);
    }

    /// Whether one of these cells wants to turn too soon. What is below zero counts as zero.
    #[inline]
    fn is_hasty(&self, cells: Range<usize>, now: i32) -> bool {
        self.hastes(cells, now).fold(0, |one, other| one | other) != 0
    }

    /// Marks those of these cells that want to turn too soon.
    fn mark(&self, cells: Range<usize>, now: i32, marks: &mut [i32; BLOCK]) {
        for (mark, hasty) in marks.iter_mut().zip(self.hastes(cells, now)) {
            *mark |= hasty;
        }
    }

    /// 1 for each of these cells that wants to turn too soon, and 0 for the others.
    #[inline]
    fn hastes(&self, cells: Range<usize>, now: i32) -> impl Iterator<Item = i32> {
        let (wanted, extreme) = (&self.wanted[cells.clone()], &self.extreme[cells.clone()]);
        let (course, free_at) = (&self.course[cells.clone()], &self.free_at[cells]);
        let values = wanted.iter().zip(extreme).zip(course).zip(free_at);
        values.map(move |(((wanted, extreme), course), free_at)| {
            let back = course * (extreme - above_zero(*wanted));
            i32::from(back >= self.threshold) & i32::from(now < *free_at)
        })
    }

    /// How much of the way from `shown` to `wanted` a cell may go.
    fn allowed(&self, cell: usize, shown: f32, wanted: f32, now: i32) -> f32 {
        let (course, extreme) = (self.course[cell], self.extreme[cell]);
        let back = course * (extreme - wanted.max(0.0));
        if back < self.threshold || now >= self.free_at[cell] {
            return 1.0;
        }
        // The values that are below zero lie on the way all the same.
        let (back, is_back) = (course * (extreme - wanted), course * (extreme - shown));
        ((self.threshold - SHORT - is_back) / (back - is_back)).clamp(0.0, 1.0)
    }

    /// What was wanted is shown.
    fn note(&mut self, now: i32) {
        let (threshold, free) = (self.threshold, now + SPACING);
        let wanted = self.wanted.as_chunks::<LANES>().0;
        let extreme = self.extreme.as_chunks_mut::<LANES>().0;
        let course = self.course.as_chunks_mut::<LANES>().0;
        let free_at = self.free_at.as_chunks_mut::<LANES>().0;
        for (((wanted, extreme), course), free_at) in
            wanted.iter().zip(extreme).zip(course).zip(free_at)
        {
            // Without branches, and stored as a whole: so the lanes are done at one time.
            let (mut extremes, mut courses, mut frees) = (*extreme, *course, *free_at);
            for lane in 0..LANES {
                let shown = above_zero(wanted[lane]);
                let back = courses[lane] * (extremes[lane] - shown);
                let turns = back >= threshold;
                extremes[lane] = if turns || back < 0.0 { shown } else { extremes[lane] };
                courses[lane] = if turns { -courses[lane] } else { courses[lane] };
                frees[lane] = if turns { free } else { frees[lane] };
            }
            (*extreme, *course, *free_at) = (extremes, courses, frees);
        }
    }

    fn rewind(&mut self, by: i32) {
        for free_at in &mut self.free_at {
            *free_at = (*free_at - by).max(0);
        }
    }
}

/// What every cell of a strip has shown lately, and the strip as a whole.
#[derive(Clone, Debug)]
pub struct Flash {
    clock: Duration,
    /// The clock in ms.
    now: i32,
    /// The cell after the last stands for the whole strip.
    whole: usize,
    luminance: Track,
    redness: Track,
    /// For each block of cells, and for the whole strip, whether one wants to turn too soon.
    hasty: Vec<bool>,
}

impl Flash {
    /// A dark strip of so many cells.
    #[must_use]
    pub fn new(cells: usize) -> Flash {
        Flash {
            clock: Duration::ZERO,
            now: NEAR,
            whole: cells,
            luminance: Track::new(cells + 1, LUMINANCE),
            redness: Track::new(cells + 1, REDNESS),
            hasty: vec![false; cells.div_ceil(BLOCK)],
        }
    }

    /// The strip is dark, and was so for long.
    pub fn reset(&mut self) {
        self.luminance.reset();
        self.redness.reset();
    }

    /// Time goes on.
    pub fn pass(&mut self, elapsed: Duration) {
        self.clock += elapsed.min(Duration::from_millis(NEAR.unsigned_abs().into()));
        self.now = NEAR + i32::try_from(self.clock.as_millis()).unwrap_or(FAR);
        if self.now >= FAR {
            self.luminance.rewind(self.now - NEAR);
            self.redness.rewind(self.now - NEAR);
            self.clock = Duration::ZERO;
            self.now = NEAR;
        }
    }

    /// Takes note of what is wanted.
    pub fn want(&mut self, wanted: &Planes, mean: Linear) {
        let lights = wanted.r.iter().zip(&wanted.g).zip(&wanted.b);
        let values = self.luminance.wanted.iter_mut().zip(&mut self.redness.wanted);
        for (((r, g), b), (luminance, redness)) in lights.zip(values) {
            let light = Linear::new(*r, *g, *b);
            *luminance = light.luminance();
            *redness = light.redness();
        }
        self.want_whole(mean);
    }

    /// The same, and says whether a cell, or the whole, wants to turn too soon.
    pub fn is_hasty(&mut self, wanted: &Planes, mean: Linear) -> bool {
        self.want(wanted, mean);
        let mut hasty = false;
        for (index, block) in self.hasty.iter_mut().enumerate() {
            let start = index * BLOCK;
            let cells = start..(start + BLOCK).min(wanted.len());
            *block = self.luminance.is_hasty(cells.clone(), self.now)
                | self.redness.is_hasty(cells, self.now);
            hasty |= *block;
        }
        let whole = self.whole..self.whole + 1;
        hasty
            || self.luminance.is_hasty(whole.clone(), self.now)
            || self.redness.is_hasty(whole, self.now)
    }

    fn want_whole(&mut self, mean: Linear) {
        self.luminance.wanted[self.whole] = mean.luminance();
        self.redness.wanted[self.whole] = mean.redness();
    }

    /// Takes back of `wanted` what the cells may not show yet, and from its sums.
    pub fn hold(&mut self, shown: &Planes, wanted: &mut Planes, times: &[f32], sums: &mut Sums) {
        for index in 0..self.hasty.len() {
            if !self.hasty[index] {
                continue;
            }
            let start = index * BLOCK;
            let end = (start + BLOCK).min(wanted.len());
            // Marked many at a time: in a crowd that is shaken most cells of a block are not hasty.
            let mut marks = [0; BLOCK];
            self.luminance.mark(start..end, self.now, &mut marks);
            self.redness.mark(start..end, self.now, &mut marks);
            for ((cell, &times), mark) in (start..end).zip(&times[start..end]).zip(marks) {
                if mark == 0 {
                    continue;
                }
                let (from, to) = (shown.get(cell), wanted.get(cell));
                let part = self.allowed(cell, from, to);
                let held = from * (1.0 - part) + to * part;
                wanted.set(cell, held);
                self.luminance.wanted[cell] = held.luminance();
                self.redness.wanted[cell] = held.redness();
                sums.light += (held + to * -1.0) * times;
                sums.white += (held.least() - to.least()) * times;
            }
        }
    }

    /// How much of the way the whole strip may go, by its mean light.
    #[must_use]
    pub fn whole(&mut self, shown: Linear, wanted: Linear) -> f32 {
        self.want_whole(wanted);
        self.allowed(self.whole, shown, wanted)
    }

    fn allowed(&self, cell: usize, shown: Linear, wanted: Linear) -> f32 {
        let luminance =
            self.luminance.allowed(cell, shown.luminance(), wanted.luminance(), self.now);
        let redness = self.redness.allowed(cell, shown.redness(), wanted.redness(), self.now);
        luminance.min(redness)
    }

    /// What was wanted last is shown.
    pub fn note(&mut self) {
        self.luminance.note(self.now);
        self.redness.note(self.now);
    }
}

/// Without the care for what is no number that `f32::max` takes.
#[inline]
fn above_zero(value: f32) -> f32 {
    if value > 0.0 { value } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_can_begin_again_at_any_time() {
        let mut flash = Flash::new(1);
        let mut planes = Planes::new(1);
        let mut turn = |flash: &mut Flash, light: f32| {
            planes.set(0, Linear::WHITE * light);
            let hasty = flash.is_hasty(&planes, Linear::WHITE * light);
            flash.note();
            hasty
        };
        let close = Duration::from_millis((FAR - NEAR - 100).unsigned_abs().into());
        flash.clock = close;
        flash.pass(Duration::ZERO);
        assert!(!turn(&mut flash, 1.0));
        assert!(!turn(&mut flash, 0.0));
        flash.pass(Duration::from_millis(150));
        assert_eq!(flash.now, NEAR);
        assert!(turn(&mut flash, 1.0));
        flash.pass(Duration::from_millis(300));
        assert!(!turn(&mut flash, 0.0));
    }
}
