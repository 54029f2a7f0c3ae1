//! What a result says, in sentences; times and shares as people read them.

use std::fmt::Write;
use std::time::Duration;

use crate::snapshot::{Posts, RoundResult, TeamResult};
use crate::timestamp::Timestamp;

use super::markup::shown;

/// Shares that are nearer than this are one: they come from the same votes by divisions.
const SAME: f64 = 1e-12;

/// More teams than this are not named where they are level.
const NAMED: usize = 4;

/// A result as a line for a terminal: what was asked, the votes, and how it has ended.
#[must_use]
pub fn sentence(result: &RoundResult) -> String {
    let votes = result.teams.iter();
    let votes = votes.map(|team| format!("{} {}", shown(&team.name), count(team.votes)));
    let votes = votes.collect::<Vec<_>>().join(", ");
    let mut asked = format!("round {}", result.number);
    if !result.title.is_empty() {
        let _ = write!(asked, ", {}", shown(&result.title));
    }
    if !asked.ends_with(['?', '!', '.', ':', '…']) {
        asked.push(':');
    }
    let partial = if result.partial { " It is partial: posts were lost." } else { "" };
    format!("{asked} {votes}. {}{partial}", verdict(result))
}

/// How a round has ended, in whole sentences.
pub(super) fn verdict(result: &RoundResult) -> String {
    if result.teams.iter().all(|team| team.votes == 0) {
        return "Nobody has voted.".to_owned();
    }
    let Some((winner, second)) = first_two(result) else { return tie(result) };
    let places = decimals(result);
    let mut words = String::new();
    if result.photo_finish {
        words.push_str("Photo finish! ");
    }
    let ahead = percent(winner.share - second.share, places);
    let (first, share) = (shown(&winner.name), percent(winner.share, places));
    // A percentage of percentages is a point.
    let points = ahead.trim_end_matches(" %");
    let _ = write!(words, "{first} has won with {share}, {points} points ahead of ");
    let seconds = level_with(result, second.share);
    words.push_str(&listed(&seconds));
    words.push('.');
    if result.margin > 0 {
        let votes = if result.margin == 1 { "vote" } else { "votes" };
        let margin = count(result.margin);
        let second = if let [one] = &*seconds { &**one } else { "the second" };
        let _ = write!(words, " {margin} more {votes} would have brought {second} level.");
    }
    words
}

fn tie(result: &RoundResult) -> String {
    let most = result.teams.iter().map(|team| team.share).fold(0.0, f64::max);
    let first = level_with(result, most);
    format!("A tie: {} have {} each.", listed(&first), percent(most, 1))
}

/// The winner, and the best of the others.
fn first_two(result: &RoundResult) -> Option<(&TeamResult, &TeamResult)> {
    let name = result.winner.as_deref()?;
    let winner = result.teams.iter().position(|team| team.name == name)?;
    let others = result.teams.iter().enumerate().filter(|(place, _)| *place != winner);
    let second = others.map(|(_, team)| team).max_by(|a, b| a.share.total_cmp(&b.share))?;
    Some((&result.teams[winner], second))
}

/// The teams that have this share and do not win.
fn level_with(result: &RoundResult, share: f64) -> Vec<String> {
    let is_level = |team: &&TeamResult| {
        (team.share - share).abs() < SAME && Some(&team.name) != result.winner.as_ref()
    };
    result.teams.iter().filter(is_level).map(|team| shown(&team.name)).collect()
}

fn listed(names: &[String]) -> String {
    match names {
        [] => "the others".to_owned(),
        [one] => one.clone(),
        [first @ .., last] if names.len() <= NAMED => format!("{} and {last}", first.join(", ")),
        _ => format!("{} teams", names.len()),
    }
}

/// Decimals of a percentage that tell the first two apart: one, or up to three after a photo finish.
pub(super) fn decimals(result: &RoundResult) -> usize {
    let Some((winner, second)) = first_two(result) else { return 1 };
    let tells = |places: &usize| percent(winner.share, *places) != percent(second.share, *places);
    (1..=2).find(tells).unwrap_or(3)
}

/// A share in percent.
pub(super) fn percent(share: f64, places: usize) -> String {
    format!("{:.places$} %", 100.0 * if share.is_finite() { share } else { 0.0 })
}

/// A whole number, its thousands apart.
pub(super) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut apart = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            apart.push(',');
        }
        apart.push(digit);
    }
    apart
}

/// A time on a clock face: minutes and seconds, from an hour on with hours.
pub(super) fn clock(time: Duration) -> String {
    let seconds = time.as_secs();
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours == 0 {
        format!("{minutes}:{seconds:02}")
    } else {
        format!("{hours}:{minutes:02}:{seconds:02}")
    }
}

/// A day in UTC, as in `27 November 2026`.
pub(super) fn day(at: Timestamp) -> String {
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let written = at.to_string();
    let mut parts = written.split(['-', 'T']);
    let (year, month, day) = (parts.next(), parts.next(), parts.next());
    let month = month.and_then(|month| month.parse::<usize>().ok());
    let name = month.and_then(|month| MONTHS.get(month.checked_sub(1)?)).copied();
    let day = day.unwrap_or_default().trim_start_matches('0');
    format!("{day} {} {}", name.unwrap_or_default(), year.unwrap_or_default())
}

/// A time of day in UTC, as in `19:04:05`.
pub(super) fn time_of_day(at: Timestamp) -> String {
    let written = at.to_string();
    written.split(['T', '.']).nth(1).unwrap_or_default().to_owned()
}

/// What became of messages: each fate with how often, and what it means. Those that counted come first.
pub(super) fn fates(posts: &Posts) -> impl Iterator<Item = (u64, &'static str)> {
    posts.fates().into_iter().map(|(fate, count)| (count, meaning(fate)))
}

fn meaning(fate: &str) -> &'static str {
    match fate {
        "matched" => "counted for a team",
        "unmatched" => "named no team of the question that was on",
        "ignored" => "ignored, by authors that the config names or that are bots",
        "both" => "named two teams or more, and counted for none",
        "duplicate" => "came again",
        "late" => "came too late to count",
        "closed" => "named a team outside of the round, and did not count",
        "revised" => "deleted or changed by their authors",
        "malformed" => "named a team and could not be read",
        "dropped" => "lost because too many came at once",
        _ => "of another kind",
    }
}
