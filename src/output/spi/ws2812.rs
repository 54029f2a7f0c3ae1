//! WS2812, SK6812 and their kin: one line, on which a bit is told by how long it is high.
//!
//! Four bits of the bus make one of the strip. A frame is one write, for a pause ends it, and there
//! is low before and after it. What a pixel takes first is green, then red, blue and white.

use embedded_hal::spi::SpiBus;
use smart_leds_trait::{RGB8, RGBW, SmartLedsWrite};

use super::latch;

/// Strips of this kind behind a bus; pixels have `CHANNELS` bytes: 3, or 4 with white.
#[derive(Debug)]
pub struct Ws2812<B, const CHANNELS: usize> {
    bus: B,
    /// Bytes of low on each side of the pixels.
    low: usize,
    /// Room for a transfer, kept from frame to frame. The low takes whole pixels in it.
    frame: Vec<[[u8; 4]; CHANNELS]>,
}

impl<B, const CHANNELS: usize> Ws2812<B, CHANNELS> {
    /// Behind `bus`, whose clock is `hz`: [`super::MIN_HZ`] to [`super::MAX_HZ`].
    pub fn new(bus: B, hz: u32) -> Ws2812<B, CHANNELS> {
        Ws2812 { bus, low: latch(hz), frame: Vec::new() }
    }
}

impl<B: SpiBus, const CHANNELS: usize> Ws2812<B, CHANNELS> {
    /// Sends one frame of pixels, whose bytes are in the order of the strip.
    fn send(&mut self, pixels: impl Iterator<Item = [u8; CHANNELS]>) -> Result<(), B::Error> {
        let Ws2812 { bus, low, frame } = self;
        let dark = [[0; 4]; CHANNELS];
        let padding = low.div_ceil(4 * CHANNELS);
        frame.clear();
        // What the line did before may look like the start of a pixel; low first ends it.
        frame.resize(padding, dark);
        frame.extend(pixels.map(|bytes| bytes.map(|byte| SYMBOLS[usize::from(byte)])));
        frame.resize(frame.len() + padding, dark);
        let excess = padding * 4 * CHANNELS - *low;
        let transfer = frame.as_flattened().as_flattened();
        bus.write(&transfer[excess..transfer.len() - excess])?;
        bus.flush()
    }
}

impl<B: SpiBus> SmartLedsWrite for Ws2812<B, 3> {
    type Error = B::Error;
    type Color = RGB8;

    fn write<T, I>(&mut self, colors: T) -> Result<(), B::Error>
    where
        T: IntoIterator<Item = I>,
        I: Into<RGB8>,
    {
        self.send(colors.into_iter().map(|color| {
            let RGB8 { r, g, b } = color.into();
            [g, r, b]
        }))
    }
}

impl<B: SpiBus> SmartLedsWrite for Ws2812<B, 4> {
    type Error = B::Error;
    type Color = RGBW<u8>;

    fn write<T, I>(&mut self, colors: T) -> Result<(), B::Error>
    where
        T: IntoIterator<Item = I>,
        I: Into<RGBW<u8>>,
    {
        self.send(colors.into_iter().map(|color| {
            let RGBW { r, g, b, a } = color.into();
            [g, r, b, a.0]
        }))
    }
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
