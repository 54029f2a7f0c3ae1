//! The light of test patterns.

use std::time::Duration;

use crate::picture::Pattern;

use super::colour::Linear;
use super::layout::Run;
use super::split;

/// The pixel that walks takes so long for each step.
const STEP: Duration = Duration::from_millis(100);

/// Each picture of [`Pattern::Rgb`] stands so long: no flash, and time to say it aloud.
const PICTURE: Duration = Duration::from_secs(1);

/// Every so many pixels there is a mark.
const MARK: usize = 10;

const RED: Linear = Linear::new(1.0, 0.0, 0.0);
const GREEN: Linear = Linear::new(0.0, 1.0, 0.0);
const BLUE: Linear = Linear::new(0.0, 0.0, 1.0);

/// The first two colours of the palette, as light.
const AMBER: Linear = Linear::new(1.0, 0.434, 0.0);
const DEEP_BLUE: Linear = Linear::new(0.0, 0.08, 0.434);

/// Every tenth pixel, and every fiftieth.
const TENTH: Linear = Linear::new(0.0, 0.0, 0.15);
const FIFTIETH: Linear = Linear::new(0.15, 0.0, 0.0);

impl Pattern {
    /// Whether it changes by itself.
    #[must_use]
    pub fn is_moving(self) -> bool {
        matches!(self, Pattern::Rgb | Pattern::Walk)
    }

    /// Draws what it looks like `age` after its beginning.
    pub fn draw(self, age: Duration, run: &Run, cells: &mut [Linear]) {
        match self {
            Pattern::Split => split::draw(&[0.5, 0.5], &[AMBER, DEEP_BLUE], run, cells),
            Pattern::Rgb => match step(age, PICTURE) % 4 {
                0 => cells.fill(RED),
                1 => cells.fill(GREEN),
                2 => cells.fill(BLUE),
                _ => split::draw(&[1.0 / 3.0; 3], &[RED, GREEN, BLUE], run, cells),
            },
            Pattern::Walk => {
                for (index, cell) in cells.iter_mut().enumerate() {
                    *cell = match index + 1 {
                        number if number % (5 * MARK) == 0 => FIFTIETH,
                        number if number % MARK == 0 => TENTH,
                        _ => Linear::BLACK,
                    };
                }
                let at = step(age, STEP) % cells.len().max(1);
                if let Some(cell) = cells.get_mut(at) {
                    *cell = Linear::WHITE;
                }
            }
            Pattern::White => cells.fill(Linear::WHITE),
            Pattern::Off => cells.fill(Linear::BLACK),
        }
    }
}

/// How many steps have been taken.
fn step(age: Duration, step: Duration) -> usize {
    usize::try_from(age.as_millis() / step.as_millis()).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A letter a pixel.
    fn shown(pattern: Pattern, millis: u64, pixels: usize) -> String {
        let run = Run { start: 0, cells: pixels, from: 0.0, length: pixels as f64 };
        let mut cells = vec![Linear::BLACK; pixels];
        pattern.draw(Duration::from_millis(millis), &run, &mut cells);
        let letter = |light: &Linear| match *light {
            Linear::BLACK => '.',
            Linear::WHITE => 'W',
            RED => 'R',
            GREEN => 'G',
            BLUE => 'B',
            AMBER => 'a',
            DEEP_BLUE => 'b',
            TENTH => '1',
            FIFTIETH => '5',
            _ => '?',
        };
        cells.iter().map(letter).collect()
    }

    #[test]
    fn rgb_tells_the_order_of_the_channels() {
        assert_eq!(shown(Pattern::Rgb, 0, 6), "RRRRRR");
        assert_eq!(shown(Pattern::Rgb, 1000, 6), "GGGGGG");
        assert_eq!(shown(Pattern::Rgb, 2999, 6), "BBBBBB");
        assert_eq!(shown(Pattern::Rgb, 3000, 6), "RRGGBB");
        assert_eq!(shown(Pattern::Rgb, 4000, 6), "RRRRRR");
    }

    #[test]
    fn one_pixel_walks_and_every_tenth_is_marked() {
        assert_eq!(shown(Pattern::Walk, 0, 22), "W........1.........1..");
        assert_eq!(shown(Pattern::Walk, 350, 22), "...W.....1.........1..");
        assert_eq!(shown(Pattern::Walk, 900, 22), ".........W.........1..");
        assert_eq!(shown(Pattern::Walk, 2200, 22), "W........1.........1..");
        assert_eq!(shown(Pattern::Walk, 0, 100).matches('5').count(), 2);
        assert_eq!(shown(Pattern::Walk, 0, 0), "");
    }

    #[test]
    fn still_patterns_are_whole() {
        assert_eq!(shown(Pattern::Split, 0, 5), "aa?bb");
        assert_eq!(shown(Pattern::White, 0, 3), "WWW");
        assert_eq!(shown(Pattern::Off, 0, 3), "...");
    }
}
