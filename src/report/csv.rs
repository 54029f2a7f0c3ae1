//! Results as rows for spreadsheets: one for each team of each round.
//!
//! A spreadsheet takes a cell that begins with certain signs for a formula, and a formula may fetch and
//! send. Names and titles that begin so are written with an apostrophe before them, which spreadsheets
//! read as "this is text".

use crate::snapshot::RoundResult;

const HEADER: [&str; 15] = [
    "number",
    "question",
    "title",
    "opened_at",
    "closed_at",
    "team",
    "votes",
    "share",
    "total",
    "voices",
    "winner",
    "margin",
    "photo_finish",
    "partial",
    "round_voices",
];

/// Signs that make a formula of a cell, those of full width included.
const FORMULA: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];

/// Results as CSV with a header.
///
/// # Panics
/// Never: a vector takes everything.
#[must_use]
pub fn csv<'r>(results: impl Iterator<Item = &'r RoundResult>) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let written = writer.write_record(HEADER);
    let written = results.fold(written, |written, result| {
        result.teams.iter().fold(written, |written, team| {
            written?;
            writer.write_record([
                &*result.number.to_string(),
                &result.question.to_string(),
                &harmless(&result.title),
                &result.opened_at.to_string(),
                &result.closed_at.to_string(),
                &harmless(&team.name),
                &team.votes.to_string(),
                &team.share.to_string(),
                &team.total.to_string(),
                &team.voices.to_string(),
                &harmless(result.winner.as_deref().unwrap_or_default()),
                &result.margin.to_string(),
                &result.photo_finish.to_string(),
                &result.partial.to_string(),
                &result.voices.to_string(),
            ])
        })
    });
    written.expect("a vector takes everything");
    let bytes = writer.into_inner().expect("a vector takes everything");
    String::from_utf8(bytes).expect("cells are text")
}

/// A text that no spreadsheet takes for a formula.
fn harmless(text: &str) -> String {
    let is_blank = |char: char| char.is_whitespace() || char.is_control() || char == '\u{feff}';
    let begins_as_formula = text.starts_with(|char: char| char.is_control())
        || text.trim_start_matches(is_blank).starts_with(FORMULA);
    if begins_as_formula { format!("'{text}") } else { text.to_owned() }
}
