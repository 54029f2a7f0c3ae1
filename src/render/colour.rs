//! Light: colours as they mix, and as strips and screens want them.
//!
//! A strip's byte is how long an LED is on: light itself. A screen's byte is sRGB. So a colour that
//! people wrote is decoded once, everything is mixed as light, and a byte is made once, at the end.

use std::fmt;
use std::ops::{Add, AddAssign, Mul};
use std::str::FromStr;

use crate::rgb::Rgb;

/// A colour in linear light, 0..=1 a channel.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Linear {
    /// Red.
    pub r: f32,
    /// Green.
    pub g: f32,
    /// Blue.
    pub b: f32,
}

impl Linear {
    /// No light.
    pub const BLACK: Linear = Linear::new(0.0, 0.0, 0.0);

    /// All light.
    pub const WHITE: Linear = Linear::new(1.0, 1.0, 1.0);

    /// A light from its three channels.
    #[must_use]
    pub const fn new(r: f32, g: f32, b: f32) -> Linear {
        Linear { r, g, b }
    }

    /// The light of a colour in sRGB (IEC 61966-2-1).
    #[must_use]
    pub fn decode(color: Rgb) -> Linear {
        let channel = |value: u8| {
            let value = f64::from(value) / 255.0;
            narrow(if value <= 0.040_45 {
                value / 12.92
            } else {
                ((value + 0.055) / 1.055).powf(2.4)
            })
        };
        Linear { r: channel(color.r), g: channel(color.g), b: channel(color.b) }
    }

    /// The light of a colour on a strip, by a power law.
    #[must_use]
    pub fn by_gamma(color: Rgb, gamma: f32) -> Linear {
        let channel =
            |value: u8| narrow((f64::from(value) / 255.0).powf(f64::from(gamma)).clamp(0.0, 1.0));
        Linear { r: channel(color.r), g: channel(color.g), b: channel(color.b) }
    }

    /// The colour in sRGB; rounded once, here.
    #[must_use]
    pub fn encode(self) -> Rgb {
        let channel = |light: f32| {
            let light = f64::from(light).clamp(0.0, 1.0);
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

    /// How bright it is to the eye, 0..=1: relative luminance.
    #[must_use]
    pub fn luminance(self) -> f32 {
        0.2126 * self.r + 0.7152 * self.g + 0.0722 * self.b
    }

    /// What its channels have in common.
    #[must_use]
    pub fn least(self) -> f32 {
        self.r.min(self.g).min(self.b)
    }

    /// How red it is beyond all else: what a red flash is measured by, where it is above zero.
    #[must_use]
    pub fn redness(self) -> f32 {
        self.r - self.g - self.b
    }
}

#[expect(clippy::cast_possible_truncation, reason = "24 bits are more than any strip has")]
fn narrow(value: f64) -> f32 {
    value as f32
}

/// Light dimmed, or made brighter, by a factor.
impl Mul<f32> for Linear {
    type Output = Linear;

    fn mul(self, factor: f32) -> Linear {
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

impl AddAssign for Linear {
    fn add_assign(&mut self, other: Linear) {
        *self = *self + other;
    }
}

/// What a strip makes of a byte, and what it needs to be right.
#[derive(Clone, Debug, PartialEq)]
pub struct Calibration {
    /// The order in which a pixel takes its channels.
    pub order: Order,
    /// The pixels have a white LED too; its channel is the last.
    pub white: bool,
    /// Of full light, 0..=1.
    pub brightness: f32,
    /// By which power the colours of the config become light; a screen has its own law.
    pub gamma: f32,
    /// How much of each LED makes white, 0..=1 for red, green and blue.
    pub white_balance: [f32; 3],
}

impl Default for Calibration {
    fn default() -> Calibration {
        Calibration {
            order: Order::RGB,
            white: false,
            brightness: 1.0,
            gamma: 2.2,
            white_balance: [1.0; 3],
        }
    }
}

impl Calibration {
    /// Bytes a pixel.
    #[must_use]
    pub fn channels(&self) -> usize {
        if self.white { 4 } else { 3 }
    }
}

/// The order of the channels of a pixel: which of red (0), green (1) and blue (2) comes first,
/// second and third. White, where there is one, is the fourth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order([u8; 3]);

impl Order {
    /// Red, green, blue.
    pub const RGB: Order = Order([0, 1, 2]);
    /// Green, red, blue: WS2812.
    pub const GRB: Order = Order([1, 0, 2]);
    /// Blue, green, red: APA102.
    pub const BGR: Order = Order([2, 1, 0]);

    /// Which of red (0), green (1) and blue (2) stands at each place.
    #[must_use]
    pub fn places(self) -> [usize; 3] {
        self.0.map(usize::from)
    }
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|&color| f.write_str(["r", "g", "b"][usize::from(color)]))
    }
}

/// Why a text is no order of channels.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no order of colours; write `rgb`, `rbg`, `grb`, `gbr`, `brg` or `bgr`")]
pub struct ParseOrderError(String);

impl FromStr for Order {
    type Err = ParseOrderError;

    /// Reads `grb` and the like; `grbw` is the same, since white is always the fourth.
    fn from_str(text: &str) -> Result<Order, ParseOrderError> {
        let error = || ParseOrderError(text.to_owned());
        let bytes = text.strip_suffix('w').unwrap_or(text).as_bytes();
        let letters: [u8; 3] = bytes.try_into().map_err(|_| error())?;
        let mut order = [0; 3];
        for (color, letter) in (0u8..).zip(*b"rgb") {
            let place = letters.iter().position(|&found| found == letter).ok_or_else(error)?;
            order[place] = color;
        }
        Ok(Order(order))
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

    #[test]
    fn orders_read_back_as_they_were_written() {
        for text in ["rgb", "rbg", "grb", "gbr", "brg", "bgr"] {
            assert_eq!(text.parse::<Order>().unwrap().to_string(), text);
            assert_eq!(format!("{text}w").parse::<Order>(), text.parse());
        }
        assert_eq!("grb".parse(), Ok(Order::GRB));
        assert_eq!("gbr".parse::<Order>().unwrap().places(), [1, 2, 0]);
        for text in ["", "rg", "rgbb", "rrb", "wrgb", "rgbww", "RGB", "rgß"] {
            assert!(text.parse::<Order>().is_err(), "{text}");
        }
    }

    #[test]
    fn half_of_a_byte_is_a_fifth_of_the_light() {
        let light = Linear::by_gamma(Rgb::new(255, 128, 0), 2.2);
        assert_eq!((light.r, light.b), (1.0, 0.0));
        assert!((light.g - 0.2195).abs() < 1e-4, "{}", light.g);
    }
}
