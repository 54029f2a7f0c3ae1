//! Lights that one program drives are kept from the others of this machine: two on one light would show
//! their pictures in turn, and whichever ends first would leave it black.
//!
//! Each thing that a [`Claim`](super::claim::Claim) names is a lock of its own that other processes see, a
//! universe of several too, so that claims which overlap meet. The system gives a lock back when its process
//! ends, in whatever way: nothing stale is left. How that is had differs between systems, a file each.
//!
//! Whoever is asked to drive a light that is driven takes another *place* of it. So a place is never taken
//! from anybody, and a third program finds whoever of the two is left.
//!
//! Hosts are compared as they are written: to look a name up may take seconds, and a show begins without
//! a network too. What the system gives no lock for is driven all the same, for a show is worth more.

mod abstract_socket;
mod file;

#[cfg(target_os = "linux")]
use abstract_socket as system;
#[cfg(not(target_os = "linux"))]
use file as system;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;
use std::time::Duration;

use sha2::{Digest, Sha256};
use tokio::time::Instant;
use tracing::warn;

use crate::hint::Hint;
use crate::keys::problem::printable;

use super::Settings;

/// A program that was told to end drives its lights a little longer, and one that was killed is not gone
/// at once.
const PATIENCE: Duration = Duration::from_secs(1);

/// Between two tries within that time.
const LOOK: Duration = Duration::from_millis(10);

/// Programs that can drive a light at one time and be found by others. One more drives it unseen.
const PLACES: usize = 4;

/// What to do where another program drives a light.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sharing {
    /// Leave it alone.
    Refused,
    /// Drive it as well, as somebody has asked for.
    Forced,
}

/// Lights that are this program's for as long as it holds on to this.
#[derive(Debug)]
pub struct Locks {
    _taken: Vec<system::Lock>,
}

/// Why there is no lock.
#[derive(Debug)]
enum Refusal {
    /// Another program has it.
    Held,
    /// The system gives none.
    Impossible(io::Error),
}

/// Lights that other programs drive.
#[derive(Debug, thiserror::Error)]
#[error("{}", lines(.0))]
pub struct Driven(Vec<Other>);

/// Somebody who drives a light of an output.
#[derive(Debug, PartialEq, Eq)]
struct Other {
    output: String,
    thing: String,
    program: String,
}

impl Hint for Driven {
    fn hint(&self) -> Option<&'static str> {
        Some("stop that program, or add `--force` to drive the lights as well")
    }
}

impl Driven {
    /// Who drives what, without the name of the output.
    #[must_use]
    pub fn reason(&self) -> String {
        self.0.first().map(Other::said).unwrap_or_default()
    }
}

impl Other {
    fn said(&self) -> String {
        format!("{} drives {} already", self.program, self.thing)
    }
}

fn lines(others: &[Other]) -> String {
    let lines = others.iter().map(|other| format!("output `{}`: {}", other.output, other.said()));
    lines.collect::<Vec<_>>().join("\nerror: ")
}

/// Takes the lights of the outputs. May take a second where another program has them.
///
/// # Errors
/// Who drives which of them, unless they are to be shared.
pub fn take(outputs: &[Settings], sharing: Sharing) -> Result<Locks, Driven> {
    take_within(outputs, sharing, PATIENCE)
}

fn take_within(
    outputs: &[Settings],
    sharing: Sharing,
    patience: Duration,
) -> Result<Locks, Driven> {
    let wanted = wanted(outputs);
    if sharing == Sharing::Forced {
        for other in others(&wanted) {
            warn!(output = other.output, "{}, and so does this program", other.said());
        }
        let taken = wanted.iter().filter_map(|(name, thing)| share(name, thing)).collect();
        return Ok(Locks { _taken: taken });
    }
    let deadline = Instant::now() + patience;
    loop {
        // Nothing that others may want is kept from them between two tries.
        let mut taken = Vec::new();
        if wanted.iter().all(|(name, thing)| alone(name, thing, &mut taken)) {
            return Ok(Locks { _taken: taken });
        }
        drop(taken);
        if Instant::now() >= deadline {
            let others = others(&wanted);
            // Whoever it was has gone at the last moment.
            if !others.is_empty() {
                return Err(Driven(others));
            }
        }
        std::thread::park_timeout(LOOK);
    }
}

/// A thing to lock.
struct Wanted<'a> {
    output: &'a str,
    thing: String,
}

/// What the outputs drive, by its name. In that order all programs take it: of two that begin at one time
/// one is refused, and not both.
fn wanted(outputs: &[Settings]) -> BTreeMap<String, Wanted<'_>> {
    let mut wanted = BTreeMap::new();
    for settings in outputs {
        let Some(claim) = settings.kind.claim(&settings.strip) else { continue };
        for (name, thing) in claim.locks() {
            wanted.insert(name, Wanted { output: &settings.name, thing });
        }
    }
    wanted
}

/// Takes a thing that nobody else is at, and says whether it did; so it does where the system gives no
/// locks.
fn alone(name: &str, wanted: &Wanted<'_>, taken: &mut Vec<system::Lock>) -> bool {
    let mut first = None;
    for place in (0..PLACES).map(|place| key(name, place)) {
        match system::take(&place) {
            // Only whoever has the first place looks at the others, by taking them and giving them back.
            Ok(lock) if first.is_none() => first = Some(lock),
            Ok(_nobody) => {}
            Err(Refusal::Held) => return false,
            Err(Refusal::Impossible(error)) => {
                unlocked(wanted, &error);
                break;
            }
        }
    }
    taken.extend(first);
    true
}

/// A place of a thing beside others, if there is one.
fn share(name: &str, wanted: &Wanted<'_>) -> Option<system::Lock> {
    for place in (0..PLACES).map(|place| key(name, place)) {
        match system::take(&place) {
            Ok(lock) => return Some(lock),
            Err(Refusal::Held) => {}
            Err(Refusal::Impossible(error)) => {
                unlocked(wanted, &error);
                break;
            }
        }
    }
    None
}

fn unlocked(wanted: &Wanted<'_>, error: &io::Error) {
    let output = wanted.output;
    warn!(output, %error, "other programs cannot be kept from this light");
}

/// Who is at any place of these, each program once for an output.
fn others(wanted: &BTreeMap<String, Wanted<'_>>) -> Vec<Other> {
    let mut others: Vec<Other> = Vec::new();
    for (name, Wanted { output, thing }) in wanted {
        for place in (0..PLACES).map(|place| key(name, place)) {
            if !matches!(system::take(&place), Err(Refusal::Held)) {
                continue;
            }
            let program = program(system::holder(&place));
            let is_known =
                others.iter().any(|other| other.output == *output && other.program == program);
            if !is_known {
                let (output, thing) = ((*output).to_owned(), thing.clone());
                others.push(Other { output, thing, program });
            }
        }
    }
    others
}

/// A place of a thing, short enough for any system.
fn key(name: &str, place: usize) -> String {
    let digest = Sha256::digest(format!("{name}\n{place}"));
    digest[..16].iter().fold(String::new(), |mut key, byte| {
        write!(key, "{byte:02x}").expect("a string takes everything");
        key
    })
}

/// A process in words, with what it was started as where that can be read.
fn program(pid: Option<u32>) -> String {
    let Some(pid) = pid else { return "another program".to_owned() };
    let command = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let command = String::from_utf8_lossy(&command).replace('\0', " ");
    match command.trim_end() {
        "" => format!("process {pid}"),
        command => format!("process {pid} (`{}`)", printable(command)),
    }
}

#[cfg(test)]
mod tests;
