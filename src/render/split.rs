//! The split: the strip cut where the shares say, in fractions of a pixel.
//!
//! A cell that a boundary crosses shows both colours in proportion, mixed as light mixes: mixing
//! sRGB bytes would leave a dark notch there.

use super::colour::Linear;
use super::layout::Run;

/// A thinner slice of a cell is an error of rounding, and would be seen: no light is rounded away.
const THIN: f64 = 1e-6;

/// Draws one light after the other into the cells of a run, each so long as its share says.
///
/// `shares` add up to 1; `lights` has one for each.
pub fn draw(shares: &[f64], lights: &[Linear], run: &Run, cells: &mut [Linear]) {
    cells.fill(Linear::BLACK);
    let mut from = run.from;
    let mut sum = 0.0;
    for (index, (&share, &light)) in shares.iter().zip(lights).enumerate() {
        sum += share;
        let whole = if index + 1 == shares.len() { 1.0 } else { sum.clamp(0.0, 1.0) };
        let to = (run.from + whole * run.length).max(from);
        cover(cells, from, to, light);
        from = to;
    }
    // A cell that the picture covers in part shows what covers it, and not some darkness beside it.
    let end = run.from + run.length;
    if let [first, ..] = cells
        && run.from > 0.0
    {
        *first = *first * narrow(1.0 / (end.min(1.0) - run.from));
    }
    let last = cells.len();
    if let Some(cell) = cells.last_mut()
        && end < last as f64
        && (last > 1 || run.from == 0.0)
    {
        *cell = *cell * narrow(1.0 / (end - (last - 1) as f64));
    }
}

/// Adds a light between two places.
fn cover(cells: &mut [Linear], from: f64, to: f64, light: Linear) {
    let (first, last) = (index(from), index(to));
    if first >= cells.len() || to - from < THIN {
        return;
    }
    if first == last {
        cells[first] += light * narrow(to - from);
        return;
    }
    let head = first as f64 + 1.0 - from;
    if head >= 1.0 {
        cells[first] = light;
    } else if head > THIN {
        cells[first] += light * narrow(head);
    }
    let last = last.min(cells.len());
    cells[first + 1..last].fill(light);
    if let Some(cell) = cells.get_mut(last) {
        let tail = to - last as f64;
        if tail > THIN {
            *cell += light * narrow(tail);
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "places are not negative"
)]
fn index(place: f64) -> usize {
    place as usize
}

#[expect(clippy::cast_possible_truncation, reason = "a part of a pixel in 24 bits")]
fn narrow(part: f64) -> f32 {
    part as f32
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::layout::{Layout, Map, Matrix, Segment};
    use super::*;

    fn drawn(shares: &[f64], lights: &[Linear], layout: &Layout) -> Vec<Linear> {
        let map = Map::new(layout);
        let mut cells = vec![Linear::BLACK; map.cells() + 1];
        for run in map.runs() {
            draw(shares, lights, run, &mut cells[run.start..run.start + run.cells]);
        }
        map.places().iter().map(|&place| cells[place as usize]).collect()
    }

    const RED: Linear = Linear::new(1.0, 0.0, 0.0);
    const BLUE: Linear = Linear::new(0.0, 0.0, 1.0);

    #[test]
    fn the_boundary_is_mixed_as_light() {
        let pixels = drawn(&[0.25, 0.75], &[RED, BLUE], &Layout::plain(10));
        assert_eq!(pixels[..2], [RED; 2]);
        assert_eq!(pixels[2], Linear::new(0.5, 0.0, 0.5));
        assert_eq!(pixels[3..], [BLUE; 7]);
    }

    #[test]
    fn one_sided_splits_are_whole_and_one_pixel_is_mixed() {
        let layout = Layout::plain(10);
        assert_eq!(drawn(&[1.0, 0.0], &[RED, BLUE], &layout), [RED; 10]);
        assert_eq!(drawn(&[0.0, 1.0], &[RED, BLUE], &layout), [BLUE; 10]);
        let one = drawn(&[0.25, 0.75], &[RED, BLUE], &Layout::plain(1));
        assert_eq!(one, [Linear::new(0.25, 0.0, 0.75)]);
        for reverse in [false, true] {
            let half = Layout { mirror: true, reverse, ..Layout::plain(1) };
            assert_eq!(drawn(&[0.25, 0.75], &[RED, BLUE], &half), one);
        }
        assert_eq!(drawn(&[0.5, 0.5], &[RED, BLUE], &Layout::plain(0)), []);
    }

    #[test]
    fn a_part_narrower_than_a_pixel_is_seen() {
        let teams = [Linear::BLACK, Linear::WHITE, Linear::BLACK];
        let pixels = drawn(&[0.42, 0.02, 0.56], &teams, &Layout::plain(10));
        assert_eq!(pixels.iter().filter(|&&pixel| pixel != Linear::BLACK).count(), 1);
        assert!((pixels[4].r - 0.2).abs() < 1e-6);
    }

    /// All ways to mount a strip.
    fn layouts() -> impl Strategy<Value = Layout> {
        let matrix = prop::option::weighted(0.3, (1usize..40, 1usize..40, any::<bool>()));
        let segments = prop::collection::vec((1usize..300, any::<bool>()), 0..4);
        let turns = (any::<bool>(), any::<bool>(), 0usize..1000, 0usize..20);
        (1usize..=1000, turns, matrix, segments).prop_map(|(pixels, turns, matrix, segments)| {
            let (reverse, mirror, offset, skip_first) = turns;
            let matrix = matrix
                .map(|(width, height, serpentine)| Matrix { width, height, serpentine })
                .filter(|matrix| skip_first + matrix.width * matrix.height <= pixels);
            let segments = segments.into_iter();
            let segments = segments.map(|(pixels, reverse)| Segment { pixels, reverse }).collect();
            Layout { pixels, reverse, mirror, offset, skip_first, matrix, segments }
        })
    }

    proptest! {
        #[test]
        fn what_the_pixels_show_adds_up_to_the_shares_in_every_layout(
            weights in prop::collection::vec(0u32..1000, 2..6),
            layout in layouts(),
        ) {
            let sum = f64::from(weights.iter().sum::<u32>());
            prop_assume!(sum > 0.0);
            let shares: Vec<f64> = weights.iter().map(|&weight| f64::from(weight) / sum).collect();
            let lit = Map::new(&layout).times().iter().map(|&times| f64::from(times)).sum::<f64>();
            for team in 0..shares.len() {
                let mut lights = vec![Linear::BLACK; shares.len()];
                lights[team] = Linear::WHITE;
                let pixels = drawn(&shares, &lights, &layout);
                prop_assert_eq!(pixels.len(), layout.pixels);
                let shown: f64 = pixels.iter().map(|light| f64::from(light.g)).sum();
                let expected = shares[team] * lit;
                prop_assert!((shown - expected).abs() < 1.0 / 256.0, "{} {}", shown, expected);
                prop_assert!(pixels.iter().all(|light| light.g <= 1.0 + 1e-6));
            }
        }

        #[test]
        fn the_boundary_is_right_to_a_256th_of_a_pixel(share in 0.0f64..=1.0, pixels in 1usize..=1000) {
            let cells = drawn(&[share, 1.0 - share], &[RED, BLUE], &Layout::plain(pixels));
            let place = share * pixels as f64;
            for (index, light) in cells.iter().enumerate() {
                let left = (place - index as f64).clamp(0.0, 1.0);
                prop_assert!((f64::from(light.r) - left).abs() < 1.0 / 256.0);
                prop_assert!((f64::from(light.b) - (1.0 - left)).abs() < 1.0 / 256.0);
            }
        }
    }
}
