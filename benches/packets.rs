//! From the bytes of a frame to what leaves for the wire, for a strip of 1000 pixels.
//!
//! Rendering takes its 10 microseconds before that (`render`); a frame at 60 Hz has 16 ms.

use std::convert::Infallible;

use divan::{Bencher, black_box};
use hashtug::output::e131::{self, Source, State};
use hashtug::output::{artnet, ddp, wled};

const PIXELS: usize = 1000;

/// The channels of a universe, whole pixels only.
const SLOTS: usize = 510;

fn main() {
    divan::main();
}

fn frame(channels: usize) -> Vec<u8> {
    (0..PIXELS * channels).map(|index| u8::try_from(index % 251).expect("a small number")).collect()
}

#[cfg(target_os = "linux")]
mod spi {
    use divan::{Bencher, black_box};
    use embedded_hal::spi::{Error, ErrorKind, ErrorType, SpiBus};
    use hashtug::output::led::device::{DeviceError, Wire};
    use hashtug::output::spi::{self, Chip};

    /// With the driver, as the thread of an output has it.
    #[divan::bench(args = ["ws2812", "sk6812w", "apa102"])]
    fn spi(bencher: Bencher<'_, '_>, chip: &str) {
        let chip = match chip {
            "ws2812" => Chip::Ws2812,
            "sk6812w" => Chip::Sk6812w,
            _ => Chip::Apa102,
        };
        let channels = chip.channels();
        let bytes = super::frame(channels);
        let mut device = spi::device(Bus, chip, spi::DEFAULT_HZ);
        bencher.bench_local(|| {
            device.write(&Wire { bytes: black_box(&bytes), channels, snapshot: None })
        });
    }

    /// A bus that takes all at once.
    struct Bus;

    #[derive(Debug)]
    struct Never;

    impl Error for Never {
        fn kind(&self) -> ErrorKind {
            ErrorKind::Other
        }
    }

    impl From<Never> for DeviceError {
        fn from(_: Never) -> DeviceError {
            unreachable!("the bus takes all")
        }
    }

    impl ErrorType for Bus {
        type Error = Never;
    }

    impl SpiBus for Bus {
        fn write(&mut self, bytes: &[u8]) -> Result<(), Never> {
            black_box(bytes);
            Ok(())
        }

        fn flush(&mut self) -> Result<(), Never> {
            Ok(())
        }

        fn read(&mut self, _: &mut [u8]) -> Result<(), Never> {
            unreachable!("strips say nothing")
        }

        fn transfer(&mut self, _: &mut [u8], _: &[u8]) -> Result<(), Never> {
            unreachable!("strips say nothing")
        }

        fn transfer_in_place(&mut self, _: &mut [u8]) -> Result<(), Never> {
            unreachable!("strips say nothing")
        }
    }
}

#[divan::bench]
fn ddp(bencher: Bencher<'_, '_>) {
    let (bytes, mut packet, mut sequence) = (frame(3), Vec::new(), 0);
    bencher.bench_local(|| {
        let Ok(()) = ddp::encode(black_box(&bytes), 3, &mut sequence, &mut packet, |packet| {
            black_box(packet);
            Ok::<(), Infallible>(())
        });
    });
}

#[divan::bench]
fn wled(bencher: Bencher<'_, '_>) {
    let (bytes, mut packet) = (frame(3), Vec::new());
    bencher.bench_local(|| {
        let Ok(()) = wled::encode(black_box(&bytes), 3, 2, &mut packet, |packet| {
            black_box(packet);
            Ok::<(), Infallible>(())
        });
    });
}

#[divan::bench]
fn e131(bencher: Bencher<'_, '_>) {
    let source = Source { cid: [7; 16], name: "hashtug".into(), priority: 100 };
    let (bytes, mut packet) = (frame(3), Vec::new());
    bencher.bench_local(|| {
        for (data, universe) in black_box(&bytes).chunks(SLOTS).zip(1..) {
            e131::packet(&source, universe, 1, State::Live, data, &mut packet);
            black_box(&packet);
        }
    });
}

#[divan::bench]
fn artnet(bencher: Bencher<'_, '_>) {
    let (bytes, mut packet) = (frame(3), Vec::new());
    bencher.bench_local(|| {
        for (data, universe) in black_box(&bytes).chunks(SLOTS).zip(0..) {
            artnet::packet(1, universe, data, &mut packet);
            black_box(&packet);
        }
    });
}
