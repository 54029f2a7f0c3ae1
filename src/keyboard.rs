//! Single keys from standard input, for as long as somebody listens.
//!
//! On a terminal they count without Enter: the terminal is told not to wait for lines and not to echo,
//! and Ctrl-C stays what it is. [`Keyboard`] puts the terminal back when it is dropped, which a panic
//! does too; signals end the program in the ordinary way. A program in the background leaves the
//! terminal alone, for the system would hold it for asking. Where standard input is no terminal, lines
//! of one key do the same.
//!
//! The thread that reads cannot be woken and is left behind at the end; it holds nothing.

use std::io::{self, BufRead, IsTerminal, Read};

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use tokio::sync::mpsc;

/// What a key asks of the speaker's timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// One minute more.
    More,
    /// Hold, or go on.
    Hold,
    /// Stop.
    Stop,
}

/// Keys that may wait; nobody presses faster than they are taken.
const QUEUE: usize = 16;

/// Keys, and the terminal as it was.
pub struct Keyboard {
    before: Option<Termios>,
}

impl Keyboard {
    /// Begins to listen. The keys end when there are none to come.
    #[must_use]
    pub fn listen() -> (Keyboard, mpsc::Receiver<Key>) {
        let (keys_tx, keys_rx) = mpsc::channel(QUEUE);
        let terminal = io::stdin().is_terminal();
        if terminal && !is_in_front() {
            return (Keyboard { before: None }, keys_rx);
        }
        let before = if terminal { single_keys().ok() } else { None };
        let read = if before.is_some() { single } else { lines };
        let thread = std::thread::Builder::new().name("keyboard".into());
        // Without a thread there are no keys, and signals still stop the program.
        let _started = thread.spawn(move || read(&keys_tx));
        (Keyboard { before }, keys_rx)
    }

    /// Whether keys count without Enter.
    #[must_use]
    pub fn is_single(&self) -> bool {
        self.before.is_some()
    }
}

impl Drop for Keyboard {
    fn drop(&mut self) {
        if let Some(before) = &self.before {
            // A terminal that is gone needs nothing.
            let _gone = tcsetattr(io::stdin(), OptionalActions::Now, before);
        }
    }
}

/// Whether the terminal is this program's: a shell may have put it in the background.
fn is_in_front() -> bool {
    rustix::termios::tcgetpgrp(io::stdin()).is_ok_and(|front| front == rustix::process::getpgrp())
}

/// Tells the terminal to hand over each key; gives how it was before.
fn single_keys() -> rustix::io::Result<Termios> {
    let before = tcgetattr(io::stdin())?;
    let mut modes = before.clone();
    modes.local_modes.remove(LocalModes::ICANON | LocalModes::ECHO);
    tcsetattr(io::stdin(), OptionalActions::Now, &modes)?;
    Ok(before)
}

fn single(keys: &mpsc::Sender<Key>) {
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

fn lines(keys: &mpsc::Sender<Key>) {
    for line in io::stdin().lock().lines() {
        let Ok(line) = line else { return };
        // A line of a space is one.
        let key = if line.len() > 1 { line.trim() } else { &line };
        let [byte] = key.as_bytes() else { continue };
        if let Some(key) = key_of(*byte)
            && keys.blocking_send(key).is_err()
        {
            return;
        }
    }
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

const ESCAPE: u8 = 0x1b;

fn key_of(byte: u8) -> Option<Key> {
    match byte {
        b'+' | b'=' => Some(Key::More),
        b' ' | b'p' | b'P' => Some(Key::Hold),
        b'q' | b'Q' | ESCAPE => Some(Key::Stop),
        _ => None,
    }
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
