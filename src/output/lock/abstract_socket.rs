//! Linux: a lock is a Unix socket with an abstract name.
//!
//! Such a name is no file: it is seen by every user and from within a private `/tmp`, and is gone with its
//! process. The kernel tells whoever connects the process that listens. What it does not cross is a network
//! namespace, and so a container with a network of its own.
#![cfg(target_os = "linux")]

use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener};

use super::Refusal;

/// Begins the names of this program's sockets.
const PREFIX: &str = "hashtug/lights/";

/// A name that is taken.
#[derive(Debug)]
pub(super) struct Lock {
    /// Whoever asks for its process waits in its queue, which nobody takes from: past some thousands of
    /// them a refusal does not name the process.
    _listener: UnixListener,
}

pub(super) fn take(key: &str) -> Result<Lock, Refusal> {
    let bound = SocketAddr::from_abstract_name(format!("{PREFIX}{key}"))
        .and_then(|address| UnixListener::bind_addr(&address));
    match bound {
        Ok(listener) => Ok(Lock { _listener: listener }),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => Err(Refusal::Held),
        Err(error) => Err(Refusal::Impossible(error)),
    }
}

/// The process that has a name, if it can be known. Not to be asked from within a runtime.
pub(super) fn holder(key: &str) -> Option<u32> {
    // To connect without waiting is tokio's: a full queue would hold a plain connection for ever.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().ok()?;
    let peer = runtime.block_on(async {
        let stream = tokio::net::UnixStream::connect(format!("\0{PREFIX}{key}")).await?;
        stream.peer_cred()
    });
    // A process of another namespace has none here.
    peer.ok()?.pid().and_then(|pid| u32::try_from(pid).ok()).filter(|&pid| pid > 0)
}
