//! From shares to pixels: pure, in linear light.
//!
//! The strip is cut where the shares say, in fractions of a pixel. A pixel that a boundary crosses
//! shows both colours in proportion, mixed as light mixes: mixing sRGB bytes would leave a dark
//! notch there. What all pixels show adds up to share times pixels, for every share.

pub mod colour;
pub mod easing;

use crate::rgb::Rgb;
use colour::Linear;

/// Which pixel is which.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Layout {
    /// How many pixels the strip has.
    pub pixels: usize,
    /// The first team's end is the far one.
    pub reverse: bool,
    /// Of full light, 0..=1.
    pub brightness: f32,
}

/// All colours at one instant, one a pixel.
pub type Frame = Vec<Rgb>;

/// Draws the split into `frame`, which gets `layout.pixels` pixels.
///
/// `shares` add up to 1; `colors` has one colour for each.
pub fn frame(shares: &[f64], colors: &[Rgb], layout: &Layout, frame: &mut Frame) {
    frame.clear();
    let brightness = f64::from(layout.brightness);
    // All pixels of a part are alike, and encoding is what costs.
    let mut last = (Linear::default(), Rgb::BLACK);
    split(shares, colors, layout, |light| {
        if light != last.0 {
            last = (light, (light * brightness).encode());
        }
        frame.push(last.1);
    });
    if layout.reverse {
        frame.reverse();
    }
}

/// Tells the light of each pixel, the first team's end first.
fn split(shares: &[f64], colors: &[Rgb], layout: &Layout, mut tell: impl FnMut(Linear)) {
    let lights = colors.iter().map(|&color| Linear::decode(color));
    let mut parts = shares.iter().zip(lights);
    // The team whose part the current place is in, and where that part ends, in pixels.
    let Some((&share, mut light)) = parts.next() else { return };
    let length = layout.pixels as f64;
    let mut sum = share;
    for pixel in 0..layout.pixels {
        let (mut from, to) = (pixel as f64, (pixel + 1) as f64);
        let mut mixed: Option<Linear> = None;
        while sum * length < to {
            let Some((&share, next)) = parts.next() else { break };
            let end = (sum * length).max(from);
            mixed = Some(mixed.unwrap_or_default() + light * (end - from));
            from = end;
            light = next;
            sum += share;
        }
        tell(mixed.map_or(light, |mixed| mixed + light * (to - from)));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const WHITE: Rgb = Rgb::new(255, 255, 255);
    const LAYOUT: Layout = Layout { pixels: 10, reverse: false, brightness: 1.0 };

    fn drawn(shares: &[f64], colors: &[Rgb], layout: Layout) -> Frame {
        let mut pixels = Frame::new();
        frame(shares, colors, &layout, &mut pixels);
        pixels
    }

    #[test]
    fn the_boundary_is_mixed_as_light() {
        let red = Rgb::new(255, 0, 0);
        let blue = Rgb::new(0, 0, 255);
        let pixels = drawn(&[0.25, 0.75], &[red, blue], LAYOUT);
        assert_eq!(pixels[..2], [red; 2]);
        // Half of each light is 188 of 255 in sRGB, not 128.
        assert_eq!(pixels[2], Rgb::new(188, 0, 188));
        assert_eq!(pixels[3..], [blue; 7]);
    }

    #[test]
    fn one_sided_and_reversed_splits_are_whole() {
        let (a, b) = (Rgb::new(255, 176, 0), Rgb::new(0, 80, 176));
        assert_eq!(drawn(&[1.0, 0.0], &[a, b], LAYOUT), [a; 10]);
        assert_eq!(drawn(&[0.0, 1.0], &[a, b], LAYOUT), [b; 10]);
        let reversed = drawn(&[0.3, 0.7], &[a, b], Layout { reverse: true, ..LAYOUT });
        assert_eq!((reversed[0], reversed[9]), (b, a));
        let one = Layout { pixels: 1, ..LAYOUT };
        assert_eq!(drawn(&[0.5, 0.5], &[WHITE, Rgb::BLACK], one), [Rgb::new(188, 188, 188)]);
    }

    #[test]
    fn a_part_narrower_than_a_pixel_is_seen() {
        let teams = [Rgb::BLACK, WHITE, Rgb::BLACK];
        let pixels = drawn(&[0.42, 0.02, 0.56], &teams, LAYOUT);
        assert_eq!(pixels.iter().filter(|&&pixel| pixel != Rgb::BLACK).count(), 1);
        assert_ne!(pixels[4], Rgb::BLACK);
    }

    proptest! {
        #[test]
        fn what_the_pixels_show_adds_up_to_the_shares(
            weights in prop::collection::vec(0u32..1000, 2..6),
            pixels in 1usize..1000,
        ) {
            let sum = f64::from(weights.iter().sum::<u32>());
            prop_assume!(sum > 0.0);
            let shares: Vec<f64> = weights.iter().map(|&weight| f64::from(weight) / sum).collect();
            for team in 0..shares.len() {
                let mut colors = vec![Rgb::BLACK; shares.len()];
                colors[team] = WHITE;
                let (mut shown, mut count) = (0.0, 0);
                split(&shares, &colors, &Layout { pixels, ..LAYOUT }, |light| {
                    shown += light.r;
                    count += 1;
                });
                prop_assert_eq!(count, pixels);
                let expected = shares[team] * pixels as f64;
                prop_assert!((shown - expected).abs() < 1.0 / 256.0, "{} {}", shown, expected);
            }
        }
    }
}
