//! Writes down what a show counts, or what came over the wire, so that it can be counted again.
//!
//! A [`Recorder`] is the end that the show holds: it never waits. What finds no room in its queue is
//! counted as lost. A thread of its own makes lines of it and writes them ([`Writer`]); a disk that
//! is full or fails ends the recording, and nothing else.

pub mod file_limit;
mod posts;
mod sink;
mod writer;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tracing::error;

use crate::event::{Fate, Message, News, SourceId};
use crate::panics::reason;
use crate::questions::Questions;
use crate::snapshot::{RecordingState, RecordingStatus};
use crate::timestamp::Timestamp;

pub use sink::{Error, Out};

/// Things that may wait to be written.
const QUEUE: usize = 1 << 15;

/// Bytes of messages that may wait to be written.
const QUEUE_BYTES: usize = 32 << 20;

/// The last lines get so long to be written when the show has ended.
const PATIENCE: Duration = Duration::from_secs(3);

/// What is written of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// What was counted, with nobody's name.
    Posts,
    /// The messages as they came.
    Raw,
}

/// A source that is recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// As in the config.
    pub name: String,
    /// The same.
    pub kind: &'static str,
    /// What is written of it.
    pub form: Form,
}

/// The end that the show holds.
#[derive(Clone, Debug)]
pub struct Recorder {
    items: SyncSender<Item>,
    progress: watch::Receiver<Progress>,
    counts: Arc<Counts>,
    sources: Arc<[Recorded]>,
    /// The source that its holder is a part of.
    whole: Option<SourceId>,
}

/// The thread that writes.
pub struct Writer {
    recorder: Recorder,
    thread: JoinHandle<()>,
    broken_pipe: CancellationToken,
}

/// A message as it came, and what was understood of it.
pub(crate) struct Raw {
    source: SourceId,
    arrival: Timestamp,
    /// When the post in it was posted, or the message came.
    at: Timestamp,
    names_team: bool,
    /// A reader would believe it, and the source did not.
    is_refused: bool,
}

/// What the thread is told.
#[derive(Debug)]
enum Item {
    /// News that was counted at `now`, and what became of it.
    News { now: Option<Timestamp>, source: SourceId, news: News, fate: Fate },
    /// A message as it came.
    Raw {
        source: SourceId,
        arrival: Timestamp,
        at: Timestamp,
        names_team: bool,
        is_refused: bool,
        message: Box<[u8]>,
    },
    /// A line of an evening with rounds, which says when what it is about arrived.
    Line(String),
    /// There will be no more.
    End,
}

/// How far the thread is.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Progress {
    path: Arc<str>,
    lines: u64,
    bytes: u64,
    state: RecordingState,
    error: Option<Arc<str>>,
}

/// What both ends count.
#[derive(Debug, Default)]
struct Counts {
    /// Bytes of messages in the queue.
    waiting: AtomicUsize,
    /// Messages that were not written.
    lost: AtomicU64,
    /// Those of them that the recording does not say yet.
    unsaid: AtomicU64,
}

impl Recorder {
    /// Begins a recording. One of an evening with rounds says when each message arrived.
    ///
    /// # Errors
    /// If the system has no thread to spare.
    pub fn start(
        out: Out,
        questions: &Questions,
        sources: Vec<Recorded>,
        has_rounds: bool,
        now: Timestamp,
    ) -> std::io::Result<(Recorder, Writer)> {
        let (items, items_rx) = sync_channel(QUEUE);
        let path = out.name();
        let (progress_tx, progress) = watch::channel(Progress {
            path: path.into(),
            lines: 0,
            bytes: 0,
            state: RecordingState::On,
            error: None,
        });
        let recorder = Recorder {
            items,
            progress,
            counts: Arc::default(),
            sources: sources.into(),
            whole: None,
        };
        let broken_pipe = CancellationToken::new();
        let writer = writer::Write::new(
            out,
            questions,
            Arc::clone(&recorder.sources),
            has_rounds,
            Arc::clone(&recorder.counts),
            progress_tx.clone(),
            broken_pipe.clone(),
        );
        let thread = std::thread::Builder::new().name("recorder".into()).spawn(move || {
            let written = catch_unwind(AssertUnwindSafe(|| writer.run(&items_rx, now)));
            if let Err(panic) = written {
                // What it had half written is unknown: another writer could only spoil it.
                error!("the recording has ended in a panic: {}", reason(&*panic));
                progress_tx.send_modify(|progress| {
                    progress.state = RecordingState::Failed;
                    progress.error = Some("a bug has ended it, which the log tells more of".into());
                });
            }
        })?;
        Ok((recorder.clone(), Writer { recorder, thread, broken_pipe }))
    }

    /// News was counted at `now`, with this result.
    pub fn news(&self, now: Option<Timestamp>, source: SourceId, news: News, fate: Fate) {
        let is_raw = self.is_raw(source);
        let messages = match &news {
            News::Message(Message::Post(_) | Message::Deletion(_) | Message::Malformed(_))
                if !is_raw =>
            {
                1
            }
            News::Message(Message::Unmatched(count)) if !is_raw => *count,
            // What was dropped is lost already, and the others are remarks.
            News::Message(Message::Dropped(_)) | News::State(_) | News::Gap(_) => 0,
            _ => return,
        };
        self.send(Item::News { now, source, news, fate }, messages);
    }

    /// Something happened in an evening with rounds: a line that says so, without its line feed.
    pub fn line(&self, line: String) {
        self.send(Item::Line(line), 1);
    }

    /// The same for a part of a source, whatever number the part goes by itself.
    #[must_use]
    pub(crate) fn for_source(&self, whole: SourceId) -> Recorder {
        Recorder { whole: Some(whole), ..self.clone() }
    }

    /// Whether messages of this source are written as they come.
    #[must_use]
    pub fn is_raw(&self, source: SourceId) -> bool {
        let source = self.whole.unwrap_or(source);
        self.sources.get(source.0).is_some_and(|source| source.form == Form::Raw)
    }

    /// A message came.
    pub(crate) fn raw(&self, raw: &Raw, message: &[u8]) {
        if self.counts.waiting.load(Ordering::Relaxed) + message.len() > QUEUE_BYTES {
            return self.lose(1);
        }
        self.counts.waiting.fetch_add(message.len(), Ordering::Relaxed);
        let Raw { source, arrival, at, names_team, is_refused } = *raw;
        let source = self.whole.unwrap_or(source);
        let bytes = message.len();
        let item =
            Item::Raw { source, arrival, at, names_team, is_refused, message: message.into() };
        if !self.send(item, 1) {
            self.counts.waiting.fetch_sub(bytes, Ordering::Relaxed);
        }
    }

    /// How the recording is doing.
    #[must_use]
    pub fn status(&self) -> RecordingStatus {
        let Progress { path, lines, bytes, state, error } = self.progress.borrow().clone();
        let lost = self.counts.lost.load(Ordering::Relaxed);
        RecordingStatus { path, lines, bytes, lost, state, error }
    }

    /// Whether there was room.
    fn send(&self, item: Item, messages: u64) -> bool {
        match self.items.try_send(item) {
            Ok(()) => true,
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => {
                self.lose(messages);
                false
            }
        }
    }

    fn lose(&self, messages: u64) {
        self.counts.lost.fetch_add(messages, Ordering::Relaxed);
        self.counts.unsaid.fetch_add(messages, Ordering::Relaxed);
    }
}

impl Writer {
    /// Waits until whoever reads the recording through a pipe has gone.
    pub async fn reader_has_gone(&self) {
        self.broken_pipe.cancelled().await;
    }

    /// Waits until all is written, but not for a disk that takes nothing; then tells how it went.
    #[must_use]
    pub fn finish(self) -> RecordingStatus {
        let recorder = &self.recorder;
        let tell = || recorder.items.try_send(Item::End).is_ok();
        finish(&self.thread, tell, || recorder.status())
    }

    /// Whether it was whoever reads through a pipe that ended the recording.
    #[must_use]
    pub fn has_no_reader(&self) -> bool {
        self.broken_pipe.is_cancelled()
    }
}

/// Waits until a thread that writes has ended, but not for a disk that takes nothing, and gives its last
/// status. `tell` tells it to end, and is called until the thread could be told.
pub(crate) fn finish(
    thread: &JoinHandle<()>,
    tell: impl Fn() -> bool,
    status: impl Fn() -> RecordingStatus,
) -> RecordingStatus {
    let step = Duration::from_millis(5);
    let mut waited = Duration::ZERO;
    let mut is_told = false;
    while !thread.is_finished() && waited < PATIENCE {
        is_told = is_told || tell();
        std::thread::park_timeout(step);
        waited += step;
    }
    let is_finished = thread.is_finished();
    let mut status = status();
    if !is_finished && status.state == RecordingState::On {
        status.state = RecordingState::Failed;
        status.error = Some("the last lines were not taken in time".into());
    }
    status
}

impl Raw {
    pub(crate) fn new(source: SourceId, arrival: Timestamp) -> Raw {
        Raw { source, arrival, at: arrival, names_team: false, is_refused: false }
    }

    /// What the message turned out to be.
    pub(crate) fn note(&mut self, message: &Message, is_refused: bool) {
        self.is_refused |= is_refused;
        match message {
            Message::Post(post) => {
                self.at = post.at;
                self.names_team = post.names_a_team();
            }
            Message::Deletion(deletion) => self.at = deletion.at.unwrap_or(self.at),
            _ => {}
        }
    }
}

/// Whether a recording goes to standard output instead of a file.
#[must_use]
pub fn is_stdout(path: &Path) -> bool {
    path.as_os_str() == "-"
}
