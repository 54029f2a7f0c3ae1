//! Windows: the console hands over the events of its keys, whatever mode it is in, so that nothing is
//! changed and there is nothing to put back.

use console::{Key as ConsoleKey, Term};
use tokio::sync::mpsc;

use super::{ESCAPE, Key, key_of};

/// A console whose keys are read one by one.
pub(super) struct SingleKeys;

/// What reads them.
pub(super) struct Reader;

impl SingleKeys {
    /// `None` if nothing of this program is shown on the console: then its keys are not to be had.
    pub(super) fn begin() -> Option<SingleKeys> {
        console().map(|_| SingleKeys)
    }

    /// What reads the keys, on a thread of its own.
    #[expect(clippy::unused_self, reason = "other systems have modes to share")]
    pub(super) fn reader(&self) -> Reader {
        Reader
    }

    /// Nothing stops a program for a while here.
    #[expect(clippy::unused_self, reason = "other systems have modes to put back")]
    pub(super) fn suspend(&self) {}

    /// Nor lets it go on.
    #[expect(clippy::unused_self, reason = "other systems have modes to put back")]
    pub(super) fn resume(&self) {}
}

impl Reader {
    /// Reads keys until nobody takes them, or the console is gone.
    #[expect(clippy::unused_self, reason = "other systems have modes to share")]
    pub(super) fn read(&self, keys: &mpsc::Sender<Key>) {
        let Some(console) = console() else { return };
        while let Ok(pressed) = console.read_key() {
            let byte = match pressed {
                ConsoleKey::Char(character) => u8::try_from(character).unwrap_or(0),
                ConsoleKey::Escape => ESCAPE,
                _ => continue,
            };
            if let Some(key) = key_of(byte)
                && keys.blocking_send(key).is_err()
            {
                return;
            }
        }
    }
}

/// The console that this program shows something on. Any other way of output has keys of no meaning,
/// without end.
fn console() -> Option<Term> {
    [Term::stdout(), Term::stderr()].into_iter().find(Term::is_term)
}

/// Whether the terminal is this program's: here it always is, as nothing puts programs in the background.
pub(super) fn is_in_front() -> bool {
    true
}
