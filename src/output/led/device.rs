//! What a strip is to the frame loop.

use std::io;

use crate::rgb::Rgb;
use crate::snapshot::Snapshot;

/// A strip, or what stands in for one. Its calls may block; it has a thread of its own.
pub trait Device: Send + 'static {
    /// Shows one frame, whole. `snapshot` is for devices that have words as well as light.
    ///
    /// # Errors
    /// If the device did not take it. The next frame is tried all the same.
    fn write(&mut self, frame: &[Rgb], snapshot: &Snapshot) -> Result<(), DeviceError>;

    /// Leaves the device dark. The last call.
    ///
    /// # Errors
    /// If the device may still be lit.
    fn blackout(&mut self) -> Result<(), DeviceError>;
}

/// Why a device did not show a frame.
#[derive(Debug, thiserror::Error)]
pub enum DeviceError {
    /// The system refused the write.
    #[error("cannot write: {0}")]
    Write(#[from] io::Error),
}
