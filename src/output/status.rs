//! How an output is doing, and what it sent last: for the pages and for whoever watches.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::sleep;

use crate::render::bytes::Encoding;
use crate::render::colour::{Calibration, Linear};
use crate::snapshot::{OutputState, OutputStatus};

use super::strip::Strip;

/// Between two turns while the frame loop is not there.
const TURN: Duration = Duration::from_millis(250);

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

/// Where an output sends how it is doing, and what it sent last. It outlives a panic of the output.
#[derive(Clone)]
pub struct StatusSender {
    pub(super) status: watch::Sender<OutputStatus>,
    pub(super) sent: watch::Sender<Sent>,
    pub(crate) turns: watch::Sender<u64>,
}

impl StatusSender {
    /// A panic has ended the frame loop, which begins anew.
    pub(crate) fn panicked(&self, words: &str) {
        self.status.send_modify(|status| {
            status.state = OutputState::Failing;
            status.error = Some(words.to_owned());
            status.panics += 1;
        });
    }

    /// Turns in the place of a frame loop that is yet to begin anew, for ever: nobody takes its silence
    /// for a program that hangs.
    pub(crate) async fn turn(&self) {
        loop {
            self.turns.send_modify(|turns| *turns += 1);
            sleep(TURN).await;
        }
    }
}

/// Where that is read. Newest wins, and nobody is waited for.
#[derive(Clone)]
pub struct Monitor {
    /// How the output is doing.
    pub status: watch::Receiver<OutputStatus>,
    /// What it sent last.
    pub sent: watch::Receiver<Sent>,
    /// How often the frame loop has turned: with each scene at least, whatever the device does.
    pub turns: watch::Receiver<u64>,
}

/// The two ends of how an output is doing that has not begun.
#[must_use]
pub fn channel(
    name: &str,
    kind: &'static str,
    strip: &Strip,
    encoding: Encoding,
) -> (StatusSender, Monitor) {
    let screen = encoding == Encoding::Screen;
    let status = OutputStatus {
        name: name.to_owned(),
        kind,
        state: OutputState::Opening,
        error: None,
        pixels: strip.layout.pixels,
        frames: 0,
        skipped: 0,
        repeated: 0,
        errors: 0,
        panics: 0,
        milliamps: None,
        max_milliamps: (!screen).then_some(strip.budget.max_milliamps),
        limited: false,
        flash_limited: false,
    };
    let (status_tx, status_rx) = watch::channel(status);
    let sent = Sent::new(strip.layout.pixels, &strip.calibration, encoding);
    let (sent_tx, sent_rx) = watch::channel(sent);
    let (turns_tx, turns_rx) = watch::channel(0);
    let sender = StatusSender { status: status_tx, sent: sent_tx, turns: turns_tx };
    (sender, Monitor { status: status_rx, sent: sent_rx, turns: turns_rx })
}
