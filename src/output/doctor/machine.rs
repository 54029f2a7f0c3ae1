//! The machine that `hashtug doctor` looks at: its files, and who may write to them.
//!
//! Reads only. [`Machine`] has the place of those files, so that tests have a Raspberry Pi of their own.

use std::fs;
use std::path::{Path, PathBuf};

use super::user::User;

/// A machine whose files can be looked at.
#[derive(Clone, Debug)]
pub struct Machine {
    /// What stands before `/dev`, `/sys`, `/proc` and `/boot`.
    pub(super) root: PathBuf,
    /// Who looks at them.
    pub(super) user: User,
}

impl Machine {
    /// The one that runs this.
    #[must_use]
    pub fn this() -> Machine {
        Machine { root: "/".into(), user: User::this() }
    }

    /// The text of a file; `None` if it cannot be read.
    pub(in crate::output) fn read(&self, path: &str) -> Option<String> {
        fs::read_to_string(self.path(path)).ok()
    }

    /// Where a file is that tests may have moved.
    pub(in crate::output) fn path(&self, path: &str) -> PathBuf {
        self.root.join(path.trim_start_matches('/'))
    }

    /// The model as the firmware tells it; `None` on other machines.
    pub(in crate::output) fn model(&self) -> Option<String> {
        let model = self.read("/proc/device-tree/model")?;
        Some(model.trim_end_matches(['\0', '\n']).to_owned())
    }

    /// Where the firmware's files are: they have moved with Raspberry Pi OS 12.
    pub(in crate::output) fn boot(&self, file: &str) -> String {
        let folder = if self.path("/boot/firmware").is_dir() { "/boot/firmware" } else { "/boot" };
        format!("{folder}/{file}")
    }

    /// Whether `config.txt` has this line, and not as a remark.
    pub(in crate::output) fn is_configured(&self, line: &str) -> bool {
        let config = self.read(&self.boot("config.txt")).unwrap_or_default();
        config.lines().any(|found| found.trim().replace(' ', "") == line)
    }

    /// Whether the user of this machine may write to a file, without writing to it.
    pub(in crate::output) fn may_write(&self, path: &Path) -> bool {
        self.user.may_write(path)
    }
}
