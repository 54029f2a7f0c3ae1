//! Where the result goes: lights. An output shows the newest scene, keeps its own errors to itself,
//! and never holds up another.
//!
//! A kind of output is one file that implements [`Kind`], with its keys, what it drives, and how it
//! is described and looked at; and one line in the table of kinds, `KINDS`.

mod apart;
pub mod artnet;
pub mod blackout;
pub mod claim;
pub mod ddp;
mod dmx;
pub mod doctor;
pub mod e131;
pub mod holiday;
pub mod led;
pub mod lock;
pub mod spi;
pub mod status;
pub mod strip;
pub mod suspend;
pub mod terminal;
mod udp;
pub mod wled;

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use tokio::sync::watch;

use crate::finding::Finding;
use crate::keys::names::Names;
use crate::keys::table::{Most, Table};
use crate::render::bytes::Encoding;
use crate::snapshot::Snapshot;

use claim::{Claim, Claims};
use doctor::Machine;
use led::device::Open;
use status::{Monitor, StatusSender};
use strip::Strip;
use suspend::Suspended;

/// The kinds, in the order in which messages list them.
#[rustfmt::skip] // A line each.
const KINDS: &[Entry] = &[
    terminal::KIND,
    spi::KIND,
    ddp::KIND,
    e131::KIND,
    artnet::KIND,
    wled::KIND,
    holiday::KIND,
];

/// A kind: the word that the config has for it, and what reads its keys.
type Entry = (&'static str, fn(&Table<'_>) -> (Arc<dyn Kind>, Strip));

/// What a kind of output says of itself. It lights by the device that its [`Open`] opens.
pub trait Kind: Any + Open + Keys + fmt::Debug + Sync {
    /// As in the config.
    fn name(&self) -> &'static str;

    /// What its bytes mean.
    fn encoding(&self) -> Encoding {
        Encoding::Duty
    }

    /// What it drives, so that no other output does too; `None` if that could not be read.
    fn claim(&self, strip: &Strip) -> Option<Claim>;

    /// Where it would send, for `hashtug check`.
    fn describe(&self, strip: &Strip) -> String;

    /// What `hashtug doctor` finds of it without sending light.
    fn examine(&self, strip: &Strip, machine: &Machine) -> Vec<Finding>;
}

/// The keys of a kind, which whoever opens its device gets a copy of, and which can be compared.
pub trait Keys {
    /// What opens its device.
    fn opener(&self) -> Box<dyn Open>;

    /// Whether the other is of the same kind, and has the same keys.
    fn equals(&self, other: &dyn Kind) -> bool;
}

impl<K: Kind + Clone + PartialEq> Keys for K {
    fn opener(&self) -> Box<dyn Open> {
        Box::new(self.clone())
    }

    fn equals(&self, other: &dyn Kind) -> bool {
        (other as &dyn Any).downcast_ref::<K>() == Some(self)
    }
}

impl PartialEq for dyn Kind {
    fn eq(&self, other: &dyn Kind) -> bool {
        self.equals(other)
    }
}

/// One `[[output]]` of the config.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What logs call it.
    pub name: String,
    /// What it is, with the keys of that kind.
    pub kind: Arc<dyn Kind>,
    /// The lights.
    pub strip: Strip,
}

// The derived one would move the kind out of its `Arc`.
impl PartialEq for Settings {
    fn eq(&self, other: &Settings) -> bool {
        self.name == other.name && *self.kind == *other.kind && self.strip == other.strip
    }
}

/// More outputs than this are refused: each has a thread and a socket or a device of its own.
pub const MAX_OUTPUTS: usize = 256;

/// Reads the `[[output]]` tables. One without a kind that exists is left out, and recorded as a
/// problem.
pub(crate) fn read(root: &Table<'_>) -> Vec<Settings> {
    let mut names = Names::new("outputs");
    let mut claims = Claims::default();
    let most = Most { number: MAX_OUTPUTS, what: "outputs", that: "a show can have" };
    let outputs = root.each("output", "[[output]]", most, |table| {
        let kind = table.kind(KINDS, &[]);
        let name = names.claim(table, kind.map(|(kind, _)| kind));
        kind.map(|(_, read)| {
            let (kind, strip) = read(table);
            let settings = Settings { name, kind, strip };
            claims.note(table, &settings);
            settings
        })
    });
    outputs.into_iter().flatten().flatten().collect()
}

impl Settings {
    /// What it would send, and where, for `hashtug check`.
    #[must_use]
    pub fn describe(&self) -> String {
        let Strip { layout, calibration, budget } = &self.strip;
        let pixels = match layout.pixels {
            1 => "1 pixel".to_owned(),
            pixels => format!("{pixels} pixels"),
        };
        let place = self.kind.describe(&self.strip);
        if self.kind.encoding() == Encoding::Screen {
            return format!("{place}, {pixels}");
        }
        let white = if calibration.white { "w" } else { "" };
        let (order, most) = (calibration.order, budget.max_milliamps);
        format!("{place}, {pixels} {order}{white}, at most {most} mA")
    }

    /// The two ends of how the output is doing.
    #[must_use]
    pub fn status_channel(&self) -> (StatusSender, Monitor) {
        status::channel(&self.name, self.kind.name(), &self.strip, self.kind.encoding())
    }
}
/// Runs an output until the show ends, and leaves the strip dark.
pub async fn run(
    settings: Settings,
    snapshots: watch::Receiver<Arc<Snapshot>>,
    status: StatusSender,
    suspended: Suspended,
) {
    let Settings { name, kind, strip } = &settings;
    led::run(name, strip, kind.encoding(), kind.opener(), snapshots, status, suspended).await;
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;
    use crate::keys::log::Log;
    use crate::keys::syntax;

    /// The outputs of a config, of which the rest is not looked at.
    pub(super) fn parse(text: &str) -> Vec<Settings> {
        let log = Log::new(Path::new(""));
        let parsed = syntax::parse(text);
        let outputs = Table::root(parsed.root.get_ref(), &log, read);
        assert!(log.into_problems().is_empty(), "{text}");
        outputs
    }

    /// The name of each file below a folder, and its lines without comments.
    fn files(folder: &Path, name: &str) -> Vec<(String, Vec<String>)> {
        let mut files = Vec::new();
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let name = format!("{name}{}", entry.file_name().to_str().unwrap());
            if entry.path().is_dir() {
                files.extend(self::files(&entry.path(), &format!("{name}/")));
            } else {
                let text = fs::read_to_string(entry.path()).unwrap();
                let lines = text.lines().map(|line| line.split("//").next().unwrap().trim());
                files.push((name, lines.map(str::to_owned).collect()));
            }
        }
        files
    }

    /// Whether code goes by way of the module `kind`.
    fn names(line: &str, kind: &str) -> bool {
        let path = format!("{kind}::");
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        line.match_indices(&path).any(|(at, _)| !line[..at].ends_with(is_word))
    }

    #[test]
    fn a_kind_is_its_own_file_a_module_and_a_line_of_the_table() {
        let files = files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), "");
        assert!(files.iter().any(|(name, _)| name == "output/led/frames.rs"), "all are read");
        for (kind, _) in KINDS {
            let own = [format!("output/{kind}.rs"), format!("output/{kind}/")];
            let elsewhere: Vec<(&str, &str)> = files
                .iter()
                .filter(|(name, _)| !own.iter().any(|own| name.starts_with(own)))
                .flat_map(|(name, lines)| lines.iter().map(move |line| (&**name, &**line)))
                .filter(|(_, line)| names(line, kind) || *line == format!("pub mod {kind};"))
                .collect();
            let module = format!("pub mod {kind};");
            let entry = format!("{kind}::KIND,");
            assert_eq!(elsewhere, [("output/mod.rs", &*module), ("output/mod.rs", &*entry)]);
        }
    }
}
