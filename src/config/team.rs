//! The tables of teams: `[[team]]`, and `[[question.team]]` for one of several questions.

use std::ops::Range;

use toml::de::DeValue;

use crate::contest::{Error, MAX_TEAMS, PALETTE, SIZES, Team};
use crate::hashtag;
use crate::keys::problem::{Problem, printable};
use crate::keys::table::{Most, Table};
use crate::keys::value::{describe, wrong_type};
use crate::rgb::Rgb;

/// Where the teams of one question stand in the file, written `[[team]]` or `[[question.team]]`.
pub(super) struct Places {
    /// Where what is wrong with all of them is shown.
    place: Range<usize>,
    /// Where the table begins that they stand in.
    start: usize,
    written: &'static str,
    teams: Vec<Lines>,
}

/// A team as the file has it, and where.
struct Draft {
    name: String,
    hashtags: Vec<String>,
    color: Option<Rgb>,
    size: f64,
    lines: Lines,
}

/// Where the parts of a team stand.
struct Lines {
    header: Range<usize>,
    name: Range<usize>,
    hashtags: Range<usize>,
    each_hashtag: Vec<Range<usize>>,
    /// The same as they are written.
    written: Vec<String>,
    /// There are hashtags that could not be read, and are reported.
    hashtags_unread: bool,
    size: Range<usize>,
}

/// Reads the teams whose tables stand in `table`; that there are too few is shown at `place`. `None`:
/// there are too many, which is recorded.
pub(super) fn read(
    table: &Table<'_>,
    place: Range<usize>,
    written: &'static str,
) -> Option<(Vec<Team>, Places)> {
    let mut count = 0;
    let most = Most { number: MAX_TEAMS, what: "teams", that: "can be told apart" };
    let drafts = table.each("team", written, most, |table| {
        count += 1;
        team(table, count)
    });
    let (teams, lines) = finish(drafts?);
    Some((teams, Places { place, start: table.span().start, written, teams: lines }))
}

impl Places {
    /// The header of the first team, if there is one.
    pub(super) fn first(&self) -> Option<Range<usize>> {
        self.teams.first().map(|lines| lines.header.clone())
    }

    /// The first hashtag of a team that is this one when it is folded, or else the team.
    pub(super) fn hashtag(&self, team: usize, folded: &str) -> Range<usize> {
        let lines = &self.teams[team];
        let hashtags = lines.each_hashtag.iter().zip(&lines.written);
        let mut found = hashtags.filter(|(_, written)| hashtag::fold(written) == folded);
        found.next().map_or_else(|| lines.hashtags.clone(), |(place, _)| place.clone())
    }

    /// Records what is wrong with the teams where the file says it. What is wrong with the window is
    /// the whole contest's.
    pub(super) fn report(&self, root: &Table<'_>, error: &Error, window: &Range<usize>) {
        let teams = &self.teams;
        let problem = |span: &Range<usize>| Problem::new(span.clone(), error.to_string());
        root.report(match *error {
            // Comes of what is reported already.
            Error::NoHashtags { team, .. } if teams[team].hashtags_unread => return,
            Error::TooFewTeams(_) => problem(&self.place)
                .hint(format!(
                    "each begins with `{}`, and has a `name` and `hashtags`",
                    self.written
                ))
                .missing(self.start, "team"),
            Error::TooManyTeams(_) => return, // It is reported where they are read.
            Error::NoName { team } | Error::SameName { team, .. } => problem(&teams[team].name),
            Error::NoHashtags { team, .. } => {
                let lines = &teams[team];
                let problem = problem(&lines.hashtags).hint("for example `hashtags = [\"tabs\"]`");
                problem.missing(lines.header.start, "hashtags")
            }
            Error::TooManyHashtags { team, hashtag, .. }
            | Error::BadHashtag { team, hashtag, .. } => {
                problem(&teams[team].each_hashtag[hashtag])
            }
            Error::SharedHashtag { team, hashtag, .. } => {
                problem(&teams[team].each_hashtag[hashtag])
                    .hint("a post counts for one team; leave the hashtag to one of them")
            }
            Error::BadSize { team, .. } => problem(&teams[team].size),
            Error::BadWindow(_) => problem(window),
        });
    }
}

fn team(table: &Table<'_>, number: usize) -> Draft {
    let (hashtags, each_hashtag, hashtags_unread) = hashtags(table);
    Draft {
        // Messages about the rest of the team call it by its number when it has no name.
        name: name(table).unwrap_or_else(|| format!("number {number}")),
        hashtags: hashtags.clone(),
        color: table.parsed("color", "#ffb000", str::parse),
        size: table.number("size", SIZES).unwrap_or(1.0),
        lines: Lines {
            header: table.span(),
            name: table.place("name"),
            hashtags: table.place("hashtags"),
            each_hashtag,
            written: hashtags,
            hashtags_unread,
            size: table.place("size"),
        },
    }
}

fn name(table: &Table<'_>) -> Option<String> {
    if !table.has("name") {
        let problem = Problem::new(table.span(), Error::NoName { team: 0 }.to_string());
        let hint = "add one, for example `name = \"Tabs\"`";
        table.report(problem.hint(hint).missing(table.span().start, "name"));
    }
    table.name("name")
}

/// The hashtags that are texts, where each of them stands, and whether there is anything else.
fn hashtags(table: &Table<'_>) -> (Vec<String>, Vec<Range<usize>>, bool) {
    let (mut hashtags, mut places) = (Vec::new(), Vec::new());
    let mut unread = false;
    table.read("hashtags", |value| {
        let DeValue::Array(array) = value.get_ref() else {
            unread = true;
            let problem = wrong_type("hashtags", "a list", value);
            return Err(match value.get_ref() {
                DeValue::String(text) => problem.hint(format!(
                    "put brackets around it: `hashtags = [\"{}\"]`",
                    printable(text)
                )),
                _ => problem.hint("for example `hashtags = [\"tabs\", \"teamtabs\"]`"),
            });
        };
        for value in array {
            if let DeValue::String(text) = value.get_ref() {
                hashtags.push(text.clone().into_owned());
                places.push(value.span());
            } else {
                unread = true;
                let message =
                    format!("a hashtag must be text in quotes, not {}", describe(value.get_ref()));
                table.report(Problem::new(value.span(), message));
            }
        }
        Ok(())
    });
    (hashtags, places, unread)
}

/// Gives the teams without a colour the first ones of the palette that nobody has taken.
fn finish(drafts: Vec<Draft>) -> (Vec<Team>, Vec<Lines>) {
    let taken: Vec<Rgb> = drafts.iter().filter_map(|draft| draft.color).collect();
    let free = PALETTE.into_iter().filter(|color| !taken.contains(color));
    let mut colors = free.chain(PALETTE.into_iter().cycle());
    drafts
        .into_iter()
        .map(|Draft { name, hashtags, color, size, lines }| {
            let color = color.or_else(|| colors.next()).expect("a cycle has no end");
            (Team { name, hashtags, color, size }, lines)
        })
        .unzip()
}
