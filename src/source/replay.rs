//! A recorded file, at its own pace or faster.
//!
//! The recording's own time rules: between two posts that name a team the source ticks at fixed
//! points of it, so that the snapshots of those points are the same at any speed, and the same as
//! `hashtug tally` prints. What lies between two such posts is told with the first of them: a
//! message that concerns no team is counted without its time being read.

use std::path::PathBuf;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};
use tracing::warn;

use crate::decode::{Decoder, Feed};
use crate::event::Event;
use crate::post::Side;
use crate::recording::{self, Chunk, Recording};
use crate::snapshot::SourceState;
use crate::timestamp::Timestamp;

use super::{Over, Seat};

/// The keys of a `replay` source.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// What is played.
    pub input: Input,
    /// How fast.
    pub speed: Speed,
    /// Whether it begins again at its end.
    pub repeat: bool,
    /// The shape of its lines; `None`: told from the first that can be told.
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
    /// So many times as fast as it was recorded. Positive.
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

/// More malformed lines of one pass are counted without being named in the log.
const NAMED: u32 = 20;

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
pub(super) async fn run(settings: Settings, seat: Seat) {
    let _over = play(settings, &seat).await;
}

async fn play(settings: Settings, seat: &Seat) -> Result<(), Over> {
    seat.tell(Event::Source(seat.id, SourceState::Live)).await?;
    let mut pace = Pace::new(settings.speed);
    let mut hasher = seat.hasher.clone();
    loop {
        let (batches_tx, batches_rx) = mpsc::channel(AHEAD);
        let reader = {
            let (settings, contest, hasher) =
                (settings.clone(), seat.contest.clone(), hasher.clone());
            let decoder = Decoder::new(&contest, settings.feed, hasher);
            tokio::task::spawn_blocking(move || read(&settings.input, decoder, &batches_tx))
        };
        let played = pass(seat, &mut pace, batches_rx).await;
        // The reader ends when the pass does, since nobody takes its batches any more.
        match reader.await.expect("a panic of the reader is one of the source") {
            Ok(()) => {}
            Err(error) => {
                warn!(error = format!("{:#}", anyhow::Error::new(error)), "replay failed");
            }
        }
        let named_a_team = played?;
        if !settings.repeat || !named_a_team {
            seat.tell(Event::Source(seat.id, SourceState::Ended)).await?;
            return Ok(());
        }
        pace.begin_again();
        hasher = hasher.with_new_posts();
    }
}

/// Plays a recording once, and says whether any post in it named a team.
async fn pass(
    seat: &Seat,
    pace: &mut Pace,
    mut batches: mpsc::Receiver<Vec<Event>>,
) -> Result<bool, Over> {
    let mut named_a_team = false;
    while let Some(batch) = batches.recv().await {
        for mut event in batch {
            match &mut event {
                Event::Post(post) => {
                    post.at = pace.shifted(post.at);
                    if post.side != Side::None {
                        named_a_team = true;
                        pace.wait_for(post.at, seat).await?;
                    }
                }
                Event::Deletion(deletion) => deletion.at = deletion.at.map(|at| pace.shifted(at)),
                _ => {}
            }
            seat.tell(event).await?;
        }
    }
    Ok(named_a_team)
}

/// Reads and decodes on a thread that may wait for the disk.
fn read(
    input: &Input,
    mut decoder: Decoder,
    batches: &mpsc::Sender<Vec<Event>>,
) -> Result<(), recording::Error> {
    let mut recording = input.open()?;
    let name = recording.name().to_owned();
    let mut malformed = 0;
    loop {
        let mut batch = Vec::new();
        let mut tell = |line, event| {
            if let Event::Malformed(reason) = &event {
                name_malformed(&name, line, reason, &mut malformed);
            }
            batch.push(event);
        };
        match recording.read()? {
            None => break,
            Some(Chunk::Lines(lines)) => decoder.block(lines, &mut tell),
            Some(Chunk::Piece { bytes, last }) => decoder.piece(bytes, last, &mut tell),
        }
        if batches.blocking_send(batch).is_err() {
            return Ok(());
        }
    }
    if recording.broken_off() {
        warn!(
            recording = name,
            "the recording breaks off before its end; all that is there was read"
        );
    }
    Ok(())
}

/// Logs a line that was counted as malformed, until there were too many of them.
pub(crate) fn name_malformed(recording: &str, line: u64, reason: &str, seen: &mut u32) {
    *seen += 1;
    if *seen <= NAMED {
        warn!("{recording}:{line}: post skipped: {reason}");
    }
    if *seen == NAMED {
        warn!("{recording}: further malformed lines are counted, and not named here");
    }
}

/// When what is told: the recording's time laid on the wall clock.
struct Pace {
    speed: Speed,
    /// The time between ticks, in milliseconds.
    step: Duration,
    /// When the first post that names a team was told, and its time.
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
                let steps = STEPS.into_iter().map(Duration::from_millis);
                steps.into_iter().find(|&step| step >= wanted).unwrap_or(Duration::from_mins(1))
            }
            Speed::Max => Duration::from_secs(1),
        };
        Pace { speed, step, start: None, newest: None, shift: Duration::ZERO, next_tick: None }
    }

    fn shifted(&self, at: Timestamp) -> Timestamp {
        at.saturating_add(self.shift)
    }

    /// The next pass continues where this one ends.
    fn begin_again(&mut self) {
        if let (Some((_, first)), Some(newest)) = (self.start, self.newest) {
            // The first pass began at `first`, and this one at `first + shift`.
            self.shift = newest.saturating_since(first) + PAUSE;
        }
    }

    /// Waits until it is time for a post of `at`, ticking on the way.
    async fn wait_for(&mut self, at: Timestamp, seat: &Seat) -> Result<(), Over> {
        if self.start.is_none() {
            self.start = Some((Instant::now(), at));
            self.next_tick = Some(at.round_up(self.step));
        }
        if self.newest.is_some_and(|newest| at <= newest) {
            return Ok(());
        }
        self.newest = Some(at);
        while let Some(tick) = self.next_tick.filter(|&tick| tick < at) {
            // At full speed only the last tick before the post is of use to anybody.
            let next = tick.saturating_add(self.step);
            if self.speed != Speed::Max || next >= at {
                self.sleep(tick, seat).await?;
                seat.tell(Event::Tick(tick)).await?;
            }
            self.next_tick = Some(next);
        }
        self.sleep(at, seat).await
    }

    async fn sleep(&self, at: Timestamp, seat: &Seat) -> Result<(), Over> {
        let (Speed::Times(times), Some((start, first))) = (self.speed, self.start) else {
            return Ok(());
        };
        let due = start + at.saturating_since(first).div_f64(times);
        tokio::select! {
            biased;
            () = seat.stop.cancelled() => Err(Over),
            () = sleep_until(due) => Ok(()),
        }
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
