//! What all strips have, and its keys: how many pixels, which is which, what they make of a byte, and
//! what they may draw.

use crate::keys::problem::Problem;
use crate::keys::table::Table;
use crate::render::colour::{Calibration, Order};
use crate::render::layout::{Layout, Matrix, Segment};
use crate::render::power::{Budget, CHANNEL_MILLIAMPS, IDLE_MILLIAMPS};
use crate::rgb::Rgb;

/// What all strips have.
#[derive(Clone, Debug, PartialEq)]
pub struct Strip {
    /// How it is mounted.
    pub layout: Layout,
    /// What it makes of a byte.
    pub calibration: Calibration,
    /// How much it may draw.
    pub budget: Budget,
}

/// As long as the first string that a hashtag ever pulled at.
const PIXELS: u32 = 50;

/// Ten times what the largest wall of a hall has. More is a slip of the finger, and would take the
/// network all of its time.
pub(super) const MAX_PIXELS: u32 = 65_536;

/// The least supply that is taken for granted: what a port of USB 3 and most chargers give.
const USUAL_MILLIAMPS: u32 = 2000;

/// A pixel of the default budget: two channels at full, what it draws in the dark, and one more for
/// rounding. A plain colour is not dimmed by that, and white is.
const PIXEL_MILLIAMPS: u32 = 2 * CHANNEL_MILLIAMPS + IDLE_MILLIAMPS + 1;

const MAX_MILLIAMPS: u32 = 1_000_000;

/// More frames a second no eye sees.
pub(super) const MAX_FPS: u32 = 120;

/// What a kind of output decides for its strips.
pub(super) struct Defaults {
    pub(super) order: Order,
    pub(super) white: White,
}

/// Whether pixels have a white LED.
pub(super) enum White {
    /// The key `white` says.
    Asked,
    /// The kind or the chip says.
    Known(bool),
}

/// Reads the strip, but not how many pixels it has.
pub(super) fn read(table: &Table<'_>, pixels: usize, defaults: &Defaults) -> Strip {
    let white = match defaults.white {
        White::Asked => table.flag("white").unwrap_or(false),
        White::Known(white) => white,
    };
    let calibration = Calibration {
        order: order(table, white).unwrap_or(defaults.order),
        white,
        brightness: fraction(table, "brightness", 0.0, 1.0).unwrap_or(1.0),
        gamma: fraction(table, "gamma", 1.0, 4.0).unwrap_or(2.2),
        white_balance: white_balance(table),
    };
    Strip { layout: layout(table, pixels), calibration, budget: budget(table, pixels) }
}

/// Reads a strip behind a network, which may be any.
pub(super) fn of_network(table: &Table<'_>) -> Strip {
    let pixels = pixels(table, MAX_PIXELS);
    read(table, pixels, &Defaults { order: Order::RGB, white: White::Asked })
}

/// The most frames a second.
pub(super) fn fps(table: &Table<'_>, default: u32, most: u32) -> u32 {
    table.whole("fps", 1..=most).unwrap_or(default)
}

/// How many pixels there are.
pub(super) fn pixels(table: &Table<'_>, most: u32) -> usize {
    table.whole("pixels", 1..=most).unwrap_or(PIXELS) as usize
}

/// How bright all of it is.
pub(super) fn brightness(table: &Table<'_>) -> f32 {
    fraction(table, "brightness", 0.0, 1.0).unwrap_or(1.0)
}

#[expect(clippy::cast_possible_truncation, reason = "a small number fits")]
fn fraction(table: &Table<'_>, key: &'static str, from: f64, to: f64) -> Option<f32> {
    table.number(key, from..=to).map(|number| number as f32)
}

fn order(table: &Table<'_>, white: bool) -> Option<Order> {
    let order = table.parsed("order", "grb", |text| {
        text.parse::<Order>().map(|order| (order, text.ends_with('w')))
    });
    let (order, names_white) = order?;
    if names_white && !white {
        let problem =
            Problem::new(table.place("order"), "`order` has white, and the strip has not");
        table.report(problem.hint("leave the `w` out, or say that there is white: `white = true`"));
    }
    Some(order)
}

fn white_balance(table: &Table<'_>) -> [f32; 3] {
    let Some(Rgb { r, g, b }) = table.parsed("white_balance", "#ffffff", str::parse) else {
        return [1.0; 3];
    };
    [r, g, b].map(|channel| f32::from(channel) / 255.0)
}

fn budget(table: &Table<'_>, pixels: usize) -> Budget {
    let count = u32::try_from(pixels).unwrap_or(MAX_PIXELS);
    let default = (count * PIXEL_MILLIAMPS).max(USUAL_MILLIAMPS);
    let max_milliamps = table.whole("max_milliamps", 1..=MAX_MILLIAMPS).unwrap_or(default);
    let idle = count * IDLE_MILLIAMPS;
    if max_milliamps <= idle {
        let message = format!(
            "`max_milliamps` is {max_milliamps}, and {count} pixels draw {idle} mA in the dark"
        );
        let problem = Problem::new(table.place("max_milliamps"), message);
        table.report(problem.hint(format!(
            "write what the supply gives; without the key it is {default} mA for this strip"
        )));
    }
    Budget { max_milliamps }
}

fn layout(table: &Table<'_>, pixels: usize) -> Layout {
    let skip_first = table.whole("skip_first", 0..=MAX_PIXELS).unwrap_or(0) as usize;
    let lit = pixels.saturating_sub(skip_first);
    if lit == 0 {
        let message = format!("`skip_first` is {skip_first}, which leaves none of {pixels} pixels");
        table.report(Problem::new(table.place("skip_first"), message));
    }
    let matrix = matrix(table);
    let segments = segments(table);
    if lit > 0 {
        fits(table, pixels, lit, matrix, &segments);
    }
    Layout {
        pixels,
        reverse: table.flag("reverse").unwrap_or(false),
        mirror: table.flag("mirror").unwrap_or(false),
        offset: table.whole("offset", 0..=MAX_PIXELS).unwrap_or(0) as usize,
        skip_first,
        matrix,
        segments,
    }
}

/// Says what does not add up.
fn fits(
    table: &Table<'_>,
    pixels: usize,
    lit: usize,
    matrix: Option<Matrix>,
    segments: &[Segment],
) {
    let report = |key, message: String, wanted: usize| {
        let problem = Problem::new(table.place(key), message);
        table.report(problem.hint(format!("write `pixels = {wanted}`, or mend the rest")));
    };
    let have = if lit == pixels {
        format!("`pixels` is {pixels}")
    } else {
        format!("`pixels` without `skip_first` is {lit}")
    };
    let skipped = pixels - lit;
    if let Some(Matrix { width, height, .. }) = matrix
        && width * height != lit
    {
        let product = width * height;
        let message = format!("a matrix of {width} by {height} has {product} pixels, and {have}");
        report("matrix", message, product + skipped);
    }
    let sum: usize = segments.iter().map(|segment| segment.pixels).sum();
    if !segments.is_empty() && sum != lit {
        report("segments", format!("the segments have {sum} pixels, and {have}"), sum + skipped);
    }
    if matrix.is_some() && !segments.is_empty() {
        let problem =
            Problem::new(table.place("segments"), "a strip is a matrix or segments, not both");
        table.report(problem.hint("each row of a matrix shows the whole split; leave one of them"));
    }
}

fn matrix(table: &Table<'_>) -> Option<Matrix> {
    let size = |table: &Table<'_>, key| {
        if !table.has(key) {
            table.report_missing(key, "for example `width = 16, height = 16`".to_owned());
        }
        table.whole(key, 1..=MAX_PIXELS).map(|size| size as usize)
    };
    table
        .inline("matrix", "width = 16, height = 16, serpentine = true", |table| {
            let (width, height) = (size(table, "width"), size(table, "height"));
            let serpentine = table.flag("serpentine").unwrap_or(false);
            Some(Matrix { width: width?, height: height?, serpentine })
        })
        .flatten()
}

fn segments(table: &Table<'_>) -> Vec<Segment> {
    let segments = table.inline_list("segments", "pixels = 30", |table| {
        if !table.has("pixels") {
            table.report_missing("pixels", "for example `pixels = 30`".to_owned());
        }
        let pixels = table.whole("pixels", 1..=MAX_PIXELS).map(|pixels| pixels as usize);
        let reverse = table.flag("reverse").unwrap_or(false);
        pixels.map(|pixels| Segment { pixels, reverse })
    });
    // With one that could not be read the others would not add up; that one is reported.
    segments.and_then(|segments| segments.into_iter().collect()).unwrap_or_default()
}

/// Says that a strip has no white, if the file wants some.
pub(super) fn white_is(table: &Table<'_>, white: bool, why: &str, hint: &str) {
    let asked = table.flag("white");
    if asked.is_some_and(|asked| asked != white) {
        table.report(Problem::new(table.place("white"), why.to_owned()).hint(hint.to_owned()));
    }
}
