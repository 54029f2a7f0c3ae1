//! How far apart two colours look, to eyes of four kinds.
//!
//! Distances are those of Oklab (Ottosson, 2020) times 100. Eyes without one kind of cone see what the
//! matrices of Machado, Oliveira and Fernandes (2009) make of a light, at full severity.

use crate::rgb::Rgb;

use super::colour::Linear;

/// Closer colours are mixed up across a hall.
pub const CLOSE: f32 = 20.0;

/// Whose eyes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// Most people's.
    Normal,
    /// Without cones for red, as one man in a hundred.
    Protan,
    /// Without cones for green, as one man in a hundred; many more have weak ones.
    Deutan,
    /// Without cones for blue, which is rare.
    Tritan,
}

impl Sight {
    /// All of them.
    pub const ALL: [Sight; 4] = [Sight::Normal, Sight::Protan, Sight::Deutan, Sight::Tritan];

    /// In words.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Sight::Normal => "to all eyes",
            Sight::Protan => "to eyes without red",
            Sight::Deutan => "to eyes without green",
            Sight::Tritan => "to eyes without blue",
        }
    }

    fn matrix(self) -> [[f32; 3]; 3] {
        match self {
            Sight::Normal => [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
            Sight::Protan => [
                [0.152_286, 1.052_583, -0.204_868],
                [0.114_503, 0.786_281, 0.099_216],
                [-0.003_882, -0.048_116, 1.051_998],
            ],
            Sight::Deutan => [
                [0.367_322, 0.860_646, -0.227_968],
                [0.280_085, 0.672_501, 0.047_413],
                [-0.011_82, 0.042_94, 0.968_881],
            ],
            Sight::Tritan => [
                [1.255_528, -0.076_749, -0.178_779],
                [-0.078_411, 0.930_809, 0.147_602],
                [0.004_733, 0.691_367, 0.303_9],
            ],
        }
    }
}

/// How far apart they look to the eyes that tell them apart worst, and whose those are.
#[must_use]
pub fn least(one: Rgb, other: Rgb) -> (f32, Sight) {
    let all = Sight::ALL.map(|sight| (distance(one, other, sight), sight));
    all.into_iter().fold(all[0], |least, next| if next.0 < least.0 { next } else { least })
}

/// How far apart two colours look.
#[must_use]
pub fn distance(one: Rgb, other: Rgb, sight: Sight) -> f32 {
    let seen = |color| {
        let light = Linear::decode(color);
        let seen = times(&sight.matrix(), [light.r, light.g, light.b]);
        oklab(seen.map(|channel| channel.clamp(0.0, 1.0)))
    };
    let (one, other) = (seen(one), seen(other));
    let squares = one.iter().zip(other).map(|(a, b)| (a - b) * (a - b));
    squares.sum::<f32>().sqrt() * 100.0
}

#[expect(clippy::excessive_precision, reason = "as they were published")]
fn oklab(light: [f32; 3]) -> [f32; 3] {
    const CONES: [[f32; 3]; 3] = [
        [0.412_221_470_8, 0.536_332_536_3, 0.051_445_992_9],
        [0.211_903_498_2, 0.680_699_545_1, 0.107_396_956_6],
        [0.088_302_461_9, 0.281_718_837_6, 0.629_978_700_5],
    ];
    const LAB: [[f32; 3]; 3] = [
        [0.210_454_255_3, 0.793_617_785, -0.004_072_046_8],
        [1.977_998_495_1, -2.428_592_205, 0.450_593_709_9],
        [0.025_904_037_1, 0.782_771_766_2, -0.808_675_766],
    ];
    times(&LAB, times(&CONES, light).map(f32::cbrt))
}

fn times(matrix: &[[f32; 3]; 3], vector: [f32; 3]) -> [f32; 3] {
    matrix.map(|row| row.iter().zip(vector).map(|(a, b)| a * b).sum())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contest::PALETTE;

    #[track_caller]
    fn check(one: &str, other: &str, expected: [f32; 4]) {
        let (one, other) = (one.parse().unwrap(), other.parse().unwrap());
        let found = Sight::ALL.map(|sight| distance(one, other, sight));
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() < 0.5, "{one} {other}: {found} and not {expected}");
        }
    }

    #[test]
    fn colours_are_as_far_apart_as_eyes_tell() {
        check("#ff8000", "#0040ff", [51.0, 38.0, 47.0, 33.0]);
        check("#ff0000", "#00ff00", [52.0, 44.1, 22.2, 47.3]);
        check("#0000ff", "#8000ff", [17.6, 2.1, 5.9, 6.3]);
        check("#ff0000", "#008000", [38.1, 7.0, 13.4, 35.9]);
        check("#123456", "#123456", [0.0; 4]);
    }

    #[test]
    fn the_worst_eyes_decide() {
        let least = least("#ff0000".parse().unwrap(), "#008000".parse().unwrap());
        assert_eq!(least.1, Sight::Protan);
        assert!(least.0 < CLOSE);
    }

    #[test]
    fn neighbours_of_the_palette_are_far_apart() {
        for (place, &color) in PALETTE.iter().enumerate() {
            let next = PALETTE[(place + 1) % PALETTE.len()];
            let (distance, sight) = least(color, next);
            assert!(distance >= CLOSE, "{color} and {next}: {distance} {sight:?}");
        }
    }
}
