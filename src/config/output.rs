//! The `[[output]]` tables: where the light goes.
//!
//! A kind of output is one line in [`KINDS`] and one function that names its keys; those of the
//! strip itself are in [`super::strip`].

use std::net::Ipv4Addr;

use super::claims::Claims;
use super::strip::{self, Kin, MAX_PIXELS, White};
use crate::keys::duration;
use crate::keys::host;
use crate::keys::names::Names;
use crate::keys::problem::Problem;
use crate::keys::table::Table;
use crate::output::spi::Chip;
use crate::output::led::Strip;
use crate::output::{Kind, Settings, artnet, ddp, e131, holiday, spi, terminal, wled};
use crate::render::colour::{Calibration, Order};
use crate::render::layout::Layout;
use crate::render::power::Budget;

type Reader = fn(&Table<'_>) -> (Kind, Strip);

/// The kinds, by the word that the file has for them.
const KINDS: [(&str, Reader); 7] = [
    ("terminal", terminal),
    ("spi", spi),
    ("ddp", ddp),
    ("e131", e131),
    ("artnet", artnet),
    ("wled", wled),
    ("holiday", holiday),
];

const CHIPS: [(&str, Chip); 4] = [
    ("ws2812", Chip::Ws2812),
    ("sk6812", Chip::Sk6812),
    ("sk6812w", Chip::Sk6812w),
    ("apa102", Chip::Apa102),
];

/// What devices on a network take without stutter, also over Wi-Fi.
const NETWORK_FPS: u32 = 40;

/// No eye sees more.
const MAX_FPS: u32 = 120;

/// Reads all outputs. One without a kind that exists is left out, and recorded as a problem.
pub(super) fn read(root: &Table<'_>) -> Vec<Settings> {
    let mut names = Names::new("outputs");
    let mut claims = Claims::default();
    let outputs = root.each("output", "[[output]]", |table| {
        let kind = table.kind(&KINDS, &[]);
        let name = names.claim(table, kind.map(|(kind, _)| kind));
        kind.map(|(_, read)| {
            let (kind, strip) = read(table);
            let settings = Settings { name, kind, strip };
            claims.note(table, &settings);
            settings
        })
    });
    outputs.into_iter().flatten().collect()
}

fn terminal(table: &Table<'_>) -> (Kind, Strip) {
    let layout = Layout {
        reverse: table.flag("reverse").unwrap_or(false),
        mirror: table.flag("mirror").unwrap_or(false),
        offset: table.whole("offset", 0..=1000).unwrap_or(0) as usize,
        ..Layout::plain(strip::pixels(table, 1000))
    };
    let calibration =
        Calibration { brightness: strip::brightness(table), ..Calibration::default() };
    // Cells of a terminal draw nothing.
    let budget = Budget { max_milliamps: u32::MAX };
    (
        Kind::Terminal(terminal::Settings { fps: fps(table, 30, 30) }),
        Strip { layout, calibration, budget },
    )
}

fn spi(table: &Table<'_>) -> (Kind, Strip) {
    let chip = table.choice("chip", &CHIPS).unwrap_or(Chip::Ws2812);
    let device = table.parsed("device", "/dev/spidev0.0", str::parse);
    let range = if chip == Chip::Apa102 { spi::APA102_HZ } else { spi::MIN_HZ..=spi::MAX_HZ };
    let hz = table.whole("hz", range).unwrap_or(spi::DEFAULT_HZ);
    let pixels = strip::pixels(table, MAX_PIXELS);
    let length = spi::transfer_length(chip, hz, pixels);
    if length > spi::MAX_TRANSFER {
        let most = spi::MAX_TRANSFER;
        let message =
            format!("{pixels} pixels of {chip} take {length} bytes, and {most} is the most");
        let hint = "a frame is one transfer on the bus; use fewer pixels, or a network output";
        table.report(Problem::new(table.place("pixels"), message).hint(hint));
    }
    let white = chip.channels() == 4;
    let (why, hint) = if white {
        (format!("the chip `{chip}` has white"), "leave the key out; without white it is `sk6812`")
    } else {
        (format!("the chip `{chip}` has no white"), "leave the key out; with white it is `sk6812w`")
    };
    strip::white_is(table, white, &why, hint);
    let order = if chip == Chip::Apa102 { Order::BGR } else { Order::GRB };
    let strip = strip::read(table, pixels, &Kin { order, white: White::Known(white) });
    let device = device.unwrap_or(spi::Address::FIRST);
    (Kind::Spi(spi::Settings { device, chip, hz, pixels, fps: fps(table, 60, MAX_FPS) }), strip)
}

fn ddp(table: &Table<'_>) -> (Kind, Strip) {
    let settings = ddp::Settings {
        host: host::read(table, "").unwrap_or_default(),
        port: port(table, ddp::PORT),
        fps: fps(table, NETWORK_FPS, MAX_FPS),
    };
    (Kind::Ddp(settings), network_strip(table))
}

fn e131(table: &Table<'_>) -> (Kind, Strip) {
    let strip = network_strip(table);
    let host = host::read(table, ", or `host = \"multicast\"` for all that listen");
    let interface = table.parsed("interface", "192.168.1.20", |text| {
        text.parse::<Ipv4Addr>().map_err(
            |_| "`interface` is the IPv4 address of this machine on the network to send to",
        )
    });
    let to = match host {
        Some(host) if host == host::MULTICAST => e131::To::Multicast { interface },
        host => {
            if interface.is_some() && host.is_some() {
                let message = "`interface` is for `host = \"multicast\"` alone";
                let hint = "the system knows the way to one host; leave the key out";
                table.report(Problem::new(table.place("interface"), message).hint(hint));
            }
            e131::To::Host(host.unwrap_or_default())
        }
    };
    let settings = e131::Settings {
        to,
        port: port(table, e131::PORT),
        universe: universe(table, &strip, 1, 1, e131::LAST_UNIVERSE),
        priority: table
            .whole("priority", 0..=e131::MAX_PRIORITY)
            .and_then(|priority| u8::try_from(priority).ok())
            .unwrap_or(100),
        source_name: source_name(table).unwrap_or_else(|| "hashtug".to_owned()),
        fps: fps(table, NETWORK_FPS, e131::MAX_FPS),
    };
    (Kind::E131(settings), strip)
}

fn artnet(table: &Table<'_>) -> (Kind, Strip) {
    let strip = network_strip(table);
    let settings = artnet::Settings {
        host: host::read(table, "").unwrap_or_default(),
        port: port(table, artnet::PORT),
        universe: universe(table, &strip, 0, 0, artnet::LAST_UNIVERSE),
        fps: fps(table, NETWORK_FPS, artnet::MAX_FPS),
    };
    (Kind::Artnet(settings), strip)
}

fn wled(table: &Table<'_>) -> (Kind, Strip) {
    let strip = network_strip(table);
    let pixels = strip.layout.pixels;
    if strip.calibration.white && pixels > wled::MAX_RGBW {
        let most = wled::MAX_RGBW;
        let message = format!("{pixels} pixels with white do not fit one packet; {most} do");
        let hint = "WLED takes more by another protocol: `kind = \"ddp\"`";
        table.report(Problem::new(table.place("pixels"), message).hint(hint));
    }
    let settings = wled::Settings {
        host: host::read(table, "").unwrap_or_default(),
        port: port(table, wled::PORT),
        timeout: table.parsed("timeout", "2s", timeout).unwrap_or(2),
        fps: fps(table, NETWORK_FPS, MAX_FPS),
    };
    (Kind::Wled(settings), strip)
}

fn holiday(table: &Table<'_>) -> (Kind, Strip) {
    let pixels = strip::pixels(table, MAX_PIXELS);
    if pixels != holiday::PIXELS {
        let message = format!("a Holiday has 50 pixels, not {pixels}");
        table.report(Problem::new(table.place("pixels"), message).hint("leave the key out"));
    }
    let kin = Kin { order: Order::RGB, white: White::Known(false) };
    let settings = holiday::Settings {
        host: host::read(table, "").unwrap_or_default(),
        port: port(table, holiday::PORT),
        fps: fps(table, 25, 60),
    };
    (Kind::Holiday(settings), strip::read(table, holiday::PIXELS, &kin))
}

/// A strip behind a network, which may be any.
fn network_strip(table: &Table<'_>) -> Strip {
    let pixels = strip::pixels(table, MAX_PIXELS);
    strip::read(table, pixels, &Kin { order: Order::RGB, white: White::Asked })
}

fn fps(table: &Table<'_>, default: u32, most: u32) -> u32 {
    table.whole("fps", 1..=most).unwrap_or(default)
}

fn port(table: &Table<'_>, default: u16) -> u16 {
    let port = table.whole("port", 1..=u32::from(u16::MAX));
    port.and_then(|port| u16::try_from(port).ok()).unwrap_or(default)
}

/// The first universe of the strip, of which the last must exist too.
fn universe(table: &Table<'_>, strip: &Strip, default: u16, first: u32, last: u32) -> u16 {
    let Some(universe) = table.whole("universe", first..=last) else { return default };
    let channels = strip.calibration.channels();
    let pixels = strip.layout.pixels;
    let count = e131::universes(pixels, channels);
    let end = universe as usize + count - 1;
    if end > last as usize {
        let each = e131::slots(channels) / channels;
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

/// Seconds until WLED takes over when nothing comes.
fn timeout(text: &str) -> Result<u8, String> {
    let duration = duration(text).map_err(|error| error.to_string())?;
    let seconds =
        u8::try_from(duration.as_secs()).ok().filter(|seconds| (2..=254).contains(seconds));
    seconds.filter(|_| duration.subsec_nanos() == 0).ok_or_else(|| {
        format!("`timeout` must be from 2s to 254s in whole seconds, not {duration:?}")
    })
}

fn source_name(table: &Table<'_>) -> Option<String> {
    let name = table.name("source_name")?;
    let most = e131::MAX_SOURCE_NAME;
    if name.len() > most {
        let message = format!("`source_name` has {} bytes, and {most} fit", name.len());
        table.report(Problem::new(table.place("source_name"), message));
    }
    Some(name)
}
