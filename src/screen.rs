//! The bottom of the terminal: a picture that stands there, while lines scroll by above it.
//!
//! Draws nothing by itself. Whoever writes to the terminal does so here, so that no line is written
//! into a picture and no picture over a line: the screen is locked before standard output.

use std::io::{self, IsTerminal, Write};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

/// What stands at the bottom of the terminal, and is moved down for lines.
struct Screen {
    /// Takes the picture off the terminal.
    erase: Vec<u8>,
    /// Puts it there.
    draw: Vec<u8>,
}

static SCREEN: Mutex<Screen> = Mutex::new(Screen { erase: Vec::new(), draw: Vec::new() });

/// Puts a picture at the bottom of the terminal, or changes it. `update` brings what stands there
/// to the new picture; `erase` and `draw` are what takes the new one away and puts it back.
///
/// # Errors
/// If the terminal does not take it.
pub fn show_picture(update: &[u8], erase: Vec<u8>, draw: Vec<u8>) -> io::Result<()> {
    let mut screen = lock();
    let mut stdout = io::stdout().lock();
    stdout.write_all(update).and_then(|()| stdout.flush())?;
    *screen = Screen { erase, draw };
    Ok(())
}

/// Writes a line to standard error, above the picture if there is one on the same terminal.
pub fn write_line(line: &[u8]) {
    let screen = lock();
    // Nobody is left to tell if standard error is closed or full.
    if screen.draw.is_empty() || !io::stderr().is_terminal() {
        drop(io::stderr().write_all(line));
        return;
    }
    let mut stdout = io::stdout().lock();
    let _unread = stdout.write_all(&screen.erase).and_then(|()| stdout.flush());
    let _unread = io::stderr().write_all(line);
    let _unread = stdout.write_all(&screen.draw).and_then(|()| stdout.flush());
}

/// Whether a picture may be drawn: a shell that has put the program in its background has the terminal.
/// One that was begun there draws all the same, for whoever began it so may have no shell at all.
pub fn is_ours() -> bool {
    static BEGAN_IN_FRONT: OnceLock<bool> = OnceLock::new();
    let is_in_front = is_in_front();
    let began_in_front = *BEGAN_IN_FRONT.get_or_init(|| is_in_front);
    is_in_front || !began_in_front
}

#[cfg(unix)]
fn is_in_front() -> bool {
    // Of a terminal that is not its own no program is in front.
    let front = rustix::termios::tcgetpgrp(io::stdout());
    front.is_ok_and(|front| front == rustix::process::getpgrp())
}

#[cfg(not(unix))]
fn is_in_front() -> bool {
    true
}

fn lock() -> MutexGuard<'static, Screen> {
    SCREEN.lock().unwrap_or_else(PoisonError::into_inner)
}
