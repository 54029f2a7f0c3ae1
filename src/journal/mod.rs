//! The evening as it happened, in a file, so that it goes on after a crash and can be counted anew.
//!
//! A [`Journal`] is the end that the show holds: it never waits. A thread of its own makes lines of what
//! it is told, seals each with a checksum, and brings them to the disk (`writer`): readable within a
//! quarter of a second, safe within a second, and at once after a command. What finds no room is counted
//! and said in the file; a disk that fails is tried again until it takes what it has missed. The show
//! goes on in any case.
//! Unlike the recorder's, these lines say everything that a count depends on, so that the same entries
//! go through the same show when it begins again. [`open()`] decides with which file it does.

mod beside;
mod disk;
mod forget;
mod head;
mod keys;
pub mod lines;
mod open;
mod reader;
mod seal;
mod writer;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;

use serde_json::Value;
use tokio::sync::watch;
use tracing::error;

use crate::event::{ClockEvent, Message, SourceId};
use crate::order::Request;
use crate::panics::reason;
use crate::recorder::finish;
use crate::snapshot::{Gap, RecordingState, RecordingStatus, RoundResult, TeamResult};
use crate::timestamp::Timestamp;

use disk::Disk;
use lines::{Counted, Lines};

pub use forget::{Forgotten, forget};
pub use head::{Difference, GRACE, Head, Question, Rules, Team};
pub use keys::Keys;
pub use open::{Begin, Error, Opened, Past, Setup, open};
pub use reader::{Condition, Damage, Kind, Line, Place, Reader, Survey, survey};

/// Things that may wait to be written; one more is lost, and counted.
const QUEUE: usize = 1 << 15;

/// Bytes that they may take.
const QUEUE_BYTES: usize = 32 << 20;

/// Something that has happened.
#[derive(Debug)]
pub enum Entry {
    /// A message was applied. Those that name no team, cannot be read or were dropped are added up, and
    /// written at the next [`Journal::beat`].
    Message {
        /// When, by the show's clock.
        arrival: Timestamp,
        /// Whose it is.
        source: SourceId,
        /// What it says.
        message: Message,
    },
    /// A command was carried out, or refused.
    Command {
        /// When.
        at: Timestamp,
        /// What, and under which condition.
        request: Request,
    },
    /// The clock did something.
    Clock(Timestamp, ClockEvent),
    /// A round has a result.
    Result(Arc<RoundResult>),
    /// A state from which reading can begin: as JSON.
    State(Timestamp, Box<Value>),
    /// Which presses were counted of late: as JSON.
    Presses(Timestamp, Box<Value>),
    /// Posts may be missing.
    Gap(SourceId, Gap),
    /// A source is connected; or it is not, or silent, and was heard last at the second time.
    Source(Timestamp, SourceId, Option<Timestamp>),
}

/// The end that the show holds.
#[derive(Clone, Debug)]
pub struct Journal {
    items: SyncSender<Item>,
    progress: watch::Receiver<RecordingStatus>,
    counts: Arc<Counts>,
}

/// The thread that writes.
#[derive(Debug)]
pub struct Writer {
    journal: Journal,
    thread: JoinHandle<()>,
}

/// What the thread is told.
#[derive(Debug)]
enum Item {
    Entry(Entry, usize),
    Counted(Counted),
    /// The show was running then.
    Time(Timestamp),
    /// There will be no more.
    End,
}

/// What both ends count.
#[derive(Debug, Default)]
struct Counts {
    /// Bytes in the queue.
    waiting: AtomicUsize,
    /// Things that were not written.
    lost: AtomicU64,
    /// Those of them that the file does not say yet.
    unsaid: AtomicU64,
    unmatched: AtomicU64,
    malformed: AtomicU64,
    dropped: AtomicU64,
}

impl Journal {
    /// Something has happened.
    pub fn note(&self, entry: Entry) {
        match &entry {
            Entry::Message { message, .. } => {
                let (count, messages) = match message {
                    Message::Unmatched(count) => (&self.counts.unmatched, *count),
                    Message::Malformed(_) => (&self.counts.malformed, 1),
                    Message::Dropped(count) => (&self.counts.dropped, *count),
                    _ => return self.send_entry(entry),
                };
                count.fetch_add(messages, Ordering::Relaxed);
            }
            // What stands before these in the file has happened before them.
            Entry::Command { .. } | Entry::Clock(..) | Entry::Result(_) | Entry::State(..) => {
                self.beat();
                self.send_entry(entry);
            }
            Entry::Presses(..) | Entry::Gap(..) | Entry::Source(..) => self.send_entry(entry),
        }
    }

    /// Hands on what was added up.
    pub fn beat(&self) {
        // Without room it waits for the next beat: nothing of it is lost.
        let _waits = self.hand_on_counts();
    }

    /// The show is running at this time. The file says so where it says nothing else of that time, as
    /// often as it is flushed.
    pub fn note_time(&self, at: Timestamp) {
        // Without room a later time says the same.
        let _said_later = self.items.try_send(Item::Time(at));
    }

    /// Whether all that was added up is handed on.
    fn hand_on_counts(&self) -> bool {
        let Counts { unmatched, malformed, dropped, .. } = &*self.counts;
        let [unmatched, malformed, dropped] =
            [unmatched, malformed, dropped].map(|count| count.swap(0, Ordering::Relaxed));
        let counted = Counted { unmatched, malformed, dropped };
        if counted.is_nothing() || self.items.try_send(Item::Counted(counted)).is_ok() {
            return true;
        }
        self.counts.unmatched.fetch_add(unmatched, Ordering::Relaxed);
        self.counts.malformed.fetch_add(malformed, Ordering::Relaxed);
        self.counts.dropped.fetch_add(dropped, Ordering::Relaxed);
        false
    }

    /// How it is doing.
    #[must_use]
    pub fn status(&self) -> RecordingStatus {
        let lost = self.counts.lost.load(Ordering::Relaxed);
        RecordingStatus { lost, ..self.progress.borrow().clone() }
    }

    fn send_entry(&self, entry: Entry) {
        let bytes = weight(&entry);
        if self.counts.waiting.load(Ordering::Relaxed) + bytes > QUEUE_BYTES {
            return self.counts.lose(1);
        }
        self.counts.waiting.fetch_add(bytes, Ordering::Relaxed);
        match self.items.try_send(Item::Entry(entry, bytes)) {
            Ok(()) => {}
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => {
                self.counts.waiting.fetch_sub(bytes, Ordering::Relaxed);
                self.counts.lose(1);
            }
        }
    }
}

impl Counts {
    fn lose(&self, things: u64) {
        self.lost.fetch_add(things, Ordering::Relaxed);
        self.unsaid.fetch_add(things, Ordering::Relaxed);
    }
}

impl Writer {
    /// Waits until all is written and safe, but not for a disk that takes nothing; then tells how it
    /// went.
    #[must_use]
    pub fn finish(self) -> RecordingStatus {
        let journal = &self.journal;
        let tell = || journal.hand_on_counts() && journal.items.try_send(Item::End).is_ok();
        finish(&self.thread, tell, || journal.status())
    }
}

/// Begins to write at the end of an open file.
fn start<D: Disk>(
    file: writer::OpenFile<D>,
    lines: Lines,
    name: Arc<str>,
) -> std::io::Result<(Journal, Writer)> {
    let (items, items_rx): (_, Receiver<Item>) = sync_channel(QUEUE);
    let (progress_tx, progress) = watch::channel(RecordingStatus {
        path: name,
        lines: file.lines,
        bytes: file.synced,
        lost: 0,
        state: RecordingState::On,
        error: None,
    });
    let journal = Journal { items, progress, counts: Arc::default() };
    let write = writer::Write::new(file, lines, Arc::clone(&journal.counts), progress_tx.clone());
    let thread = std::thread::Builder::new().name("journal".into()).spawn(move || {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| write.run(&items_rx))) {
            // What it had half written is unknown: another writer could only spoil it.
            error!("the journal has ended in a panic: {}", reason(&*panic));
            progress_tx.send_modify(|progress| {
                progress.state = RecordingState::Failed;
                progress.error = Some("a bug has ended it, which the log tells more of".into());
            });
        }
    })?;
    Ok((journal.clone(), Writer { journal, thread }))
}

/// About how many bytes an entry takes while it waits.
fn weight(entry: &Entry) -> usize {
    /// An entry itself, with the room that its message may have elsewhere.
    const USUAL: usize = 256;
    let more = match entry {
        Entry::State(_, value) | Entry::Presses(_, value) => value_weight(value),
        Entry::Result(result) => size_of::<TeamResult>() * result.teams.len(),
        Entry::Message { message: Message::Deletion(deletion), .. } => 8 * deletion.posts.len(),
        Entry::Message { .. }
        | Entry::Command { .. }
        | Entry::Clock(..)
        | Entry::Gap(..)
        | Entry::Source(..) => 0,
    };
    USUAL + more
}

fn value_weight(value: &Value) -> usize {
    const EACH: usize = 32;
    EACH + match value {
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(value_weight).sum(),
        Value::Object(members) => {
            members.iter().map(|(key, value)| key.len() + value_weight(value)).sum()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
    }
}

#[cfg(test)]
mod simulated;
#[cfg(test)]
mod tests;
