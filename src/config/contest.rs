//! `[contest]`, and what is asked: the `[[team]]` tables, or `[[question]]` tables with teams of their
//! own.
//!
//! What makes a contest sound is decided in [`crate::contest`], and what makes several an evening in
//! [`crate::questions`]; here their verdicts are led back to the lines they are about.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use crate::contest::{self, Contest, Reposts, Team, Vote};
use crate::keys::duration;
use crate::keys::problem::Problem;
use crate::keys::table::{Most, Table};
use crate::questions::{Error, MAX_QUESTIONS, Questions};

use super::team::{self, Places};

const WINDOW: Duration = Duration::from_mins(1);

const VOTES: [(&str, Vote); 2] = [("latest", Vote::Latest), ("every", Vote::Every)];

const REPOSTS: [(&str, Reposts); 2] = [("ignore", Reposts::Ignore), ("count", Reposts::Count)];

/// What `[contest]` says for all questions, and where.
struct Rule {
    title: Option<(String, Range<usize>)>,
    window: Duration,
    window_at: Range<usize>,
    vote: Vote,
    reposts: Reposts,
}

/// A question as the file has it.
struct Draft {
    title: String,
    teams: Vec<Team>,
    places: Places,
}

/// Reads the questions, or records why there are none.
pub(super) fn read(root: &Table<'_>) -> Option<Questions> {
    let teams = team::read(root, usize::MAX..usize::MAX, "[[team]]");
    let most = Most { number: MAX_QUESTIONS, what: "questions", that: "an evening can have" };
    let questions = root.each("question", "[[question]]", most, |table| {
        let title = table.text("title").unwrap_or_default();
        let (teams, places) = team::read(table, table.span(), "[[question.team]]")?;
        Some(Draft { title, teams, places })
    });
    let rule = root.section("contest", "[contest]", |table| Rule {
        title: table.text("title").map(|title| (title, table.place("title"))),
        window: table.parsed("window", "60s", duration).unwrap_or(WINDOW),
        window_at: table.place("window"),
        vote: table.choice("vote", &VOTES).unwrap_or_default(),
        reposts: table.choice("reposts", &REPOSTS).unwrap_or_default(),
    });
    let questions = questions?;
    let drafts = if questions.is_empty() {
        let (teams, places) = teams?;
        let title = rule.title.as_ref().map(|(title, _)| title.clone());
        vec![Some(Draft { title: title.unwrap_or_default(), teams, places })]
    } else {
        refuse_short_form(root, teams.and_then(|(_, places)| places.first()), &rule);
        questions
    };
    all(root, drafts, &rule)
}

/// What only an evening of one question can have.
fn refuse_short_form(root: &Table<'_>, team: Option<Range<usize>>, rule: &Rule) {
    if let Some(place) = team {
        let problem = Problem::new(place, "`[[team]]` has no place beside `[[question]]`");
        root.report(problem.hint("write `[[question.team]]`, below the question that it is of"));
    }
    if let Some((_, place)) = &rule.title {
        let problem = Problem::new(place.clone(), "`title` has no place beside `[[question]]`");
        root.report(problem.hint("each `[[question]]` has a `title` of its own"));
    }
}

/// The questions, if all of them are sound. One that could not be read is recorded already.
fn all(root: &Table<'_>, drafts: Vec<Option<Draft>>, rule: &Rule) -> Option<Questions> {
    let mut all_places = Vec::new();
    let mut contests = Vec::new();
    let mut is_window_told = false;
    let count = drafts.len();
    for Draft { title, teams, places } in drafts.into_iter().flatten() {
        match Contest::new(title, rule.window, rule.vote, rule.reposts, teams) {
            Ok(contest) => contests.push(Arc::new(contest)),
            Err(errors) => {
                for error in errors {
                    let is_of_window = matches!(error, contest::Error::BadWindow(_));
                    if is_of_window && std::mem::replace(&mut is_window_told, true) {
                        continue;
                    }
                    places.report(root, &error, &rule.window_at);
                }
            }
        }
        all_places.push(places);
    }
    if contests.len() < count {
        return None;
    }
    let error = match Questions::new(contests) {
        Ok(questions) => return Some(questions),
        Err(error) => error,
    };
    let place = match &error {
        Error::TooManyHashtags { question, team, hashtag, .. } => {
            all_places[*question].hashtag(team.index(), hashtag)
        }
        // There is one at least, and that there are too many is recorded where they are read.
        Error::None | Error::TooMany(_) => return None,
    };
    root.report(Problem::new(place, error.to_string()));
    None
}
