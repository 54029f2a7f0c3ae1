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
//! A frame is one write. [`encode`] is pure; the bus is whatever has `embedded_hal`'s `SpiBus`. rppal
//! is named in this file alone, and exists on Linux alone.

use std::fmt;
use std::str::FromStr;

use crate::output::led::device::{Device, DeviceError, Open, Pace};
use crate::output::udp::KEEP_ALIVE;

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

/// So many microseconds of low make WS2812 show what they have got. Newer ones want 280.
const LATCH_MICROSECONDS: u32 = 300;

/// The Pi's driver sends shorter transfers byte by byte, with gaps in which pixels see the end of
/// the frame.
const MIN_TRANSFER: usize = 96;

/// What begins an APA102 pixel, with its own dimmer fully open: that one flickers when filmed.
const APA102_FULL: u8 = 0xe0 | 31;

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

/// A device file of spidev.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Address {
    /// 0, or 3 to 6.
    pub bus: u8,
    /// The chip select, which strips do not see.
    pub slave: u8,
}

impl Address {
    /// Where nearly every strip is.
    pub const FIRST: Address = Address { bus: 0, slave: 0 };
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/dev/spidev{}.{}", self.bus, self.slave)
    }
}

/// Why a text is not an address of a bus for strips.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// It is something else.
    #[error("`{0}` is not an SPI device; write it as `/dev/spidev0.0`")]
    Malformed(String),
    /// The small buses of the Pi leave gaps between bytes.
    #[error("SPI bus {0} has no DMA and leaves gaps in a frame; use `/dev/spidev0.0`")]
    NoDma(u8),
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Address, AddressError> {
        let malformed = || AddressError::Malformed(text.to_owned());
        let numbers = text.strip_prefix("/dev/spidev").ok_or_else(malformed)?;
        let (bus, slave) = numbers.split_once('.').ok_or_else(malformed)?;
        let digit = |text: &str, last: u8| {
            let number = text.parse().ok().filter(|number| *number <= last);
            number.filter(|number: &u8| number.to_string() == text).ok_or_else(malformed)
        };
        match digit(bus, 6)? {
            bus @ 1..=2 => Err(AddressError::NoDma(bus)),
            bus => Ok(Address { bus, slave: digit(slave, 15)? }),
        }
    }
}

/// Writes what the bus sends for one frame, whose `bytes` are in the order of the strip.
pub fn encode(chip: Chip, hz: u32, bytes: &[u8], transfer: &mut Vec<u8>) {
    transfer.clear();
    match chip {
        Chip::Ws2812 | Chip::Sk6812 | Chip::Sk6812w => {
            let low = latch(hz);
            // What the line did before may look like the start of a pixel; low first ends it.
            transfer.resize(low + 4 * bytes.len() + low, 0);
            let places = transfer[low..].as_chunks_mut::<4>().0;
            for (place, &byte) in places.iter_mut().zip(bytes) {
                *place = SYMBOLS[usize::from(byte)];
            }
        }
        Chip::Apa102 => {
            transfer.extend([0; 4]);
            for color in bytes.as_chunks::<3>().0 {
                transfer.push(APA102_FULL);
                transfer.extend(color);
            }
            transfer.resize(transfer.len() + apa102_end(bytes.len() / 3), 0);
        }
    }
    transfer.resize(transfer.len().max(MIN_TRANSFER), 0);
}

/// The bytes that the bus sends for a frame of so many pixels.
#[must_use]
pub fn transfer_length(chip: Chip, hz: u32, pixels: usize) -> usize {
    let length = match chip {
        Chip::Apa102 => 4 + 4 * pixels + apa102_end(pixels),
        _ => 2 * latch(hz) + 4 * chip.channels() * pixels,
    };
    length.max(MIN_TRANSFER)
}

/// The line of the kernel that makes spidev take a transfer of this length.
#[must_use]
pub fn bufsiz_line(length: usize) -> String {
    format!("spidev.bufsiz={}", length.next_power_of_two().max(65_536))
}

/// Bytes of low that end a frame.
fn latch(hz: u32) -> usize {
    let bits = u64::from(hz) * u64::from(LATCH_MICROSECONDS) / 1_000_000;
    usize::try_from(bits).expect("300 us are some bits").div_ceil(8)
}

/// Each pixel hands the clock on half a cycle late, so that n/2 more are needed, eight a byte; and
/// SK9822 show a frame with the 32 bits after it.
fn apa102_end(pixels: usize) -> usize {
    pixels.div_ceil(16) + 4
}

/// Four bits of the bus for each bit of a byte, the highest first: 1000 is a 0 and 1110 a 1. Looked
/// up, for a long strip has thousands of bytes a frame.
static SYMBOLS: [[u8; 4]; 256] = {
    const PAIRS: [u8; 4] = [0x88, 0x8e, 0xe8, 0xee];
    let mut symbols = [[0; 4]; 256];
    let mut byte = 0;
    while byte < 256 {
        symbols[byte] =
            [PAIRS[byte >> 6], PAIRS[byte >> 4 & 3], PAIRS[byte >> 2 & 3], PAIRS[byte & 3]];
        byte += 1;
    }
    symbols
};

impl Open for Settings {
    #[cfg(target_os = "linux")]
    fn open(&mut self) -> Result<Box<dyn Device>, DeviceError> {
        linux::open(self)
    }

    #[cfg(not(target_os = "linux"))]
    fn open(&mut self) -> Result<Box<dyn Device>, DeviceError> {
        let unfit = format!("{} needs Linux; a strip on SPI hangs on a Raspberry Pi", self.device);
        Err(DeviceError::Unfit(unfit))
    }

    fn pace(&self) -> Pace {
        // A strip holds its frame; one that was plugged in anew or caught a glitch gets it again.
        Pace { fps: self.fps, repeats: 1, keep_alive: Some(KEEP_ALIVE) }
    }
}

#[cfg(target_os = "linux")]
pub use linux::Strip;

#[cfg(target_os = "linux")]
mod linux {
    //! The strip behind a bus of Linux.

    use std::io;

    use embedded_hal::spi::SpiBus;
    use rppal::spi::{Bus, Mode, SlaveSelect, Spi};

    use super::{Address, BUFSIZ_PATH, Chip, DEFAULT_BUFSIZ, Settings};
    use super::{bufsiz_line, encode, transfer_length};
    use crate::output::led::device::{Device, DeviceError, Wire};

    pub(super) fn open(settings: &Settings) -> Result<Box<dyn Device>, DeviceError> {
        let Settings { device, chip, hz, pixels, .. } = *settings;
        let (bus, slave) = numbers(device);
        let spi = Spi::new(bus, slave, hz, Mode::Mode0).map_err(|error| {
            let reason = io_error(error);
            DeviceError::Open { device: device.to_string(), hint: hint(&reason), reason }
        })?;
        let length = transfer_length(chip, hz, pixels);
        let bufsiz = std::fs::read_to_string(BUFSIZ_PATH).ok();
        let bufsiz = bufsiz.and_then(|text| text.trim().parse().ok()).unwrap_or(DEFAULT_BUFSIZ);
        if length > bufsiz {
            return Err(DeviceError::Unfit(format!(
                "{pixels} pixels take {length} bytes and spidev sends {bufsiz} at once; \
                 add `{}` to the line in /boot/firmware/cmdline.txt, and restart the Pi",
                bufsiz_line(length)
            )));
        }
        Ok(Box::new(Strip::new(spi, chip, hz)))
    }

    /// A strip behind a bus.
    #[derive(Debug)]
    pub struct Strip<B> {
        bus: B,
        chip: Chip,
        hz: u32,
        transfer: Vec<u8>,
    }

    impl<B> Strip<B> {
        /// A strip of `chip` behind `bus`, whose clock is `hz`.
        pub fn new(bus: B, chip: Chip, hz: u32) -> Strip<B> {
            Strip { bus, chip, hz, transfer: Vec::new() }
        }
    }

    impl<B: SpiBus<Error: Into<DeviceError>> + Send> Device for Strip<B> {
        fn write(&mut self, wire: &Wire<'_>) -> Result<(), DeviceError> {
            encode(self.chip, self.hz, wire.bytes, &mut self.transfer);
            self.bus.write(&self.transfer).map_err(Into::into)
        }

        fn end(&mut self) -> Result<(), DeviceError> {
            self.bus.flush().map_err(Into::into)
        }
    }

    impl From<rppal::spi::Error> for DeviceError {
        fn from(error: rppal::spi::Error) -> DeviceError {
            DeviceError::Write(io_error(error))
        }
    }

    fn io_error(error: rppal::spi::Error) -> io::Error {
        match error {
            rppal::spi::Error::Io(error) => error,
            error => io::Error::other(error),
        }
    }

    fn hint(reason: &io::Error) -> &'static str {
        match reason.kind() {
            io::ErrorKind::NotFound => {
                "; set `dtparam=spi=on` in /boot/firmware/config.txt, and restart the Pi"
            }
            io::ErrorKind::PermissionDenied => {
                "; add this user to group `spi` with `sudo usermod -aG spi $USER`, and log in again"
            }
            _ => "",
        }
    }

    fn numbers(address: Address) -> (Bus, SlaveSelect) {
        const BUSES: [Bus; 7] =
            [Bus::Spi0, Bus::Spi1, Bus::Spi2, Bus::Spi3, Bus::Spi4, Bus::Spi5, Bus::Spi6];
        const SLAVES: [SlaveSelect; 16] = [
            SlaveSelect::Ss0,
            SlaveSelect::Ss1,
            SlaveSelect::Ss2,
            SlaveSelect::Ss3,
            SlaveSelect::Ss4,
            SlaveSelect::Ss5,
            SlaveSelect::Ss6,
            SlaveSelect::Ss7,
            SlaveSelect::Ss8,
            SlaveSelect::Ss9,
            SlaveSelect::Ss10,
            SlaveSelect::Ss11,
            SlaveSelect::Ss12,
            SlaveSelect::Ss13,
            SlaveSelect::Ss14,
            SlaveSelect::Ss15,
        ];
        (BUSES[usize::from(address.bus)], SLAVES[usize::from(address.slave)])
    }
}
