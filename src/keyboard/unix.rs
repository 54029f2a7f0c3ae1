//! Unix: the terminal is told not to wait for lines and not to echo, and is put back at the end.
//!
//! A program that is stopped and goes on in the background must not touch the terminal: the system would
//! stop it at each attempt. So whoever reads looks first whether the program is in front, and is ready for
//! keys; a shell may have changed what was told to the terminal.

use std::io;
use std::os::fd::AsFd as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use tokio::sync::mpsc;

use super::{ESCAPE, Key, key_of};

/// Between two looks at whether the program is in front, where no key is pressed.
const LOOK: Duration = Duration::from_millis(200);

/// A terminal that hands over each key.
pub(super) struct SingleKeys {
    terminal: Arc<Mutex<Terminal>>,
}

/// What reads the keys.
pub(super) struct Reader {
    terminal: Arc<Mutex<Terminal>>,
}

/// The terminal of standard input.
struct Terminal {
    /// How it was before it was told anything; `None` while it is that way.
    before: Option<Termios>,
    /// The program is about to stop, or to end.
    suspended: bool,
}

impl SingleKeys {
    /// Tells the terminal so; `None` if it does not obey.
    pub(super) fn begin() -> Option<SingleKeys> {
        let mut terminal = Terminal { before: None, suspended: false };
        terminal.listen().ok()?;
        Some(SingleKeys { terminal: Arc::new(Mutex::new(terminal)) })
    }

    /// What reads the keys, on a thread of its own.
    pub(super) fn reader(&self) -> Reader {
        Reader { terminal: Arc::clone(&self.terminal) }
    }

    /// Puts the terminal back.
    pub(super) fn suspend(&self) {
        let mut terminal = lock(&self.terminal);
        terminal.suspended = true;
        terminal.put_back();
    }

    /// Listens again as soon as the program is in front.
    pub(super) fn resume(&self) {
        let mut terminal = lock(&self.terminal);
        terminal.suspended = false;
        // The reader tries again.
        let _not_yet = terminal.is_ready();
    }
}

impl Drop for SingleKeys {
    fn drop(&mut self) {
        self.suspend();
    }
}

impl Terminal {
    /// Tells it to hand over each key, if it does not.
    fn listen(&mut self) -> io::Result<()> {
        const LINES: LocalModes = LocalModes::ICANON.union(LocalModes::ECHO);
        let now = tcgetattr(io::stdin())?;
        if now.local_modes.intersects(LINES) {
            let mut modes = now.clone();
            modes.local_modes.remove(LINES);
            tcsetattr(io::stdin(), OptionalActions::Now, &modes)?;
            self.before = Some(now);
        }
        Ok(())
    }

    /// Whether it hands over each key to this program.
    fn is_ready(&mut self) -> io::Result<bool> {
        if self.suspended || !is_front()? {
            return Ok(false);
        }
        self.listen().map(|()| true)
    }

    fn put_back(&mut self) {
        // In the background it is another's. One that is gone needs nothing.
        if let (Some(before), Ok(true)) = (self.before.take(), is_front()) {
            let _gone = tcsetattr(io::stdin(), OptionalActions::Now, &before);
        }
    }
}

impl Reader {
    /// Reads keys until nobody takes them, or the terminal is gone.
    pub(super) fn read(&self, keys: &mpsc::Sender<Key>) {
        let mut bytes = [0; 64];
        while !keys.is_closed() {
            let Ok(ready) = lock(&self.terminal).is_ready() else { return };
            if !ready {
                std::thread::park_timeout(LOOK);
                continue;
            }
            match key_waits() {
                Ok(true) => {}
                Ok(false) | Err(Errno::INTR) => continue,
                Err(_) => return,
            }
            // The wait may have been long.
            if !lock(&self.terminal).is_ready().unwrap_or(false) {
                continue;
            }
            match rustix::io::read(io::stdin(), &mut bytes) {
                Err(Errno::INTR) => {}
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

/// Waits for a key, or until it is time for another look.
fn key_waits() -> Result<bool, Errno> {
    let look = Timespec::try_from(LOOK).expect("it is short");
    let stdin = io::stdin();
    let mut fds = [PollFd::from_borrowed_fd(stdin.as_fd(), PollFlags::IN)];
    Ok(poll(&mut fds, Some(&look))? > 0)
}

fn lock(terminal: &Mutex<Terminal>) -> MutexGuard<'_, Terminal> {
    terminal.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether the terminal is this program's: a shell may have put it in the background.
pub(super) fn is_in_front() -> bool {
    is_front().unwrap_or(false)
}

/// The same, with what is wrong with a terminal that does not say.
fn is_front() -> io::Result<bool> {
    Ok(rustix::termios::tcgetpgrp(io::stdin())? == rustix::process::getpgrp())
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
