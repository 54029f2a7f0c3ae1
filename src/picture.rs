//! What a show shows: a scene, a test pattern, or nothing where it is dark.
//!
//! Words alone: the light that belongs to each is made in `render`.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

/// What the projector shows. Strips follow the contest and the timer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scene {
    /// The contest.
    #[default]
    Contest,
    /// How to take part.
    Join,
    /// The speaker's timer.
    Timer,
    /// Posts that were approved.
    Wall,
}

impl Scene {
    /// All of them.
    pub const ALL: [Scene; 4] = [Scene::Contest, Scene::Join, Scene::Timer, Scene::Wall];

    /// As in JSON and in commands.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Scene::Contest => "contest",
            Scene::Join => "join",
            Scene::Timer => "timer",
            Scene::Wall => "wall",
        }
    }
}

impl Serialize for Scene {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// What can be made dark by itself.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dark {
    /// Every strip and every screen.
    All,
    /// Every strip, that in the terminal included.
    Strips,
    /// Every projector page.
    Screens,
    /// The output of this name.
    Output(String),
}

impl Dark {
    /// As in JSON and in commands.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Dark::All => "all",
            Dark::Strips => "strips",
            Dark::Screens => "screens",
            Dark::Output(name) => name,
        }
    }

    /// Whether this leaves that output dark.
    #[must_use]
    pub fn covers(&self, output: &str) -> bool {
        match self {
            Dark::All | Dark::Strips => true,
            Dark::Screens => false,
            Dark::Output(name) => name == output,
        }
    }
}

impl From<&str> for Dark {
    fn from(what: &str) -> Dark {
        match what {
            "all" => Dark::All,
            "strips" => Dark::Strips,
            "screens" => Dark::Screens,
            output => Dark::Output(output.to_owned()),
        }
    }
}

impl Serialize for Dark {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
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
