//! The Holiday, a string of fifty lights with a small computer in it, by its `SecretAPI`.
//!
//! One packet is one frame: ten bytes that mean nothing and fifty colours. The lights keep the last
//! frame for ever, and there is no end of a stream: black has to do.

use std::sync::Arc;

use crate::finding::Finding;
use crate::keys::host;
use crate::keys::problem::Problem;
use crate::keys::table::Table;
use crate::render::colour::Order;

use super::Kind;
use super::claim::Claim;
use super::doctor::Machine;
use super::led::device::{Device, DeviceError, Open, Refresh, Wire};
use super::strip::{self, Defaults, MAX_PIXELS, Strip, White};
use super::udp::{self, FAREWELLS, KEEP_ALIVE, Peer, farewell};

pub(super) const KIND: super::Entry = ("holiday", read);

/// Where the string listens.
pub const PORT: u16 = 9988;

/// Lights of a Holiday, which does not take a packet of another length.
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

fn read(table: &Table<'_>) -> (Arc<dyn Kind>, Strip) {
    let pixels = strip::pixels(table, MAX_PIXELS);
    if pixels != PIXELS {
        let message = format!("a Holiday has 50 pixels, not {pixels}");
        table.report(Problem::new(table.place("pixels"), message).hint("leave the key out"));
    }
    let defaults = Defaults { order: Order::RGB, white: White::Known(false) };
    let settings = Settings {
        host: host::read(table, "").unwrap_or_default(),
        port: udp::port(table, PORT),
        fps: strip::fps(table, 25, 60),
    };
    (Arc::new(settings), strip::read(table, PIXELS, &defaults))
}

impl Kind for Settings {
    fn name(&self) -> &'static str {
        KIND.0
    }

    fn claim(&self, _: &Strip) -> Option<Claim> {
        Claim::port(&self.host, self.port)
    }

    fn describe(&self, _: &Strip) -> String {
        udp::describe(KIND.0, &self.host, self.port, PORT)
    }

    fn examine(&self, _: &Strip, _: &Machine) -> Vec<Finding> {
        vec![udp::examine(&self.host, self.port)]
    }
}

impl Open for Settings {
    fn open(&mut self) -> Result<Box<dyn Device>, DeviceError> {
        Ok(Box::new(Holiday { peer: Peer::open(&self.host, self.port)? }))
    }

    fn refresh(&self) -> Refresh {
        Refresh { fps: self.fps, repeats: 1, keep_alive: Some(KEEP_ALIVE) }
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
