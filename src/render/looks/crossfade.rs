//! From one look to the next without a jump: the light that was shown when a look ended gives way to
//! the new one.

use std::time::Duration;

use crate::render::LONGEST_STEP;
use crate::render::colour::Linear;

/// From one look to the next. Half of the way is done after 88 ms, so that all lights of a hall are seen
/// to change at once.
const TIME: Duration = Duration::from_millis(300);

/// A change of looks. At rest it costs nothing.
#[derive(Clone, Debug)]
pub struct Crossfade {
    /// The light that was shown when it began, and how much of it was left after the budget.
    cells: Vec<Linear>,
    dim: f32,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Rest,
    /// It begins with the frame that is drawn.
    Beginning,
    /// It has gone on for so long.
    On(Duration),
}

impl Crossfade {
    /// For so many cells, at rest.
    #[must_use]
    pub fn new(cells: usize) -> Crossfade {
        Crossfade { cells: vec![Linear::BLACK; cells], dim: 1.0, state: State::Rest }
    }

    /// Begins with what is shown: cells at a level, and how much of that is left after the budget.
    pub fn begin(&mut self, shown: &[Linear], level: f32, dim: f32) {
        for (cell, &light) in self.cells.iter_mut().zip(shown) {
            *cell = light * level;
        }
        self.dim = dim;
        self.state = State::Beginning;
    }

    /// Whether it is on its way.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.state != State::Rest
    }

    /// Mixes what was shown into what is to be, `elapsed` after the last frame; the mixture is as bright
    /// as it is to be. Gives what is left of it after the budget.
    pub fn mix(&mut self, cells: &mut [Linear], level: f32, dim: f32, elapsed: Duration) -> f32 {
        let age = match self.state {
            State::Rest => TIME,
            State::Beginning => Duration::ZERO,
            State::On(age) => age + elapsed.min(LONGEST_STEP),
        };
        self.state = if age < TIME { State::On(age) } else { State::Rest };
        let rest = 1.0 - (age.as_secs_f32() / TIME.as_secs_f32()).min(1.0);
        let before = rest * rest;
        for (cell, &light) in cells.iter_mut().zip(&self.cells) {
            *cell = light * before + *cell * (level * (1.0 - before));
        }
        self.dim * before + dim * (1.0 - before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_gives_way_to_the_next_from_where_it_is() {
        let mut crossfade = Crossfade::new(1);
        crossfade.begin(&[Linear::WHITE], 0.8, 0.5);
        let mut mixed = |millis| {
            let mut cells = [Linear::BLACK];
            let dim = crossfade.mix(&mut cells, 1.0, 1.0, Duration::from_millis(millis));
            (cells[0].r, dim, crossfade.is_on())
        };
        // A quiet time before it is none of its own.
        assert_eq!(mixed(5000), (0.8, 0.5, true));
        mixed(75);
        let (light, dim, on) = mixed(75);
        assert!((light - 0.2).abs() < 1e-6 && (dim - 0.875).abs() < 1e-6 && on, "{light} {dim}");
        mixed(100);
        assert_eq!(mixed(5000), (0.0, 1.0, false), "a stall is no leap, and it ends");
    }
}
