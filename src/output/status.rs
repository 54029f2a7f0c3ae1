//! How an output is doing, and what it sent last: for the pages and for whoever watches.

use tokio::sync::watch;

use crate::render::bytes::Encoding;
use crate::render::colour::{Calibration, Linear};

/// How an output is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// As in the config.
    pub name: String,
    /// The kind of output, as in the config.
    pub kind: &'static str,
    /// What it is doing.
    pub state: State,
    /// Why it is failing.
    pub error: Option<String>,
    /// Of the strip.
    pub pixels: usize,
    /// Frames that the device took, repeated ones not counted.
    pub frames: u64,
    /// Frames that were due while the device was busy or failing.
    pub skipped: u64,
    /// Unchanged frames that the device took again.
    pub repeated: u64,
    /// Writes and openings that failed.
    pub errors: u64,
    /// What the last frame draws, in mA; `None` on a screen.
    pub milliamps: Option<u32>,
    /// What it may draw; `None` on a screen.
    pub max_milliamps: Option<u32>,
    /// The last frame is darker than it should be, to stay within that.
    pub limited: bool,
    /// Some light of the last frame changes later than it should, so as not to flash.
    pub flash_limited: bool,
}

/// What an output is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// No frame has arrived yet.
    Opening,
    /// Frames arrive.
    Live,
    /// The device does not take them, and is tried again.
    Failing,
    /// There will be no more.
    Ended,
}

impl State {
    /// As in JSON and on the page.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            State::Opening => "opening",
            State::Live => "live",
            State::Failing => "failing",
            State::Ended => "ended",
        }
    }
}

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
    pub(super) status: watch::Sender<Status>,
    pub(super) sent: watch::Sender<Sent>,
    pub(crate) turns: watch::Sender<u64>,
}

/// Where it is heard. Newest wins, and nobody is waited for.
#[derive(Clone)]
pub struct Monitor {
    /// How the output is doing.
    pub status: watch::Receiver<Status>,
    /// What it sent last.
    pub sent: watch::Receiver<Sent>,
    /// How often the frame loop has turned: with each scene at least, whatever the device does.
    pub turns: watch::Receiver<u64>,
}
