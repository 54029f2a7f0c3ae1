//! The Holiday, a string of fifty lights with a small computer in it, by its `SecretAPI`.
//!
//! One packet is one frame: ten bytes that mean nothing and fifty colours. The lights keep the last
//! frame for ever, and there is no end of a stream: black has to do.

use super::led::device::{Device, DeviceError, Open, Pace, Wire};
use super::udp::{FAREWELLS, KEEP_ALIVE, Peer, farewell};

/// Where the string listens.
pub const PORT: u16 = 9988;

/// A Holiday has so many lights, and takes no packet of another length.
pub const PIXELS: usize = 50;

const HEADER: usize = 10;

/// The bytes of every packet.
pub const PACKET: usize = HEADER + PIXELS * 3;

/// The keys of a `holiday` output.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// A name or an address, looked up whenever the output is opened.
    pub host: String,
    /// The UDP port, usually [`PORT`].
    pub port: u16,
    /// The most frames a second.
    pub fps: u32,
}

impl Open for Settings {
    fn open(&mut self) -> Result<Box<dyn Device>, DeviceError> {
        Ok(Box::new(Holiday { peer: Peer::open(&self.host, self.port)? }))
    }

    fn pace(&self) -> Pace {
        Pace { fps: self.fps, repeats: 1, keep_alive: Some(KEEP_ALIVE) }
    }
}

/// The packet of a frame of [`PIXELS`] pixels.
#[must_use]
pub fn encode(bytes: &[u8]) -> [u8; PACKET] {
    let mut packet = [0; PACKET];
    let length = bytes.len().min(PACKET - HEADER);
    packet[HEADER..HEADER + length].copy_from_slice(&bytes[..length]);
    packet
}

/// A string that takes frames.
struct Holiday {
    peer: Peer,
}

impl Device for Holiday {
    fn write(&mut self, wire: &Wire<'_>) -> Result<(), DeviceError> {
        self.peer.send(&encode(wire.bytes))?;
        self.peer.confirm()
    }

    fn end(&mut self) -> Result<(), DeviceError> {
        farewell(FAREWELLS, || self.peer.send(&encode(&[])))
    }
}
