//! `[contest]` and the `[[team]]` tables.
//!
//! What makes a contest sound is decided in [`crate::contest`]; here its verdicts are led back to
//! the lines they are about.

use std::ops::Range;
use std::time::Duration;

use toml::de::DeValue;

use crate::contest::{Contest, Error, MAX_TEAMS, PALETTE, Reposts, SIZES, Team, Vote};
use crate::keys::duration;
use crate::keys::problem::{Problem, printable};
use crate::keys::table::{Most, Table};
use crate::keys::value::{describe, wrong_type};
use crate::rgb::Rgb;

const WINDOW: Duration = Duration::from_mins(1);

const VOTES: [(&str, Vote); 2] = [("latest", Vote::Latest), ("every", Vote::Every)];

const REPOSTS: [(&str, Reposts); 2] = [("ignore", Reposts::Ignore), ("count", Reposts::Count)];

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
    /// There are hashtags that could not be read, and are reported.
    hashtags_unread: bool,
    size: Range<usize>,
}

/// Reads the contest, or records why there is none.
pub(super) fn read(root: &Table<'_>) -> Option<Contest> {
    let mut count = 0;
    let most = Most { number: MAX_TEAMS, what: "teams", that: "can be told apart" };
    let drafts = root.each("team", "[[team]]", most, |table| {
        count += 1;
        team(table, count)
    });
    let (window_at, title, window, vote, reposts) = root.section("contest", "[contest]", |table| {
        (
            table.place("window"),
            table.text("title").unwrap_or_default(),
            table.parsed("window", "60s", duration).unwrap_or(WINDOW),
            table.choice("vote", &VOTES).unwrap_or_default(),
            table.choice("reposts", &REPOSTS).unwrap_or_default(),
        )
    });
    let (teams, lines) = finish(drafts?);
    let errors = match Contest::new(title, window, vote, reposts, teams) {
        Ok(contest) => return Some(contest),
        Err(errors) => errors,
    };
    for error in errors {
        report(root, &error, &lines, &window_at);
    }
    None
}

fn team(table: &Table<'_>, number: usize) -> Draft {
    let (hashtags, each_hashtag, hashtags_unread) = hashtags(table);
    Draft {
        // Messages about the rest of the team call it by its number when it has no name.
        name: name(table).unwrap_or_else(|| format!("number {number}")),
        hashtags,
        color: table.parsed("color", "#ffb000", str::parse),
        size: table.number("size", SIZES).unwrap_or(1.0),
        lines: Lines {
            header: table.span(),
            name: table.place("name"),
            hashtags: table.place("hashtags"),
            each_hashtag,
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

/// Records what is wrong with the contest where the file says it.
fn report(root: &Table<'_>, error: &Error, teams: &[Lines], window: &Range<usize>) {
    let problem = |span: &Range<usize>| Problem::new(span.clone(), error.to_string());
    root.report(match *error {
        // Comes of what is reported already.
        Error::NoHashtags { team, .. } if teams[team].hashtags_unread => return,
        Error::TooFewTeams(_) => problem(&(usize::MAX..usize::MAX))
            .hint("each begins with `[[team]]`, and has a `name` and `hashtags`")
            .missing(0, "team"),
        Error::TooManyTeams(_) => return, // It is reported where they are read.
        Error::NoName { team } | Error::SameName { team, .. } => problem(&teams[team].name),
        Error::NoHashtags { team, .. } => {
            let lines = &teams[team];
            let problem = problem(&lines.hashtags).hint("for example `hashtags = [\"tabs\"]`");
            problem.missing(lines.header.start, "hashtags")
        }
        Error::TooManyHashtags { team, hashtag, .. } | Error::BadHashtag { team, hashtag, .. } => {
            problem(&teams[team].each_hashtag[hashtag])
        }
        Error::SharedHashtag { team, hashtag, .. } => problem(&teams[team].each_hashtag[hashtag])
            .hint("a post counts for one team; leave the hashtag to one of them"),
        Error::BadSize { team, .. } => problem(&teams[team].size),
        Error::BadWindow(_) => problem(window),
    });
}
