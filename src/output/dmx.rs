//! Universes of DMX over a network: what E1.31 and Art-Net have in common.
//!
//! A strip takes as many universes as it needs, of 170 pixels each (128 with white), from the key
//! `universe` on; a pixel never straddles two of them. Packets are the protocols' own.

use crate::finding::Finding;
use crate::keys::problem::Problem;
use crate::keys::table::Table;

use super::claim::Claim;
use super::strip::Strip;

/// Receivers drop a packet whose number is up to 20 behind the last one of the source (E1.31, 6.7.2;
/// Art-Net's nodes compare numbers alike), and the source is the same after a restart. A show gets
/// over that within half a second; what only darkens a strip that was left lit would be dropped as a
/// whole. Its second packet is so much further on that it is not, and with it none that follows.
pub(super) const JUMP: u8 = 64;

/// Frames a second that every node takes: what DMX itself can carry at 512 slots (E1.31, 6.6.1).
pub(super) const MAX_FPS: u32 = 44;

/// The channels of a universe that pixels use: whole pixels only.
#[must_use]
pub(super) const fn slots(channels: usize) -> usize {
    512 / channels * channels
}

/// The universes that a strip takes.
const fn universes(pixels: usize, channels: usize) -> usize {
    pixels.div_ceil(512 / channels)
}

/// The last universe of a strip.
fn last(first: u16, strip: &Strip) -> usize {
    usize::from(first) + universes(strip.layout.pixels, strip.calibration.channels()) - 1
}

/// Reads the first universe of the strip, of which the last must exist too.
pub(super) fn universe(
    table: &Table<'_>,
    strip: &Strip,
    default: u16,
    there_are: std::ops::RangeInclusive<u32>,
) -> u16 {
    let last = *there_are.end();
    let Some(universe) = table.whole("universe", there_are) else { return default };
    let channels = strip.calibration.channels();
    let pixels = strip.layout.pixels;
    let count = universes(pixels, channels);
    let end = universe as usize + count - 1;
    if end > last as usize {
        let each = slots(channels) / channels;
        let message = format!(
            "{pixels} pixels need {count} universes ({each} pixels each), and from {universe} on \
             there are {}",
            last - universe + 1
        );
        let hint = format!("the last universe is {last}; begin at a lower one");
        table.report(Problem::new(table.place("universe"), message).hint(hint));
    }
    u16::try_from(universe).unwrap_or(default)
}

/// What a strip drives.
pub(super) fn claim(host: &str, port: u16, first: u16, strip: &Strip) -> Option<Claim> {
    Claim::universes(host, port, usize::from(first), last(first, strip))
}

/// Which universes a strip takes, for `hashtug check`.
pub(super) fn describe(first: u16, strip: &Strip) -> String {
    let last = last(first, strip);
    if last == usize::from(first) {
        format!("universe {first}")
    } else {
        format!("universes {first}-{last}")
    }
}

/// Which universes a strip takes, for `hashtug doctor`.
pub(super) fn examine(first: u16, last_there_is: u32, strip: &Strip) -> Finding {
    let last = last(first, strip);
    let said = format!("{} pixels take universes {first} to {last}", strip.layout.pixels);
    if last <= last_there_is as usize {
        Finding::ok("universes", said)
    } else {
        Finding::fail("universes", said, Some("begin with a lower `universe`"))
    }
}
