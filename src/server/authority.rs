//! The host and the port by which a visitor asks for this server, read strictly: whatever may be taken for
//! one host here and for another by a browser or a proxy on the way is none.

use std::net::{IpAddr, Ipv6Addr};

/// Ends of names that are given out within a network only.
const LOCAL: [&str; 5] = [".local", ".localhost", ".lan", ".internal", ".home.arpa"];

/// The longest name, and the longest part of one (RFC 1035).
const MAX_NAME: usize = 253;
const MAX_LABEL: usize = 63;

/// A host, and a port unless it is the usual one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Authority {
    host: Host,
    port: Option<u16>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Host {
    Address(IpAddr),
    /// In small letters.
    Name(String),
}

impl Authority {
    /// `None` for anything but one host with at most a port: no user, no path, no list, no address in
    /// another notation than the usual one.
    pub(super) fn parse(text: &str) -> Option<Authority> {
        let (host, port) = if let Some(text) = text.strip_prefix('[') {
            let (address, port) = text.split_once(']')?;
            (Host::Address(address.parse::<Ipv6Addr>().ok()?.into()), port)
        } else {
            let (host, port) = text.split_at(text.find(':').unwrap_or(text.len()));
            (host_of(host)?, port)
        };
        let port = match port.strip_prefix(':') {
            None if port.is_empty() => None,
            None => return None,
            Some(port) => Some(port_of(port)?),
        };
        Some(Authority { host, port })
    }

    /// Whether nobody elsewhere can own it: an address, or a name of the local network.
    pub(super) fn is_local(&self) -> bool {
        let Host::Name(name) = &self.host else { return true };
        let (name, is_rooted) =
            name.strip_suffix('.').map_or((&**name, false), |name| (name, true));
        if name.contains('.') {
            return LOCAL.iter().any(|end| name.ends_with(end));
        }
        // Names without a dot are not given out to anybody; with one at the end they are, as countries.
        !is_rooted || name == "localhost"
    }

    /// The address, if it is one.
    pub(super) fn address(&self) -> Option<IpAddr> {
        match self.host {
            Host::Address(address) => Some(address),
            Host::Name(_) => None,
        }
    }

    /// The name in small letters, if it is one.
    pub(super) fn name(&self) -> Option<&str> {
        match &self.host {
            Host::Address(_) => None,
            Host::Name(name) => Some(name),
        }
    }

    /// The port, where `usual` is the one that is not written.
    pub(super) fn port_or(&self, usual: u16) -> u16 {
        self.port.unwrap_or(usual)
    }

    /// Whether both are the same, where `usual` is the port that is not written.
    pub(super) fn is_same(&self, other: &Authority, usual: u16) -> bool {
        self.host == other.host && self.port_or(usual) == other.port_or(usual)
    }
}

fn host_of(text: &str) -> Option<Host> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some(Host::Address(address));
    }
    let name = text.strip_suffix('.').unwrap_or(text);
    let is_label = |label: &str| {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        (1..=MAX_LABEL).contains(&label.len()) && label.bytes().all(fits)
    };
    let last = name.rsplit('.').next()?;
    // Browsers take what ends so for an address, in whatever notation.
    let is_number = last.bytes().all(|byte| byte.is_ascii_digit())
        || last.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("0x"));
    let is_name = name.len() <= MAX_NAME && name.split('.').all(is_label) && !is_number;
    is_name.then(|| Host::Name(text.to_ascii_lowercase()))
}

fn port_of(text: &str) -> Option<u16> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    text.parse().ok().filter(|_| is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_local(text: &str) -> Option<bool> {
        Authority::parse(text).map(|authority| authority.is_local())
    }

    #[test]
    fn only_names_that_nobody_else_can_own_are_local() {
        for host in [
            "127.0.0.1:8080",
            "192.168.1.7",
            "[::1]:80",
            "[2001:db8::7]",
            "localhost:1",
            "LOCALHOST",
            "localhost.",
            "pi.local",
            "PI.Local:65535",
            "pi.local.",
            "a.b.home.arpa",
            "laptop:8080",
            "my_laptop-2",
            "xn--bcher-kva.lan",
        ] {
            assert_eq!(is_local(host), Some(true), "{host}");
        }
        for host in [
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "x.com:8080",
            "evil.",
            "evillocal.com",
            "local.example",
            "a.lan.example.",
        ] {
            assert_eq!(is_local(host), Some(false), "{host}");
        }
    }

    #[test]
    fn what_could_be_taken_for_two_hosts_is_none() {
        let long = "a".repeat(64);
        for host in [
            "",
            ".",
            "..",
            ":",
            ":80",
            "a@127.0.0.1",
            "127.0.0.1@evil.example",
            "127.0.0.1,evil.example",
            "127.0.0.1 evil.example",
            " 127.0.0.1",
            "127.0.0.1/",
            "127.0.0.1#a",
            "127.0.0.1?a",
            "http://127.0.0.1",
            "127.0.0.1:",
            "127.0.0.1:0",
            "127.0.0.1:080",
            "127.0.0.1:65536",
            "127.0.0.1:-1",
            "127.0.0.1:+80",
            "127.0.0.1:80a",
            "127.0.0.1:80:80",
            "127.0.0.1.",
            "127.0.0.01",
            "127.0.0.256",
            "127.1",
            "2130706433",
            "0x7f000001",
            "0X7f.0.0.1",
            "::1",
            "[::1",
            "[::1]80",
            "[::1]:",
            "[127.0.0.1]",
            "[localhost]",
            "[fe80::1%eth0]",
            "[]",
            "a..local",
            ".local",
            "pi.local..",
            "b\u{fc}cher.lan",
            "%6cocalhost",
            "local\u{0}host",
            &long,
        ] {
            assert_eq!(Authority::parse(host), None, "{host:?}");
        }
    }

    #[test]
    fn the_usual_port_need_not_be_written() {
        let same = |one: &str, other: &str, usual| {
            let read = |text| Authority::parse(text).unwrap();
            read(one).is_same(&read(other), usual)
        };
        assert!(same("Pi.local", "pi.LOCAL:80", 80));
        assert!(same("[::1]:8080", "[0:0:0:0:0:0:0:1]:8080", 80));
        assert!(!same("pi.local", "pi.local:80", 443));
        assert!(!same("pi.local:8080", "pi.local", 80));
        assert!(!same("127.0.0.1", "localhost", 80));
    }
}
