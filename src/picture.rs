//! What a show shows: the split of its contest, the speaker's timer, a test pattern, or nothing.
//!
//! Words alone: the light that belongs to each is made in `render`.

use std::fmt;
use std::str::FromStr;

/// What strips show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Picture {
    /// The split of the contest.
    #[default]
    Split,
    /// The speaker's timer.
    Timer,
    /// A test pattern.
    Pattern(Pattern),
    /// Nothing: every light is off.
    Black,
}

/// A test pattern: what shows that a strip is wired and mounted as the config says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// Half amber, half blue: the boundary, its mixed pixel and the direction.
    Split,
    /// Red, green and blue, a second each, and a second of all three beside each other in this
    /// order: the order of the channels.
    Rgb,
    /// One white pixel walks along, every tenth is marked: the order and number of pixels.
    Walk,
    /// All of it: the supply and the limiter.
    White,
    /// Nothing.
    Off,
}

impl Pattern {
    /// All of them.
    pub const ALL: [Pattern; 5] =
        [Pattern::Split, Pattern::Rgb, Pattern::Walk, Pattern::White, Pattern::Off];

    /// As it is typed.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Pattern::Split => "split",
            Pattern::Rgb => "rgb",
            Pattern::Walk => "walk",
            Pattern::White => "white",
            Pattern::Off => "off",
        }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Why a text is not a pattern.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no pattern; there are `split`, `rgb`, `walk`, `white` and `off`")]
pub struct ParsePatternError(String);

impl FromStr for Pattern {
    type Err = ParsePatternError;

    fn from_str(text: &str) -> Result<Pattern, ParsePatternError> {
        let found = Pattern::ALL.into_iter().find(|pattern| pattern.name() == text);
        found.ok_or_else(|| ParsePatternError(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_read_back_as_they_were_written() {
        for pattern in Pattern::ALL {
            assert_eq!(pattern.to_string().parse(), Ok(pattern));
        }
        assert!("rainbow".parse::<Pattern>().is_err());
    }
}
