//! The `[round]` section: how rounds go. Without it there are none.

use std::ops::RangeInclusive;
use std::time::Duration;

use crate::keys::duration;
use crate::keys::form::Form;
use crate::keys::problem::{Problem, printable};
use crate::keys::table::Table;
use crate::keys::value::{self, Value};
use crate::round::{Counts, LENGTHS, LONGEST_WAIT, Length, MAX_BEST_OF, Rules};

const COUNTS: [(&str, Counts); 2] =
    [(Counts::Round.name(), Counts::Round), (Counts::Window.name(), Counts::Window)];

/// How long a result stands in a show that goes on by itself.
const REST: Duration = Duration::from_secs(20);

const WAITS: RangeInclusive<Duration> = Duration::ZERO..=LONGEST_WAIT;

/// Reads the rules, or says that there are no rounds. Without a `grace` it is `default_grace`.
pub(super) fn read(root: &Table<'_>, default_grace: Duration) -> Option<Rules> {
    let is_there = root.has("round");
    let rules = root.section("round", "[round]", |table| rules(table, default_grace));
    is_there.then_some(rules)
}

fn rules(table: &Table<'_>, default_grace: Duration) -> Rules {
    let usual = Rules::default();
    let rules = Rules {
        length: length(table).unwrap_or(usual.length),
        counts: table.choice("counts", &COUNTS).unwrap_or(usual.counts),
        countdown: wait(table, "countdown", "3s").unwrap_or(usual.countdown),
        grace: wait(table, "grace", "3s").unwrap_or(default_grace),
        secret: table.flag("secret").unwrap_or(usual.secret),
        best_of: table.whole("best_of", 1..=MAX_BEST_OF).unwrap_or(usual.best_of),
        auto: None,
    };
    let is_auto = table.flag("auto").unwrap_or(false);
    let rest = wait(table, "rest", "20s").unwrap_or(REST);
    if !is_auto {
        return rules;
    }
    if rules.length == Length::Open {
        let message =
            "rounds that follow each other by themselves need an end, and `length` is `open`";
        let problem = Problem::new(table.place("length"), message);
        table.report(problem.hint("give it a length, for example `length = \"2m\"`"));
    }
    Rules { auto: Some(rest), ..rules }
}

fn length(table: &Table<'_>) -> Option<Length> {
    let bounds = "`5s` to `24h`, or `open` until it is locked";
    table.read_as("length", Form::Text, |found| match value::string("length", found, Some("2m"))? {
        "open" => Ok(Length::Open),
        text => span("length", found, text, &LENGTHS, bounds).map(Length::After),
    })
}

fn wait(table: &Table<'_>, key: &'static str, example: &str) -> Option<Duration> {
    table.read_as(key, Form::Text, |found| {
        let text = value::string(key, found, Some(example))?;
        span(key, found, text, &WAITS, "`0s` to `1h`")
    })
}

/// A length of time within bounds, which are also given in words.
fn span(
    key: &str,
    found: &Value<'_>,
    text: &str,
    range: &RangeInclusive<Duration>,
    bounds: &str,
) -> Result<Duration, Problem> {
    let refuse =
        |message: String| Problem::new(found.span(), message).hint(format!("it is {bounds}"));
    let span = duration(text).map_err(|error| refuse(error.to_string()))?;
    if range.contains(&span) {
        return Ok(span);
    }
    Err(refuse(format!("`{key}` cannot be `{}`", printable(text))))
}
