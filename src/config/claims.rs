//! What each output drives, so that no two drive the same: they would show two pictures in turn.

use crate::keys::problem::Problem;
use crate::keys::table::Table;
use crate::output::e131::{To, universes};
use crate::output::{Kind, Settings};

/// One thing to drive.
#[derive(Debug, PartialEq)]
enum Claim {
    Terminal,
    /// The data line of a bus. Strips do not see which slave is selected.
    Spi(u8),
    /// All that listens at a port of a host.
    Port(String, u16),
    /// Universes of a port of a host, or of everybody: the first and the last.
    Universes(String, u16, usize, usize),
}

/// What the outputs so far drive, each with its name.
#[derive(Default)]
pub(super) struct Claims(Vec<(Claim, String)>);

impl Claims {
    /// Notes what an output drives. That another does already is recorded as a problem.
    pub(super) fn note(&mut self, table: &Table<'_>, settings: &Settings) {
        let Some((claim, key)) = claim(settings) else { return };
        let other = self.0.iter().find(|(other, _)| claim.meets(other));
        if let Some((other, name)) = other {
            let message = format!(
                "the outputs `{name}` and `{}` drive the same {}",
                settings.name,
                claim.shared(other)
            );
            let problem = Problem::new(table.place(key), message);
            table.report(problem.hint(match claim {
                Claim::Terminal => "leave one of them out",
                Claim::Spi(_) => "one strip, or two in a row, is one output; `segments` splits it",
                Claim::Port(..) => "give each a `host` or a `port` of its own",
                Claim::Universes(..) => "give each a `universe` that the other does not reach",
            }));
        }
        self.0.push((claim, settings.name.clone()));
    }
}

impl Claim {
    fn meets(&self, other: &Claim) -> bool {
        match (self, other) {
            (Claim::Universes(host, port, from, to), Claim::Universes(a, b, first, last)) => {
                host == a && port == b && from <= last && first <= to
            }
            _ => self == other,
        }
    }

    /// What both drive.
    fn shared(&self, other: &Claim) -> String {
        match (self, other) {
            (Claim::Universes(host, _, from, to), Claim::Universes(_, _, first, last)) => {
                let (from, to) = (from.max(first), to.min(last));
                if from == to {
                    format!("universe {from} of `{host}`")
                } else {
                    format!("universes {from} to {to} of `{host}`")
                }
            }
            (Claim::Terminal, _) => "terminal".to_owned(),
            (Claim::Spi(bus), _) => format!("SPI bus {bus}"),
            (Claim::Port(host, port) | Claim::Universes(host, port, ..), _) => {
                format!("port {port} of `{host}`")
            }
        }
    }
}

/// What an output drives, and the key that says so; `None` if that could not be read.
fn claim(settings: &Settings) -> Option<(Claim, &'static str)> {
    let pixels = settings.strip.layout.pixels;
    let count = universes(pixels, settings.strip.calibration.channels());
    let port = |host: &str, port| {
        (!host.is_empty()).then(|| (Claim::Port(host.to_lowercase(), port), "host"))
    };
    let universes = |host: &str, port, universe: u16| {
        let from = usize::from(universe);
        let claim = Claim::Universes(host.to_lowercase(), port, from, from + count - 1);
        (!host.is_empty()).then_some((claim, "universe"))
    };
    match &settings.kind {
        Kind::Terminal(_) => Some((Claim::Terminal, "kind")),
        Kind::Spi(spi) => Some((Claim::Spi(spi.device.bus), "device")),
        Kind::Ddp(ddp) => port(&ddp.host, ddp.port),
        Kind::Wled(wled) => port(&wled.host, wled.port),
        Kind::Holiday(holiday) => port(&holiday.host, holiday.port),
        Kind::Artnet(artnet) => universes(&artnet.host, artnet.port, artnet.universe),
        Kind::E131(e131) => match &e131.to {
            To::Host(host) => universes(host, e131.port, e131.universe),
            To::Multicast { .. } => {
                universes(crate::keys::host::MULTICAST, e131.port, e131.universe)
            }
        },
    }
}
