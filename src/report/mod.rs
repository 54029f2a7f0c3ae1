//! The results of rounds as JSON, as CSV, as pictures, and an evening as one page.
//!
//! Pure: what an evening was comes in, text goes out. Whoever calls it asks a show or a journal for the
//! rounds ([`Evening`]), and writes or sends the text.
//! Names and titles are data in JSON and CSV, and text without what would mislead in pictures and pages.

mod chart;
mod csv;
mod markup;
mod page;
mod words;

use std::path::Path;
use std::sync::Arc;

use crate::snapshot::{Gap, Posts, RoundResult};
use crate::timestamp::Timestamp;

pub use self::csv::csv;
pub use self::words::sentence;

/// An evening: all that a report says of it.
#[derive(Clone, Debug, Default)]
pub struct Evening {
    /// What the page is called.
    pub title: String,
    /// Those that have a result, in the order in which they were played.
    pub rounds: Vec<Round>,
    /// What became of all messages, those between the rounds included.
    pub posts: Posts,
    /// Spans of time whose posts may be missing, with the names of their sources.
    pub gaps: Vec<(String, Gap)>,
    /// Why the whole is not to be trusted to the last post, in words; `None` if it is.
    pub partial: Option<String>,
    /// The first time that is known of it.
    pub from: Option<Timestamp>,
    /// The last.
    pub to: Option<Timestamp>,
}

/// A round of an evening.
#[derive(Clone, Debug)]
pub struct Round {
    /// How it has ended.
    pub result: Arc<RoundResult>,
    /// What became of the messages that came from its `arm` to the next.
    pub posts: Posts,
}

/// What a report is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// One page with everything, which needs nothing else.
    Html,
    /// A row for each team of each round.
    Csv,
    /// The list of results, as in a snapshot.
    Json,
    /// The courses of all rounds below each other.
    Svg,
}

impl Form {
    /// All of them, the usual one first.
    pub const ALL: [Form; 4] = [Form::Html, Form::Csv, Form::Json, Form::Svg];

    /// How names of its files end, without the dot.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Form::Html => "html",
            Form::Csv => "csv",
            Form::Json => "json",
            Form::Svg => "svg",
        }
    }

    /// The form that the name of a file asks for; `None` if it ends in none of theirs.
    ///
    /// ```
    /// # use hashtug::report::Form;
    /// assert_eq!(Form::of("friday.HTML".as_ref()), Some(Form::Html));
    /// assert_eq!(Form::of("friday.jsonl".as_ref()), None);
    /// ```
    #[must_use]
    pub fn of(path: &Path) -> Option<Form> {
        let extension = path.extension()?.to_str()?;
        Form::ALL.into_iter().find(|form| form.extension().eq_ignore_ascii_case(extension))
    }
}

/// An evening in a form, to its last line feed.
#[must_use]
pub fn write(evening: &Evening, form: Form) -> String {
    let results = || evening.rounds.iter().map(|round| &*round.result);
    match form {
        Form::Html => page::html(evening),
        Form::Csv => csv(results()),
        Form::Json => json(results()) + "\n",
        Form::Svg => chart::all(&results().collect::<Vec<_>>()),
    }
}

/// Results as a list in JSON, each as in a snapshot.
///
/// # Panics
/// Never: results have a JSON form.
#[must_use]
pub fn json<'r>(results: impl Iterator<Item = &'r RoundResult>) -> String {
    let results: Vec<&RoundResult> = results.collect();
    serde_json::to_string(&results).expect("the shape has only text keys")
}

/// The course of a round as a picture, to be shown by itself.
#[must_use]
pub fn svg(result: &RoundResult) -> String {
    chart::one(result, chart::Words::Within)
}

#[cfg(test)]
mod tests;
