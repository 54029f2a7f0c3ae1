//! Art-Net 4: DMX universes over UDP, to one host.
//!
//! [`packet`] is an `ArtDmx` packet. `universe` is the 15-bit port address: net times 256, sub-net
//! times 16, and the universe of that.
//! Art-Net 4 forbids broadcast for `ArtDmx`. There is no end of a stream: black has to do.

use std::sync::Arc;

use crate::finding::Finding;
use crate::keys::host;
use crate::keys::table::Table;

use super::claim::Claim;
use super::doctor::Machine;
use super::led::device::{Device, DeviceError, Open, Refresh, Wire};
use super::strip::{self, Strip};
use super::udp::{self, FAREWELLS, KEEP_ALIVE, Peer, farewell};
use super::{Kind, dmx};

pub(super) const KIND: super::Entry = ("artnet", read);

/// Where nodes listen; the protocol knows no other.
pub const PORT: u16 = 6454;

/// The last port address: 15 bits.
pub const LAST_UNIVERSE: u32 = 32_767;

/// The first bytes of a packet: its name, `OpDmx` (low byte first), protocol version 14.
const START: [u8; 12] = *b"Art-Net\0\x00\x50\x00\x0e";

/// The keys of an `artnet` output.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// A name or an address, looked up whenever the output is opened.
    pub host: String,
    /// The UDP port, usually [`PORT`].
    pub port: u16,
    /// The port address of the first pixels.
    pub universe: u16,
    /// The most frames a second.
    pub fps: u32,
}

fn read(table: &Table<'_>) -> (Arc<dyn Kind>, Strip) {
    let strip = strip::of_network(table);
    let settings = Settings {
        host: host::read(table, "").unwrap_or_default(),
        port: udp::port(table, PORT),
        universe: dmx::universe(table, &strip, 0, 0..=LAST_UNIVERSE),
        fps: strip::fps(table, udp::FPS, dmx::MAX_FPS),
    };
    (Arc::new(settings), strip)
}

impl Kind for Settings {
    fn name(&self) -> &'static str {
        KIND.0
    }

    fn claim(&self, strip: &Strip) -> Option<Claim> {
        dmx::claim(&self.host, self.port, self.universe, strip)
    }

    fn describe(&self, strip: &Strip) -> String {
        let place = udp::describe(KIND.0, &self.host, self.port, PORT);
        format!("{place}, {}", dmx::describe(self.universe, strip))
    }

    fn examine(&self, strip: &Strip, _: &Machine) -> Vec<Finding> {
        vec![dmx::examine(self.universe, LAST_UNIVERSE, strip), udp::examine(&self.host, self.port)]
    }
}

impl Open for Settings {
    fn open(&mut self) -> Result<Box<dyn Device>, DeviceError> {
        Ok(Box::new(Node {
            peer: Peer::open(&self.host, self.port)?,
            universe: self.universe,
            sequence: 0,
            frames: 0,
            packet: Vec::new(),
            shape: (0, 3),
        }))
    }

    fn refresh(&self) -> Refresh {
        Refresh { fps: self.fps, repeats: 3, keep_alive: Some(KEEP_ALIVE) }
    }
}

/// Writes the packet for one universe.
///
/// # Panics
/// If `data` are some 60 KiB. A universe has 512 bytes.
pub fn packet(sequence: u8, universe: u16, data: &[u8], packet: &mut Vec<u8>) {
    let [net, low] = universe.to_be_bytes();
    // The length is even, so that an odd number of channels gets one more.
    let length = u16::try_from(data.len().next_multiple_of(2)).expect("a universe is short");
    packet.clear();
    packet.extend(START);
    // The byte between is the physical port it came from, of interest to people only.
    packet.extend([sequence, 0, low, net]);
    packet.extend(length.to_be_bytes());
    packet.extend(data);
    packet.resize(START.len() + 6 + usize::from(length), 0);
}

/// A node that takes frames.
struct Node {
    peer: Peer,
    universe: u16,
    /// That of the last frame; all universes of a frame have the same.
    sequence: u8,
    frames: u32,
    packet: Vec<u8>,
    /// Bytes of the last frame, and of each of its pixels.
    shape: (usize, usize),
}

impl Node {
    fn show(&mut self, bytes: &[u8], channels: usize) -> Result<(), DeviceError> {
        self.sequence = next(self.sequence, 1);
        self.frames = self.frames.saturating_add(1);
        for (data, universe) in bytes.chunks(dmx::slots(channels)).zip(self.universe..) {
            packet(self.sequence, universe, data, &mut self.packet);
            self.peer.send(&self.packet)?;
        }
        Ok(())
    }
}

/// The sequence number `step` further on: 1 to 255, for 0 says that there are none.
fn next(sequence: u8, step: u8) -> u8 {
    let next = (u16::from(sequence) + u16::from(step) - 1) % 255 + 1;
    u8::try_from(next).expect("255 at the most")
}

impl Device for Node {
    fn write(&mut self, wire: &Wire<'_>) -> Result<(), DeviceError> {
        self.shape = (wire.bytes.len(), wire.channels);
        self.show(wire.bytes, wire.channels)?;
        self.peer.confirm()
    }

    fn end(&mut self) -> Result<(), DeviceError> {
        let (length, channels) = self.shape;
        let black = vec![0; length];
        if self.frames == 1 {
            self.sequence = next(self.sequence, dmx::JUMP - 1);
        }
        farewell(FAREWELLS, || self.show(&black, channels))
    }
}
