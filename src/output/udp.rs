//! The way of a packet to a host: found by name, sent without waiting for long.
//!
//! A socket is connected, so that the host's refusal (ICMP port unreachable) comes back as an error
//! of a later packet. Names are looked up whenever a device is opened, on the thread of the device:
//! a resolver that does not answer holds up this output alone.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs, UdpSocket};
use std::time::Duration;

use crate::finding::Finding;
use crate::keys::table::Table;

use super::led::device::DeviceError;

/// A frame that stands is sent again within this time. Receivers let go after two seconds and more,
/// so that one packet may be lost.
pub(super) const KEEP_ALIVE: Duration = Duration::from_secs(1);

/// Black frames at the end: no protocol here has an answer that says that the first one arrived.
pub(super) const FAREWELLS: u32 = 2;

/// The wait for a full send buffer, and for a refusal of the first frame. A later frame is worth more
/// than this one by then.
const PATIENCE: Duration = Duration::from_millis(20);

/// Frames a second that devices on a network take without stutter, also over Wi-Fi.
pub(super) const FPS: u32 = 40;

/// One host that takes packets.
#[derive(Debug)]
pub(super) struct Peer {
    socket: UdpSocket,
    address: SocketAddr,
    /// The first frame was not refused.
    confirmed: bool,
}

impl Peer {
    /// Looks a host up, and makes ready to send to it. Nothing is sent.
    pub(super) fn open(host: &str, port: u16) -> Result<Peer, DeviceError> {
        let lost = |reason| DeviceError::Host { host: host.to_owned(), reason };
        let mut addresses: Vec<SocketAddr> =
            (host, port).to_socket_addrs().map_err(lost)?.collect();
        // Controllers of lights that speak IPv6 are rare, and names often have both.
        addresses.sort_by_key(SocketAddr::is_ipv6);
        let mut failure = io::Error::from(io::ErrorKind::NotFound);
        for address in addresses {
            match connect(address) {
                Ok(socket) => return Ok(Peer { socket, address, confirmed: false }),
                Err(reason) => failure = reason,
            }
        }
        Err(lost(failure))
    }

    /// Sends one packet.
    pub(super) fn send(&self, packet: &[u8]) -> Result<(), DeviceError> {
        let sent = self.socket.send(packet);
        sent.map(drop).map_err(|reason| DeviceError::Send { address: self.address, reason })
    }

    /// To be called after each frame. After the first it waits a moment for a refusal: without that a
    /// host that refuses would seem to be back with every attempt, and gone again a frame later.
    pub(super) fn confirm(&mut self) -> Result<(), DeviceError> {
        if self.confirmed {
            return Ok(());
        }
        self.confirmed = true;
        match self.socket.recv(&mut [0]) {
            Err(reason) if reason.kind() == io::ErrorKind::ConnectionRefused => {
                Err(DeviceError::Send { address: self.address, reason })
            }
            // Nothing has come, which is the rule, or an answer that nobody has asked for.
            _ => Ok(()),
        }
    }
}

/// Reads the key `port`.
pub(super) fn port(table: &Table<'_>, default: u16) -> u16 {
    let port = table.whole("port", 1..=u32::from(u16::MAX));
    port.and_then(|port| u16::try_from(port).ok()).unwrap_or(default)
}

/// For `hashtug check`: where packets go.
pub(super) fn describe(kind: &str, host: &str, port: u16, usual: u16) -> String {
    let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
    if port == usual { format!("{kind} to {host}") } else { format!("{kind} to {host}:{port}") }
}

/// For `hashtug doctor`: whether a host is found, and where packets to it would leave. Sends none.
pub(super) fn examine(host: &str, port: u16) -> Finding {
    const HINT: &str = "check the spelling of `host`, and that this machine is on that network";
    match Peer::open(host, port) {
        Ok(Peer { socket, address, .. }) => {
            Finding::ok("host", format!("packets to {address}{}", leave_from(&socket)))
        }
        Err(error) => Finding::fail("host", error.to_string(), Some(HINT)),
    }
}

/// The address of this machine from which a connected socket would send, in words.
pub(super) fn leave_from(socket: &UdpSocket) -> String {
    socket.local_addr().map_or_else(|_| String::new(), |from| format!(" leave from {}", from.ip()))
}

/// Sends the end of a stream some times, whatever comes of it, and returns the first failure: a refusal
/// may be that of an earlier packet.
pub(super) fn farewell(
    times: u32,
    mut send: impl FnMut() -> Result<(), DeviceError>,
) -> Result<(), DeviceError> {
    let mut result = Ok(());
    for _ in 0..times {
        let outcome = send();
        result = result.and(outcome);
    }
    result
}

fn connect(address: SocketAddr) -> io::Result<UdpSocket> {
    let any: SocketAddr = match address {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    let socket = bind(any)?;
    socket.connect(address)?;
    Ok(socket)
}

/// A socket of this machine that never blocks for long.
pub(super) fn bind(address: SocketAddr) -> io::Result<UdpSocket> {
    let socket = UdpSocket::bind(address)?;
    socket.set_write_timeout(Some(PATIENCE))?;
    socket.set_read_timeout(Some(PATIENCE))?;
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_that_refuses_is_an_error_and_comes_back() {
        let receiver = UdpSocket::bind("127.0.0.1:0").unwrap();
        let address = receiver.local_addr().unwrap();
        let mut peer = Peer::open("127.0.0.1", address.port()).unwrap();
        drop(receiver);
        peer.send(b"frame").unwrap();
        let refused = peer.confirm().unwrap_err();
        let expected = format!("cannot send to {address}: Connection refused");
        assert!(refused.to_string().starts_with(&expected), "{refused}");
        let receiver = UdpSocket::bind(address).unwrap();
        let mut peer = Peer::open("127.0.0.1", address.port()).unwrap();
        peer.send(b"again").unwrap();
        peer.confirm().unwrap();
        let mut buffer = [0; 16];
        receiver.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
        let length = receiver.recv(&mut buffer).unwrap();
        assert_eq!(&buffer[..length], b"again");
    }

    #[test]
    fn a_host_that_nobody_knows_is_named() {
        let error = Peer::open("no-such-host.invalid", 4048).unwrap_err().to_string();
        assert!(error.starts_with("cannot find host `no-such-host.invalid`: "), "{error}");
    }
}
