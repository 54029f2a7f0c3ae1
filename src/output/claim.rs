//! What each output drives, so that no two drive the same: they would show two pictures in turn.

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
    /// What this machine has one of.
    Own(String),
    /// All that listens at a port of a host.
    Port(String, u16),
    /// Universes of a port of a host, or of everybody: the first and the last.
    Universes(String, u16, usize, usize),
}

impl Claim {
    /// What this machine has one of, such as "SPI bus 0"; `key` says which.
    pub(super) fn own(what: impl Into<String>, key: &'static str, hint: &'static str) -> Claim {
        Claim { thing: Thing::Own(what.into()), key, hint }
    }

    /// All that listens at a port; `None` for a host that could not be read.
    pub(super) fn port(host: &str, port: u16) -> Option<Claim> {
        let thing = Thing::Port(host.to_lowercase(), port);
        let hint = "give each a `host` or a `port` of its own";
        (!host.is_empty()).then_some(Claim { thing, key: "host", hint })
    }

    /// Universes from `first` to `last`; `None` for a host that could not be read.
    pub(super) fn universes(host: &str, port: u16, first: usize, last: usize) -> Option<Claim> {
        let thing = Thing::Universes(host.to_lowercase(), port, first, last);
        let hint = "give each a `universe` that the other does not reach";
        (!host.is_empty()).then_some(Claim { thing, key: "universe", hint })
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
            (Thing::Own(what), _) => what.clone(),
            (Thing::Port(host, port) | Thing::Universes(host, port, ..), _) => {
                format!("port {port} of `{host}`")
            }
        }
    }
}
