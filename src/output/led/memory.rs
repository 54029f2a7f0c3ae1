//! A real device that keeps its frames, for tests.

use std::sync::mpsc::SyncSender;

use super::device::{Device, DeviceError, Open, Refresh, Wire};

/// What a strip has received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Received {
    /// A frame, as it was on the wire.
    Frame(Vec<u8>),
    /// The stream has ended.
    End,
}

/// Sends everything that it receives; waits while nobody takes it.
#[derive(Clone)]
pub struct Memory {
    received: SyncSender<Received>,
    refresh: Refresh,
}

impl Memory {
    /// A strip whose frames go to `received`, as often as `refresh` says.
    #[must_use]
    pub fn new(received: SyncSender<Received>, refresh: Refresh) -> Memory {
        Memory { received, refresh }
    }
}

impl Open for Memory {
    fn open(&mut self) -> Result<Box<dyn Device>, DeviceError> {
        Ok(Box::new(self.clone()))
    }

    fn refresh(&self) -> Refresh {
        self.refresh
    }
}

impl Device for Memory {
    fn write(&mut self, wire: &Wire<'_>) -> Result<(), DeviceError> {
        self.received.send(Received::Frame(wire.bytes.to_vec())).map_err(|_| closed())
    }

    fn end(&mut self) -> Result<(), DeviceError> {
        self.received.send(Received::End).map_err(|_| closed())
    }
}

fn closed() -> DeviceError {
    std::io::Error::from(std::io::ErrorKind::BrokenPipe).into()
}
