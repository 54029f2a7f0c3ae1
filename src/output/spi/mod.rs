//! Strips on the SPI bus of a Raspberry Pi: WS2812, SK6812 and APA102.
//!
//! Wiring of `/dev/spidev0.0`: data leaves at MOSI, BCM GPIO10, pin 19 of the header; APA102 take
//! their clock from SCLK, GPIO11, pin 23. Between the pin (3.3 V) and the strip (5 V) belongs a level
//! shifter such as 74AHCT125, and 300 to 500 ohm in the data line; the grounds are joined, with
//! 1000 uF across the supply of the strip. Without a shifter a first pixel close to the Pi, left dark
//! (`skip_first = 1`), may do for one.
//!
//! `/boot/firmware/config.txt`: `dtparam=spi=on`; on a Pi 3 or Zero also `core_freq=250`, on a Pi 4
//! `core_freq=500` and `core_freq_min=500`: the clock of the bus follows the core, and when that
//! changes its speed the pixels see only ones and turn white. The user is in group `spi`.
//!
//! The limit that bites: spidev takes `bufsiz` bytes a transfer, 4096 by default, which is
//! 322 WS2812, and a frame cannot be cut: the pause would end it. `spidev.bufsiz=65536` in
//! `/boot/firmware/cmdline.txt` makes it 5442.
//!
//! A frame is one write. A chip is a driver with smart-leds' `SmartLedsWrite` over a bus with
//! `embedded_hal`'s `SpiBus` ([`Ws2812`], [`Apa102`]), and [`SmartLeds`] makes a device of any driver of
//! that family. Crates for hardware are named in this folder alone, and exist on Linux alone.

mod address;
#[cfg(target_os = "linux")]
mod apa102;
#[cfg(target_os = "linux")]
mod bus;
mod doctor;
#[cfg(target_os = "linux")]
mod smart_leds;
#[cfg(target_os = "linux")]
mod ws2812;

use std::fmt;
use std::sync::Arc;

#[cfg(target_os = "linux")]
use embedded_hal::spi::SpiBus;
#[cfg(target_os = "linux")]
use smart_leds_trait::{RGB8, RGBW};

use crate::finding::Finding;
use crate::keys::problem::Problem;
use crate::keys::table::Table;
use crate::output::claim::Claim;
use crate::output::doctor::Machine;
use crate::output::led::device::{Device, DeviceError, Open, Refresh};
use crate::output::strip::{self, Defaults, MAX_PIXELS, Strip, White};
use crate::output::udp::KEEP_ALIVE;
use crate::output::{Entry, Kind};
use crate::render::colour::Order;

pub use address::{Address, AddressError};
#[cfg(target_os = "linux")]
pub use {apa102::Apa102, smart_leds::SmartLeds, ws2812::Ws2812};

pub(super) const KIND: Entry = ("spi", read);

/// What spidev takes at once where nobody has set it.
pub const DEFAULT_BUFSIZ: usize = 4096;

/// The longest transfer that is worth asking for: the Pi's driver cuts longer ones up.
pub const MAX_TRANSFER: usize = 65_532;

/// Where the kernel says how many bytes spidev takes.
pub const BUFSIZ_PATH: &str = "/sys/module/spidev/parameters/bufsiz";

/// The clock at which four of its bits make one that WS2812 and SK6812 understand: at 3 MHz the high
/// of a 0 lasts 333 ns and that of a 1 1000 ns.
pub const DEFAULT_HZ: u32 = 3_000_000;

/// Slower, a 0 looks like a 1.
pub const MIN_HZ: u32 = 2_100_000;

/// Faster, a 0 is too short to be seen.
pub const MAX_HZ: u32 = 3_800_000;

/// APA102 have a clock line and follow it.
pub const APA102_HZ: std::ops::RangeInclusive<u32> = 100_000..=20_000_000;

/// Microseconds of low that make WS2812 show what they have got. Newer ones want 280.
const LATCH_MICROSECONDS: u32 = 300;

/// The Pi's driver sends shorter transfers byte by byte, with gaps in which pixels see the end of
/// the frame.
const MIN_TRANSFER: usize = 96;

/// The keys of an `spi` output.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Which bus.
    pub device: Address,
    /// What the strip is made of.
    pub chip: Chip,
    /// The clock of the bus.
    pub hz: u32,
    /// All pixels of the strip, to say at start whether a frame fits one transfer.
    pub pixels: usize,
    /// The most frames a second. A long strip takes fewer: 30 us a pixel at 3 MHz.
    pub fps: u32,
}

/// What a strip is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chip {
    /// WS2812, WS2812B, WS2813, WS2815.
    Ws2812,
    /// SK6812 with three colours.
    Sk6812,
    /// SK6812 with white.
    Sk6812w,
    /// APA102 and SK9822.
    Apa102,
}

impl Chip {
    /// Bytes a pixel.
    #[must_use]
    pub const fn channels(self) -> usize {
        match self {
            Chip::Sk6812w => 4,
            Chip::Ws2812 | Chip::Sk6812 | Chip::Apa102 => 3,
        }
    }
}

impl fmt::Display for Chip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Chip::Ws2812 => "ws2812",
            Chip::Sk6812 => "sk6812",
            Chip::Sk6812w => "sk6812w",
            Chip::Apa102 => "apa102",
        })
    }
}

/// The bytes that the bus sends for a frame of this many pixels.
#[must_use]
pub fn transfer_length(chip: Chip, hz: u32, pixels: usize) -> usize {
    match chip {
        Chip::Apa102 => apa102_length(pixels),
        _ => 2 * latch(hz) + 4 * chip.channels() * pixels,
    }
}

/// The line of the kernel that makes spidev take a transfer of this length.
#[must_use]
pub fn bufsiz_line(length: usize) -> String {
    format!("spidev.bufsiz={}", length.next_power_of_two().max(65_536))
}

/// Bytes of low that end a frame of WS2812. Twice that is more than [`MIN_TRANSFER`] at any clock.
fn latch(hz: u32) -> usize {
    let bits = u64::from(hz) * u64::from(LATCH_MICROSECONDS) / 1_000_000;
    usize::try_from(bits).expect("300 us are some bits").div_ceil(8)
}

/// 32 bits before the pixels and 32 a pixel. Each pixel hands the clock on half a cycle late, so that
/// n/2 more are needed, eight a byte; and SK9822 show a frame with the 32 bits after it.
fn apa102_length(pixels: usize) -> usize {
    (4 + 4 * pixels + pixels.div_ceil(16) + 4).max(MIN_TRANSFER)
}

/// A strip of `chip` behind a bus whose clock is `hz`.
#[cfg(target_os = "linux")]
pub fn device<B>(bus: B, chip: Chip, hz: u32) -> Box<dyn Device>
where
    B: SpiBus<Error: Into<DeviceError>> + Send + 'static,
{
    match chip {
        Chip::Ws2812 | Chip::Sk6812 => {
            let driver = Ws2812::<B, 3>::new(bus, hz);
            Box::new(SmartLeds::new(driver, |[g, r, b]| RGB8 { r, g, b }))
        }
        Chip::Sk6812w => {
            let driver = Ws2812::<B, 4>::new(bus, hz);
            Box::new(SmartLeds::new(driver, |[g, r, b, w]| RGBW {
                r,
                g,
                b,
                a: smart_leds_trait::White(w),
            }))
        }
        Chip::Apa102 => Box::new(SmartLeds::new(Apa102::new(bus), |[b, g, r]| RGB8 { r, g, b })),
    }
}

const CHIPS: [(&str, Chip); 4] = [
    ("ws2812", Chip::Ws2812),
    ("sk6812", Chip::Sk6812),
    ("sk6812w", Chip::Sk6812w),
    ("apa102", Chip::Apa102),
];

fn read(table: &Table<'_>) -> (Arc<dyn Kind>, Strip) {
    let chip = table.choice("chip", &CHIPS).unwrap_or(Chip::Ws2812);
    let device = table.parsed("device", "/dev/spidev0.0", str::parse);
    let range = if chip == Chip::Apa102 { APA102_HZ } else { MIN_HZ..=MAX_HZ };
    let hz = table.whole("hz", range).unwrap_or(DEFAULT_HZ);
    let pixels = strip::pixels(table, MAX_PIXELS);
    let length = transfer_length(chip, hz, pixels);
    if length > MAX_TRANSFER {
        let message = format!(
            "{pixels} pixels of {chip} take {length} bytes, and {MAX_TRANSFER} is the most"
        );
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
    let strip = strip::read(table, pixels, &Defaults { order, white: White::Known(white) });
    let device = device.unwrap_or(Address::FIRST);
    let fps = strip::fps(table, 60, strip::MAX_FPS);
    (Arc::new(Settings { device, chip, hz, pixels, fps }), strip)
}

impl Kind for Settings {
    fn name(&self) -> &'static str {
        KIND.0
    }

    fn claim(&self, _: &Strip) -> Option<Claim> {
        // The data line of a bus: strips do not see which slave is selected.
        let hint = "one strip, or two in a row, is one output; `segments` splits it";
        let bus = format!("SPI bus {}", self.device.bus);
        Some(Claim::bus(bus, self.device.to_string(), "device", hint))
    }

    fn describe(&self, _: &Strip) -> String {
        format!("spi at {}, {}", self.device, self.chip)
    }

    fn examine(&self, _: &Strip, machine: &Machine) -> Vec<Finding> {
        doctor::examine(self, machine)
    }
}

impl Open for Settings {
    #[cfg(target_os = "linux")]
    fn open(&mut self) -> Result<Box<dyn Device>, DeviceError> {
        bus::open(self)
    }

    #[cfg(not(target_os = "linux"))]
    fn open(&mut self) -> Result<Box<dyn Device>, DeviceError> {
        let unfit = format!("{} needs Linux; a strip on SPI hangs on a Raspberry Pi", self.device);
        Err(DeviceError::Unfit(unfit))
    }

    fn refresh(&self) -> Refresh {
        // A strip holds its frame; one that was plugged in anew or caught a glitch gets it again.
        Refresh { fps: self.fps, repeats: 1, keep_alive: Some(KEEP_ALIVE) }
    }
}
