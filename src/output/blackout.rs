//! Black, and nothing else: what is left to do when a show could not do it.
//!
//! Each output is opened, told to be dark, and ended, on a thread of its own and within a bound. It is
//! what a service does after its program was killed, so that nothing here waits for what may never come.

use super::Settings;
use super::apart::{self, Missed};
use super::led::darken;

/// An output that may be lit.
#[derive(Debug)]
pub struct Lit {
    /// As in the config.
    pub name: String,
    /// Why it could not be made dark.
    pub reason: String,
}

/// Makes all outputs dark, and says which may not be.
#[must_use]
pub fn blackout(outputs: Vec<Settings>) -> Vec<Lit> {
    let names: Vec<String> = outputs.iter().map(|settings| settings.name.clone()).collect();
    let darkened = apart::each(outputs, |settings| {
        let channels = settings.strip.calibration.channels();
        let black = vec![0; settings.strip.layout.pixels * channels];
        darken(settings.kind.opener(), &black, channels)
    });
    let mut lit = Vec::new();
    for (name, darkened) in names.into_iter().zip(darkened) {
        let reason = match darkened {
            Ok(Ok(())) => continue,
            Ok(Err(error)) => error.to_string(),
            Err(Missed::Thread(error)) => error.to_string(),
            Err(Missed::Late) => format!("it did not take a frame within {:?}", apart::PATIENCE),
        };
        lit.push(Lit { name, reason });
    }
    lit.sort_by(|one, other| one.name.cmp(&other.name));
    lit
}
