//! The loop of the timer: keys in, snapshots out, a snapshot for each second and each key.
//!
//! It is the head of a show of its own: when it ends, the outputs go dark.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;
use tracing::info;

use crate::snapshot::Snapshot;

use super::{Countdown, Marks, Standing, clock};

/// What a key asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// One minute more.
    More,
    /// Hold, or go on.
    Hold,
    /// Stop.
    Stop,
}

/// What [`Key::More`] gives.
const MORE: Duration = Duration::from_mins(1);

/// Pages take a longer silence for a dead show.
const LONGEST_SILENCE: Duration = Duration::from_secs(1);

/// Where nobody has a key to stop it, the timer ends so long after the time is over: pages have seen
/// that by then.
const EPILOGUE: Duration = Duration::from_secs(3);

/// Runs a talk of `total` until it is stopped: by a key, by `stop`, or by its end where `keys` has
/// none to come. Tells `stop` then. `base` is what the snapshots say besides the timer.
pub async fn run(
    total: Duration,
    marks: Marks,
    mut keys: mpsc::Receiver<Key>,
    base: Snapshot,
    snapshots: watch::Sender<Arc<Snapshot>>,
    stop: CancellationToken,
) {
    let start = Instant::now();
    let mut countdown = Countdown::start(total, marks, Duration::ZERO);
    let mut seq = base.seq;
    let mut has_keys = true;
    let mut over_at = None;
    let mut said = None;
    loop {
        let elapsed = start.elapsed();
        let standing = countdown.standing(elapsed);
        seq += 1;
        let timer = Some(standing);
        snapshots.send_replace(Arc::new(Snapshot { seq, timer, ..base.clone() }));
        tell(&standing, &mut said);
        over_at = standing.left.is_zero().then(|| over_at.unwrap_or(elapsed));
        if !has_keys && over_at.is_some_and(|at| elapsed >= at + EPILOGUE) {
            break;
        }
        let beat = elapsed + LONGEST_SILENCE;
        let next = countdown.next_second(elapsed).map_or(beat, |next| next.min(beat));
        tokio::select! {
            () = stop.cancelled() => break,
            () = sleep_until(start + next) => {}
            key = keys.recv(), if has_keys => match key {
                Some(Key::More) => countdown.add(MORE, start.elapsed()),
                Some(Key::Hold) => countdown.hold_or_go_on(start.elapsed()),
                Some(Key::Stop) => break,
                None => has_keys = false,
            },
        }
    }
    stop.cancel();
}

/// Says what a person without a page would want to know: another phase, another length, a hold.
fn tell(standing: &Standing, said: &mut Option<(super::Phase, bool, Duration)>) {
    let news = (standing.phase(), standing.running, standing.total);
    if said.replace(news) == Some(news) {
        return;
    }
    let (left, total) = (standing.clock(), clock(standing.total));
    let held = if standing.running { "" } else { ", held" };
    info!("{left} of {total} left: {}{held}", standing.phase().name());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::check::snapshot_of;
    use crate::rgb::Rgb;
    use crate::timer::Phase;

    struct Talk {
        keys: Option<mpsc::Sender<Key>>,
        snapshots: watch::Receiver<Arc<Snapshot>>,
        stop: CancellationToken,
        task: tokio::task::JoinHandle<()>,
    }

    fn talk(seconds: u64) -> Talk {
        let base = snapshot_of(&[(Rgb::BLACK, 0.5), (Rgb::BLACK, 0.5)]);
        let (snapshots_tx, snapshots) = watch::channel(Arc::new(base.clone()));
        let (keys, keys_rx) = mpsc::channel(4);
        let stop = CancellationToken::new();
        let total = Duration::from_secs(seconds);
        let marks = Marks::default();
        let task = tokio::spawn(run(total, marks, keys_rx, base, snapshots_tx, stop.clone()));
        Talk { keys: Some(keys), snapshots, stop, task }
    }

    impl Talk {
        async fn next(&mut self) -> Standing {
            self.snapshots.changed().await.unwrap();
            self.snapshots.borrow_and_update().timer.unwrap()
        }

        async fn press(&self, key: Key) {
            self.keys.as_ref().unwrap().send(key).await.unwrap();
        }
    }

    #[tokio::test(start_paused = true)]
    async fn each_second_is_told_and_no_more() {
        let mut talk = talk(150);
        let mut clocks = Vec::new();
        while clocks.last().is_none_or(|last| last != "0:00") {
            clocks.push(talk.next().await.clock());
        }
        let expected: Vec<String> =
            (0..=150).rev().map(|left| clock(Duration::from_secs(left))).collect();
        assert_eq!(clocks, expected);
        // It waits for its keys, and the pages hear that it does.
        for _ in 0..100 {
            assert_eq!(talk.next().await.phase(), Phase::Over);
        }
        talk.press(Key::More).await;
        assert_eq!(talk.next().await.clock(), "1:00");
        assert_eq!(talk.next().await.clock(), "0:59");
        talk.press(Key::Stop).await;
        talk.task.await.unwrap();
        assert!(talk.stop.is_cancelled());
    }

    #[tokio::test(start_paused = true)]
    async fn a_held_timer_speaks_and_stands_still() {
        let mut talk = talk(300);
        talk.next().await;
        tokio::time::advance(Duration::from_millis(400)).await;
        talk.press(Key::Hold).await;
        let held = talk.next().await;
        assert!(!held.running);
        for _ in 0..5 {
            let before = Instant::now();
            assert_eq!(talk.next().await.left, held.left);
            assert!(before.elapsed() <= LONGEST_SILENCE);
        }
        talk.press(Key::Hold).await;
        assert!(talk.next().await.running);
        assert_eq!(talk.next().await.clock(), "4:59");
    }

    #[tokio::test(start_paused = true)]
    async fn without_keys_it_ends_by_itself() {
        let mut talk = talk(60);
        let start = Instant::now();
        talk.keys = None;
        talk.task.await.unwrap();
        assert_eq!(start.elapsed().as_secs(), 63);
        assert!(talk.stop.is_cancelled());
        assert_eq!(talk.snapshots.borrow().timer.unwrap().phase(), Phase::Over);
    }

    #[tokio::test(start_paused = true)]
    async fn it_stops_when_it_is_told_to() {
        let talk = talk(60);
        talk.stop.cancel();
        talk.task.await.unwrap();
    }
}
