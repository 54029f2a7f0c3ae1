//! A real device that keeps its frames, for tests.

use std::sync::mpsc::SyncSender;

use crate::render::Frame;
use crate::rgb::Rgb;
use crate::snapshot::Snapshot;

use super::device::{DeviceError, OldDevice as Device};

/// Sends every frame that it shows, and a black one at the end; waits while nobody takes them.
pub struct Memory {
    frames: SyncSender<Frame>,
    pixels: usize,
}

impl Memory {
    /// A strip whose frames go to `frames`.
    #[must_use]
    pub fn new(frames: SyncSender<Frame>) -> Memory {
        Memory { frames, pixels: 0 }
    }
}

impl Device for Memory {
    fn write(&mut self, frame: &[Rgb], _: &Snapshot) -> Result<(), DeviceError> {
        self.pixels = frame.len();
        self.frames.send(frame.to_vec()).map_err(|_| closed())
    }

    fn blackout(&mut self) -> Result<(), DeviceError> {
        self.frames.send(vec![Rgb::BLACK; self.pixels]).map_err(|_| closed())
    }
}

fn closed() -> DeviceError {
    std::io::Error::from(std::io::ErrorKind::BrokenPipe).into()
}
