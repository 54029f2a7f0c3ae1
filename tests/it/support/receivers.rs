//! Receivers of light, written from the protocols' documents and sharing nothing with the program.
//! They refuse what a real one would not understand.

use std::net::{Ipv4Addr, UdpSocket};

use super::patience::PATIENCE;

/// The packets that have come and were not read yet.
pub(crate) fn packets(socket: &UdpSocket) -> Vec<Vec<u8>> {
    socket.set_nonblocking(true).unwrap();
    let mut packets = Vec::new();
    let mut buffer = [0; 2048];
    while let Ok(length) = socket.recv(&mut buffer) {
        packets.push(buffer[..length].to_vec());
    }
    socket.set_nonblocking(false).unwrap();
    packets
}

/// A big-endian number.
fn number(bytes: &[u8]) -> usize {
    bytes.iter().fold(0, |number, &byte| number << 8 | usize::from(byte))
}

/// A DDP display: keeps what comes, and shows it when it is told to.
#[derive(Debug, Default)]
pub(crate) struct Ddp {
    held: Vec<u8>,
    sequence: Option<u8>,
    /// Each frame shown, and the channels of its pixels.
    pub(crate) shown: Vec<(usize, Vec<u8>)>,
}

impl Ddp {
    #[track_caller]
    pub(crate) fn take(&mut self, packet: &[u8]) {
        assert!(packet.len() > 10, "a header and data");
        assert_eq!(packet[0] >> 6, 1, "version 1");
        assert_eq!(packet[0] & 0b0011_1110, 0, "neither time code, query, reply nor storage");
        let sequence = packet[1];
        assert!((1..=15).contains(&sequence), "sequence number {sequence}");
        if let Some(last) = self.sequence.replace(sequence) {
            assert_eq!(sequence, if last == 15 { 1 } else { last + 1 }, "a packet was lost");
        }
        // Bits: custom, reserved, type (3), size (3). Type 1 is RGB, 3 RGBW; size 3 is 8 bits.
        let channels = match packet[2] {
            0b0000_1011 => 3,
            0b0001_1011 => 4,
            kind => panic!("data type {kind:#04x}"),
        };
        assert_eq!(packet[3], 1, "the default output");
        let (offset, length) = (number(&packet[4..8]), number(&packet[8..10]));
        assert_eq!(packet.len(), 10 + length);
        assert!(length <= 1440);
        self.held.resize(self.held.len().max(offset + length), 0);
        self.held[offset..offset + length].copy_from_slice(&packet[10..]);
        if packet[0] & 1 == 1 {
            self.shown.push((channels, std::mem::take(&mut self.held)));
        }
    }
}

/// WLED in its realtime mode.
#[derive(Debug)]
pub(crate) struct Wled {
    channels: usize,
    pub(crate) shown: Vec<u8>,
    /// Seconds until it takes over; `None` while it shows its own.
    pub(crate) timeout: Option<u8>,
}

impl Wled {
    pub(crate) fn new(pixels: usize, channels: usize) -> Wled {
        Wled { channels, shown: vec![0xaa; pixels * channels], timeout: None }
    }

    #[track_caller]
    pub(crate) fn take(&mut self, packet: &[u8]) {
        assert_ne!(packet[1], 255, "a receiver held for ever");
        if packet[1] == 0 {
            self.timeout = None;
            return;
        }
        self.timeout = Some(packet[1]);
        let (channels, start, data) = match packet[0] {
            2 => (3, 0, &packet[2..]),
            3 => (4, 0, &packet[2..]),
            4 => (3, number(&packet[2..4]), &packet[4..]),
            form => panic!("form {form}"),
        };
        assert_eq!(channels, self.channels);
        assert_eq!(data.len() % channels, 0, "whole pixels");
        self.shown[start * channels..start * channels + data.len()].copy_from_slice(data);
    }
}

/// What a universe of DMX carries.
#[derive(Debug, PartialEq)]
pub(crate) struct Dmx {
    pub(crate) universe: usize,
    pub(crate) sequence: u8,
    pub(crate) data: Vec<u8>,
    /// E1.31 only.
    pub(crate) priority: u8,
    pub(crate) source: String,
    pub(crate) cid: Vec<u8>,
    pub(crate) terminated: bool,
}

/// Takes a data packet of E1.31 apart.
#[track_caller]
pub(crate) fn e131(packet: &[u8]) -> Dmx {
    let length = packet.len();
    assert!((126..=638).contains(&length), "{length} bytes");
    assert_eq!(&packet[..16], b"\x00\x10\x00\x00ASC-E1.17\x00\x00\x00");
    for layer in [16, 38, 115] {
        assert_eq!(number(&packet[layer..layer + 2]), 0x7000 | (length - layer));
    }
    assert_eq!(number(&packet[18..22]), 4);
    assert_eq!(number(&packet[40..44]), 2);
    assert_eq!(packet[107], 0, "the name ends");
    assert_eq!(packet[109..111], [0, 0], "no synchronisation");
    assert_eq!(packet[112] & 0b1011_1111, 0, "no preview, no option but the end");
    assert_eq!(&packet[117..123], b"\x02\xa1\x00\x00\x00\x01");
    assert_eq!(number(&packet[123..125]), length - 125);
    assert_eq!(packet[125], 0, "the start code of dimmers");
    let name = packet[44..108].split(|&byte| byte == 0).next().unwrap();
    Dmx {
        universe: number(&packet[113..115]),
        sequence: packet[111],
        data: packet[126..].to_vec(),
        priority: packet[108],
        source: str::from_utf8(name).unwrap().to_owned(),
        cid: packet[22..38].to_vec(),
        terminated: packet[112] & 0x40 != 0,
    }
}

/// Takes an `ArtDmx` packet apart.
#[track_caller]
pub(crate) fn artnet(packet: &[u8]) -> Dmx {
    assert_eq!(&packet[..12], b"Art-Net\0\x00\x50\x00\x0e");
    let length = number(&packet[16..18]);
    assert!(length.is_multiple_of(2) && (2..=512).contains(&length), "length {length}");
    assert_eq!(packet.len(), 18 + length);
    assert!(packet[15] < 128, "the net has seven bits");
    Dmx {
        universe: usize::from(packet[15]) << 8 | usize::from(packet[14]),
        sequence: packet[12],
        data: packet[18..].to_vec(),
        priority: 0,
        source: String::new(),
        cid: Vec::new(),
        terminated: false,
    }
}

/// A socket that has joined multicast groups on loopback, and its port.
pub(crate) fn multicast(groups: &[Ipv4Addr]) -> (UdpSocket, u16) {
    let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    for group in groups {
        socket.join_multicast_v4(group, &Ipv4Addr::LOCALHOST).unwrap();
    }
    let port = socket.local_addr().unwrap().port();
    (socket, port)
}
