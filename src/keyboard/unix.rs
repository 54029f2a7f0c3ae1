//! Unix: the terminal is told not to wait for lines and not to echo, and is put back at the end.

use std::io::{self, Read};

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use tokio::sync::mpsc;

use super::{ESCAPE, Key, key_of};

/// A terminal that hands over each key, and how it was before.
pub(super) struct SingleKeys {
    before: Termios,
}

impl SingleKeys {
    /// Tells the terminal so; `None` if it does not obey.
    pub(super) fn begin() -> Option<SingleKeys> {
        let before = tcgetattr(io::stdin()).ok()?;
        let mut modes = before.clone();
        modes.local_modes.remove(LocalModes::ICANON | LocalModes::ECHO);
        tcsetattr(io::stdin(), OptionalActions::Now, &modes).ok()?;
        Some(SingleKeys { before })
    }

    /// Reads keys until nobody takes them, or the terminal is gone.
    pub(super) fn read(keys: &mpsc::Sender<Key>) {
        let mut bytes = [0; 64];
        loop {
            match io::stdin().lock().read(&mut bytes) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Ok(0) | Err(_) => return,
                Ok(count) => {
                    for key in pressed(&bytes[..count]) {
                        if keys.blocking_send(key).is_err() {
                            return;
                        }
                    }
                }
            }
        }
    }
}

impl Drop for SingleKeys {
    fn drop(&mut self) {
        // A terminal that is gone needs nothing.
        let _gone = tcsetattr(io::stdin(), OptionalActions::Now, &self.before);
    }
}

/// Whether the terminal is this program's: a shell may have put it in the background.
pub(super) fn is_in_front() -> bool {
    rustix::termios::tcgetpgrp(io::stdin()).is_ok_and(|front| front == rustix::process::getpgrp())
}

/// What was pressed. Escape is a key only alone: with more behind it, it is an arrow or the like.
fn pressed(bytes: &[u8]) -> impl Iterator<Item = Key> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        loop {
            let (&byte, after) = rest.split_first()?;
            rest = if byte == ESCAPE { past_sequence(after) } else { after };
            let is_alone = after.is_empty() || after[0] == ESCAPE;
            if (byte != ESCAPE || is_alone)
                && let Some(key) = key_of(byte)
            {
                return Some(key);
            }
        }
    })
}

/// What follows the sequence that an escape began: `[`, parameters and a letter, or `O` and a letter,
/// or one byte.
fn past_sequence(after: &[u8]) -> &[u8] {
    let length = match after {
        [] | [ESCAPE, ..] => 0,
        [b'[', parameters @ ..] => {
            let end = parameters.iter().position(|byte| (0x40..=0x7e).contains(byte));
            end.map_or(after.len(), |end| end + 2)
        }
        [b'O', _, ..] => 2,
        _ => 1,
    };
    &after[length..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(bytes: &[u8], expected: &[Key]) {
        assert_eq!(pressed(bytes).collect::<Vec<_>>(), expected, "{bytes:?}");
    }

    #[test]
    fn keys_are_told_from_arrows() {
        check(b"+", &[Key::More]);
        check(b"++ ", &[Key::More, Key::More, Key::Hold]);
        check(b"pq", &[Key::Hold, Key::Stop]);
        check(b"\x1b", &[Key::Stop]);
        check(b"\x1b[A", &[]);
        check(b"\x1bOp", &[]);
        check(b"\x1b[1;5Bp\x1bOH+", &[Key::Hold, Key::More]);
        check(b"\x1b\x1b[A", &[Key::Stop]);
        check(b"\x1bp", &[]);
        check(b"\x1b[", &[]);
        check(b"xyz\n\xff", &[]);
    }
}
