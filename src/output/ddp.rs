//! DDP, the Distributed Display Protocol: the plainest way to many pixels on one host, and the best
//! for WLED: whole frames are shown at once.
//!
//! [`encode`] follows version 1 of the protocol (3waylabs.com/ddp): a header of ten bytes,
//! big-endian, and up to 1440 bytes of pixels. The last packet of a frame carries PUSH, at which the
//! display shows what it has. There is no end of a stream: black has to do.

use std::sync::Arc;

use crate::finding::Finding;
use crate::keys::host;
use crate::keys::table::Table;

use super::Kind;
use super::claim::Claim;
use super::doctor::Machine;
use super::led::device::{Device, DeviceError, Open, Refresh, Wire};
use super::strip::{self, Strip};
use super::udp::{self, FAREWELLS, KEEP_ALIVE, Peer, farewell};

pub(super) const KIND: super::Entry = ("ddp", read);

/// Where displays listen.
pub const PORT: u16 = 4048;

/// The bytes of pixels in one packet: whole pixels of three bytes and of four, and with all headers
/// less than an Ethernet frame.
const MAX_DATA: usize = 1440;

const HEADER: usize = 10;

/// Version 1, the only one.
const VERSION: u8 = 0x40;
const PUSH: u8 = 0x01;

/// Data types: three or four channels of eight bits.
const RGB: u8 = 0x0b;
const RGBW: u8 = 0x1b;

/// The default output of a display.
const DESTINATION: u8 = 1;

/// Sequence numbers are 1 to this; 0 would say that there are none.
const LAST_SEQUENCE: u8 = 15;

/// The keys of a `ddp` output.
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
    let settings = Settings {
        host: host::read(table, "").unwrap_or_default(),
        port: udp::port(table, PORT),
        fps: strip::fps(table, udp::FPS, strip::MAX_FPS),
    };
    (Arc::new(settings), strip::of_network(table))
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
        let peer = Peer::open(&self.host, self.port)?;
        Ok(Box::new(Display { peer, sequence: LAST_SEQUENCE, packet: Vec::new(), shape: (0, 3) }))
    }

    fn refresh(&self) -> Refresh {
        Refresh { fps: self.fps, repeats: 1, keep_alive: Some(KEEP_ALIVE) }
    }
}

/// Sends the packets of one frame. `sequence` is the number of the packet before, and becomes that
/// of the last one; `packet` is room for one packet.
///
/// # Errors
/// The first of `send`; the rest of the frame is left out then.
///
/// # Panics
/// Never: a packet is short.
pub fn encode<E>(
    bytes: &[u8],
    channels: usize,
    sequence: &mut u8,
    packet: &mut Vec<u8>,
    mut send: impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<(), E> {
    let kind = if channels == 4 { RGBW } else { RGB };
    let mut offset = 0_u32;
    let mut rest = bytes;
    while !rest.is_empty() {
        let (data, after) = rest.split_at(rest.len().min(MAX_DATA));
        let flags = if after.is_empty() { VERSION | PUSH } else { VERSION };
        *sequence = *sequence % LAST_SEQUENCE + 1;
        let length = u16::try_from(data.len()).expect("a packet is short");
        packet.clear();
        packet.reserve(HEADER + MAX_DATA);
        packet.extend([flags, *sequence, kind, DESTINATION]);
        packet.extend(offset.to_be_bytes());
        packet.extend(length.to_be_bytes());
        packet.extend(data);
        send(packet)?;
        offset += u32::from(length);
        rest = after;
    }
    Ok(())
}

/// A display that takes frames.
struct Display {
    peer: Peer,
    sequence: u8,
    packet: Vec<u8>,
    /// Bytes of the last frame, and of each of its pixels.
    shape: (usize, usize),
}

impl Display {
    fn show(&mut self, bytes: &[u8], channels: usize) -> Result<(), DeviceError> {
        encode(bytes, channels, &mut self.sequence, &mut self.packet, |packet| {
            self.peer.send(packet)
        })
    }
}

impl Device for Display {
    fn write(&mut self, wire: &Wire<'_>) -> Result<(), DeviceError> {
        self.shape = (wire.bytes.len(), wire.channels);
        self.show(wire.bytes, wire.channels)?;
        self.peer.confirm()
    }

    fn end(&mut self) -> Result<(), DeviceError> {
        let (length, channels) = self.shape;
        let black = vec![0; length];
        farewell(FAREWELLS, || self.show(&black, channels))
    }
}
