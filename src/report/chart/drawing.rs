//! A plan drawn by `plotters`, in units that are parts of a pixel: it counts in whole ones.

use std::ops::Range;
use std::time::Duration;

use plotters::chart::{ChartBuilder, ChartContext, LabelAreaPosition};
use plotters::coord::Shift;
use plotters::coord::cartesian::Cartesian2d;
use plotters::coord::ranged1d::{DefaultFormatting, KeyPointHint, Ranged};
use plotters::drawing::{DrawingArea, DrawingAreaErrorKind, IntoDrawingArea};
use plotters::element::{Circle, DashedPathElement, PathElement, Polygon, Rectangle, Text};
use plotters::prelude::SVGBackend;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontStyle, IntoFont, RGBColor, ShapeStyle, TextStyle};

use crate::rgb::Rgb;

use super::super::words;
use super::ink::{Ink, Mark};
use super::lettering::width;
use super::{FEW, LEADER, Label, MARGIN, PLOT_LEFT, Plan, SAMPLE, SMALL, TITLE, VERDICT, WIDTH};
use super::{axis, line_height};

/// Units of a pixel.
pub(super) const UNIT: f64 = 8.0;

/// Half of what a mark measures, in pixels.
const MARK: f64 = 5.5;

const INK: RGBColor = RGBColor(0x17, 0x17, 0x1c);
const QUIET: RGBColor = RGBColor(0x5b, 0x5b, 0x66);
const FAINT: RGBColor = RGBColor(0xdc, 0xdc, 0xe2);

/// What the library makes of a size before it writes it down.
const FONT_SCALE: f64 = 1.24;

type Backend<'s> = SVGBackend<'s>;
type Area<'s> = DrawingArea<Backend<'s>, Shift>;
type Chart<'a, 's> = ChartContext<'a, Backend<'s>, Cartesian2d<Scale, Scale>>;
type Drawn = Result<(), DrawingAreaErrorKind<std::io::Error>>;

/// An axis from 0 to its end, with ticks where it says.
struct Scale {
    end: f64,
    ticks: Vec<f64>,
}

impl Ranged for Scale {
    type FormatOption = DefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, (from, to): (i32, i32)) -> i32 {
        from + rounded(value / self.end * f64::from(to - from))
    }

    fn key_points<Hint: KeyPointHint>(&self, _: Hint) -> Vec<f64> {
        self.ticks.clone()
    }

    fn range(&self) -> Range<f64> {
        0.0..self.end
    }
}

/// The elements of a picture, without the one around them.
pub(super) fn elements(plan: &Plan) -> String {
    let mut svg = String::new();
    let size = (size(WIDTH), size(plan.height));
    draw(plan, &SVGBackend::with_string(&mut svg, size).into_drawing_area())
        .expect("a string takes everything");
    let (_, inner) = svg.split_once('>').unwrap_or_default();
    inner.trim_start().trim_end().trim_end_matches("</svg>").to_owned()
}

fn draw(plan: &Plan, area: &Area) -> Drawn {
    area.fill(&RGBColor(0xff, 0xff, 0xff))?;
    draw_words(plan, area)?;
    let span = axis::span(plan.result);
    let mut chart = chart(plan, area, span)?;
    draw_bell(plan, area, &mut chart)?;
    for (label, line) in plan.labels.iter().zip(axis::lines(plan.result, plan.plot.right)) {
        let style = stroke(label.ink.color, if plan.labels.len() <= FEW { 2.5 } else { 1.5 });
        draw_line(&mut chart, line, label.ink, style)?;
    }
    // The marks of those who are ahead lie on those of the others.
    let mut labels: Vec<&Label> = plan.labels.iter().collect();
    labels.sort_by(|one, other| other.at.total_cmp(&one.at));
    for label in labels {
        draw_label(plan, area, label)?;
    }
    area.present()
}

/// What stands above the plot.
fn draw_words(plan: &Plan, area: &Area) -> Drawn {
    let mut top = MARGIN;
    let parts = [
        (&plan.title[..], TITLE, INK, FontStyle::Bold),
        (&plan.verdict[..], VERDICT, INK, FontStyle::Normal),
        (plan.facts.as_slice(), SMALL, QUIET, FontStyle::Normal),
    ];
    for (lines, size, color, weight) in parts {
        for line in lines {
            let style = lettering(size, weight, color, HPos::Left, VPos::Top);
            area.draw(&Text::new(line.clone(), at(MARGIN, top), style))?;
            top += line_height(size);
        }
    }
    if plan.result.course.is_empty() {
        let style = lettering(VERDICT, FontStyle::Normal, QUIET, HPos::Center, VPos::Center);
        let plot = plan.plot;
        let middle = at(f64::midpoint(plot.left, plot.right), f64::midpoint(plot.top, plot.bottom));
        area.draw(&Text::new("The course of this round was not kept.", middle, style))?;
    }
    Ok(())
}

/// The axes and what is to be drawn between them.
fn chart<'a, 's>(
    plan: &Plan,
    area: &'a Area<'s>,
    span: f64,
) -> Result<Chart<'a, 's>, DrawingAreaErrorKind<std::io::Error>> {
    let plot = plan.plot;
    let has_hours = span >= 3600.0;
    let widest = width(&words::clock(Duration::from_secs_f64(span)), SMALL);
    let room = (plot.right - plot.left) / (widest + 16.0);
    let mut chart = ChartBuilder::on(area)
        .margin_top(size(plot.top))
        .margin_right(size(WIDTH - plot.right))
        .set_label_area_size(LabelAreaPosition::Left, size(PLOT_LEFT))
        .set_label_area_size(LabelAreaPosition::Bottom, size(plan.height - plot.bottom))
        .build_cartesian_2d(
            Scale { end: span, ticks: axis::ticks(span, room.floor()) },
            Scale { end: 1.0, ticks: vec![0.0, 0.25, 0.5, 0.75, 1.0] },
        )?;
    let small = lettering(SMALL, FontStyle::Normal, QUIET, HPos::Left, VPos::Top);
    let unit = if has_hours { "hours:minutes:seconds" } else { "minutes:seconds" };
    chart
        .configure_mesh()
        .x_label_formatter(&|seconds| words::clock(Duration::from_secs_f64(seconds.max(0.0))))
        .y_label_formatter(&|share| words::percent(*share, 0))
        .x_desc(format!("since the opening ({unit})"))
        .label_style(small.clone())
        .axis_desc_style(small)
        .axis_style(QUIET.stroke_width(size(1.0)))
        .bold_line_style(FAINT.stroke_width(size(1.0)))
        .set_all_tick_mark_size(whole(5.0))
        .draw()?;
    Ok(chart)
}

fn draw_bell(plan: &Plan, area: &Area, chart: &mut Chart) -> Drawn {
    let length = axis::length(plan.result);
    let bell = length.as_secs_f64();
    let line = PathElement::new(vec![(bell, 0.0), (bell, 1.0)], INK.stroke_width(size(1.5)));
    chart.draw_series([line])?;
    let style = lettering(SMALL, FontStyle::Normal, INK, HPos::Right, VPos::Bottom);
    let words = format!("bell after {}", words::clock(length));
    area.draw(&Text::new(words, at(plan.plot.right, plan.plot.top - 3.0), style))
}

fn draw_line(chart: &mut Chart, line: Vec<(f64, f64)>, ink: Ink, style: ShapeStyle) -> Drawn {
    match ink.dashes {
        None => chart.draw_series([PathElement::new(line, style)])?,
        Some((dash, space)) => {
            let dashes = DashedPathElement::new(line, whole(dash), whole(space), style);
            chart.draw_series([dashes])?
        }
    };
    Ok(())
}

/// The mark at the end of a line, and what it is: a piece of it, the share and the name.
fn draw_label(plan: &Plan, area: &Area, label: &Label) -> Drawn {
    let Label { ink, name, share, end, at: height } = label;
    let right = plan.plot.right;
    let sample = right + LEADER;
    // Of many teams leaders would be a bundle that nobody can follow.
    if plan.labels.len() <= FEW {
        let leader = vec![at(right + MARK + 2.0, *end), at(sample - 4.0, *height)];
        area.draw(&PathElement::new(leader, QUIET.stroke_width(size(0.75))))?;
    }
    let piece = vec![at(sample, *height), at(sample + SAMPLE, *height)];
    let style = stroke(ink.color, 2.5);
    match ink.dashes {
        None => area.draw(&PathElement::new(piece, style))?,
        Some((dash, space)) => {
            area.draw(&DashedPathElement::new(piece, whole(dash), whole(space), style))?;
        }
    }
    for (x, y) in [(right, *end), (sample + SAMPLE / 2.0, *height)] {
        draw_mark(area, *ink, x, y)?;
    }
    let size = plan.lettering;
    let style = lettering(size, FontStyle::Bold, INK, HPos::Right, VPos::Center);
    area.draw(&Text::new(share.clone(), at(plan.share_right(), *height), style))?;
    let style = lettering(size, FontStyle::Normal, INK, HPos::Left, VPos::Center);
    area.draw(&Text::new(name.clone(), at(plan.name_left(), *height), style))
}

fn draw_mark(area: &Area, ink: Ink, x: f64, y: f64) -> Drawn {
    // White below and within, so that marks that lie on lines and on each other are seen.
    draw_shape(area, ink.mark, (x, y), MARK + 1.0, RGBColor(0xff, 0xff, 0xff))?;
    draw_shape(area, ink.mark, (x, y), MARK, color(ink.color))?;
    if !ink.is_filled {
        draw_shape(area, ink.mark, (x, y), MARK - 2.5, RGBColor(0xff, 0xff, 0xff))?;
    }
    Ok(())
}

fn draw_shape(area: &Area, mark: Mark, (x, y): (f64, f64), half: f64, color: RGBColor) -> Drawn {
    let corners = |corners: &[(f64, f64)]| -> Vec<_> {
        corners.iter().map(|(dx, dy)| at(x + dx * half, y + dy * half)).collect()
    };
    match mark {
        Mark::Circle => area.draw(&Circle::new(at(x, y), whole(half), color.filled())),
        Mark::Square => {
            let ends = [at(x - 0.9 * half, y - 0.9 * half), at(x + 0.9 * half, y + 0.9 * half)];
            area.draw(&Rectangle::new(ends, color.filled()))
        }
        Mark::Triangle => {
            let corners = corners(&[(0.0, -1.2), (1.15, 0.9), (-1.15, 0.9)]);
            area.draw(&Polygon::new(corners, color.filled()))
        }
        Mark::Diamond => {
            let corners = corners(&[(0.0, -1.3), (1.3, 0.0), (0.0, 1.3), (-1.3, 0.0)]);
            area.draw(&Polygon::new(corners, color.filled()))
        }
    }
}

fn lettering(
    pixels: f64,
    weight: FontStyle,
    color: RGBColor,
    across: HPos,
    down: VPos,
) -> TextStyle<'static> {
    let font = ("sans-serif", pixels * UNIT * FONT_SCALE, weight).into_font();
    font.color(&color).pos(Pos::new(across, down))
}

fn stroke(ink: Rgb, pixels: f64) -> ShapeStyle {
    color(ink).stroke_width(size(pixels))
}

fn color(ink: Rgb) -> RGBColor {
    RGBColor(ink.r, ink.g, ink.b)
}

fn at(x: f64, y: f64) -> (i32, i32) {
    (whole(x), whole(y))
}

/// Pixels in units.
fn whole(pixels: f64) -> i32 {
    rounded(pixels * UNIT)
}

fn rounded(units: f64) -> i32 {
    #[expect(clippy::cast_possible_truncation, reason = "a picture has some thousand units")]
    {
        units.round() as i32
    }
}

/// The same of what is not negative.
fn size(pixels: f64) -> u32 {
    whole(pixels).unsigned_abs()
}
