//! Drawing the split: a frame at 60 Hz has 16 ms, of which this may take 10 us for 1,000 pixels.
//!
//! Run it with `cargo bench --bench render`.

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use hashtug::render::{self, Frame, Layout};
use hashtug::rgb::Rgb;

fn main() {
    divan::main();
}

#[divan::bench(args = [50, 1000])]
fn split(bencher: Bencher, pixels: usize) {
    let shares = [0.2, 0.35, 0.45];
    let colors = [Rgb::new(255, 176, 0), Rgb::new(0, 80, 176), Rgb::new(255, 96, 144)];
    let layout = Layout { pixels, reverse: false, brightness: 0.8 };
    let mut frame = Frame::new();
    bencher.counter(ItemsCount::new(pixels)).bench_local(|| {
        render::frame(black_box(&shares), &colors, &layout, &mut frame);
        black_box(frame.last().copied())
    });
}
