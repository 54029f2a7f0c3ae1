//! APA102 and SK9822: a line for the data and one for the clock.
//!
//! A frame is 32 bits of low, 32 bits a pixel, and enough low for the last pixel to get all of its
//! own. What a pixel takes first is blue, then green and red. Their own dimmer stays fully open.

use embedded_hal::spi::SpiBus;
use smart_leds_trait::{RGB8, SmartLedsWrite};

use super::apa102_length;

/// What begins a pixel, with its own dimmer fully open: that one flickers when filmed.
const FULL: u8 = 0xe0 | 31;

/// Strips of this kind behind a bus.
#[derive(Debug)]
pub struct Apa102<B> {
    bus: B,
    /// Room for a transfer, kept from frame to frame.
    frame: Vec<[u8; 4]>,
}

impl<B> Apa102<B> {
    /// Behind `bus`, at whatever clock: [`super::APA102_HZ`].
    pub fn new(bus: B) -> Apa102<B> {
        Apa102 { bus, frame: Vec::new() }
    }
}

impl<B: SpiBus> SmartLedsWrite for Apa102<B> {
    type Error = B::Error;
    type Color = RGB8;

    fn write<T, I>(&mut self, colors: T) -> Result<(), B::Error>
    where
        T: IntoIterator<Item = I>,
        I: Into<RGB8>,
    {
        let Apa102 { bus, frame } = self;
        frame.clear();
        frame.push([0; 4]);
        frame.extend(colors.into_iter().map(|color| {
            let RGB8 { r, g, b } = color.into();
            [FULL, b, g, r]
        }));
        let length = apa102_length(frame.len() - 1);
        frame.resize(length.div_ceil(4), [0; 4]);
        bus.write(&frame.as_flattened()[..length])?;
        bus.flush()
    }
}
