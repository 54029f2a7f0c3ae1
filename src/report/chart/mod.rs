//! The course of a round as a picture: each team's share from the opening to the bell.
//!
//! A [`Plan`] says where everything stands, in pixels; `drawing` draws it by a plotting library. The picture
//! is dark ink on white, says in words what it shows, and needs no font, script or style from elsewhere.

mod axis;
mod drawing;
mod ink;
mod lettering;

use std::fmt::Write;

use crate::snapshot::RoundResult;

use super::markup::{self, shown};
use super::words;

use ink::Ink;
use lettering::{fitted, width, wrapped};

/// Pixels from left to right.
const WIDTH: f64 = 960.0;

/// White around the picture, in pixels.
const MARGIN: f64 = 24.0;

/// Where the plot begins: left of it stand the numbers of shares.
const PLOT_LEFT: f64 = 76.0;

/// The least height of the plot; many teams need more, for their labels.
const PLOT_HEIGHT: f64 = 320.0;

/// Below the plot: the numbers of times, and what they are.
const BELOW: f64 = 52.0;

/// Size of the letters of the question, in pixels.
const TITLE: f64 = 24.0;

/// How much wider bold letters are.
const BOLD: f64 = 1.1;

/// Size of the letters that say how the round has ended.
const VERDICT: f64 = 16.0;

/// Size of the letters at the axes, and of all that is small.
const SMALL: f64 = 13.0;

/// The widest that a name beside its line may be; what is longer is cut off.
const NAME: f64 = 210.0;

/// Between the end of a line and its label, for the thin line that joins them.
const LEADER: f64 = 26.0;

/// Length of the piece of a team's line before its label.
const SAMPLE: f64 = 34.0;

/// Teams with labels of the usual size; with more they are smaller.
const FEW: usize = 12;

/// Where everything of a picture stands, in pixels.
struct Plan<'r> {
    result: &'r RoundResult,
    /// The question.
    title: Vec<String>,
    /// How the round has ended.
    verdict: Vec<String>,
    /// When it was, and with how many.
    facts: Option<String>,
    plot: Frame,
    height: f64,
    /// The size of a label's letters.
    lettering: f64,
    /// One for each team.
    labels: Vec<Label>,
    /// Decimals of the shares.
    decimals: usize,
}

/// Where something stands, in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Frame {
    left: f64,
    top: f64,
    right: f64,
    bottom: f64,
}

/// What stands beside the end of a line.
struct Label {
    ink: Ink,
    /// As much of it as there is room for.
    name: String,
    share: String,
    /// Where its line ends.
    end: f64,
    /// The middle of its height.
    at: f64,
}

/// Where the question and what has come of it are said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Words {
    /// In the picture, which is shown by itself.
    Within,
    /// On the page around it.
    Around,
}

impl Plan<'_> {
    fn new(result: &RoundResult, place: Words) -> Plan<'_> {
        let inner = WIDTH - 2.0 * MARGIN;
        let (title, verdict, facts) = match place {
            Words::Within => (
                wrapped(&shown(&result.title), TITLE * BOLD, inner, 2),
                wrapped(&words::verdict(result), VERDICT, inner, 3),
                Some(facts(result)),
            ),
            Words::Around => (Vec::new(), Vec::new(), None),
        };
        let teams = result.teams.len();
        let lettering = if teams <= FEW { 16.0 } else { SMALL };
        let pitch = if teams <= FEW { 24.0 } else { 17.0 };
        let top = MARGIN
            + title.len() as f64 * line_height(TITLE)
            + verdict.len() as f64 * line_height(VERDICT)
            + if facts.is_some() { line_height(SMALL) + 20.0 } else { 0.0 }
            + 20.0;
        let bottom = top + PLOT_HEIGHT.max(pitch * teams as f64);
        let decimals = words::decimals(result);
        let names: Vec<String> =
            result.teams.iter().map(|team| fitted(&shown(&team.name), lettering, NAME)).collect();
        let widest = names.iter().map(|name| width(name, lettering)).fold(0.0, f64::max);
        let right = WIDTH - MARGIN - widest - label_left(lettering, decimals);
        let plot = Frame { left: PLOT_LEFT, top, right, bottom };
        let labels = labels(result, &plot, names, pitch, decimals);
        let height = bottom + BELOW;
        Plan { result, title, verdict, facts, plot, height, lettering, labels, decimals }
    }

    /// Where the name of a label begins.
    fn name_left(&self) -> f64 {
        self.plot.right + label_left(self.lettering, self.decimals)
    }

    /// Where the share of a label ends.
    fn share_right(&self) -> f64 {
        self.name_left() - 8.0
    }
}

/// From the end of the lines to the names beside them.
fn label_left(lettering: f64, decimals: usize) -> f64 {
    LEADER + SAMPLE + 8.0 + width(&words::percent(1.0, decimals), lettering * BOLD) + 8.0
}

fn line_height(lettering: f64) -> f64 {
    (lettering * 1.35).round()
}

fn labels(
    result: &RoundResult,
    plot: &Frame,
    names: Vec<String>,
    pitch: f64,
    decimals: usize,
) -> Vec<Label> {
    let share = |team: usize| result.teams[team].share;
    let mut order: Vec<usize> = (0..result.teams.len()).collect();
    order.sort_by(|a, b| share(*b).total_cmp(&share(*a)));
    let wanted: Vec<f64> = order.iter().map(|team| plot.height_of(share(*team))).collect();
    let heights = lettering::apart(&wanted, pitch, plot.top, plot.bottom);
    let mut at = vec![0.0; order.len()];
    for (team, height) in order.into_iter().zip(heights) {
        at[team] = height;
    }
    let teams = result.teams.len();
    let label = |(place, (name, at)): (usize, (String, f64))| Label {
        ink: Ink::new(result.teams[place].color, place, teams),
        share: words::percent(share(place), decimals),
        end: plot.height_of(share(place)),
        name,
        at,
    };
    names.into_iter().zip(at).enumerate().map(label).collect()
}

impl Frame {
    /// Where a share stands.
    fn height_of(&self, share: f64) -> f64 {
        let share = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 };
        self.bottom - share * (self.bottom - self.top)
    }
}

fn facts(result: &RoundResult) -> String {
    let opened = result.opened_at;
    let (day, time) = (words::day(opened), words::time_of_day(opened));
    let voices = if result.voices == 1 { "voice" } else { "voices" };
    let count = words::count(result.voices);
    format!("Round {}, opened on {day} at {time} UTC, {count} {voices}", result.number)
}

/// The picture of a round.
pub(super) fn one(result: &RoundResult, place: Words) -> String {
    drawn(&Plan::new(result, place), "")
}

/// The pictures of rounds below each other.
pub(super) fn all(results: &[&RoundResult]) -> String {
    let mut inner = String::new();
    let mut height = 0.0;
    for result in results {
        let plan = Plan::new(result, Words::Within);
        inner += &drawn(&plan, &format!(" y=\"{height}\""));
        height += plan.height;
    }
    let height = height.max(1.0);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" \
         viewBox=\"0 0 {WIDTH} {height}\">\n<title>The courses of {} rounds</title>\n{inner}</svg>\n",
        results.len()
    )
}

/// A plan as an SVG element with these attributes more.
fn drawn(plan: &Plan, attributes: &str) -> String {
    let Plan { result, height, .. } = plan;
    let mut svg = String::new();
    let id = format!("round-{}", result.number);
    let unit = drawing::UNIT;
    // The library counts in whole units, which are parts of a pixel here.
    let (width, fine_height) = (WIDTH * unit, height * unit);
    let _ = write!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\"{attributes} width=\"{WIDTH}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {fine_height}\" role=\"img\" \
         aria-labelledby=\"{id}-title {id}-desc\" stroke-linejoin=\"round\">\n\
         <title id=\"{id}-title\">The course of round {}: {}</title>\n\
         <desc id=\"{id}-desc\">{}</desc>\n",
        result.number,
        markup::text(&result.title),
        markup::escaped(&description(result)),
    );
    svg += &drawing::elements(plan);
    svg += "</svg>\n";
    svg
}

/// All that the picture shows, in words.
fn description(result: &RoundResult) -> String {
    let mut words = words::verdict(result);
    let decimals = words::decimals(result);
    for team in &result.teams {
        let (name, share) = (shown(&team.name), words::percent(team.share, decimals));
        let _ = write!(words, " {name}: {share}.");
    }
    let length = words::clock(axis::length(result));
    let _ = write!(words, " {}; the bell fell after {length}.", facts(result));
    words
}

#[cfg(test)]
mod tests;
