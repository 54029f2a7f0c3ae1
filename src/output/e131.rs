//! E1.31, streaming ACN: DMX universes over UDP, to one host or to all that want them.
//!
//! [`packet`] is a data packet of ANSI E1.31-2018: three layers, 126 bytes before the first channel.
//! Receivers hold the last frame until they miss the source for 2.5 s, or are told that it has ended:
//! black goes out before that, and all of it to where the frames went.
//! No synchronisation and no discovery packets: a strip of light needs neither.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::finding::Finding;
use crate::keys::host;
use crate::keys::problem::Problem;
use crate::keys::table::Table;

use super::claim::Claim;
use super::doctor::Machine;
use super::led::device::{Device, DeviceError, Open, Refresh, Wire};
use super::strip::{self, Strip};
use super::udp::{self, KEEP_ALIVE, Peer, farewell};
use super::{Kind, dmx};

pub(super) const KIND: super::Entry = ("e131", read);

/// Where receivers listen; the protocol knows no other.
pub const PORT: u16 = 5568;

/// The last universe that may hold data.
pub const LAST_UNIVERSE: u32 = 63_999;

/// The highest priority. Receivers of several sources obey the highest.
pub const MAX_PRIORITY: u32 = 200;

/// The bytes of a source's name: 64 with the zero that ends it.
pub const MAX_SOURCE_NAME: usize = 63;

/// Packets that say that a stream has ended (E1.31, 6.2.6).
const TERMINATIONS: u32 = 3;

/// Bytes of a packet before its first channel.
const HEADER: usize = 126;

/// The option that ends a stream.
const TERMINATED: u8 = 0x40;

/// The start code of plain dimmer levels.
const LEVELS: u8 = 0;

/// The keys of an `e131` output.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Who gets the packets.
    pub to: To,
    /// The UDP port, usually [`PORT`].
    pub port: u16,
    /// The universe of the first pixels, 1 to [`LAST_UNIVERSE`].
    pub universe: u16,
    /// 0 to [`MAX_PRIORITY`], usually 100.
    pub priority: u8,
    /// What receivers call this source: at most [`MAX_SOURCE_NAME`] bytes.
    pub source_name: String,
    /// The most frames a second.
    pub fps: u32,
}

/// Who gets the packets.
#[derive(Clone, Debug, PartialEq)]
pub enum To {
    /// One host: a name or an address, looked up whenever the output is opened.
    Host(String),
    /// Every receiver of the network that has joined the universe's multicast group.
    Multicast {
        /// The address of this machine on that network. `None`: the system chooses.
        interface: Option<Ipv4Addr>,
    },
}

fn read(table: &Table<'_>) -> (Arc<dyn Kind>, Strip) {
    let strip = strip::of_network(table);
    let host = host::read(table, ", or `host = \"multicast\"` for all that listen");
    let interface = table.parsed("interface", "192.168.1.20", |text| {
        text.parse::<Ipv4Addr>().map_err(
            |_| "`interface` is the IPv4 address of this machine on the network to send to",
        )
    });
    let to = match host {
        Some(host) if host == host::MULTICAST => To::Multicast { interface },
        host => {
            if interface.is_some() && host.is_some() {
                let message = "`interface` is for `host = \"multicast\"` alone";
                let hint = "the system knows the way to one host; leave the key out";
                table.report(Problem::new(table.place("interface"), message).hint(hint));
            }
            To::Host(host.unwrap_or_default())
        }
    };
    let settings = Settings {
        to,
        port: udp::port(table, PORT),
        universe: dmx::universe(table, &strip, 1, 1..=LAST_UNIVERSE),
        priority: table
            .whole("priority", 0..=MAX_PRIORITY)
            .and_then(|priority| u8::try_from(priority).ok())
            .unwrap_or(100),
        source_name: source_name(table).unwrap_or_else(|| "hashtug".to_owned()),
        fps: strip::fps(table, udp::FPS, dmx::MAX_FPS),
    };
    (Arc::new(settings), strip)
}

fn source_name(table: &Table<'_>) -> Option<String> {
    let name = table.name("source_name")?;
    if name.len() > MAX_SOURCE_NAME {
        let message = format!("`source_name` has {} bytes, and {MAX_SOURCE_NAME} fit", name.len());
        table.report(Problem::new(table.place("source_name"), message));
    }
    Some(name)
}

impl Kind for Settings {
    fn name(&self) -> &'static str {
        KIND.0
    }

    fn claim(&self, strip: &Strip) -> Option<Claim> {
        let host = match &self.to {
            To::Host(host) => host,
            To::Multicast { .. } => host::MULTICAST,
        };
        dmx::claim(host, self.port, self.universe, strip)
    }

    fn describe(&self, strip: &Strip) -> String {
        let host = match &self.to {
            To::Host(host) => host,
            To::Multicast { interface: None } => "all that listen",
            To::Multicast { interface: Some(address) } => {
                &format!("all that listen on the network of {address}")
            }
        };
        let priority = match self.priority {
            100 => String::new(),
            priority => format!(" with priority {priority}"),
        };
        let place = udp::describe(KIND.0, host, self.port, PORT);
        format!("{place}, {}{priority}", dmx::describe(self.universe, strip))
    }

    fn examine(&self, strip: &Strip, _: &Machine) -> Vec<Finding> {
        vec![dmx::examine(self.universe, LAST_UNIVERSE, strip), self.way()]
    }
}

impl Open for Settings {
    fn open(&mut self) -> Result<Box<dyn Device>, DeviceError> {
        let way = match &self.to {
            To::Host(host) => Way::Host(Peer::open(host, self.port)?),
            To::Multicast { interface } => Way::Groups(multicast(*interface)?, self.port),
        };
        let source = Source { cid: cid(), name: self.source_name.clone(), priority: self.priority };
        Ok(Box::new(Stream {
            way,
            source,
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

impl Settings {
    /// Where packets would leave. Sends none.
    fn way(&self) -> Finding {
        let interface = match &self.to {
            To::Host(host) => return udp::examine(host, self.port),
            To::Multicast { interface } => *interface,
        };
        let socket = match multicast(interface) {
            Ok(socket) => socket,
            Err(error) => return Finding::fail("host", error.to_string(), None),
        };
        let group = group(self.universe);
        match socket.connect((group, self.port)) {
            Ok(()) => {
                let leave = udp::leave_from(&socket);
                Finding::ok("host", format!("packets to the group {group}{leave}"))
            }
            Err(error) => {
                let said = format!("there is no way to the group {group}: {error}");
                let hint = "write this machine's address on the network to send to as `interface`";
                Finding::fail("host", said, Some(hint))
            }
        }
    }
}

/// A socket for all groups. Linux sends a multicast packet through the interface that has its source
/// address.
fn multicast(interface: Option<Ipv4Addr>) -> Result<UdpSocket, DeviceError> {
    let address = interface.unwrap_or(Ipv4Addr::UNSPECIFIED);
    udp::bind((address, 0).into()).map_err(|reason| DeviceError::Open {
        device: format!("the network of {address}"),
        reason,
        hint: "; `interface` is an address of this machine",
    })
}

/// The multicast group of a universe.
#[must_use]
pub const fn group(universe: u16) -> Ipv4Addr {
    let [high, low] = universe.to_be_bytes();
    Ipv4Addr::new(239, 255, high, low)
}

/// Who sends, in every packet.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    /// Tells sources apart, and is the same after a restart.
    pub cid: [u8; 16],
    /// What people see of it, cut after [`MAX_SOURCE_NAME`] bytes.
    pub name: String,
    /// 0 to [`MAX_PRIORITY`].
    pub priority: u8,
}

/// What a packet says of its stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It goes on.
    Live,
    /// It ends.
    Terminated,
}

/// Writes the packet for one universe.
///
/// # Panics
/// If `data` are some 60 KiB. A universe has 512 bytes.
pub fn packet(
    source: &Source,
    universe: u16,
    sequence: u8,
    state: State,
    data: &[u8],
    packet: &mut Vec<u8>,
) {
    let length = u16::try_from(HEADER + data.len()).expect("a universe is short");
    // Flags in the high four bits, and the length from this field to the end.
    let rest = |from: u16| (0x7000 | (length - from)).to_be_bytes();
    let mut name = [0; MAX_SOURCE_NAME + 1];
    let shown = &source.name[..source.name.floor_char_boundary(MAX_SOURCE_NAME)];
    name[..shown.len()].copy_from_slice(shown.as_bytes());
    packet.clear();
    // Root layer: sizes of preamble and postamble, name, E1.31 data.
    packet.extend(b"\x00\x10\x00\x00ASC-E1.17\x00\x00\x00");
    packet.extend(rest(16));
    packet.extend(4_u32.to_be_bytes());
    packet.extend(source.cid);
    // Framing layer: a data packet, no synchronisation universe.
    packet.extend(rest(38));
    packet.extend(2_u32.to_be_bytes());
    packet.extend(name);
    packet.push(source.priority);
    packet.extend([0, 0]);
    packet.push(sequence);
    packet.push(if state == State::Terminated { TERMINATED } else { 0 });
    packet.extend(universe.to_be_bytes());
    // DMP layer: set property, addresses from 0 by 1, and the start code before the channels.
    packet.extend(rest(115));
    packet.extend(b"\x02\xa1\x00\x00\x00\x01");
    packet.extend((length + 1 - 126).to_be_bytes());
    packet.push(LEVELS);
    packet.extend(data);
}

/// A name for this machine's hashtug that stays over restarts, made from what the system calls the
/// machine: receivers take a show and the `leds off` after it for one source.
fn cid() -> [u8; 16] {
    let mut hash = Sha256::new();
    hash.update("hashtug e131 source ");
    match std::fs::read("/etc/machine-id") {
        Ok(id) => hash.update(id),
        // Systems other than Linux; two machines with one home are told apart by nothing then.
        Err(_) => {
            hash.update(std::env::home_dir().unwrap_or_default().as_os_str().as_encoded_bytes());
        }
    }
    let mut cid = [0; 16];
    cid.copy_from_slice(&hash.finalize()[..16]);
    // A UUID of version 8, one's own (RFC 9562).
    cid[6] = cid[6] & 0x0f | 0x80;
    cid[8] = cid[8] & 0x3f | 0x80;
    cid
}

/// The way of the packets.
enum Way {
    Host(Peer),
    /// Each universe to its own group.
    Groups(UdpSocket, u16),
}

impl Way {
    fn send(&self, universe: u16, packet: &[u8]) -> Result<(), DeviceError> {
        match self {
            Way::Host(peer) => peer.send(packet),
            Way::Groups(socket, port) => {
                let address: SocketAddr = (group(universe), *port).into();
                let sent = socket.send_to(packet, address);
                sent.map(drop).map_err(|reason| DeviceError::Send { address, reason })
            }
        }
    }
}

/// The streams of all universes of a strip.
struct Stream {
    way: Way,
    source: Source,
    universe: u16,
    /// That of the next packets. All universes get a packet with each frame, so that one number
    /// counts for each of them.
    sequence: u8,
    frames: u32,
    packet: Vec<u8>,
    /// Bytes of the last frame, and of each of its pixels.
    shape: (usize, usize),
}

impl Stream {
    fn show(&mut self, bytes: &[u8], channels: usize, state: State) -> Result<(), DeviceError> {
        let sequence = self.sequence;
        self.sequence = sequence.wrapping_add(1);
        self.frames = self.frames.saturating_add(1);
        for (data, universe) in bytes.chunks(dmx::slots(channels)).zip(self.universe..) {
            packet(&self.source, universe, sequence, state, data, &mut self.packet);
            self.way.send(universe, &self.packet)?;
        }
        Ok(())
    }
}

impl Device for Stream {
    fn write(&mut self, wire: &Wire<'_>) -> Result<(), DeviceError> {
        self.shape = (wire.bytes.len(), wire.channels);
        self.show(wire.bytes, wire.channels, State::Live)?;
        match &mut self.way {
            Way::Host(peer) => peer.confirm(),
            Way::Groups(..) => Ok(()),
        }
    }

    fn end(&mut self) -> Result<(), DeviceError> {
        let (length, channels) = self.shape;
        let black = vec![0; length];
        if self.frames == 1 {
            self.sequence = self.sequence.wrapping_add(dmx::JUMP - 1);
        }
        let dark = farewell(1, || self.show(&black, channels, State::Live));
        dark.and(farewell(TERMINATIONS, || self.show(&black, channels, State::Terminated)))
    }
}
