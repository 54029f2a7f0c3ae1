//! Windows: the console hands over the events of its keys, whatever mode it is in, so that nothing is
//! changed and there is nothing to put back.

use console::{Key as ConsoleKey, Term};
use tokio::sync::mpsc;

use super::{ESCAPE, Key, key_of};

/// A console whose keys are read one by one.
pub(super) struct SingleKeys;

impl SingleKeys {
    /// `None` if nothing of this program is shown on the console: then its keys are not to be had.
    pub(super) fn begin() -> Option<SingleKeys> {
        console().map(|_| SingleKeys)
    }

    /// Reads keys until nobody takes them, or the console is gone.
    pub(super) fn read(keys: &mpsc::Sender<Key>) {
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
