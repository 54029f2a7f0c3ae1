//! How an output is doing, and what it sent last: for the pages and for whoever watches.

use tokio::sync::watch;

use crate::render::bytes::Encoding;
use crate::render::colour::{Calibration, Linear};
use crate::snapshot::OutputStatus;

/// The frame that the device took last.
#[derive(Clone, Debug)]
pub struct Sent {
    /// As on the wire.
    pub bytes: Vec<u8>,
    calibration: Calibration,
    encoding: Encoding,
}

impl Sent {
    /// A dark strip.
    #[must_use]
    pub fn new(pixels: usize, calibration: &Calibration, encoding: Encoding) -> Sent {
        let bytes = vec![0; pixels * calibration.channels()];
        Sent { bytes, calibration: calibration.clone(), encoding }
    }

    /// What it looks like: three bytes of sRGB for each pixel in the order of the wire. White
    /// balance is taken out again, because an eye that sees the strip sees white.
    #[must_use]
    pub fn looks(&self) -> Vec<u8> {
        let places = self.calibration.order.places();
        let balance = self.calibration.white_balance;
        let mut looks = Vec::with_capacity(self.bytes.len());
        for pixel in self.bytes.chunks_exact(self.calibration.channels()) {
            let mut color = [0; 3];
            for (&byte, place) in pixel.iter().zip(places) {
                color[place] = byte;
            }
            if self.encoding == Encoding::Screen {
                looks.extend(color);
                continue;
            }
            let white = pixel.get(3).map_or(0.0, |&white| f32::from(white) / 255.0);
            let light = |place: usize| {
                f32::from(color[place]) / 255.0 / balance[place].max(1.0 / 255.0) + white
            };
            let color = Linear::new(light(0), light(1), light(2)).encode();
            looks.extend([color.r, color.g, color.b]);
        }
        looks
    }
}

/// Where an output says how it is doing.
pub struct Desk {
    pub(super) status: watch::Sender<OutputStatus>,
    pub(super) sent: watch::Sender<Sent>,
    pub(crate) turns: watch::Sender<u64>,
}

/// Where it is heard. Newest wins, and nobody is waited for.
#[derive(Clone)]
pub struct Monitor {
    /// How the output is doing.
    pub status: watch::Receiver<OutputStatus>,
    /// What it sent last.
    pub sent: watch::Receiver<Sent>,
    /// How often the frame loop has turned: with each scene at least, whatever the device does.
    pub turns: watch::Receiver<u64>,
}
