//! Who runs the doctor, and which files that user may write to.
//!
//! On Unix by the mode of a file, its owner and its group, so that a test can look with another user's
//! eyes. Elsewhere a file says itself whether it can be written to, and that is all that is looked at.

use std::path::Path;

/// A user of the machine.
#[cfg(unix)]
#[derive(Clone, Debug)]
pub(super) struct User {
    pub(super) id: u32,
    pub(super) groups: Vec<u32>,
}

#[cfg(unix)]
impl User {
    /// The one that runs this.
    pub(super) fn this() -> User {
        use rustix::process::{Gid, getegid, geteuid, getgroups};
        let groups = getgroups().unwrap_or_default().into_iter().chain([getegid()]);
        User { id: geteuid().as_raw(), groups: groups.map(Gid::as_raw).collect() }
    }

    pub(super) fn may_write(&self, path: &Path) -> bool {
        use std::os::unix::fs::MetadataExt;
        let Ok(metadata) = path.metadata() else { return false };
        let mode = metadata.mode();
        self.id == 0
            || self.id == metadata.uid() && mode & 0o200 != 0
            || self.groups.contains(&metadata.gid()) && mode & 0o020 != 0
            || mode & 0o002 != 0
    }
}

/// The user of the machine; which one does not matter.
#[cfg(not(unix))]
#[derive(Clone, Debug)]
pub(super) struct User;

#[cfg(not(unix))]
impl User {
    /// The one that runs this.
    pub(super) fn this() -> User {
        User
    }

    #[expect(clippy::unused_self, reason = "on Unix it matters who asks")]
    pub(super) fn may_write(&self, path: &Path) -> bool {
        path.metadata().is_ok_and(|metadata| !metadata.permissions().readonly())
    }
}
