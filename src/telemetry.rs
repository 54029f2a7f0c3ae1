//! Logs: to standard error, a line each, for people at the show.
//!
//! Lines go through a bounded queue to a thread of their own, so that a terminal that is held
//! (Ctrl-S, a scrolled-back tmux) never holds the show. While a picture is drawn on the same
//! terminal, that thread takes the picture away, writes the line, and lets it be drawn again.

use std::io::{self, IsTerminal, Write};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

/// Lines that may wait before further ones are lost, which the next line says.
const QUEUE: usize = 512;

/// How long the end of the program waits for the last lines.
const PATIENCE: Duration = Duration::from_millis(300);

static LOG: OnceLock<Log> = OnceLock::new();

struct Log {
    lines: SyncSender<Line>,
    thread: Mutex<Option<JoinHandle<()>>>,
    screen: Mutex<Screen>,
}

enum Line {
    Text(Vec<u8>),
    /// There will be no more that anybody waits for.
    End,
}

/// What stands at the bottom of the terminal, and is moved down for log lines.
#[derive(Default)]
struct Screen {
    /// Takes the picture off the terminal.
    erase: Vec<u8>,
    /// Puts it there.
    draw: Vec<u8>,
}

/// Starts logging. `RUST_LOG` chooses what is logged; without it everything from `info`.
pub fn start() {
    allow_colours();
    let (lines_tx, lines_rx) = sync_channel(QUEUE);
    let thread = std::thread::Builder::new().name("log".into()).spawn(move || write(&lines_rx));
    let log = Log { lines: lines_tx, thread: Mutex::new(thread.ok()), screen: Mutex::default() };
    if LOG.set(log).is_err() {
        return;
    }
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let started = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(io::stderr().is_terminal())
        .with_target(false)
        .without_time()
        .with_writer(Queue)
        .try_init();
    drop(started);
}

/// Asks the console to obey escape sequences, for the colours of the log and for the picture. Only one
/// of Windows has to be asked.
#[cfg(windows)]
fn allow_colours() {
    for terminal in [console::Term::stdout(), console::Term::stderr()] {
        // Whoever asks for colours there has them switched on.
        let _obeys = terminal.features().colors_supported();
    }
}

#[cfg(not(windows))]
fn allow_colours() {}

/// Waits a moment until what was logged is written.
pub fn finish() {
    let Some(log) = LOG.get() else { return };
    let Some(thread) = log.thread.lock().ok().and_then(|mut thread| thread.take()) else { return };
    if log.lines.try_send(Line::End).is_err() {
        return;
    }
    let step = Duration::from_millis(5);
    let mut waited = Duration::ZERO;
    // A thread cannot be joined with a limit; a terminal that takes nothing must not hold the end.
    while !thread.is_finished() && waited < PATIENCE {
        std::thread::park_timeout(step);
        waited += step;
    }
}

/// Puts a picture at the bottom of the terminal, or changes it. `update` brings what stands there
/// to the new picture; `erase` and `draw` are what takes the new one away and puts it back.
///
/// # Errors
/// If the terminal does not take it.
pub fn show_picture(update: &[u8], erase: Vec<u8>, draw: Vec<u8>) -> io::Result<()> {
    // The screen is locked before standard output, here as in the log's thread.
    let screen = LOG.get().map(|log| log.screen.lock().unwrap_or_else(PoisonError::into_inner));
    let mut stdout = io::stdout().lock();
    stdout.write_all(update).and_then(|()| stdout.flush())?;
    if let Some(mut screen) = screen {
        *screen = Screen { erase, draw };
    }
    Ok(())
}

fn write(lines: &Receiver<Line>) {
    while let Ok(Line::Text(text)) = lines.recv() {
        let Some(log) = LOG.get() else { continue };
        let screen = log.screen.lock().unwrap_or_else(PoisonError::into_inner);
        // Nobody is left to tell if standard error is closed or full.
        if screen.draw.is_empty() || !io::stderr().is_terminal() {
            drop(io::stderr().write_all(&text));
            continue;
        }
        let mut stdout = io::stdout().lock();
        let _unread = stdout.write_all(&screen.erase).and_then(|()| stdout.flush());
        let _unread = io::stderr().write_all(&text);
        let _unread = stdout.write_all(&screen.draw).and_then(|()| stdout.flush());
    }
}

/// Makes a writer for one line.
struct Queue;

impl<'a> MakeWriter<'a> for Queue {
    type Writer = OneLine;

    fn make_writer(&'a self) -> OneLine {
        OneLine(Vec::new())
    }
}

/// Collects a line, and queues it when it is whole.
struct OneLine(Vec<u8>);

impl Write for OneLine {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for OneLine {
    fn drop(&mut self) {
        use std::sync::atomic::{AtomicU64, Ordering};
        static LOST: AtomicU64 = AtomicU64::new(0);
        let Some(log) = LOG.get() else { return };
        let lost = LOST.swap(0, Ordering::Relaxed);
        if lost > 0 {
            self.0.extend_from_slice(
                format!("({lost} log lines were lost before this)\n").as_bytes(),
            );
        }
        let line = Line::Text(std::mem::take(&mut self.0));
        if let Err(TrySendError::Full(_)) = log.lines.try_send(line) {
            LOST.fetch_add(lost + 1, Ordering::Relaxed);
        }
    }
}
