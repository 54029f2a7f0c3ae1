//! The sizes of the files that the show writes, as viewers may know them.
//!
//! Hashtags differ in length: by how fast a recording grows a viewer could tell whose votes came. So while
//! anything is hidden the sizes stay what they were before.

use crate::snapshot::Snapshot;

/// Bytes of the files when nothing was hidden.
#[derive(Default)]
pub(super) struct Sizes {
    recording: u64,
    journal: u64,
}

impl Sizes {
    /// Nothing is hidden in `all`.
    pub(super) fn note(&mut self, all: &Snapshot) {
        self.recording = all.recording.as_ref().map_or(0, |status| status.bytes);
        self.journal = all.journal.as_ref().map_or(0, |status| status.bytes);
    }

    /// Puts them in the place of those in a snapshot for viewers.
    pub(super) fn put_into(&self, seen: &mut Snapshot) {
        let sizes = [(&mut seen.recording, self.recording), (&mut seen.journal, self.journal)];
        for (status, bytes) in sizes {
            if let Some(status) = status {
                status.bytes = bytes;
            }
        }
    }
}
