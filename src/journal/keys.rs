//! The file beside a journal that has its secrets: what names are hashed with, and the operator's key.
//!
//! With it the show can go on after a crash, and knows phones, authors and pages again. Without it
//! nobody can find out whether a name in the journal is that of a person they know; that is why it is
//! deleted a week after the evening. For the eyes of its owner alone, and never printed.

use std::fmt;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::post::Key;

use super::beside::with_suffix;
use super::disk::{Disk, Handle as _};

/// Bytes of such a file. A longer one is none.
const MOST: u64 = 4096;

/// The secrets of an evening.
#[derive(Clone, PartialEq, Eq)]
pub struct Keys {
    /// What names and cookies are hashed with.
    pub hashes: Key,
    /// What an operator's page must have.
    pub operator: [u8; 16],
}

impl Default for Keys {
    /// New ones, which nobody can guess.
    fn default() -> Keys {
        let Key(operator) = Key::default();
        Keys { hashes: Key::default(), operator }
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys(..)")
    }
}

/// Where the keys of a journal are.
pub(super) fn path(journal: &Path) -> PathBuf {
    with_suffix(journal, ".key")
}

impl Keys {
    /// Reads them.
    pub(super) fn read(disk: &impl Disk, path: &Path) -> io::Result<Keys> {
        let mut text = String::new();
        disk.read(path)?.take(MOST).read_to_string(&mut text)?;
        let none = || io::Error::new(io::ErrorKind::InvalidData, "it has no keys");
        let value: Value = serde_json::from_str(&text).map_err(|_| none())?;
        let key = |name: &str| value.get(name).and_then(Value::as_str).and_then(bytes);
        let (hashes, operator) = key("hashes").zip(key("operator")).ok_or_else(none)?;
        Ok(Keys { hashes: Key(hashes), operator })
    }

    /// Writes them, whole or not at all, and safe from a crash of the machine.
    pub(super) fn write(&self, disk: &impl Disk, path: &Path) -> io::Result<()> {
        let new = with_suffix(path, ".new");
        if disk.exists(&new) {
            disk.remove(&new)?;
        }
        let mut file = disk.create(&new)?;
        let text = json!({"hashes": digits(&self.hashes.0), "operator": digits(&self.operator)});
        file.write_all(format!("{text}\n").as_bytes())?;
        file.sync()?;
        disk.rename(&new, path)?;
        disk.sync_folder_of(path)
    }
}

fn digits(bytes: &[u8; 16]) -> String {
    format!("{:032x}", u128::from_be_bytes(*bytes))
}

fn bytes(digits: &str) -> Option<[u8; 16]> {
    let is_hex = digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hex.then(|| u128::from_str_radix(digits, 16).ok().map(u128::to_be_bytes)).flatten()
}
