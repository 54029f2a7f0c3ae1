//! The shows that run on this machine, for whoever gives them commands from a shell: a file a port, with
//! its address and its key, which only this user can read.
//!
//! It stands in `$XDG_RUNTIME_DIR/hashtug`, or where there is none in a folder of this user's own among
//! the temporary files. A show removes its file at its end; one whose process has gone is no show, and its
//! file is removed by whoever finds it. A folder that others could read or change is not used.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process;

use serde_json::{Value, json};

use crate::display_text;
use crate::hint::Hint;

/// A longer file is none of ours.
const MAX_BYTES: u64 = 4096;

/// Files that are looked at; more shows do not run on one machine.
const MAX_FILES: usize = 256;

/// A show that runs.
#[derive(Clone, PartialEq, Eq)]
pub struct Running {
    /// Where it is reached from this machine.
    pub address: SocketAddr,
    /// The SHA-256 of the certificate that it shows, if it speaks TLS.
    pub certificate: Option<String>,
    /// The operators' key.
    pub key: String,
    /// Its process.
    pub pid: u32,
}

/// The file of a show, for as long as this is there.
#[derive(Debug)]
pub struct Entry(PathBuf);

/// Why shows cannot be found, or be found by others.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The folder could not be made or looked at.
    #[error("cannot use {}", display_text::path(.path))]
    Unusable {
        /// Which.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// It is somebody else's, or open to others.
    #[error("{} is not a folder of this user alone", display_text::path(.path))]
    NotPrivate {
        /// Which.
        path: PathBuf,
    },
}

impl Hint for Error {
    fn hint(&self) -> Option<&'static str> {
        match self {
            Error::Unusable { .. } => None,
            Error::NotPrivate { .. } => Some(
                "remove it or make it private (chmod 700); or let XDG_RUNTIME_DIR name another folder",
            ),
        }
    }
}

impl Running {
    /// Writes the file of this show.
    ///
    /// # Errors
    /// If there is no place where only this user can read it.
    pub fn announce(&self) -> Result<Entry, Error> {
        let folder = folder()?;
        let path = folder.join(format!("{}.json", self.address.port()));
        // Nobody ever sees half of it, nor an older one with a newer name.
        let new = folder.join(format!("{}.{}.new", self.address.port(), process::id()));
        forget(&new);
        let text = json!({
            "address": self.address.to_string(),
            "certificate": self.certificate,
            "key": self.key,
            "pid": self.pid,
        });
        let written = private(&new)
            .and_then(|mut file| file.write_all(format!("{text}\n").as_bytes()))
            .and_then(|()| fs::rename(&new, &path));
        if let Err(source) = written {
            let _left = fs::remove_file(&new);
            return Err(Error::Unusable { path, source });
        }
        Ok(Entry(path))
    }

    fn read(path: &Path) -> Option<Running> {
        if fs::symlink_metadata(path).ok()?.len() > MAX_BYTES {
            return None;
        }
        let value: Value = serde_json::from_str(&fs::read_to_string(path).ok()?).ok()?;
        let text = |key: &str| value.get(key).and_then(Value::as_str);
        Some(Running {
            address: text("address")?.parse().ok()?,
            certificate: text("certificate").map(str::to_owned),
            key: text("key")?.to_owned(),
            pid: value.get("pid")?.as_u64().and_then(|pid| pid.try_into().ok())?,
        })
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        // The next show at this port may have written its own by now.
        if Running::read(&self.0).is_some_and(|running| running.pid == process::id()) {
            let _gone = fs::remove_file(&self.0);
        }
    }
}

/// All that run, in the order of their ports.
///
/// # Errors
/// If the folder is not private.
pub fn all() -> Result<Vec<Running>, Error> {
    let folder = folder()?;
    let files = fs::read_dir(&folder);
    let files = files.map_err(|source| Error::Unusable { path: folder.clone(), source })?;
    let mut running = Vec::new();
    for file in files.take(MAX_FILES).flatten() {
        let path = file.path();
        if path.extension().is_none_or(|ending| ending != "json") {
            continue;
        }
        match Running::read(&path) {
            Some(show) if is_alive(show.pid) => running.push(show),
            _ => forget(&path),
        }
    }
    running.sort_by_key(|show| show.address.port());
    Ok(running)
}

/// Removes the file of a show that is known to have gone.
pub fn forget_port(port: u16) {
    if let Ok(folder) = folder() {
        forget(&folder.join(format!("{port}.json")));
    }
}

fn forget(path: &Path) {
    let _gone = fs::remove_file(path);
}

/// A new file that only this user can read.
fn private(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options.open(path)
}

/// The folder, which is made if it is not there.
fn folder() -> Result<PathBuf, Error> {
    let path = place();
    let unusable = |source| Error::Unusable { path: path.clone(), source };
    match make(&path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        made => made.map_err(unusable)?,
    }
    let is_private = is_private(&path).map_err(unusable)?;
    if is_private { Ok(path) } else { Err(Error::NotPrivate { path }) }
}

#[cfg(unix)]
fn place() -> PathBuf {
    let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    if let Some(runtime) = runtime.filter(|runtime| runtime.is_absolute() && runtime.is_dir()) {
        return runtime.join("hashtug");
    }
    let user = rustix::process::geteuid().as_raw();
    std::env::temp_dir().join(format!("hashtug-{user}"))
}

#[cfg(unix)]
fn make(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new().mode(0o700).create(path)
}

/// Whether it is a folder, and no link to one, that nobody else can look into. Others can put things into
/// the folder for temporary files.
#[cfg(unix)]
fn is_private(path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt as _;
    let found = fs::symlink_metadata(path)?;
    let is_ours = found.uid() == rustix::process::geteuid().as_raw();
    let others = found.mode() & 0o077;
    Ok(found.is_dir() && is_ours && others == 0)
}

/// What stands below it is the user's own on Windows.
#[cfg(not(unix))]
fn place() -> PathBuf {
    let local = std::env::var_os("LOCALAPPDATA").map(PathBuf::from);
    local.unwrap_or_else(std::env::temp_dir).join("hashtug").join("running")
}

#[cfg(not(unix))]
fn make(path: &Path) -> io::Result<()> {
    fs::create_dir_all(path)
}

#[cfg(not(unix))]
fn is_private(path: &Path) -> io::Result<bool> {
    Ok(fs::symlink_metadata(path)?.is_dir())
}

#[cfg(unix)]
fn is_alive(pid: u32) -> bool {
    use rustix::io::Errno;
    use rustix::process::{Pid, test_kill_process};
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    // A process that may not be signalled is there all the same.
    pid.is_some_and(|pid| !matches!(test_kill_process(pid), Err(Errno::SRCH)))
}

/// Whether it answers is seen when it is asked.
#[cfg(not(unix))]
fn is_alive(_: u32) -> bool {
    true
}
