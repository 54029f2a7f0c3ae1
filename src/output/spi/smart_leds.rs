//! Any driver of the smart-leds family as a device.
//!
//! [`SmartLeds`] is all that stands between a [`SmartLedsWrite`] and the frame loop, so that a chip that
//! has such a driver needs one line: the driver, and how a pixel's bytes become one of its colours.
//!
//! Of smart-leds the trait alone is used. Its `gamma` and `brightness` take bytes and give bytes; here
//! light is calibrated, limited and rounded once, by `render`. A second rounding would lose the dark
//! steps that a fade needs, and brighten or dim frames behind the current limiter's back.

use smart_leds_trait::SmartLedsWrite;

use crate::output::led::device::{Device, DeviceError, Wire};

/// A strip behind a driver whose pixels have `CHANNELS` bytes.
#[derive(Debug)]
pub struct SmartLeds<D, F, const CHANNELS: usize> {
    driver: D,
    color: F,
}

impl<D, F, const CHANNELS: usize> SmartLeds<D, F, CHANNELS>
where
    D: SmartLedsWrite,
    F: Fn([u8; CHANNELS]) -> D::Color,
{
    /// `color` makes a colour of the bytes of a pixel, which come in the order in which the driver
    /// puts them on the bus: a driver that sends green first gets `|[g, r, b]| RGB8 { r, g, b }`.
    /// So the key `order` means the same whatever the driver does.
    pub fn new(driver: D, color: F) -> SmartLeds<D, F, CHANNELS> {
        SmartLeds { driver, color }
    }
}

impl<D, F, const CHANNELS: usize> Device for SmartLeds<D, F, CHANNELS>
where
    D: SmartLedsWrite<Error: Into<DeviceError>> + Send,
    F: Fn([u8; CHANNELS]) -> D::Color + Send,
{
    fn write(&mut self, wire: &Wire<'_>) -> Result<(), DeviceError> {
        let pixels = wire.bytes.as_chunks::<CHANNELS>().0.iter();
        self.driver.write(pixels.map(|&bytes| (self.color)(bytes))).map_err(Into::into)
    }

    fn end(&mut self) -> Result<(), DeviceError> {
        // A strip holds its last frame, and the trait knows no end.
        Ok(())
    }
}
