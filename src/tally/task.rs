//! The loop that owns the contest: inbox in, snapshot out on a beat.
//!
//! The only part of the tally that knows what a clock is: to keep the beat, to say how long ago each
//! source was heard of, and in a live show to tell the tally how late it is.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};

use crate::clock::Clock;
use crate::event::{News, SourceId};
use crate::recorder::Recorder;
use crate::snapshot::Snapshot;

use super::Tally;

/// How many events may wait before a live source drops posts, and a recording waits.
pub const INBOX: usize = 16_384;

/// The shortest time between two snapshots: what viewers and lights can show.
const SHORTEST_BEAT: Duration = Duration::from_millis(33);

/// The time between two snapshots while votes leave the window of a live show.
const FADING_BEAT: Duration = Duration::from_millis(100);

/// The longest time between two snapshots, so that a viewer soon knows silence from death.
const LONGEST_BEAT: Duration = Duration::from_millis(500);

/// Counts until the last source has gone, then ends.
///
/// While recordings are played, each snapshot shows the state at a tick of the recording's own
/// time, so that it is the same snapshot at any speed. With a `clock` the show is live: a post is
/// shown at the next beat, at once if the last one is a beat ago, and time passes without posts.
///
/// A `recorder` is told everything in the order in which it is counted.
pub async fn run(
    mut tally: Tally,
    clock: Option<Clock>,
    recorder: Option<Recorder>,
    mut inbox: mpsc::Receiver<(SourceId, News)>,
    snapshots: watch::Sender<Arc<Snapshot>>,
) {
    let mut heard: Vec<Instant> = vec![Instant::now(); snapshots.borrow().sources.len()];
    let mut published = Instant::now();
    // Something was told that the newest snapshot does not show.
    let mut is_news = false;
    loop {
        let beat = match clock {
            Some(_) if is_news => SHORTEST_BEAT,
            Some(_) if tally.will_fade() => FADING_BEAT,
            _ => LONGEST_BEAT,
        };
        let is_due = tokio::select! {
            told = inbox.recv() => {
                let Some((source, news)) = told else { break };
                let now = Instant::now();
                let since = now - published;
                // A tick says that time goes on, not that anything was heard.
                let (is_heard, is_due) = match news {
                    News::Tick(_) => (false, since >= SHORTEST_BEAT),
                    News::State(_) | News::Problem(_) => (false, true),
                    News::Gap(_) => (false, false),
                    _ => (true, clock.is_some() && since >= SHORTEST_BEAT),
                };
                if is_heard {
                    heard[source.0] = now;
                }
                is_news = true;
                if let Some(clock) = clock {
                    tally.advance(clock.at(now));
                }
                if let Some(recorder) = &recorder {
                    let copy = news.clone();
                    let fate = tally.news(source, news);
                    recorder.news(tally.now(), source, copy, fate);
                } else {
                    tally.news(source, news);
                }
                is_due
            }
            () = sleep_until(published + beat) => true,
        };
        if is_due {
            if let Some(clock) = clock {
                tally.advance(clock.now());
            }
            snapshots.send_replace(Arc::new(snapshot(&mut tally, &heard, recorder.as_ref())));
            published = Instant::now();
            is_news = false;
        }
    }
    snapshots.send_replace(Arc::new(snapshot(&mut tally, &heard, recorder.as_ref())));
}

/// A snapshot with what the tally does not know.
fn snapshot(tally: &mut Tally, heard: &[Instant], recorder: Option<&Recorder>) -> Snapshot {
    let mut snapshot = tally.snapshot(None);
    snapshot.recording = recorder.map(Recorder::status);
    for (source, heard) in snapshot.sources.iter_mut().zip(heard) {
        source.stale = heard.elapsed();
    }
    snapshot
}
