//! The names of files that lie beside a journal.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// With this between its name and its ending, as `friday-kept.jsonl`.
pub(super) fn named(path: &Path, what: &str) -> PathBuf {
    let mut name = path.file_stem().unwrap_or_default().to_owned();
    name.push("-");
    name.push(what);
    if let Some(ending) = path.extension() {
        name.push(".");
        name.push(ending);
    }
    path.with_file_name(name)
}

/// With this after it, as `friday.jsonl.key`.
pub(super) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path.as_os_str());
    name.push(suffix);
    PathBuf::from(name)
}
