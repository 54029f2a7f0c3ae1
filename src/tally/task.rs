//! The loop that owns the contest: inbox in, snapshot out on a beat.
//!
//! The only part of the tally that knows what a clock is, and only to keep the beat and to say how
//! long ago each source was heard of.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};

use crate::event::{Event, SourceId};
use crate::snapshot::Snapshot;

use super::Tally;

/// How many events may wait before a live source drops posts, and a recording waits.
pub const INBOX: usize = 16_384;

/// The shortest time between two snapshots: what viewers and lights can show.
const SHORTEST_BEAT: Duration = Duration::from_millis(33);

/// The longest time between two snapshots, so that a viewer soon knows silence from death.
const LONGEST_BEAT: Duration = Duration::from_millis(500);

/// Counts until the last source has gone, then ends.
///
/// While recordings are played, each snapshot shows the state at a tick of the recording's own
/// time, so that it is the same snapshot at any speed.
pub async fn run(
    mut tally: Tally,
    mut inbox: mpsc::Receiver<(SourceId, Event)>,
    snapshots: watch::Sender<Arc<Snapshot>>,
) {
    let mut heard: Vec<Instant> = vec![Instant::now(); snapshots.borrow().sources.len()];
    let mut published = Instant::now();
    loop {
        let snapshot = tokio::select! {
            told = inbox.recv() => {
                let Some((source, event)) = told else { break };
                // A tick says that time goes on, not that anything was heard.
                let (is_heard, is_due) = match event {
                    Event::Tick(_) => (false, published.elapsed() >= SHORTEST_BEAT),
                    Event::Source(..) => (true, true),
                    _ => (true, false),
                };
                if is_heard {
                    heard[source.0] = Instant::now();
                }
                tally.apply(event);
                if !is_due {
                    continue;
                }
                tally.snapshot(None)
            }
            () = sleep_until(published + LONGEST_BEAT) => tally.snapshot(None),
        };
        snapshots.send_replace(Arc::new(with_ages(snapshot, &heard)));
        published = Instant::now();
    }
    snapshots.send_replace(Arc::new(with_ages(tally.snapshot(None), &heard)));
}

fn with_ages(mut snapshot: Snapshot, heard: &[Instant]) -> Snapshot {
    for (source, heard) in snapshot.sources.iter_mut().zip(heard) {
        source.stale = heard.elapsed();
    }
    snapshot
}
