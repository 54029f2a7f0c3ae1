//! A recorded file, at its own pace or faster.
//!
//! The recording's own time rules: between two posts that name a team the source ticks at fixed
//! points of it, so that the snapshots of those points are the same at any speed, and the same as
//! `hashtug tally` prints. What lies between two such posts is sent with the first of them: a
//! message that concerns no team is counted without its time being read.

mod kind;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};
use tracing::warn;

use crate::decode::{Decoder, Feed};
use crate::event::{Message, News};
use crate::failpoint;
use crate::post::Hasher;
use crate::questions::Questions;
use crate::recording::{self, Chunk, Recording};
use crate::snapshot::SourceState;
use crate::timestamp::Timestamp;

use super::{Legacy, Over, SourceContext};

/// The keys of a `replay` source.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// What is played.
    pub input: Input,
    /// How fast.
    pub speed: Speed,
    /// Whether it begins again at its end.
    pub repeat: bool,
    /// Whether the commands in it are given again, and its clock is obeyed. Without them its posts are
    /// those of any recording.
    pub commands: bool,
    /// The shape of its lines; `None`: that of the first line whose shape shows.
    pub feed: Option<Feed>,
}

/// What is played.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A file.
    File(PathBuf),
    /// The keynote that is part of the program.
    Embedded,
}

/// How fast a recording is played.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Speed {
    /// How many times as fast as it was recorded. Positive.
    Times(f64),
    /// As fast as the machine can.
    Max,
}

static KEYNOTE: &[u8] =
    include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/posts/keynote.jsonl"));

/// Between the end of a recording and its beginning again, in its own time.
const PAUSE: Duration = Duration::from_secs(1);

/// How many batches may be decoded ahead.
const AHEAD: usize = 2;

/// A longer wait for the next post is worth a word: a wrong date looks like a dead show.
const LONG_WAIT: Duration = Duration::from_mins(10);

impl Input {
    /// Opens what is to be played.
    ///
    /// # Errors
    /// If the file cannot be opened.
    pub fn open(&self) -> Result<Recording, recording::Error> {
        match self {
            Input::File(path) => Recording::open(path),
            Input::Embedded => Ok(Recording::embedded("keynote.jsonl", KEYNOTE)),
        }
    }
}

/// Plays a recording until its end, or for ever if it repeats.
async fn run(settings: Settings, context: SourceContext) {
    let _over = play(settings, &context).await;
}

async fn play(settings: Settings, context: &SourceContext) -> Result<(), Over> {
    let mut playing = Playing::new(&settings, context);
    let position = &mut playing.position;
    loop {
        context.send(News::State(SourceState::Live)).await?;
        let (batches_tx, batches_rx) = mpsc::channel(AHEAD);
        let reader = {
            let (input, feed, fragile) =
                (settings.input.clone(), settings.feed, position.fragile.clone());
            let (counted, hasher) = (Arc::clone(&context.questions), position.hasher.clone());
            let decoder = move || Decoder::new(&counted, feed, hasher.clone()).of_a_file();
            let commands = settings.commands;
            tokio::task::spawn_blocking(move || {
                read(&input, decoder, commands, &fragile, &batches_tx)
            })
        };
        // If the show is over, nobody waits for a reader that may be waiting for bytes.
        let blocks = pass(context, position, batches_rx).await?;
        let ended = reader.await.unwrap_or_else(|error| {
            // Read line by line in the next life, it costs no more than the line.
            position.fragile.push(blocks);
            resume_unwind(error.into_panic())
        });
        let named_a_team = position.named_a_team;
        position.begin_pass();
        match ended {
            Err(error) if settings.repeat => {
                warn!(
                    error = format!("{:#}", anyhow::Error::new(error)),
                    "replay failed; again soon"
                );
                context.send(News::State(SourceState::Connecting)).await?;
                pause(context, PAUSE).await?;
            }
            Err(error) => {
                warn!(error = format!("{:#}", anyhow::Error::new(error)), "replay failed");
                break;
            }
            Ok(()) => {
                if !named_a_team {
                    let hashtags = context.questions.hashtags().join(" #");
                    warn!("no post of the recording names a team by #{hashtags}");
                }
                if !settings.repeat || !named_a_team || !position.pace.begin_again() {
                    break;
                }
                position.hasher = position.hasher.with_new_posts();
            }
        }
    }
    context.send(News::State(SourceState::Ended)).await
}

/// Plays a recording once, from its position on, and says how many blocks of it there were.
async fn pass(
    context: &SourceContext,
    position: &mut Position,
    mut batches: mpsc::Receiver<Vec<Message>>,
) -> Result<u64, Over> {
    let mut blocks = 0;
    // What the life before has sent.
    let mut skipped = position.sent;
    loop {
        let batch = tokio::select! {
            biased;
            () = context.stop.cancelled() => return Err(Over),
            batch = batches.recv() => batch,
        };
        let Some(batch) = batch else { return Ok(blocks) };
        blocks += 1;
        for mut message in batch {
            if skipped > 0 {
                skipped -= 1;
                continue;
            }
            let pace = &mut position.pace;
            position.named_a_team |= message.names_team();
            if let Some(at) = message.reaches() {
                pace.wait_for(pace.shifted(at), context).await?;
            }
            place(&mut message, &|at| pace.shown(pace.shifted(at), context));
            context.send(message.into()).await?;
            position.sent += 1;
        }
    }
}

/// Moves all times of a message to where they stand in what is shown.
fn place(message: &mut Message, shown: &dyn Fn(Timestamp) -> Timestamp) {
    match message {
        Message::Post(post) => post.at = shown(post.at),
        Message::Deletion(deletion) => deletion.at = deletion.at.map(shown),
        Message::Recorded(recorded) => {
            recorded.seen = recorded.seen.map(shown);
            place(&mut recorded.message, shown);
        }
        Message::Command(given) => given.at = shown(given.at),
        Message::Clock(at, _) => *at = shown(*at),
        Message::Unmatched(_) | Message::Malformed(_) | Message::Dropped(_) => {}
    }
}

/// What a source that gives no commands makes of a message of its recording.
fn without_commands(message: Message) -> Option<Message> {
    match message {
        Message::Command(_) | Message::Clock(..) => None,
        Message::Recorded(recorded) => Some(recorded.message),
        message => Some(message),
    }
}

/// Where a recording is: left to the next life if a panic ends this one, so that each post counts once
/// and time goes on.
struct Position {
    pace: Pace,
    /// Of this pass.
    hasher: Hasher,
    /// Messages of this pass that were sent.
    sent: u64,
    /// Any of them named a team.
    named_a_team: bool,
    /// Blocks that a reader has panicked over.
    fragile: Vec<u64>,
}

impl Position {
    fn begin_pass(&mut self) {
        (self.sent, self.named_a_team) = (0, false);
    }
}

/// A life of the source, which leaves its position behind however it ends.
struct Playing {
    position: Position,
    legacy: Legacy,
}

impl Playing {
    fn new(settings: &Settings, context: &SourceContext) -> Playing {
        let legacy = context.legacy.clone();
        let position = legacy.take().map(|mut position: Position| {
            if settings.input.is_pipe() {
                // What was read of it does not come again.
                position.begin_pass();
                position.fragile.clear();
            }
            position
        });
        let position = position.unwrap_or_else(|| Position {
            pace: Pace::new(settings.speed),
            hasher: context.hasher.clone(),
            sent: 0,
            named_a_team: false,
            fragile: Vec::new(),
        });
        Playing { position, legacy }
    }
}

impl Drop for Playing {
    fn drop(&mut self) {
        let Position { pace, hasher, sent, named_a_team, fragile } = &mut self.position;
        self.legacy.leave(Position {
            pace: pace.clone(),
            hasher: hasher.clone(),
            sent: *sent,
            named_a_team: *named_a_team,
            fragile: std::mem::take(fragile),
        });
    }
}

/// Reads and decodes on a thread that may wait for the disk.
/// Whether a recording has a command in it. What cannot be read has none.
fn has_commands(input: &Input, questions: &Questions) -> bool {
    let Ok(mut recording) = input.open() else { return false };
    let mut decoder = Decoder::new(questions, None, Hasher::default()).of_a_file();
    let mut found = false;
    while !found && let Ok(Some(chunk)) = recording.read() {
        if let Chunk::Lines(lines) = chunk {
            decoder.block(lines, |_, message| found |= matches!(message, Message::Command(_)));
        }
    }
    found
}

fn read(
    input: &Input,
    new_decoder: impl Fn() -> Decoder,
    commands: bool,
    fragile: &[u64],
    batches: &mpsc::Sender<Vec<Message>>,
) -> Result<(), recording::Error> {
    let mut recording = input.open()?;
    let mut decoder = new_decoder();
    let mut blocks = 0;
    let mut malformed = recording.malformed();
    loop {
        let mut batch = Vec::new();
        let mut report = |line, message| {
            if let Message::Malformed(reason) = &message {
                malformed.name(line, reason);
            }
            batch.extend(if commands { Some(message) } else { without_commands(message) });
        };
        let is_fragile = fragile.contains(&blocks);
        blocks += 1;
        match recording.read()? {
            None => break,
            Some(Chunk::Lines(lines)) if is_fragile => {
                for line in lines.split_inclusive(|&byte| byte == b'\n') {
                    let read = catch_unwind(AssertUnwindSafe(|| {
                        decode(&mut decoder, line, &mut report);
                    }));
                    if read.is_err() {
                        warn!("a line was lost to a panic");
                        report(0, Message::Dropped(1));
                        decoder = new_decoder();
                    }
                }
            }
            Some(Chunk::Lines(lines)) => decode(&mut decoder, lines, &mut report),
            Some(Chunk::Piece { bytes, last }) => decoder.piece(bytes, last, &mut report),
        }
        if batches.blocking_send(batch).is_err() {
            return Ok(());
        }
    }
    if recording.broken_off() {
        warn!("{} breaks off before its end; all that is there was read", recording.name());
    }
    Ok(())
}

fn decode(decoder: &mut Decoder, lines: &[u8], report: &mut impl FnMut(u64, Message)) {
    failpoint::meet("line", lines);
    decoder.block(lines, report);
}

/// When each post is sent: the recording's time laid on the wall clock.
#[derive(Clone)]
struct Pace {
    speed: Speed,
    /// The time between ticks, in the recording's own time.
    step: Duration,
    /// When the first post that names a team was sent, and its time.
    start: Option<(Instant, Timestamp)>,
    /// The newest time so far.
    newest: Option<Timestamp>,
    /// By how much this pass is later than the recording.
    shift: Duration,
    next_tick: Option<Timestamp>,
}

impl Pace {
    fn new(speed: Speed) -> Pace {
        // About twenty ticks a second of the wall clock, at round points of the recording's time.
        const STEPS: [u64; 11] = [50, 100, 200, 250, 500, 1000, 2000, 5000, 10_000, 30_000, 60_000];
        let step = match speed {
            Speed::Times(times) => {
                let wanted = Duration::from_millis(50).mul_f64(times);
                let mut steps = STEPS.into_iter().map(Duration::from_millis);
                steps.find(|&step| step >= wanted).unwrap_or(Duration::from_mins(1))
            }
            Speed::Max => Duration::from_secs(1),
        };
        Pace { speed, step, start: None, newest: None, shift: Duration::ZERO, next_tick: None }
    }

    fn shifted(&self, at: Timestamp) -> Timestamp {
        at.saturating_add(self.shift)
    }

    /// The next pass continues where this one ends. `false` if time itself ends there.
    fn begin_again(&mut self) -> bool {
        let (Some((_, first)), Some(newest)) = (self.start, self.newest) else { return true };
        // The first pass began at `first`, and this one at `first + shift`.
        self.shift = newest.saturating_since(first) + PAUSE;
        newest.saturating_add(self.shift) < Timestamp::MAX
    }

    /// Waits until it is time for a post of `at`, ticking on the way.
    async fn wait_for(&mut self, at: Timestamp, context: &SourceContext) -> Result<(), Over> {
        if self.start.is_none() {
            self.start = Some((Instant::now(), at));
            self.next_tick = Some(at.round_up(self.step));
        }
        if self.newest.is_some_and(|newest| at <= newest) {
            return Ok(());
        }
        self.newest = Some(at);
        if self.speed == Speed::Max {
            // Only the last tick before the post is of use to anybody.
            let next = at.round_up(self.step);
            if context.clock.is_none()
                && let Some(last) = next.checked_sub(self.step)
                && self.next_tick.is_some_and(|tick| tick <= last)
            {
                context.send(News::Tick(last)).await?;
            }
            self.next_tick = Some(next);
            return Ok(());
        }
        let wait = self.due(at).saturating_duration_since(Instant::now());
        if wait > LONG_WAIT {
            warn!("the next post is dated {at}, which is {} minutes off", wait.as_secs() / 60);
        }
        while let Some(tick) = self.next_tick.filter(|&tick| tick < at) {
            if context.clock.is_none() {
                pause_until(context, self.due(tick)).await?;
                context.send(News::Tick(tick)).await?;
            }
            self.next_tick = Some(tick.saturating_add(self.step));
        }
        pause_until(context, self.due(at)).await
    }

    /// Where a post of `at` stands in what is shown: in its own time, or in a live show in that of
    /// the show, when its turn is.
    fn shown(&self, at: Timestamp, context: &SourceContext) -> Timestamp {
        context.clock.map_or(at, |clock| clock.at(self.due(at).min(Instant::now())))
    }

    /// When it is time for `at`.
    fn due(&self, at: Timestamp) -> Instant {
        match (self.speed, self.start) {
            (Speed::Times(times), Some((start, first))) => {
                start + at.saturating_since(first).div_f64(times)
            }
            _ => Instant::now(),
        }
    }
}

async fn pause(context: &SourceContext, span: Duration) -> Result<(), Over> {
    pause_until(context, Instant::now() + span).await
}

async fn pause_until(context: &SourceContext, due: Instant) -> Result<(), Over> {
    tokio::select! {
        biased;
        () = context.stop.cancelled() => Err(Over),
        () = sleep_until(due) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_whatever_the_speed() {
        let step = |times| Pace::new(Speed::Times(times)).step;
        assert_eq!(step(0.1), Duration::from_millis(50));
        assert_eq!(step(1.0), Duration::from_millis(50));
        assert_eq!(step(10.0), Duration::from_millis(500));
        assert_eq!(step(1000.0), Duration::from_mins(1));
    }
}
