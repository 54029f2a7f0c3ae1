//! Logs: to standard error, a line each, for people at the show.
//!
//! Lines go through a bounded queue to a thread of their own, so that a terminal that is held
//! (Ctrl-S, a scrolled-back tmux) never holds the show. That thread writes them by [`screen`], above
//! the picture that may stand on the same terminal.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::io::{self, IsTerminal, Write};
use std::panic::{self, PanicHookInfo};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Mutex, OnceLock};
use std::thread::JoinHandle;
use std::time::Duration;

use tracing::error;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use crate::{display_text, screen};

/// Lines that may wait before further ones are lost, which the next line says.
const QUEUE: usize = 512;

/// After so many panics fewer and fewer are logged.
const ALL_LOGGED: u64 = 32;

/// How long the end of the program waits for the last lines.
const PATIENCE: Duration = Duration::from_millis(300);

static LOG: OnceLock<Log> = OnceLock::new();

struct Log {
    lines: SyncSender<Line>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

enum Line {
    Text(Vec<u8>),
    /// There will be no more that anybody waits for.
    End,
}

/// Starts logging. `RUST_LOG` chooses what is logged; without it everything from `info`.
pub fn start() {
    allow_colours();
    let (lines_tx, lines_rx) = sync_channel(QUEUE);
    let thread = std::thread::Builder::new().name("log".into()).spawn(move || write(&lines_rx));
    let log = Log { lines: lines_tx, thread: Mutex::new(thread.ok()) };
    if LOG.set(log).is_err() {
        return;
    }
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let started = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(with_colours())
        .with_target(false)
        .without_time()
        .with_writer(Queue)
        .try_init();
    drop(started);
    panic::set_hook(Box::new(log_panic));
}

/// Logs where a panic began; whoever catches it logs what it was in. Written straight to the terminal it
/// would hold the show where the terminal is held.
fn log_panic(panic: &PanicHookInfo<'_>) {
    static PANICS: AtomicU64 = AtomicU64::new(0);
    let panics = PANICS.fetch_add(1, Ordering::Relaxed) + 1;
    // A hall of phones can run into the same bug all at once.
    if panics > ALL_LOGGED && !panics.is_power_of_two() {
        return;
    }
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    let backtrace = Backtrace::capture();
    if backtrace.status() == BacktraceStatus::Captured {
        error!("panic at {place}\n{backtrace}");
    } else {
        error!("panic at {place}");
    }
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

fn write(lines: &Receiver<Line>) {
    while let Ok(Line::Text(text)) = lines.recv() {
        // Without this thread nobody would hear of anything any more.
        let _unwritten = panic::catch_unwind(|| screen::write_line(&text));
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

/// A line without what would mislead, whoever the words in it are of. It ends as it did, and its
/// colours stay: of the values, the subscriber has spelled out what would look like one.
fn fit_to_be_shown(line: Vec<u8>) -> Vec<u8> {
    if line.strip_suffix(b"\n").unwrap_or(&line).iter().all(|byte| matches!(byte, b' '..=b'~')) {
        return line;
    }
    let text = String::from_utf8_lossy(&line);
    let (text, end) = match text.strip_suffix('\n') {
        Some(text) => (text, "\n"),
        None => (&*text, ""),
    };
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("\u{1b}[") {
        let code = &rest[at + 2..];
        let len = code.bytes().take_while(|byte| matches!(byte, b'0'..=b'9' | b';')).count();
        let is_colour = with_colours() && code[len..].starts_with('m');
        let end = at + 2 + if is_colour { len + 1 } else { 0 };
        shown.push_str(&display_text::escaped(&rest[..if is_colour { at } else { end }]));
        if is_colour {
            shown.push_str(&rest[at..end]);
        }
        rest = &rest[end..];
    }
    shown.push_str(&display_text::escaped(rest));
    shown.push_str(end);
    shown.into_bytes()
}

fn with_colours() -> bool {
    io::stderr().is_terminal()
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
        static LOST: AtomicU64 = AtomicU64::new(0);
        let Some(log) = LOG.get() else { return };
        let lost = LOST.swap(0, Ordering::Relaxed);
        self.0 = fit_to_be_shown(std::mem::take(&mut self.0));
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
