//! Black, and nothing else: what is left to do when a show could not do it.
//!
//! Each output is opened, told to be dark, and ended, on a thread of its own and within a bound. It is
//! what a service does after its program was killed, so that nothing here waits for what may never come.
//! Lights that another program drives are its affair, and stay as they are.

use super::Settings;
use super::apart::{self, Missed};
use super::led::darken;
use super::led::device::DeviceError;
use super::lock::{self, Driven, Sharing};

/// An output that may be lit.
#[derive(Debug)]
pub struct Lit {
    /// As in the config.
    pub name: String,
    /// Why it could not be made dark.
    pub reason: String,
    /// Another program drives it.
    pub is_driven: bool,
}

/// Makes all outputs dark, and says which may not be.
#[must_use]
pub fn blackout(outputs: Vec<Settings>, sharing: Sharing) -> Vec<Lit> {
    let names: Vec<String> = outputs.iter().map(|settings| settings.name.clone()).collect();
    let darkened = apart::each(outputs, move |settings| {
        // Until this one is dark, and no longer: a show may be about to begin.
        let _lights =
            lock::take(std::slice::from_ref(&settings), sharing).map_err(Spared::Driven)?;
        let channels = settings.strip.calibration.channels();
        let black = vec![0; settings.strip.layout.pixels * channels];
        darken(settings.kind.opener(), &black, channels).map_err(Spared::Device)
    });
    let mut lit = Vec::new();
    for (name, darkened) in names.into_iter().zip(darkened) {
        let mut is_driven = false;
        let reason = match darkened {
            Ok(Ok(())) => continue,
            Ok(Err(Spared::Device(error))) => error.to_string(),
            Ok(Err(Spared::Driven(driven))) => {
                is_driven = true;
                driven.reason()
            }
            Err(Missed::Thread(error)) => error.to_string(),
            Err(Missed::Late) => format!("it did not take a frame within {:?}", apart::PATIENCE),
        };
        lit.push(Lit { name, reason, is_driven });
    }
    lit.sort_by(|one, other| one.name.cmp(&other.name));
    lit
}

/// Why an output was not made dark.
enum Spared {
    /// Another program drives it.
    Driven(Driven),
    /// It failed.
    Device(DeviceError),
}
