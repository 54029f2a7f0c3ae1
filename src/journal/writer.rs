//! The thread that writes a journal: makes lines of what the show tells it, and brings them to the disk.
//!
//! All that is not known to be safe is kept in memory too, within a bound. When the disk fails, in
//! whatever way, the file is opened anew, cut to where it was safe, and gets all of that once more: so
//! no line is ever glued to a torn one, and what a failed sync has thrown away comes back.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;
use tracing::{error, info};

use crate::failpoint;
use crate::snapshot::{RecordingState, RecordingStatus};
use crate::timestamp::Timestamp;

use super::disk::{Disk, Handle, write_some};
use super::lines::{self, Lines};
use super::seal::Chain;
use super::{Counts, Entry, Item};

/// The least time between two writes to the file. What was told is in it that much later at most, and a
/// program that is killed loses it, and the time between two snapshots; together that stays below the
/// 250 ms that are promised, with something left for a machine that is busy.
const FLUSH: Duration = Duration::from_millis(150);

/// A line of another kind tells the time as well if it is no older than this.
const SAME_TIME: Duration = Duration::from_millis(30);

/// What was told is safe so much later: what a loss of power costs.
const SYNC: Duration = Duration::from_millis(800);

/// Between two tries with a disk that fails.
const RETRY: Duration = Duration::from_secs(1);

/// Bytes that are kept until they are safe. With a disk that fails for longer, lines are lost.
const MAX_UNSAFE: usize = 32 << 20;

/// Things that are taken from the queue before the disk is looked after.
const BATCH: usize = 4096;

/// What somebody else has done to the file.
const AWAY: &str = "the file was moved, deleted or replaced while the show was running";
const SHORTER: &str = "the file is shorter than it was";

/// A journal that can be written on.
pub(super) struct OpenFile<D: Disk> {
    pub(super) disk: D,
    pub(super) path: PathBuf,
    pub(super) handle: D::Handle,
    /// Nobody else writes it.
    pub(super) lock: D::Lock,
    /// Bytes that are safe.
    pub(super) synced: u64,
    /// Lines that are in them.
    pub(super) lines: u64,
    pub(super) chain: Chain,
}

/// The thread's own.
pub(super) struct Write<D: Disk> {
    disk: D,
    path: PathBuf,
    _lock: D::Lock,
    /// `None` while the disk fails.
    handle: Option<D::Handle>,
    chain: Chain,
    synced: u64,
    /// What stands after that, or is to.
    pending: Vec<u8>,
    /// How much of it was written.
    written: usize,
    /// Lines in it.
    pending_lines: u64,
    lines: Lines,
    /// The newest time that a line has.
    last: Option<Timestamp>,
    /// The newest time at which the show is known to have run.
    running: Option<Timestamp>,
    counts: Arc<Counts>,
    progress: watch::Sender<RecordingStatus>,
    flushed: Option<Instant>,
    flush_due: Option<Instant>,
    sync_due: Option<Instant>,
    retry_due: Option<Instant>,
    /// The file is not where it was.
    is_away: bool,
}

impl<D: Disk> Write<D> {
    pub(super) fn new(
        file: OpenFile<D>,
        lines: Lines,
        counts: Arc<Counts>,
        progress: watch::Sender<RecordingStatus>,
    ) -> Write<D> {
        let OpenFile { disk, path, handle, lock, synced, lines: _, chain } = file;
        Write {
            disk,
            path,
            _lock: lock,
            handle: Some(handle),
            chain,
            synced,
            pending: Vec::new(),
            written: 0,
            pending_lines: 0,
            lines,
            last: None,
            running: None,
            counts,
            progress,
            flushed: None,
            flush_due: None,
            sync_due: None,
            retry_due: None,
            is_away: false,
        }
    }

    /// Writes until the show is over.
    pub(super) fn run(mut self, items: &Receiver<Item>) {
        loop {
            let item = match self.next_due() {
                None => items.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(due) => items.recv_timeout(due.saturating_duration_since(Instant::now())),
            };
            let mut is_over = matches!(item, Err(RecvTimeoutError::Disconnected));
            let mut next = item.ok();
            let mut taken = 0;
            while let Some(item) = next.take() {
                is_over |= self.take(item);
                taken += 1;
                if taken < BATCH && !is_over {
                    next = items.try_recv().ok();
                }
            }
            if is_over {
                return self.end();
            }
            self.look_after_the_disk();
        }
    }

    /// Makes lines of something that was told. `true` if that was the end.
    pub(super) fn take(&mut self, item: Item) -> bool {
        failpoint::reach("journal");
        let mut made = Vec::new();
        let mut is_urgent = false;
        match item {
            Item::End => return true,
            Item::Counted(counted) => lines::counted(counted, &mut made),
            Item::Time(at) => self.running = Some(at),
            Item::Entry(entry, bytes) => {
                self.counts.waiting.fetch_sub(bytes, Ordering::Relaxed);
                is_urgent = matches!(entry, Entry::Command { .. });
                self.say(&entry, &mut made);
            }
        }
        self.say_what_is_lost();
        for line in made {
            self.add(&line);
        }
        let now = Instant::now();
        if is_urgent {
            self.sync_due = Some(now);
        } else if !self.pending.is_empty() || self.is_time_untold() {
            let due = self.flushed.map_or(now, |flushed| now.max(flushed + FLUSH));
            self.flush_due.get_or_insert(due);
            self.sync_due.get_or_insert(now + SYNC);
        }
        false
    }

    fn say(&mut self, entry: &Entry, made: &mut Vec<String>) {
        let at = self.lines.entry(entry, made);
        self.last = self.last.max(at);
    }

    /// Says in the file that something is missing before what comes next.
    fn say_what_is_lost(&mut self) {
        if self.pending.len() < MAX_UNSAFE {
            let lost = self.counts.unsaid.swap(0, Ordering::Relaxed);
            if lost > 0 {
                self.add(&lines::lost(self.last, lost));
            }
        }
    }

    /// Whether the show has run for longer than the lines tell.
    fn is_time_untold(&self) -> bool {
        self.running.is_some_and(|running| {
            self.last.is_none_or(|last| running.saturating_since(last) >= SAME_TIME)
        })
    }

    /// Says until when the show has run, so that this is known should it end now.
    fn say_time(&mut self) {
        let has_room = self.pending.len() < MAX_UNSAFE;
        if let Some(running) = self.running.filter(|_| has_room && self.is_time_untold()) {
            self.add(&lines::time(running));
            self.last = Some(running);
        }
    }

    fn add(&mut self, line: &str) {
        if self.pending.len() >= MAX_UNSAFE {
            return self.counts.lose(1);
        }
        self.chain.seal(line, &mut self.pending);
        self.pending_lines += 1;
    }

    fn next_due(&self) -> Option<Instant> {
        match self.retry_due {
            Some(due) => Some(due),
            None => self.flush_due.into_iter().chain(self.sync_due).min(),
        }
    }

    /// Does what is due.
    pub(super) fn look_after_the_disk(&mut self) {
        let now = Instant::now();
        let is_due = |due: Option<Instant>| due.is_some_and(|due| due <= now);
        if self.handle.is_none() {
            if is_due(self.retry_due) {
                self.try_again();
            }
        } else if is_due(self.sync_due) {
            self.sync();
        } else if is_due(self.flush_due) {
            self.flush();
        }
    }

    /// Whether the disk takes what it is given, as far as is known.
    #[cfg(test)]
    pub(super) fn is_writing(&self) -> bool {
        self.handle.is_some()
    }

    /// Brings all lines into the file.
    pub(super) fn flush(&mut self) {
        self.flush_due = None;
        if let Err(error) = self.write() {
            self.fail(&error);
        }
    }

    /// Brings all lines into the file, and makes them safe.
    pub(super) fn sync(&mut self) {
        (self.flush_due, self.sync_due) = (None, None);
        if let Err(error) = self.write().and_then(|()| self.make_safe()) {
            self.fail(&error);
        }
    }

    fn write(&mut self) -> io::Result<()> {
        self.say_time();
        if self.written < self.pending.len() {
            self.flushed = Some(Instant::now());
        }
        let Some(handle) = &mut self.handle else { return Ok(()) };
        if self.written < self.pending.len() && handle.length()? < self.synced {
            // What is written on would stand behind a hole, where nothing is read.
            return Err(io::Error::other(SHORTER));
        }
        while self.written < self.pending.len() {
            self.written += write_some(handle, &self.pending[self.written..])?;
        }
        Ok(())
    }

    fn make_safe(&mut self) -> io::Result<()> {
        let Some(handle) = &mut self.handle else { return Ok(()) };
        handle.sync()?;
        self.synced += self.pending.len() as u64;
        self.pending.clear();
        self.written = 0;
        let (lines, bytes) = (std::mem::take(&mut self.pending_lines), self.synced);
        // The disk takes it all the same: a file that was moved is whole, and may be moved back.
        let is_away = !self.disk.is_at(handle, &self.path);
        let was_away = std::mem::replace(&mut self.is_away, is_away);
        if is_away && !was_away {
            error!("a crash would cost the journal, and the show goes on: {AWAY}");
        }
        self.progress.send_modify(|progress| {
            progress.lines += lines;
            progress.bytes = bytes;
            if is_away {
                (progress.state, progress.error) = (RecordingState::Failed, Some(AWAY.into()));
            } else if was_away {
                (progress.state, progress.error) = (RecordingState::On, None);
            }
        });
        Ok(())
    }

    /// Opens the file anew, and gives it once more all that is not known to be safe.
    pub(super) fn try_again(&mut self) {
        self.retry_due = None;
        let opened = self.disk.open(&self.path).and_then(|mut handle| {
            if handle.length()? < self.synced {
                return Err(io::Error::other(SHORTER));
            }
            handle.cut(self.synced)?;
            Ok(handle)
        });
        let written = opened.and_then(|handle| {
            self.handle = Some(handle);
            self.written = 0;
            self.write()?;
            self.make_safe()
        });
        if let Err(error) = written {
            return self.fail(&error);
        }
        info!("the journal goes on");
        self.progress.send_modify(|progress| {
            progress.state = RecordingState::On;
            progress.error = None;
        });
        self.say_what_is_lost();
        if !self.pending.is_empty() {
            self.sync_due = Some(Instant::now());
        }
    }

    /// Says that the disk does not take the journal, and why; it is tried again soon.
    fn fail(&mut self, error: &io::Error) {
        self.handle = None;
        (self.flush_due, self.sync_due) = (None, None);
        self.retry_due = Some(Instant::now() + RETRY);
        let state = match error.kind() {
            io::ErrorKind::StorageFull
            | io::ErrorKind::QuotaExceeded
            | io::ErrorKind::FileTooLarge => RecordingState::Full,
            _ => RecordingState::Failed,
        };
        let text: Arc<str> = error.to_string().into();
        let is_news = self.progress.borrow().error.as_ref() != Some(&text);
        if is_news {
            error!("the journal is not written, and the show goes on: {error}");
        }
        self.progress.send_modify(|progress| {
            progress.state = state;
            progress.error = Some(text);
        });
    }

    fn end(mut self) {
        self.say_what_is_lost();
        if self.handle.is_none() {
            self.try_again();
        }
        self.sync();
        if self.handle.is_none() {
            self.counts.lost.fetch_add(self.pending_lines, Ordering::Relaxed);
        }
    }
}
