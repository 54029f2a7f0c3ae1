//! Teams and the hashtags that count for them, checked once.
//!
//! A [`Contest`] that exists is sound: at least two teams, each with a name and a hashtag of its own.
//! It does not count anything; see [`crate::tally`].

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::time::Duration;

use crate::display_text;
use crate::hashtag;
use crate::rgb::Rgb;

/// More teams than this are refused: a strip and a projector cannot tell them apart, and the rate
/// table of the tally grows with them.
pub const MAX_TEAMS: usize = 64;

/// More hashtags than this, in all teams together, are refused. Networks take a few hundred of a
/// contest, and the search for them in everything that is posted is to stay quick.
pub const MAX_HASHTAGS: usize = 1000;

/// A hashtag longer than this many characters, folded, is refused: no network accepts one.
pub const MAX_HASHTAG_CHARS: usize = 100;

/// Of what cannot be a hashtag, no more than this many characters are quoted.
const MAX_QUOTED: usize = 60;

/// The shortest window: time is counted in whole milliseconds, and a beat has many of them.
pub const MIN_WINDOW: Duration = Duration::from_millis(100);

/// The longest window. Past it the posts of a busy contest would not fit the tally's bound.
pub const MAX_WINDOW: Duration = Duration::from_hours(7 * 24);

/// Sizes past these would lose the smaller side of a division in rounding.
pub const SIZES: RangeInclusive<f64> = 0.000_001..=1e9;

/// The index of a team in [`Contest::teams`]; 0 is the left end of the strip.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TeamId(pub u16);

impl TeamId {
    /// The same as an index.
    #[must_use]
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// How posts become votes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Vote {
    /// Each author has one vote, for the team of the author's newest post in the window.
    #[default]
    Latest,
    /// Each post in the window is one vote.
    Every,
}

/// What a repost (boost, retweet) is worth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reposts {
    /// It is not a post: unmatched.
    #[default]
    Ignore,
    /// It is a post of the one who reposts, with the hashtags of what is reposted.
    Count,
}

/// One side of the contest.
#[derive(Clone, Debug, PartialEq)]
pub struct Team {
    /// As written on the page.
    pub name: String,
    /// Folded, without `#`, in the order given, each once.
    pub hashtags: Vec<String>,
    /// Its colour on strip and page.
    pub color: Rgb,
    /// How many people sit on this side, in any unit: votes are divided by it. In [`SIZES`].
    pub size: f64,
}

/// The colours of teams that name none, to be repeated. Neighbours differ in lightness as well as in
/// hue, so that they are told apart on a strip, on a washed-out projector and by eyes that mix up
/// red and green.
pub const PALETTE: [Rgb; 8] = [
    Rgb::new(0xff, 0xb0, 0x00),
    Rgb::new(0x00, 0x50, 0xb0),
    Rgb::new(0x80, 0xd0, 0xff),
    Rgb::new(0x00, 0x80, 0x60),
    Rgb::new(0xf0, 0xf0, 0xf0),
    Rgb::new(0x90, 0x20, 0x30),
    Rgb::new(0xff, 0x60, 0x90),
    Rgb::new(0x60, 0x30, 0xc0),
];

/// All sides, and the rule of the game.
#[derive(Clone, Debug, PartialEq)]
pub struct Contest {
    title: String,
    window: Duration,
    vote: Vote,
    reposts: Reposts,
    teams: Vec<Team>,
    spellings: Spellings,
}

/// The hashtags as people wrote them. They say nothing of what counts, so that contests that differ
/// in them alone are equal.
#[derive(Clone, Debug)]
struct Spellings(Vec<String>);

impl PartialEq for Spellings {
    fn eq(&self, _: &Spellings) -> bool {
        true
    }
}

/// What is wrong with a contest. Each names the team by its place, 0 first, so that a caller who
/// knows the file can point at the line.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Error {
    /// Fewer than two teams.
    #[error("a contest needs two teams or more, and there {}", match .0 { 0 => "is none".to_owned(), n => format!("is only {n}") })]
    TooFewTeams(usize),
    /// More than [`MAX_TEAMS`].
    #[error("{0} teams are more than the {MAX_TEAMS} that can be told apart")]
    TooManyTeams(usize),
    /// More than [`MAX_HASHTAGS`] in all.
    #[error(
        "{count} hashtags, of all teams together, are more than the {MAX_HASHTAGS} that a contest can have"
    )]
    TooManyHashtags {
        /// How many.
        count: usize,
        /// The team of the first that is too many.
        team: usize,
        /// Which of its hashtags that is, as given.
        hashtag: usize,
    },
    /// The name is empty or blank.
    #[error("a team needs a name")]
    NoName {
        /// Which.
        team: usize,
    },
    /// Two teams have one name.
    #[error("two teams are named `{name}`")]
    SameName {
        /// The second of the two.
        team: usize,
        /// Their name.
        name: String,
    },
    /// A team without a hashtag could never get a vote.
    #[error("team `{name}` has no hashtag")]
    NoHashtags {
        /// Which.
        team: usize,
        /// Its name.
        name: String,
    },
    /// The text can't be a hashtag on any network.
    #[error("`{}` of team `{name}` cannot be a hashtag: {reason}", display_text::beginning(.text, MAX_QUOTED))]
    BadHashtag {
        /// Which team.
        team: usize,
        /// Which of its hashtags, as given.
        hashtag: usize,
        /// Its name.
        name: String,
        /// As written.
        text: String,
        /// Why not.
        reason: &'static str,
    },
    /// Two teams whose hashtags fold to the same.
    #[error("hashtag `{text}` belongs to both team `{first}` and team `{second}`")]
    SharedHashtag {
        /// The second of the two teams.
        team: usize,
        /// Which of its hashtags, as given.
        hashtag: usize,
        /// Folded.
        text: String,
        /// The team that had it first.
        first: String,
        /// The team that claims it too.
        second: String,
    },
    /// Votes are divided by the size.
    #[error("size {size} of team `{name}` is not between 0.000001 and 1000000000")]
    BadSize {
        /// Which.
        team: usize,
        /// Its name.
        name: String,
        /// As given.
        size: f64,
    },
    /// Outside [`MIN_WINDOW`]..=[`MAX_WINDOW`].
    #[error("a window of {0:?} is not between {MIN_WINDOW:?} and 7 days")]
    BadWindow(Duration),
}

impl Contest {
    /// Checks the whole and folds the hashtags. Without a title it asks for the teams: "A or B?".
    ///
    /// # Errors
    /// Everything that is wrong, not only the first thing.
    pub fn new(
        title: String,
        window: Duration,
        vote: Vote,
        reposts: Reposts,
        teams: Vec<Team>,
    ) -> Result<Contest, Vec<Error>> {
        let mut errors = Vec::new();
        if teams.len() < 2 {
            errors.push(Error::TooFewTeams(teams.len()));
        }
        if teams.len() > MAX_TEAMS {
            errors.push(Error::TooManyTeams(teams.len()));
        }
        if !(MIN_WINDOW..=MAX_WINDOW).contains(&window) {
            errors.push(Error::BadWindow(window));
        }
        let too_many_hashtags = too_many_hashtags(&teams);
        if teams.len() > MAX_TEAMS || too_many_hashtags.is_some() {
            errors.extend(too_many_hashtags);
            // What else may be wrong with so many is not looked for.
            return Err(errors);
        }
        let mut owners: BTreeMap<String, usize> = BTreeMap::new();
        let mut checked: Vec<Team> = Vec::with_capacity(teams.len());
        let mut spellings: Vec<String> = Vec::new();
        let mut spelled: BTreeSet<String> = BTreeSet::new();
        for (index, mut team) in teams.into_iter().enumerate() {
            if team.name.trim().is_empty() {
                errors.push(Error::NoName { team: index });
            } else if checked.iter().any(|other| other.name == team.name) {
                errors.push(Error::SameName { team: index, name: team.name.clone() });
            }
            if !SIZES.contains(&team.size) {
                errors.push(Error::BadSize {
                    team: index,
                    name: team.name.clone(),
                    size: team.size,
                });
            }
            if team.hashtags.is_empty() {
                errors.push(Error::NoHashtags { team: index, name: team.name.clone() });
            }
            let given = std::mem::take(&mut team.hashtags);
            for (place, text) in given.into_iter().enumerate() {
                let folded = hashtag::fold(&text);
                if let Some(reason) = why_no_hashtag(&folded) {
                    errors.push(Error::BadHashtag {
                        team: index,
                        hashtag: place,
                        name: team.name.clone(),
                        text,
                        reason,
                    });
                    continue;
                }
                let spelling = text.strip_prefix(['#', '＃', '﹟']).unwrap_or(&text);
                if spelled.insert(spelling.to_owned()) {
                    spellings.push(spelling.to_owned());
                }
                match owners.get(&folded) {
                    Some(&owner) if owner == index => {}
                    Some(&owner) => errors.push(Error::SharedHashtag {
                        team: index,
                        hashtag: place,
                        text: folded,
                        first: checked[owner].name.clone(),
                        second: team.name.clone(),
                    }),
                    None => {
                        owners.insert(folded.clone(), index);
                        team.hashtags.push(folded);
                    }
                }
            }
            checked.push(team);
        }
        if errors.is_empty() {
            let title = if title.trim().is_empty() { question(&checked) } else { title };
            let spellings = Spellings(spellings);
            Ok(Contest { title, window, vote, reposts, teams: checked, spellings })
        } else {
            Err(errors)
        }
    }

    /// A question that was made up on the spot, without hashtags, by the rules of `like`. The names
    /// are different.
    #[must_use]
    pub fn made_up(title: String, names: &[String], like: &Contest) -> Contest {
        let teams = names.iter().zip(PALETTE.into_iter().cycle()).map(|(name, color)| Team {
            name: name.clone(),
            hashtags: Vec::new(),
            color,
            size: 1.0,
        });
        Contest {
            title,
            window: like.window,
            vote: like.vote,
            reposts: like.reposts,
            teams: teams.collect(),
            spellings: Spellings(Vec::new()),
        }
    }

    /// The question on the wall.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.title
    }

    /// How far back the count looks.
    #[must_use]
    pub fn window(&self) -> Duration {
        self.window
    }

    /// How posts become votes.
    #[must_use]
    pub fn vote(&self) -> Vote {
        self.vote
    }

    /// What a repost is worth.
    #[must_use]
    pub fn reposts(&self) -> Reposts {
        self.reposts
    }

    /// The hashtags of all teams, in the order that [`crate::post::TagId`] counts them.
    pub fn hashtags(&self) -> impl Iterator<Item = (TeamId, &str)> {
        (0..).zip(&self.teams).flat_map(|(index, team)| {
            team.hashtags.iter().map(move |hashtag| (TeamId(index), &**hashtag))
        })
    }

    /// Two or more; the first is the left end of the strip.
    #[must_use]
    pub fn teams(&self) -> &[Team] {
        &self.teams
    }

    /// The hashtags of all teams as they were given, without `#`, each spelling once: for networks
    /// that compare hashtags by rules of their own. What counts are those of the teams, folded.
    #[must_use]
    pub fn spellings(&self) -> &[String] {
        &self.spellings.0
    }
}

/// The first hashtag past [`MAX_HASHTAGS`].
fn too_many_hashtags(teams: &[Team]) -> Option<Error> {
    let count = teams.iter().map(|team| team.hashtags.len()).sum();
    let mut room = MAX_HASHTAGS;
    for (team, Team { hashtags, .. }) in teams.iter().enumerate() {
        if hashtags.len() > room {
            return Some(Error::TooManyHashtags { count, team, hashtag: room });
        }
        room -= hashtags.len();
    }
    None
}

fn question(teams: &[Team]) -> String {
    let names: Vec<&str> = teams.iter().map(|team| &*team.name).collect();
    names.join(" or ") + "?"
}

fn why_no_hashtag(folded: &str) -> Option<&'static str> {
    if folded.is_empty() {
        Some("nothing is left of it")
    } else if folded.chars().any(char::is_whitespace) {
        Some("it contains a space")
    } else if folded.chars().any(|c| matches!(c, '#' | '"' | '\\'))
        || display_text::misleading(folded).is_some()
    {
        Some("it contains a character that no hashtag has")
    } else if folded.chars().count() > MAX_HASHTAG_CHARS {
        Some("it is longer than 100 characters")
    } else {
        None
    }
}
