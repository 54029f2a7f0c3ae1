//! The `[[output]]` tables: where the light goes.
//!
//! A kind of output is one line in [`KINDS`] and one function that names its keys.

use super::names::Names;
use super::table::Table;
use crate::output::led::{Strip, terminal};
use crate::output::{Kind, Settings};
use crate::render::colour::Calibration;
use crate::render::layout::Layout;
use crate::render::power::Budget;

type Reader = fn(&Table<'_>) -> Kind;

/// The kinds of this version, by the word that the file has for them.
const KINDS: [(&str, Reader); 1] = [("terminal", |table| Kind::Terminal(terminal(table)))];

/// Kinds that people will look for, and that this version does not have.
const PLANNED: [&str; 6] = ["spi", "ddp", "e131", "artnet", "wled", "holiday"];

/// Reads all outputs. One without a kind that exists is left out, and recorded as a problem.
pub(super) fn read(root: &Table<'_>) -> Vec<Settings> {
    let mut names = Names::new("outputs");
    let outputs = root.each("output", "[[output]]", |table| {
        let kind = table.kind(&KINDS, &PLANNED);
        let name = names.claim(table, kind.map(|(kind, _)| kind));
        kind.map(|(_, read)| {
            let strip = strip(table);
            Settings { name, kind: read(table), strip }
        })
    });
    outputs.into_iter().flatten().collect()
}

fn terminal(table: &Table<'_>) -> terminal::Settings {
    terminal::Settings { fps: table.whole("fps", 1..=30).unwrap_or(30) }
}

fn strip(table: &Table<'_>) -> Strip {
    let pixels = table.whole("pixels", 1..=1000).map_or(50, |pixels| pixels as usize);
    Strip {
        layout: Layout { reverse: table.flag("reverse").unwrap_or(false), ..Layout::plain(pixels) },
        calibration: Calibration { brightness: brightness(table), ..Calibration::default() },
        budget: Budget { max_milliamps: 20 * u32::try_from(pixels.max(100)).unwrap_or(u32::MAX) },
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a number from 0 to 1 fits")]
fn brightness(table: &Table<'_>) -> f32 {
    table.number("brightness", 0.0..=1.0).unwrap_or(1.0) as f32
}
