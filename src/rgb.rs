//! One colour, as people write it: eight bits of sRGB a channel.
//!
//! Light is not blended here; see [`crate::render`], which works on linear values.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

/// A colour in sRGB, eight bits a channel; written `#rrggbb`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Rgb {
    /// Red, 0..=255, sRGB-encoded.
    pub r: u8,
    /// Green, 0..=255, sRGB-encoded.
    pub g: u8,
    /// Blue, 0..=255, sRGB-encoded.
    pub b: u8,
}

impl Rgb {
    /// All channels at zero: a dark pixel.
    pub const BLACK: Rgb = Rgb::new(0, 0, 0);

    /// A colour from its three channels.
    #[must_use]
    pub const fn new(r: u8, g: u8, b: u8) -> Rgb {
        Rgb { r, g, b }
    }
}

impl fmt::Display for Rgb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.r, self.g, self.b)
    }
}

impl Serialize for Rgb {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Why a text is not a colour.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a colour; write it as `#rrggbb`, for example `#ffb000`")]
pub struct ParseRgbError(String);

impl FromStr for Rgb {
    type Err = ParseRgbError;

    fn from_str(text: &str) -> Result<Rgb, ParseRgbError> {
        let error = || ParseRgbError(text.to_owned());
        let digits = text.strip_prefix('#').ok_or_else(error)?;
        // `from_str_radix` takes a sign, so the digits are checked first.
        if digits.len() != 6 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(error());
        }
        let value = u32::from_str_radix(digits, 16).map_err(|_| error())?;
        let [_, r, g, b] = value.to_be_bytes();
        Ok(Rgb { r, g, b })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_reads_back_as_it_was_written() {
        assert_eq!("#ffb000".parse(), Ok(Rgb::new(255, 176, 0)));
        assert_eq!(Rgb::new(255, 176, 0).to_string(), "#ffb000");
        assert_eq!("#FFB000".parse(), Ok(Rgb::new(255, 176, 0)));
    }

    #[test]
    fn what_is_no_colour_is_refused() {
        for text in ["", "ffb000", "#fb0", "#ffb00", "#ffb0000", "#+fb000", "#ffb00g", "orange"] {
            assert!(text.parse::<Rgb>().is_err(), "{text}");
        }
    }
}
