//! `hashtug forget`: deletes the keys of a journal, and writes a copy that can be kept.

use std::path::Path;

use tracing::warn;

use crate::display_text;
use crate::journal::{self, Damage, Forgotten};

use super::{Failure, print};

pub(super) fn run(path: &Path) -> Result<(), Failure> {
    let forgotten = journal::forget(path).map_err(Failure::input)?;
    let Forgotten { had_keys, copy, lines, damage } = forgotten;
    let (name, copy) = (display_text::path(path), display_text::path(&copy));
    match damage {
        None => {}
        Some(Damage::Torn { line, .. }) => {
            warn!("{name}:{line}: the last line is incomplete, as after a crash; it is left out");
        }
        Some(Damage::Changed { line }) => {
            warn!("{name}:{line}: this is not what was written there; the copy ends before it");
        }
    }
    let keys = if had_keys { "its keys are deleted" } else { "it had no keys any more" };
    print(
        format!(
            "{name}: {keys}\n\
             {copy}: {lines} lines to keep, with times rounded to the minute\n\
             {name} still has the exact times; delete it when you do not need it\n"
        )
        .as_bytes(),
    )
}
