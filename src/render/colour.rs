//! Light: colours as they mix, and as screens want them.

use std::ops::{Add, Mul};

use crate::rgb::Rgb;

/// A colour in linear light, 0..=1 a channel.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Linear {
    /// Red.
    pub r: f64,
    /// Green.
    pub g: f64,
    /// Blue.
    pub b: f64,
}

impl Linear {
    /// The light of a colour in sRGB (IEC 61966-2-1).
    #[must_use]
    pub fn decode(color: Rgb) -> Linear {
        let channel = |value: u8| {
            let value = f64::from(value) / 255.0;
            if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        Linear { r: channel(color.r), g: channel(color.g), b: channel(color.b) }
    }

    /// The colour in sRGB; rounded once, here.
    #[must_use]
    pub fn encode(self) -> Rgb {
        let channel = |light: f64| {
            let light = light.clamp(0.0, 1.0);
            let value = if light <= 0.003_130_8 {
                light * 12.92
            } else {
                1.055 * light.powf(1.0 / 2.4) - 0.055
            };
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "clamped to 0..=255"
            )]
            {
                (value * 255.0).round() as u8
            }
        };
        Rgb::new(channel(self.r), channel(self.g), channel(self.b))
    }
}

/// So much of this light.
impl Mul<f64> for Linear {
    type Output = Linear;

    fn mul(self, factor: f64) -> Linear {
        Linear { r: self.r * factor, g: self.g * factor, b: self.b * factor }
    }
}

/// Two lights on one spot.
impl Add for Linear {
    type Output = Linear;

    fn add(self, other: Linear) -> Linear {
        Linear { r: self.r + other.r, g: self.g + other.g, b: self.b + other.b }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_colour_survives_the_way_through_light() {
        for value in 0..=255 {
            let color = Rgb::new(value, 255 - value, value / 2);
            assert_eq!(Linear::decode(color).encode(), color);
        }
    }
}
