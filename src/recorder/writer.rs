//! The thread that writes a recording: takes what the show tells, makes lines, and brings them to
//! the disk each second.

use std::fmt::Write as _;
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::{error, warn};

use crate::decode::json::Reader;
use crate::event::{Message, News, SourceId};
use crate::failpoint;
use crate::questions::Questions;
use crate::snapshot::{RecordingState, SourceState};
use crate::timestamp::Timestamp;

use super::posts::{self, Lines, Posts};
use super::sink::Out;
use super::{Counts, Form, Item, Progress, Recorded};

/// What was told is readable in the file so much later, and what a killed program loses.
const FLUSH: Duration = Duration::from_millis(900);

/// Lines are handed on when there are so many bytes of them.
const BLOCK: usize = 64 << 10;

/// The thread's own.
pub(super) struct Write {
    out: Out,
    posts: Posts,
    window: Duration,
    sources: Arc<[Recorded]>,
    has_rounds: bool,
    counts: Arc<Counts>,
    progress: watch::Sender<Progress>,
    broken_pipe: CancellationToken,
    /// What each source was last doing.
    states: Vec<SourceState>,
    lines: Lines,
    /// Lines that were handed on and may not be readable yet.
    unflushed: u64,
    /// When they will be.
    due: Option<Instant>,
}

impl Write {
    pub(super) fn new(
        out: Out,
        questions: &Questions,
        sources: Arc<[Recorded]>,
        has_rounds: bool,
        counts: Arc<Counts>,
        progress: watch::Sender<Progress>,
        broken_pipe: CancellationToken,
    ) -> Write {
        Write {
            out,
            posts: Posts::new(questions),
            window: questions.window(),
            states: vec![SourceState::Connecting; sources.len()],
            sources,
            has_rounds,
            counts,
            progress,
            broken_pipe,
            lines: Lines::default(),
            unflushed: 0,
            due: None,
        }
    }

    /// Writes until the show is over, or until that fails.
    pub(super) fn run(mut self, items: &Receiver<Item>, now: Timestamp) {
        match self.all(items, now) {
            Ok(()) => self.end(),
            Err(error) => self.fail(&error),
        }
    }

    fn all(&mut self, items: &Receiver<Item>, now: Timestamp) -> io::Result<()> {
        // A compressed file without a line is none, so that the first is there at once.
        let version = env!("CARGO_PKG_VERSION");
        self.note(Some(now), "start", None, format_args!(",\"version\":\"{version}\""));
        self.flush()?;
        loop {
            let item = match self.due {
                None => items.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(due) => items.recv_timeout(due.saturating_duration_since(Instant::now())),
            };
            match item {
                Ok(Item::End) | Err(RecvTimeoutError::Disconnected) => return Ok(()),
                Ok(item) => {
                    self.item(item)?;
                    self.due.get_or_insert_with(|| Instant::now() + FLUSH);
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
            if self.due.is_some_and(|due| due <= Instant::now()) {
                self.flush()?;
            }
        }
    }

    fn item(&mut self, item: Item) -> io::Result<()> {
        failpoint::reach("record");
        let lost = self.counts.unsaid.swap(0, Ordering::Relaxed);
        match item {
            Item::News { now, source, news, fate } => {
                if lost > 0 {
                    self.note(now, "lost", None, format_args!(",\"count\":{lost}"));
                }
                match &news {
                    News::Message(Message::Unmatched(count)) => {
                        let at = now.unwrap_or(Timestamp::MIN);
                        for _ in 0..*count {
                            posts::nothing(at, &mut self.lines);
                            self.hand_on()?;
                        }
                    }
                    News::Message(message @ (Message::Post(_) | Message::Deletion(_))) => {
                        self.posts.write(now, message, &fate, &mut self.lines);
                    }
                    news => self.remark(now, source, news),
                }
            }
            Item::Raw { source, arrival, at, names_team, is_refused, message } => {
                self.counts.waiting.fetch_sub(message.len(), Ordering::Relaxed);
                if lost > 0 {
                    self.note(Some(arrival), "lost", None, format_args!(",\"count\":{lost}"));
                }
                let has_left = names_team && at.saturating_add(self.window) <= arrival;
                // What a reader could not know to be of no worth is a remark. Of what came too late for
                // its round a reader knows when it arrived.
                let remark = if is_refused {
                    Some("refused")
                } else {
                    let is_late = has_left && !self.has_rounds && !self.posts.is_late(at);
                    Some("late").filter(|_| is_late)
                };
                if names_team && remark.is_none() {
                    self.posts.see(at);
                }
                let seen = (self.has_rounds && arrival != at).then_some(arrival);
                self.raw(source, at, seen, remark, &message);
            }
            Item::Line(line) => {
                if lost > 0 {
                    self.note(None, "lost", None, format_args!(",\"count\":{lost}"));
                }
                self.lines.text.push_str(&line);
                self.lines.end();
            }
            Item::End => {}
        }
        self.hand_on()
    }

    fn remark(&mut self, now: Option<Timestamp>, source: SourceId, news: &News) {
        let name = Some(source);
        match news {
            News::Message(Message::Malformed(_)) => {
                self.note(now, "malformed", name, format_args!(""));
            }
            News::Message(Message::Dropped(count)) => {
                self.note(now, "dropped", name, format_args!(",\"count\":{count}"));
            }
            News::Gap(gap) => {
                let ms = gap.length.as_millis();
                self.note(Some(gap.from), "gap", name, format_args!(",\"ms\":{ms}"));
            }
            News::State(state) => {
                let Some(last) = self.states.get_mut(source.0) else { return };
                let was_connected = matches!(last, SourceState::Live | SourceState::Stale);
                *last = *state;
                let word = match state {
                    SourceState::Live => "connected",
                    SourceState::Connecting if was_connected => "disconnected",
                    SourceState::Connecting => return,
                    state => state.name(),
                };
                self.note(now, word, name, format_args!(""));
            }
            _ => {}
        }
    }

    /// A line that is no message.
    fn note(
        &mut self,
        at: Option<Timestamp>,
        word: &str,
        source: Option<SourceId>,
        more: std::fmt::Arguments<'_>,
    ) {
        let text = &mut self.lines.text;
        text.push('{');
        if let Some(at) = at {
            let _infallible = write!(text, "\"at\":\"{at}\",");
        }
        let _infallible = write!(text, "\"note\":\"{word}\"");
        if let Some(source) = source.and_then(|source| self.sources.get(source.0)) {
            let _infallible = write!(text, ",\"source\":{}", quoted(&source.name));
        }
        let _infallible = text.write_fmt(more);
        text.push('}');
        self.lines.end();
    }

    fn raw(
        &mut self,
        source: SourceId,
        at: Timestamp,
        seen: Option<Timestamp>,
        remark: Option<&str>,
        message: &[u8],
    ) {
        let text = &mut self.lines.text;
        let _infallible = write!(text, "{{\"at\":\"{at}\"");
        if let Some(seen) = seen {
            let _infallible = write!(text, ",\"seen\":\"{seen}\"");
        }
        if let Some(remark) = remark {
            let _infallible = write!(text, ",\"note\":\"{remark}\"");
        }
        if let Some(Recorded { name, kind, form: Form::Raw }) = self.sources.get(source.0) {
            let _infallible = write!(text, ",\"source\":{},\"kind\":\"{kind}\"", quoted(name));
        }
        text.push_str(",\"raw\":");
        match str::from_utf8(message) {
            Ok(message) if is_json(message) => text.push_str(message),
            _ => text.push_str(&quoted(&String::from_utf8_lossy(message))),
        }
        text.push('}');
        self.lines.end();
    }

    /// Hands lines on once there are many.
    fn hand_on(&mut self) -> io::Result<()> {
        if self.lines.text.len() < BLOCK { Ok(()) } else { self.write() }
    }

    fn write(&mut self) -> io::Result<()> {
        self.out.write(self.lines.text.as_bytes()).map_err(|cut| {
            self.unflushed += cut.lines;
            self.lines.count -= cut.lines;
            cut.error
        })?;
        self.lines.text.clear();
        self.unflushed += std::mem::take(&mut self.lines.count);
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.due = None;
        self.write()?;
        self.out.flush()?;
        let lines = std::mem::take(&mut self.unflushed);
        let bytes = self.out.bytes();
        self.progress.send_modify(|progress| {
            progress.lines += lines;
            progress.bytes = bytes;
        });
        Ok(())
    }

    fn end(mut self) {
        let lost = self.counts.unsaid.swap(0, Ordering::Relaxed);
        if lost > 0 {
            self.note(None, "lost", None, format_args!(",\"count\":{lost}"));
        }
        if let Err(error) = self.flush() {
            return self.fail(&error);
        }
        let Write { out, progress, .. } = self;
        match out.finish() {
            Ok(bytes) => progress.send_modify(|progress| progress.bytes = bytes),
            // All lines are there, and can be read.
            Err(error) => warn!("the recording was not ended: {error}"),
        }
    }

    /// Says that the recording has stopped, and why.
    fn fail(self, error: &io::Error) {
        let (safe, doubtful) =
            if self.out.is_plain() { (self.unflushed, 0) } else { (0, self.unflushed) };
        self.counts.lost.fetch_add(doubtful + self.lines.count, Ordering::Relaxed);
        let is_pipe = error.kind() == io::ErrorKind::BrokenPipe;
        let state = match error.kind() {
            io::ErrorKind::StorageFull
            | io::ErrorKind::QuotaExceeded
            | io::ErrorKind::FileTooLarge => RecordingState::Full,
            _ => RecordingState::Failed,
        };
        let bytes = self.out.bytes();
        let mut path = Arc::default();
        self.progress.send_modify(|progress| {
            progress.state = state;
            progress.lines += safe;
            progress.bytes = bytes;
            progress.error = Some(error.to_string().into());
            path = Arc::clone(&progress.path);
        });
        if is_pipe {
            self.broken_pipe.cancel();
        } else {
            error!("the recording `{path}` has stopped, and the show goes on: {error}");
        }
    }
}

/// Whether a message stands in a line as it is.
fn is_json(message: &str) -> bool {
    let mut reader = Reader::new(message);
    !message.contains('\n') && reader.skip().is_ok() && reader.end().is_ok()
}

/// A text as JSON has it.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
