//! What a strip is to the frame loop.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use crate::snapshot::Snapshot;

/// One frame as it leaves: whole, in the strip's own colour order.
#[derive(Clone, Copy, Debug)]
pub struct Wire<'a> {
    /// The channels of all pixels, a byte each.
    pub bytes: &'a [u8],
    /// Bytes a pixel: 3, or 4 with white.
    pub channels: usize,
    /// What the frame shows, for devices that have words as well as light.
    pub snapshot: Option<&'a Snapshot>,
}

/// An open strip, or what stands in for one. Its calls may block; it has a thread of its own.
pub trait Device: Send {
    /// Shows one frame, whole. Unchanged frames come too, as often as [`Refresh`] asks for.
    fn write(&mut self, wire: &Wire<'_>) -> Result<(), DeviceError>;
    /// The stream ends here; a black frame was written just before. The last call.
    fn end(&mut self) -> Result<(), DeviceError>;
}

/// Opens a device, and opens it anew after a failure.
pub trait Open: Send + 'static {
    /// # Errors
    /// If the device is not there, or not yet.
    fn open(&mut self) -> Result<Box<dyn Device>, DeviceError>;
    /// How the device wants its frames.
    fn refresh(&self) -> Refresh;
}

/// How often a device is written to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Refresh {
    /// The most frames a second.
    pub fps: u32,
    /// How often an unchanged frame is repeated at that rate before it is only kept alive.
    pub repeats: u32,
    /// The longest time without a frame; `None`: a frame that stands needs no repetition.
    pub keep_alive: Option<Duration>,
}

/// Why a device did not show a frame.
#[derive(Debug, thiserror::Error)]
pub enum DeviceError {
    /// The system refused the write.
    #[error("cannot write: {0}")]
    Write(#[from] io::Error),
    /// The device could not be opened.
    #[error("cannot open {device}: {reason}{hint}")]
    Open {
        /// Which, as the config has it.
        device: String,
        /// Why not.
        reason: io::Error,
        /// What to do about it, after a semicolon; or nothing.
        hint: &'static str,
    },
    /// No address is known for the host, or there is no way to it.
    #[error("cannot find host `{host}`: {reason}")]
    Host {
        /// As the config has it.
        host: String,
        /// Why not.
        reason: io::Error,
    },
    /// A packet did not leave, or the host refused one.
    #[error("cannot send to {address}: {reason}")]
    Send {
        /// Where to.
        address: SocketAddr,
        /// Why not.
        reason: io::Error,
    },
    /// What the config asks for does not fit the device; says what does.
    #[error("{0}")]
    Unfit(String),
    /// A bug of ours or of a driver, and what it said.
    #[error("the device panicked: {0}")]
    Panicked(String),
}
