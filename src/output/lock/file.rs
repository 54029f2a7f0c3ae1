//! Other systems: a lock is a locked file in the folder for temporary files, which may be each user's own.
//!
//! The system unlocks it when the process ends. The process stands in a file beside it, since not every
//! system lets a locked file be read. Both stay behind, and are empty of meaning.
#![cfg(any(not(target_os = "linux"), test))]

use std::fs::{File, TryLockError};
use std::io;
use std::path::PathBuf;

use super::Refusal;

/// A file that is locked.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

pub(super) fn take(key: &str) -> Result<Lock, Refusal> {
    let open = File::options().create(true).truncate(false).write(true).open(path(key, "lock"));
    let file = open.map_err(Refusal::Impossible)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(Refusal::Held),
        Err(TryLockError::Error(error)) => return Err(Refusal::Impossible(error)),
    }
    // Without it a refusal does not name the process.
    let _unnamed: io::Result<()> =
        std::fs::write(path(key, "pid"), format!("{}\n", std::process::id()));
    Ok(Lock { _file: file })
}

/// The process that has a file, if it can be known.
pub(super) fn holder(key: &str) -> Option<u32> {
    std::fs::read_to_string(path(key, "pid")).ok()?.trim().parse().ok()
}

fn path(key: &str, ending: &str) -> PathBuf {
    std::env::temp_dir().join(format!("hashtug-lights-{key}.{ending}"))
}
