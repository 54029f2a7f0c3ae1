//! From the bytes of a frame to what leaves for the wire, for a strip of 1000 pixels.
//!
//! Rendering takes its 10 microseconds before that (`render`); a frame at 60 Hz has 16 ms.

use std::convert::Infallible;

use divan::{Bencher, black_box};
use hashtug::output::e131::{self, Source, State};
use hashtug::output::spi::{self, Chip};
use hashtug::output::{artnet, ddp, wled};

const PIXELS: usize = 1000;

fn main() {
    divan::main();
}

fn frame(channels: usize) -> Vec<u8> {
    (0..PIXELS * channels).map(|index| u8::try_from(index % 251).expect("a small number")).collect()
}

#[divan::bench(args = ["ws2812", "sk6812w", "apa102"])]
fn spi(bencher: Bencher<'_, '_>, chip: &str) {
    let chip = match chip {
        "ws2812" => Chip::Ws2812,
        "sk6812w" => Chip::Sk6812w,
        _ => Chip::Apa102,
    };
    let (bytes, mut transfer) = (frame(chip.channels()), Vec::new());
    bencher.bench_local(|| {
        spi::encode(chip, spi::DEFAULT_HZ, black_box(&bytes), &mut transfer);
        transfer.len()
    });
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
        for (data, universe) in black_box(&bytes).chunks(e131::slots(3)).zip(1..) {
            e131::packet(&source, universe, 1, State::Live, data, &mut packet);
            black_box(&packet);
        }
    });
}

#[divan::bench]
fn artnet(bencher: Bencher<'_, '_>) {
    let (bytes, mut packet) = (frame(3), Vec::new());
    bencher.bench_local(|| {
        for (data, universe) in black_box(&bytes).chunks(e131::slots(3)).zip(0..) {
            artnet::packet(1, universe, data, &mut packet);
            black_box(&packet);
        }
    });
}
