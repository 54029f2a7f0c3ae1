//! What each output drives, so that no two drive the same: they would show two pictures in turn.
//!
//! A host is the same however it is written: in capitals, with a dot at its end, an address in another
//! notation, this machine under each of its names. A name is not looked up.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use url::Host;

use crate::keys::problem::Problem;
use crate::keys::table::Table;

use super::Settings;

/// One thing to drive.
#[derive(Debug)]
pub struct Claim {
    thing: Thing,
    /// The key that says which.
    key: &'static str,
    /// What to do where another output drives it too.
    hint: &'static str,
}

#[derive(Debug, PartialEq)]
enum Thing {
    /// What each program has one of.
    Own(String),
    /// A bus of this machine: its name, and the device file of one of its slaves.
    Bus(String, PathBuf),
    /// All that listens at a port of a host.
    Port(String, u16),
    /// Universes of a port of a host, or of everybody: the first and the last.
    Universes(String, u16, usize, usize),
}

impl Claim {
    /// What each program has one of, such as its terminal; `key` says which.
    pub(super) fn own(what: impl Into<String>, key: &'static str, hint: &'static str) -> Claim {
        Claim { thing: Thing::Own(what.into()), key, hint }
    }

    /// A bus of this machine, such as "SPI bus 0", all of whose slaves share its line; `device` is the
    /// file of one, with its number after the last dot.
    pub(super) fn bus(
        what: impl Into<String>,
        device: impl Into<PathBuf>,
        key: &'static str,
        hint: &'static str,
    ) -> Claim {
        Claim { thing: Thing::Bus(what.into(), device.into()), key, hint }
    }

    /// All that listens at a port; `None` for a host that could not be read.
    pub(super) fn port(host: &str, port: u16) -> Option<Claim> {
        let thing = Thing::Port(canonical(host), port);
        let hint = "give each a `host` or a `port` of its own";
        (!host.is_empty()).then_some(Claim { thing, key: "host", hint })
    }

    /// Universes from `first` to `last`; `None` for a host that could not be read.
    pub(super) fn universes(host: &str, port: u16, first: usize, last: usize) -> Option<Claim> {
        let thing = Thing::Universes(canonical(host), port, first, last);
        let hint = "give each a `universe` that the other does not reach";
        (!host.is_empty()).then_some(Claim { thing, key: "universe", hint })
    }

    /// The single things of it, each by a name that is the same in every program, and as people call it.
    pub(super) fn locks(&self) -> Vec<(String, String)> {
        match &self.thing {
            Thing::Own(_) => Vec::new(),
            Thing::Bus(what, device) => {
                // Another name of the file is the same bus.
                let device = device.canonicalize().unwrap_or_else(|_| device.clone());
                vec![(format!("bus {}", bus(&device).display()), what.clone())]
            }
            Thing::Port(host, port) => {
                vec![(format!("port {port} of {host}"), format!("port {port} of `{host}`"))]
            }
            Thing::Universes(host, port, first, last) => (*first..=*last)
                .map(|universe| {
                    let name = format!("universe {universe} at port {port} of {host}");
                    (name, format!("universe {universe} of `{host}`"))
                })
                .collect(),
        }
    }
}

/// The device file of a slave without the slave.
fn bus(device: &Path) -> PathBuf {
    device.with_extension("")
}

/// A host in the one way to write it.
fn canonical(host: &str) -> String {
    let host = host.trim_end_matches('.');
    let (address, zone) = host.split_once('%').map_or((host, None), |(a, zone)| (a, Some(zone)));
    let address = match address.parse::<IpAddr>() {
        Ok(address) => Some(address),
        // In notations that resolvers know, too: `0x7f.1`.
        Err(_) => match Host::parse(host) {
            Ok(Host::Ipv4(address)) => Some(address.into()),
            Ok(Host::Domain(name)) if name == "localhost" || name.ends_with(".localhost") => {
                Some(IpAddr::from([127, 0, 0, 1]))
            }
            Ok(Host::Domain(name)) => return name,
            Ok(Host::Ipv6(_)) | Err(_) => None,
        },
    };
    match address.map(|address| address.to_canonical()) {
        // `localhost` is either.
        Some(IpAddr::V6(address)) if address.is_loopback() => "127.0.0.1".to_owned(),
        Some(address) => zone.map_or(address.to_string(), |zone| format!("{address}%{zone}")),
        None => host.to_lowercase(),
    }
}

/// What the outputs so far drive, each with its name.
#[derive(Default)]
pub(super) struct Claims(Vec<(Thing, String)>);

impl Claims {
    /// Notes what an output drives. That another does already is recorded as a problem.
    pub(super) fn note(&mut self, table: &Table<'_>, settings: &Settings) {
        let Some(claim) = settings.kind.claim(&settings.strip) else { return };
        let Claim { thing, key, hint } = claim;
        let other = self.0.iter().find(|(other, _)| thing.meets(other));
        if let Some((other, name)) = other {
            let message = format!(
                "the outputs `{name}` and `{}` drive the same {}",
                settings.name,
                thing.shared(other)
            );
            table.report(Problem::new(table.place(key), message).hint(hint));
        }
        self.0.push((thing, settings.name.clone()));
    }
}

impl Thing {
    fn meets(&self, other: &Thing) -> bool {
        match (self, other) {
            (Thing::Universes(host, port, from, to), Thing::Universes(a, b, first, last)) => {
                host == a && port == b && from <= last && first <= to
            }
            (Thing::Bus(one, _), Thing::Bus(other, _)) => one == other,
            _ => self == other,
        }
    }

    /// What both drive.
    fn shared(&self, other: &Thing) -> String {
        match (self, other) {
            (Thing::Universes(host, _, from, to), Thing::Universes(_, _, first, last)) => {
                let (from, to) = (from.max(first), to.min(last));
                if from == to {
                    format!("universe {from} of `{host}`")
                } else {
                    format!("universes {from} to {to} of `{host}`")
                }
            }
            (Thing::Own(what) | Thing::Bus(what, _), _) => what.clone(),
            (Thing::Port(host, port) | Thing::Universes(host, port, ..), _) => {
                format!("port {port} of `{host}`")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_the_same_however_it_is_written() {
        for (same, expected) in [
            (
                ["127.0.0.1", "localhost", "LOCALHOST", "localhost.", "::1", "0:0:0:0:0:0:0:1"],
                "127.0.0.1",
            ),
            (
                [
                    "::ffff:127.0.0.1",
                    "a.localhost",
                    "0x7f.1",
                    "127.0.0.1",
                    "::FFFF:7f00:1",
                    "localhost",
                ],
                "127.0.0.1",
            ),
            (
                [
                    "wled.local",
                    "WLED.local",
                    "wled.local.",
                    "Wled.Local.",
                    "wled.LOCAL",
                    "wled.local",
                ],
                "wled.local",
            ),
            (
                [
                    "fe80::1%eth0",
                    "FE80::1%eth0",
                    "fe80:0::1%eth0",
                    "fe80::0:1%eth0",
                    "fe80::1%eth0",
                    "fe80::1%eth0",
                ],
                "fe80::1%eth0",
            ),
            (
                [
                    "10.0.0.5",
                    "::ffff:10.0.0.5",
                    "0xa.0.0.5",
                    "10.0.0.5",
                    "::ffff:a00:5",
                    "10.0.0.5",
                ],
                "10.0.0.5",
            ),
        ] {
            for host in same {
                assert_eq!(canonical(host), expected, "{host}");
            }
        }
        let others = [
            "127.0.0.2",
            "wled",
            "wled.lan",
            "wled_2.local",
            "fe80::1%eth1",
            "fe80::1",
            "multicast",
        ];
        for host in others {
            assert_eq!(canonical(host), host);
        }
    }

    #[test]
    fn a_lock_is_of_a_single_thing_and_the_terminal_needs_none() {
        let names = |claim: Option<Claim>| {
            let locks = claim.unwrap().locks().into_iter();
            locks.map(|(name, _)| name).collect::<Vec<_>>()
        };
        assert_eq!(names(Some(Claim::own("terminal", "kind", ""))), Vec::<String>::new());
        assert_eq!(
            names(Claim::universes("Localhost", 5568, 2, 3)),
            ["universe 2 at port 5568 of 127.0.0.1", "universe 3 at port 5568 of 127.0.0.1"]
        );
        assert_eq!(names(Claim::port("wled.local.", 4048)), ["port 4048 of wled.local"]);
        let bus = |device: &str| names(Some(Claim::bus("SPI bus 0", device, "device", "")));
        assert_eq!(bus("/nowhere/spidev0.0"), ["bus /nowhere/spidev0"]);
        assert_eq!(bus("/nowhere/spidev0.1"), bus("/nowhere/spidev0.0"), "one line of data");
    }

    #[cfg(unix)]
    #[test]
    fn another_name_of_a_device_file_is_the_same_bus() {
        let folder = tempfile::tempdir().unwrap();
        let (device, link) = (folder.path().join("spidev10.0"), folder.path().join("spidev0.0"));
        std::fs::write(&device, "").unwrap();
        std::os::unix::fs::symlink(&device, &link).unwrap();
        let locks = |path: PathBuf| Claim::bus("SPI bus", path, "device", "").locks();
        assert_eq!(locks(link), locks(device));
    }
}
