//! A real device that keeps its frames, for tests.

use std::sync::mpsc::SyncSender;

use super::device::{Device, DeviceError, Open, Pace, Wire};

/// What a strip was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// A frame, as it was on the wire.
    Frame(Vec<u8>),
    /// The stream has ended.
    End,
}

/// Sends everything that it is told; waits while nobody takes it.
#[derive(Clone)]
pub struct Memory {
    told: SyncSender<Told>,
    pace: Pace,
}

impl Memory {
    /// A strip whose frames go to `told`, as often as `pace` says.
    #[must_use]
    pub fn new(told: SyncSender<Told>, pace: Pace) -> Memory {
        Memory { told, pace }
    }
}

impl Open for Memory {
    fn open(&mut self) -> Result<Box<dyn Device>, DeviceError> {
        Ok(Box::new(self.clone()))
    }

    fn pace(&self) -> Pace {
        self.pace
    }
}

impl Device for Memory {
    fn write(&mut self, wire: &Wire<'_>) -> Result<(), DeviceError> {
        self.told.send(Told::Frame(wire.bytes.to_vec())).map_err(|_| closed())
    }

    fn end(&mut self) -> Result<(), DeviceError> {
        self.told.send(Told::End).map_err(|_| closed())
    }
}

fn closed() -> DeviceError {
    std::io::Error::from(std::io::ErrorKind::BrokenPipe).into()
}
