//! Messages that a document holds again when it is asked for again.

use std::collections::BTreeSet;

/// Messages of one poll that are known again at the next. Past it a message that comes again is
/// decoded again, and a duplicate if it has an id.
const MAX_KNOWN: usize = 100_000;

/// What the last two polls held, by a hash of the bytes.
#[derive(Default)]
pub(super) struct Repeats {
    last: BTreeSet<u64>,
    current: BTreeSet<u64>,
    /// Since the poll began: messages that were new, and those that were there before.
    counts: (usize, usize),
}

impl Repeats {
    /// A poll begins. What the one before the last held is forgotten.
    pub(super) fn begin(&mut self) {
        // An unchanged document is not sent again, and the last one must not be forgotten for it.
        if !self.current.is_empty() {
            self.last = std::mem::take(&mut self.current);
        }
        self.counts = (0, 0);
    }

    /// Whether a message is there for the first time.
    pub(super) fn is_new(&mut self, hash: u64) -> bool {
        let known = self.last.contains(&hash);
        let again = self.current.len() < MAX_KNOWN && !self.current.insert(hash);
        let counter = if known || again { &mut self.counts.1 } else { &mut self.counts.0 };
        *counter += 1;
        !known && !again
    }

    /// Messages of this poll that were new, and those that were there before.
    pub(super) fn counts(&self) -> (usize, usize) {
        self.counts
    }
}
