//! The strip as a line of coloured cells, with the numbers under it.
//!
//! Draws at the bottom of the terminal and leaves the rest alone, so that log lines scroll by above
//! it; takes its picture away at the end. Needs 24-bit colour. Never touches the cursor's look or
//! the terminal's modes, so that there is nothing to restore after any death.
//! Draws nothing where standard output is no terminal, and nothing in the background of a shell that has
//! stopped the program and let it go on there.

mod round;

use std::fmt::Write as _;
use std::io::{self, IsTerminal};
use std::sync::Arc;

use console::{Term, measure_text_width, truncate_str};

use crate::finding::Finding;
use crate::keys::table::Table;
use crate::picture::Scene;
use crate::render::bytes::Encoding;
use crate::render::colour::{Calibration, Linear};
use crate::render::layout::Layout;
use crate::render::power::Budget;
use crate::rgb::Rgb;
use crate::screen;
use crate::snapshot::{RecordingState, RecordingStatus, Snapshot, SourceState};
use crate::timer::{self, TimerStatus};

use super::Kind;
use super::claim::Claim;
use super::doctor::Machine;
use super::led::device::{Device, DeviceError, Open, Refresh, Wire};
use super::strip::{self, Strip};

pub(super) const KIND: super::Entry = ("terminal", read);

/// The most frames a second that a terminal takes without lagging behind.
const MAX_FPS: u32 = 30;

/// The keys of a `terminal` output. More lights than the terminal is wide share its cells.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Frames a second at the most, 1..=30.
    pub fps: u32,
}

fn read(table: &Table<'_>) -> (Arc<dyn Kind>, Strip) {
    let layout = Layout {
        reverse: table.flag("reverse").unwrap_or(false),
        mirror: table.flag("mirror").unwrap_or(false),
        offset: table.whole("offset", 0..=1000).unwrap_or(0) as usize,
        ..Layout::plain(strip::pixels(table, 1000))
    };
    let calibration =
        Calibration { brightness: strip::brightness(table), ..Calibration::default() };
    let settings = Settings { fps: strip::fps(table, MAX_FPS, MAX_FPS) };
    (Arc::new(settings), Strip { layout, calibration, budget: NO_BUDGET })
}

/// Cells of a terminal draw nothing.
const NO_BUDGET: Budget = Budget { max_milliamps: u32::MAX };

impl super::Settings {
    /// Whether it draws where standard output is.
    #[must_use]
    pub fn is_terminal(&self) -> bool {
        self.kind.name() == KIND.0
    }

    /// A strip in the terminal, as a config without any other key has it.
    #[must_use]
    pub fn terminal() -> super::Settings {
        let strip = Strip {
            layout: Layout::plain(50),
            calibration: Calibration::default(),
            budget: NO_BUDGET,
        };
        super::Settings {
            name: KIND.0.to_owned(),
            kind: Arc::new(Settings { fps: MAX_FPS }),
            strip,
        }
    }
}

impl Kind for Settings {
    fn name(&self) -> &'static str {
        KIND.0
    }

    fn encoding(&self) -> Encoding {
        Encoding::Screen
    }

    fn claim(&self, _: &Strip) -> Option<Claim> {
        Some(Claim::own("terminal", "kind", "leave one of them out"))
    }

    fn describe(&self, _: &Strip) -> String {
        "terminal".to_owned()
    }

    fn examine(&self, strip: &Strip, _: &Machine) -> Vec<Finding> {
        let pixels = strip.layout.pixels;
        let said = format!("{pixels} pixels are drawn where standard output is one");
        vec![Finding::ok("terminal", said)]
    }
}

impl Open for Settings {
    fn open(&mut self) -> Result<Box<dyn Device>, DeviceError> {
        Ok(Box::new(Terminal::open()))
    }

    fn refresh(&self) -> Refresh {
        Refresh { fps: self.fps, repeats: 0, keep_alive: None }
    }
}

/// Text starts here; also the margin on the right.
const MARGIN: usize = 2;

/// Lines of the strip, which is tall enough to be seen.
const STRIP_LINES: usize = 2;

/// On fewer columns nothing is drawn: every line would wrap.
const NARROWEST: usize = 10;

const RESET: &str = "\x1b[0m";

/// The terminal of standard output.
struct Terminal {
    /// `None` if standard output is no terminal, or one that cannot place its cursor.
    term: Option<Term>,
    /// What stands on the terminal, line by line.
    lines: Vec<String>,
    /// Columns and rows for which it was drawn.
    size: (usize, usize),
}

impl Terminal {
    fn open() -> Terminal {
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let term = (io::stdout().is_terminal() && !dumb).then(Term::stdout);
        Terminal { term, lines: Vec::new(), size: (0, 0) }
    }

    /// Forgets the picture, which another program may have written over.
    fn leave(&mut self) -> Result<(), DeviceError> {
        self.size = (0, 0);
        if !self.lines.is_empty() {
            self.lines.clear();
            screen::show_picture(&[], Vec::new(), Vec::new())?;
        }
        Ok(())
    }
}

impl Device for Terminal {
    fn write(&mut self, wire: &Wire<'_>) -> Result<(), DeviceError> {
        let Some(term) = &self.term else { return Ok(()) };
        if !screen::is_ours() {
            return self.leave();
        }
        let (rows, columns) = term.size();
        let size = (usize::from(columns), usize::from(rows));
        let frame: Vec<Rgb> = wire
            .bytes
            .chunks_exact(wire.channels)
            .map(|pixel| Rgb::new(pixel[0], pixel[1], pixel[2]))
            .collect();
        let mut lines =
            if size.0 < NARROWEST { Vec::new() } else { picture(&frame, wire.snapshot, size.0) };
        // A picture taller than the terminal would scroll it with every frame.
        lines.truncate(size.1.saturating_sub(1).max(1));
        let update = if size == self.size && lines.len() == self.lines.len() {
            changes(&self.lines, &lines)
        } else {
            // The terminal has wrapped the old lines if it became narrower.
            let rows = self
                .lines
                .iter()
                .map(|line| measure_text_width(line).div_ceil(size.0.max(1)).max(1));
            erase(rows.sum()) + &draw(&lines)
        };
        if !update.is_empty() {
            screen::show_picture(
                update.as_bytes(),
                erase(lines.len()).into_bytes(),
                draw(&lines).into_bytes(),
            )?;
        }
        self.lines = lines;
        self.size = size;
        Ok(())
    }

    fn end(&mut self) -> Result<(), DeviceError> {
        if self.term.is_none() {
            return Ok(());
        }
        let update = erase(self.lines.len());
        self.lines.clear();
        Ok(screen::show_picture(update.as_bytes(), Vec::new(), Vec::new())?)
    }
}

/// Takes a picture of some lines away. The cursor stands at the start of the line below it.
fn erase(lines: usize) -> String {
    match lines {
        0 => String::new(),
        lines => format!("\x1b[{lines}A\r\x1b[J"),
    }
}

fn draw(lines: &[String]) -> String {
    lines.iter().fold(String::new(), |all, line| all + line + "\x1b[K\r\n")
}

/// Goes up to the lines that changed and writes those.
fn changes(old: &[String], new: &[String]) -> String {
    let mut update = String::new();
    for (index, line) in new.iter().enumerate().filter(|&(index, line)| old[index] != *line) {
        let up = new.len() - index;
        write!(update, "\x1b[{up}A\r{line}\x1b[K\x1b[{up}B\r").expect("a string takes everything");
    }
    update
}

/// The whole picture, at most `columns` wide.
fn picture(frame: &[Rgb], snapshot: Option<&Snapshot>, columns: usize) -> Vec<String> {
    let width = columns.saturating_sub(2 * MARGIN).max(1);
    let margin = " ".repeat(MARGIN);
    let mut lines = vec![String::new()];
    if let Some(snapshot) = snapshot {
        let title = format!("\x1b[1m{}{RESET}", plain(snapshot.contest.title()));
        lines.push(spread(&title, &clock(snapshot), width));
    }
    let strip = strip(frame, width);
    lines.extend(std::iter::repeat_n(strip, STRIP_LINES));
    let timer = snapshot.and_then(|snapshot| {
        snapshot.timer.filter(|_| snapshot.round.is_none() || snapshot.scene == Scene::Timer)
    });
    if let Some(timer) = timer {
        lines.push(left(&timer));
    } else if let Some(snapshot) = snapshot {
        lines.extend(round::line(snapshot));
        lines.extend(teams(snapshot, width));
        lines.push(String::new());
        lines.push(counted(snapshot));
        lines.push(sources(snapshot));
        lines.extend(snapshot.recording.as_ref().map(recording));
    }
    lines
        .into_iter()
        .map(|line| {
            let line = truncate_str(&line, width, "…").into_owned();
            if line.is_empty() { line } else { format!("{margin}{line}{RESET}") }
        })
        .collect()
}

/// A cell of the terminal a pixel or two; more pixels than cells share them, as light mixes.
fn strip(frame: &[Rgb], width: usize) -> String {
    let cells: Vec<Rgb> = if frame.len() > width {
        (0..width)
            .map(|cell| {
                let part = &frame[cell * frame.len() / width..(cell + 1) * frame.len() / width];
                let sum =
                    part.iter().fold(Linear::default(), |sum, &color| sum + Linear::decode(color));
                (sum * (1.0 / part.len() as f32)).encode()
            })
            .collect()
    } else {
        let each = (width / frame.len().max(1)).clamp(1, 3);
        frame.iter().flat_map(|&color| std::iter::repeat_n(color, each)).collect()
    };
    let mut line = String::new();
    let mut last = None;
    for color in cells {
        if last.replace(color) != Some(color) {
            let Rgb { r, g, b } = color;
            write!(line, "\x1b[48;2;{r};{g};{b}m").expect("a string takes everything");
        }
        line.push(' ');
    }
    line + RESET
}

/// Two teams stand at the ends of the strip, more of them below each other: the share first, which
/// a narrow terminal does not clip. Of a hidden round only the names.
fn teams(snapshot: &Snapshot, width: usize) -> Vec<String> {
    let is_hidden = round::is_hidden(snapshot);
    let team = |index: usize| {
        let (team, standing) = (&snapshot.contest.teams()[index], &snapshot.teams[index]);
        let Rgb { r, g, b } = legible(team.color);
        let name = format!("\x1b[1;38;2;{r};{g};{b}m{}{RESET}", plain(&team.name));
        if is_hidden {
            return (name, "?".to_owned(), "secret".to_owned());
        }
        let share = format!("\x1b[1m{}{RESET}", percent(standing.share));
        let votes = format!("{}  {:.1}/s", count(standing.votes, "vote"), standing.rate);
        (name, share, votes)
    };
    if snapshot.teams.len() == 2 {
        let ((left, left_share, left_votes), (right, right_share, right_votes)) =
            (team(0), team(1));
        return vec![
            spread(&format!("{left} {left_share}"), &format!("{right_share} {right}"), width),
            spread(&left_votes, &right_votes, width),
        ];
    }
    let line = |index| {
        let (name, share, votes) = team(index);
        spread(&format!("{share} {name}"), &votes, width.min(60))
    };
    (0..snapshot.teams.len()).map(line).collect()
}

/// A number of things, as people say it.
fn count(number: u64, thing: &str) -> String {
    format!("{number} {thing}{}", if number == 1 { "" } else { "s" })
}

fn counted(snapshot: &Snapshot) -> String {
    let posts = &snapshot.posts;
    let reasons = [
        (posts.unmatched, "no team"),
        (posts.both, "both"),
        (posts.duplicate, "duplicate"),
        (posts.late, "late"),
        (posts.revised, "revised"),
        (posts.malformed, "malformed"),
        (posts.dropped, "DROPPED"),
    ];
    let reasons: Vec<String> = reasons
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, reason)| format!("{count} {reason}"))
        .collect();
    let ignored = posts.received() - posts.matched;
    let why = if reasons.is_empty() { String::new() } else { format!(" ({})", reasons.join(", ")) };
    format!("{} counted, {ignored} ignored{why}", count(posts.matched, "post"))
}

fn sources(snapshot: &Snapshot) -> String {
    let sources: Vec<String> = snapshot
        .sources
        .iter()
        .map(|source| {
            let state = source.state.name();
            let silence = match source.state {
                SourceState::Stale => format!(" for {} s", source.stale.as_secs()),
                _ => String::new(),
            };
            let missing = match source.gap_time.as_secs() {
                _ if source.gap_count == 0 => String::new(),
                seconds => format!(", {seconds} s missing"),
            };
            let problem = source.problem.as_deref().map(|problem| format!(": {}", plain(problem)));
            let problem = problem.unwrap_or_default();
            let name = plain(&source.name);
            format!("{name} ({}) {state}{silence}{missing}{problem}", source.kind)
        })
        .collect();
    format!("\x1b[2m{}{RESET}", sources.join(", "))
}

/// The recording, loud if it has stopped.
fn recording(recording: &RecordingStatus) -> String {
    let RecordingStatus { path, lines, lost, .. } = recording;
    let lost = if *lost > 0 { format!(", {lost} messages LOST") } else { String::new() };
    let kept = format!("{lines} lines in {}{lost}", plain(path));
    if recording.state == RecordingState::On {
        return format!("\x1b[2mrecording: {kept}{RESET}");
    }
    let error = recording.error.as_deref().unwrap_or(recording.state.name());
    format!("\x1b[1;31mRECORDING STOPPED: {}{RESET}, {kept}", plain(error))
}

/// What a timer says, with the keys that it obeys.
fn left(timer: &TimerStatus) -> String {
    let held = if timer.running { "" } else { "  \x1b[7m HELD \x1b[0m" };
    format!("\x1b[1m{}{RESET} of {} left{held}", timer.clock(), timer::clock(timer.total))
}

/// The time that is shown; and that it is a rehearsal, wherever it is one.
fn clock(snapshot: &Snapshot) -> String {
    let replay = snapshot.sources.iter().any(|source| source.kind == "replay");
    let at = snapshot.at.map(|at| at.to_string()[11..19].to_owned()).unwrap_or_default();
    if replay { format!("\x1b[7m REPLAY {RESET} {at}") } else { at }
}

/// `left` and `right` at the two ends of the width.
fn spread(left: &str, right: &str, width: usize) -> String {
    let used = measure_text_width(left) + measure_text_width(right);
    let gap = width.saturating_sub(used).max(2);
    format!("{left}{}{right}", " ".repeat(gap))
}

/// One decimal; all and nothing only if it is that.
fn percent(share: f64) -> String {
    let rounded = (share * 1000.0).round() / 10.0;
    let shown = if share > 0.0 && share < 1.0 { rounded.clamp(0.1, 99.9) } else { rounded };
    format!("{shown:.1} %")
}

/// The colour for text: dark ones are raised until they can be read on black.
fn legible(color: Rgb) -> Rgb {
    let light = Linear::decode(color);
    let missing = (0.18 - light.luminance()).max(0.0);
    (light + Linear { r: missing, g: missing, b: missing }).encode()
}

/// Text from outside without what a terminal would obey.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}
