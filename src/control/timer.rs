//! The hand on the speaker's timer: keys become orders, and the log says how the timer stands.
//!
//! It decides when `hashtug timer` is over, too: at the key for it, or some time after the talk where
//! nobody has a key.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;
use tracing::info;

use crate::keyboard::Key;
use crate::order::{Command, TimerOrder};
use crate::show::task::Orders;
use crate::snapshot::Snapshot;
use crate::timer::{Signal, TimerStatus, clock};

/// What [`Key::More`] gives.
const MORE_MS: i64 = 60_000;

/// Where nobody has a key to stop it, the timer ends so much later than the talk: pages have seen the
/// end of the talk by then.
const EPILOGUE: Duration = Duration::from_secs(3);

/// Steers the timer until it is stopped: by a key, by `stop`, or by its end where `keys` has none to
/// come. Cancels `stop` then.
pub async fn run(
    keys: &mut mpsc::Receiver<Key>,
    orders: Orders,
    mut snapshots: watch::Receiver<Arc<Snapshot>>,
    stop: CancellationToken,
) {
    let mut has_keys = true;
    let mut over_at = None;
    let mut logged = None;
    snapshots.mark_changed();
    loop {
        let end = over_at.map(|at: Instant| at + EPILOGUE).filter(|_| !has_keys);
        tokio::select! {
            // What a key has changed is logged before the next key changes it again.
            biased;
            () = stop.cancelled() => break,
            () = sleep_until(end.unwrap_or_else(Instant::now)), if end.is_some() => break,
            changed = snapshots.changed() => {
                if changed.is_err() {
                    break;
                }
                let Some(status) = snapshots.borrow_and_update().timer else { continue };
                log(&status, &mut logged);
                let is_over = status.left.is_zero();
                over_at = is_over.then(|| over_at.unwrap_or_else(Instant::now));
            }
            key = keys.recv(), if has_keys => {
                let order = match key {
                    Some(Key::More) => TimerOrder::Add(MORE_MS),
                    Some(Key::Hold) => TimerOrder::Toggle,
                    Some(Key::Stop) => break,
                    None => {
                        has_keys = false;
                        continue;
                    }
                };
                if orders.give(Command::Timer(order).into()).await.is_none() {
                    break;
                }
            }
        }
    }
    stop.cancel();
}

/// Logs what a person without a page would want to know: another signal, another length, a hold.
fn log(status: &TimerStatus, logged: &mut Option<(Signal, bool, Duration)>) {
    let news = (status.signal(), status.running, status.total);
    if logged.replace(news) == Some(news) {
        return;
    }
    let (left, total) = (status.clock(), clock(status.total));
    let held = if status.running { "" } else { ", held" };
    info!("{left} of {total} left: {}{held}", status.signal().name());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::check::snapshot_of;
    use crate::rgb::Rgb;
    use crate::show::task::{Beside, NewsSender, doors};
    use crate::show::{self, Event, Now, Show};
    use crate::tally::Limits;
    use crate::timer::Marks;

    /// A show with nothing but a timer, and the hand on it.
    struct Talk {
        keys: Option<mpsc::Sender<Key>>,
        snapshots: watch::Receiver<Arc<Snapshot>>,
        stop: CancellationToken,
        task: tokio::task::JoinHandle<()>,
        _news: NewsSender,
    }

    fn talk(seconds: u64) -> Talk {
        let contest = snapshot_of(&[(Rgb::BLACK, 0.5), (Rgb::BLACK, 0.5)]).contest;
        let questions = Arc::new(contest.into());
        let (limits, marks) = (Limits::default(), Marks::default());
        let mut show = Show::new(show::Setup {
            questions,
            sources: Vec::new(),
            limits,
            marks,
            rounds: None,
            is_recorded: false,
        });
        let start = TimerOrder::Start(Duration::from_secs(seconds));
        show.apply(Event::Order(Command::Timer(start).into()), Now::default());
        let (snapshots_tx, mut snapshots) = watch::channel(Arc::new(show.snapshot(Now::default())));
        snapshots.mark_changed();
        let (keys, mut keys_rx) = mpsc::channel(4);
        let (orders, news, doors) = doors();
        let stop = CancellationToken::new();
        tokio::spawn(show::task::run(show, None, Beside::default(), doors, snapshots_tx.into()));
        let hand = (orders, snapshots.clone(), stop.clone());
        let task = tokio::spawn(async move {
            let (orders, snapshots, stop) = hand;
            run(&mut keys_rx, orders, snapshots, stop).await;
        });
        Talk { keys: Some(keys), snapshots, stop, task, _news: news }
    }

    impl Talk {
        async fn next(&mut self) -> TimerStatus {
            self.snapshots.changed().await.unwrap();
            self.snapshots.borrow_and_update().timer.unwrap()
        }

        async fn press(&self, key: Key) {
            self.keys.as_ref().unwrap().send(key).await.unwrap();
        }
    }

    #[tokio::test(start_paused = true)]
    async fn each_second_is_published_and_no_more() {
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
            assert_eq!(talk.next().await.signal(), Signal::Over);
        }
        talk.press(Key::More).await;
        assert_eq!(talk.next().await.clock(), "1:00");
        assert_eq!(talk.next().await.clock(), "0:59");
        talk.press(Key::Stop).await;
        talk.task.await.unwrap();
        assert!(talk.stop.is_cancelled());
    }

    #[tokio::test(start_paused = true)]
    async fn a_held_timer_stands_still_and_is_published_all_the_same() {
        let mut talk = talk(300);
        talk.next().await;
        tokio::time::advance(Duration::from_millis(400)).await;
        talk.press(Key::Hold).await;
        let held = talk.next().await;
        assert!(!held.running);
        for _ in 0..5 {
            let before = Instant::now();
            assert_eq!(talk.next().await.left, held.left);
            assert!(before.elapsed() <= Duration::from_secs(1));
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
        assert_eq!(talk.snapshots.borrow().timer.unwrap().signal(), Signal::Over);
    }

    #[tokio::test(start_paused = true)]
    async fn it_stops_when_it_is_told_to() {
        let talk = talk(60);
        talk.stop.cancel();
        talk.task.await.unwrap();
    }
}
