//! Colours and patterns that tell the lines of a picture apart on white paper.
//!
//! A team's colour is made for light on a dark strip. On white it is darkened until it stands out; two that
//! look alike then, or to some eyes or on some printers, differ in dashes and in their marks.

use crate::render::colour::Linear;
use crate::rgb::Rgb;

/// The least contrast of a line to its ground, by WCAG 2.2, 1.4.11.
const CONTRAST: f32 = 3.0;

/// How much darker a colour gets at a time.
const STEP: f32 = 0.95;

/// Lengths of dash and space, in pixels; `None` is a whole line.
const DASHES: [Option<(f64, f64)>; 4] =
    [None, Some((11.0, 6.0)), Some((3.0, 4.0)), Some((20.0, 5.0))];

/// With more teams than this dashes are too short to be told apart among so many lines.
const DASHED: usize = 12;

/// How a line looks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Ink {
    /// Its colour, as dark as white paper needs.
    pub(super) color: Rgb,
    /// Its dashes and the spaces between them.
    pub(super) dashes: Option<(f64, f64)>,
    /// The shape at its end.
    pub(super) mark: Mark,
    /// Whether that shape is filled.
    pub(super) is_filled: bool,
}

/// The shape at the end of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    Circle,
    Square,
    Triangle,
    Diamond,
}

impl Ink {
    /// Of the team at this place among so many.
    pub(super) fn new(color: Rgb, place: usize, teams: usize) -> Ink {
        const MARKS: [Mark; 4] = [Mark::Circle, Mark::Square, Mark::Triangle, Mark::Diamond];
        Ink {
            color: dark_enough(color),
            dashes: if teams <= DASHED { DASHES[place % DASHES.len()] } else { None },
            mark: MARKS[place % MARKS.len()],
            is_filled: (place / MARKS.len()).is_multiple_of(2),
        }
    }
}

fn dark_enough(color: Rgb) -> Rgb {
    let mut light = Linear::decode(color);
    let mut ink = color;
    while contrast_to_white(ink) < CONTRAST {
        light = light * STEP;
        ink = light.encode();
    }
    ink
}

fn contrast_to_white(color: Rgb) -> f32 {
    1.05 / (Linear::decode(color).luminance() + 0.05)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::contest::PALETTE;

    proptest! {
        #[test]
        fn every_colour_stands_out_from_white(r: u8, g: u8, b: u8) {
            let ink = dark_enough(Rgb::new(r, g, b));
            prop_assert!(contrast_to_white(ink) >= CONTRAST);
        }
    }

    #[test]
    fn a_colour_that_is_dark_enough_stays_as_it_is() {
        for color in [Rgb::BLACK, Rgb::new(0x00, 0x50, 0xb0)] {
            assert_eq!(dark_enough(color), color);
        }
    }

    #[test]
    fn no_two_of_eight_lines_look_alike_without_colour() {
        for (place, one) in PALETTE.into_iter().enumerate() {
            for (other_place, other) in PALETTE.into_iter().enumerate().skip(place + 1) {
                let (one, other) = (Ink::new(one, place, 8), Ink::new(other, other_place, 8));
                let looks = |ink: Ink| (ink.dashes, ink.mark, ink.is_filled);
                assert_ne!(looks(one), looks(other), "{place} and {other_place}");
            }
        }
    }
}
