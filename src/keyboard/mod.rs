//! Single keys from standard input, for as long as somebody listens.
//!
//! On a terminal they count without Enter, and Ctrl-C stays what it is. How that is had differs between
//! systems, a file each: `system::SingleKeys` begins it, reads the keys, and leaves the terminal as it
//! was when it is dropped, which a panic does too; signals end the program in the ordinary way. A program
//! in the background leaves the terminal alone, for the system would hold it for asking; one that is stopped
//! gives it back before, and has keys again when it is in front. Where standard input is no terminal, lines
//! of one key do the same.
//!
//! The thread that reads cannot be woken and is left behind at the end; it holds nothing.

#[cfg(unix)]
#[path = "unix.rs"]
mod system;
#[cfg(windows)]
#[path = "windows.rs"]
mod system;

use std::io::{self, BufRead, IsTerminal};

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
    single: Option<system::SingleKeys>,
}

impl Keyboard {
    /// Begins to listen. The keys end when there are none to come.
    #[must_use]
    pub fn listen() -> (Keyboard, mpsc::Receiver<Key>) {
        let (keys_tx, keys_rx) = mpsc::channel(QUEUE);
        let terminal = io::stdin().is_terminal();
        if terminal && !system::is_in_front() {
            return (Keyboard { single: None }, keys_rx);
        }
        let single = if terminal { system::SingleKeys::begin() } else { None };
        let reader = single.as_ref().map(system::SingleKeys::reader);
        let thread = std::thread::Builder::new().name("keyboard".into());
        // Without a thread there are no keys, and signals still stop the program.
        let _started = thread.spawn(move || match reader {
            Some(reader) => reader.read(&keys_tx),
            None => lines(&keys_tx),
        });
        (Keyboard { single }, keys_rx)
    }

    /// Whether keys count without Enter.
    #[must_use]
    pub fn is_single(&self) -> bool {
        self.single.is_some()
    }

    /// Gives the terminal back until [`Keyboard::resume`].
    pub fn suspend(&self) {
        if let Some(single) = &self.single {
            single.suspend();
        }
    }

    /// Listens again.
    pub fn resume(&self) {
        if let Some(single) = &self.single {
            single.resume();
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

/// The key of a character, which is a byte of ASCII in all of them.
fn key_of(byte: u8) -> Option<Key> {
    match byte {
        b'+' | b'=' => Some(Key::More),
        b' ' | b'p' | b'P' => Some(Key::Hold),
        b'q' | b'Q' | ESCAPE => Some(Key::Stop),
        _ => None,
    }
}

const ESCAPE: u8 = 0x1b;
