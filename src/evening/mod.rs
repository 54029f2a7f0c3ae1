//! An evening out of its journal: the same lines through the same show, to go on with it, to count it
//! anew, and to tell of it.

mod recount;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::contest::{Contest, PALETTE, Reposts, Team, Vote};
use crate::decode::{Decoder, Feed};
use crate::event::{Message, News, SourceId};
use crate::journal::{GRACE, Head, Line, Past, Rules as Counting};
use crate::post::Hasher;
use crate::questions::Questions;
use crate::round::{Counts, Length, Rules};
use crate::show::{Event, Now, Said, Show};
use crate::timestamp::Timestamp;

pub use recount::{Error, Fault, Recount, recount, rules_of};

/// All that decides how the posts of an evening count.
#[must_use]
pub fn counting(questions: &Questions, rounds: Option<&Rules>) -> Counting {
    let ms = |time: Duration| json!(u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
    let rounds = rounds.map(|rules| {
        let Rules { length, counts, countdown, grace, secret, best_of, auto } = *rules;
        [
            (
                "length_ms",
                if let Length::After(length) = length { ms(length) } else { json!("open") },
            ),
            ("counts", json!(counts)),
            ("countdown_ms", ms(countdown)),
            (GRACE, ms(grace)),
            ("secret", json!(secret)),
            ("best_of", json!(best_of)),
            ("rest_ms", auto.map_or(Value::Null, ms)),
        ]
    });
    let keys = rounds.into_iter().flatten().map(|(key, value)| (key.to_owned(), value));
    Counting::new(questions, keys)
}

/// Why the first line of a journal does not say what was counted.
#[derive(Debug, thiserror::Error)]
pub enum BadHead {
    /// This program could misread what it says.
    #[error("it was written by a newer version, {0}")]
    Newer(String),
    /// Something of it is missing, or cannot be.
    #[error("the first line does not say how the evening is counted: {0}")]
    Unclear(String),
}

/// What a journal says of how its evening is counted.
///
/// # Errors
/// If it does not.
pub fn rules(head: &Head) -> Result<(Questions, Option<Rules>), BadHead> {
    if head.is_newer() {
        return Err(BadHead::Newer(head.version.clone()));
    }
    let bad = |what: &str| BadHead::Unclear(what.to_owned());
    let get = |key: &str| head.rules.counting.get(key);
    let ms = |key: &str| get(key).and_then(Value::as_u64).map(Duration::from_millis);
    let text = |key: &str| get(key).and_then(Value::as_str);
    let window = ms("window_ms").ok_or_else(|| bad("`window_ms`"))?;
    let vote = if text("vote") == Some("every") { Vote::Every } else { Vote::Latest };
    let reposts = if text("reposts") == Some("count") { Reposts::Count } else { Reposts::Ignore };
    let mut contests = Vec::new();
    for question in &head.rules.questions {
        let teams = question.teams.iter().zip(PALETTE.into_iter().cycle());
        let teams = teams.map(|(team, color)| Team {
            name: team.name.clone(),
            hashtags: team.hashtags.clone(),
            color,
            size: team.size,
        });
        let contest = Contest::new(question.title.clone(), window, vote, reposts, teams.collect());
        let contest = contest.map_err(|errors| BadHead::Unclear(errors[0].to_string()))?;
        contests.push(Arc::new(contest));
    }
    let questions = Questions::new(contests);
    let questions = questions.map_err(|error| BadHead::Unclear(error.to_string()))?;
    let Some(best_of) = get("best_of").and_then(Value::as_u64) else {
        return Ok((questions, None));
    };
    let usual = Rules::default();
    let rules = Rules {
        length: ms("length_ms").map_or(Length::Open, Length::After),
        counts: if text("counts") == Some("window") { Counts::Window } else { Counts::Round },
        countdown: ms("countdown_ms").unwrap_or(usual.countdown),
        grace: ms(GRACE).unwrap_or(usual.grace),
        secret: get("secret").and_then(Value::as_bool).unwrap_or(usual.secret),
        best_of: u32::try_from(best_of).unwrap_or(u32::MAX),
        auto: ms("rest_ms"),
    };
    Ok((questions, Some(rules)))
}

/// Reads lines of a journal into a show.
pub struct Reading {
    decoder: Decoder,
}

impl Reading {
    /// Of the journal that the show goes on with: people and posts are known again by `hasher`.
    #[must_use]
    pub fn of_its_own(questions: &Questions, hasher: Hasher) -> Reading {
        let decoder = Decoder::new(questions, Some(Feed::Post), hasher);
        Reading { decoder: decoder.of_its_own_journal() }
    }

    /// Of any journal: its names are as good as any others.
    #[must_use]
    pub fn of_any(questions: &Questions) -> Reading {
        let decoder = Decoder::new(questions, Some(Feed::Post), Hasher::default());
        Reading { decoder: decoder.of_a_file() }
    }

    /// Tells the show what a line says, and gives what followed from it.
    pub fn line(&mut self, show: &mut Show, line: &Line) -> Vec<Said> {
        // Without rounds it is the clock that takes votes out of the window.
        let clock = if show.has_rounds() { None } else { line.time() };
        let now = Now { clock, ..Now::default() };
        self.decoder.block(line.text.as_bytes(), |_, message| {
            if !matches!(message, Message::Command(_) | Message::Clock(..)) || show.has_rounds() {
                // The lines name their sources themselves.
                let source = SourceId(usize::MAX);
                show.apply(Event::News(source, News::Message(message)), now);
            }
        });
        show.take_said()
    }
}

/// Brings a show to where its journal ends, and lets it go on `now`.
///
/// # Errors
/// If the journal cannot be read.
pub fn resume(
    show: &mut Show,
    past: &Past,
    reading: &mut Reading,
    now: Timestamp,
) -> io::Result<()> {
    let mut lines = past.all_lines()?;
    while let Some(line) = lines.read()? {
        reading.line(show, &line);
    }
    show.go_on(past.last, now);
    Ok(())
}
