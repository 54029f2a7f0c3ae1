//! The running parts: starts them, begins anew those that panic, and waits until all have ended.
//!
//! A panic is a bug in one part, and costs that part alone: it is logged, counted, and the part begins
//! anew, later each time and at most [`MOST`] times a minute. Parts that nothing goes on without (the
//! show, which owns the count) have no second life: their panic ends all others.
//! What the parts are is `app`'s to know.

use std::collections::{BTreeMap, VecDeque};
use std::panic::resume_unwind;
use std::time::Duration;

use anyhow::anyhow;
use tokio::sync::watch;
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{error, warn};

use crate::failpoint;
use crate::panics::{Counts, caught, reason};

/// Parts that take longer to end are named and left behind.
const GRACE: Duration = Duration::from_secs(3);

/// A part begins anew at most so often in any [`SPAN`]. Then it waits until it may, for ever: nobody may
/// be there to start it.
const MOST: usize = 5;

/// See [`MOST`].
const SPAN: Duration = Duration::from_mins(1);

/// The wait before a part begins anew, which doubles with each time within [`SPAN`]. Lights that come up
/// and fail again and again must not flash more than twice a second.
const FIRST: Duration = Duration::from_millis(500);

/// The longest of those waits: a service manager takes pages that are gone for longer than some seconds
/// for a program that hangs.
const LONGEST: Duration = Duration::from_secs(2);

/// A part of the show that can begin anew.
pub(crate) trait Part: Send + 'static {
    /// Runs until there is nothing more to do. Called again if it panics; what is to be remembered from
    /// one life to the next stays in `self`.
    fn live(&mut self) -> impl Future<Output = ()> + Send;

    /// A panic has ended it: tells whoever shows how the part is doing, and waits for `pause`.
    fn rest(&mut self, pause: Duration) -> impl Future<Output = ()> + Send {
        sleep(pause)
    }
}

/// The running parts by name.
pub(crate) struct Parts {
    tasks: JoinSet<()>,
    names: BTreeMap<Id, String>,
    panics: watch::Sender<Counts>,
    stop: CancellationToken,
}

impl Parts {
    /// None yet. They are to end at `stop`, which is cancelled if one fails for good.
    pub(crate) fn new(stop: CancellationToken) -> Parts {
        failpoint::arm();
        let (tasks, names) = (JoinSet::new(), BTreeMap::new());
        Parts { tasks, names, panics: watch::Sender::default(), stop }
    }

    /// How often each part has panicked.
    pub(crate) fn panics(&self) -> watch::Receiver<Counts> {
        self.panics.subscribe()
    }

    /// Starts a part that begins anew after a panic.
    pub(crate) fn start(&mut self, name: impl Into<String>, part: impl Part) {
        let name = name.into();
        self.panics.send_modify(|counts| *counts.entry(name.clone()).or_default() = 0);
        let keeper = keep(name.clone(), part, self.panics.clone(), self.stop.clone());
        self.names.insert(self.tasks.spawn(keeper).id(), name);
    }

    /// Starts a part that the others are nothing without: its panic ends them all.
    pub(crate) fn start_owner(
        &mut self,
        name: &'static str,
        part: impl Future<Output = ()> + Send + 'static,
    ) {
        let handle = self.tasks.spawn(failpoint::run(name, part));
        self.names.insert(handle.id(), name.to_owned());
    }

    /// Waits for all parts. The first that fails for good stops the others.
    pub(crate) async fn supervise(mut self) -> anyhow::Result<()> {
        let mut failure = Ok(());
        while !self.stop.is_cancelled() {
            let ended = tokio::select! {
                ended = self.tasks.join_next_with_id() => ended,
                () = self.stop.cancelled() => break,
            };
            let Some(ended) = ended else { break };
            self.note(ended, &mut failure);
            if failure.is_err() {
                self.stop.cancel();
            }
        }
        for late in self.drain(&mut failure).await {
            warn!("{late} did not end within {GRACE:?}, and is left behind");
        }
        failure
    }

    /// Waits for all parts to end, but no longer than [`GRACE`]; gives those that did not.
    async fn drain(&mut self, failure: &mut anyhow::Result<()>) -> Vec<String> {
        let all = timeout(GRACE, async {
            while let Some(ended) = self.tasks.join_next_with_id().await {
                self.note(ended, failure);
            }
        });
        // Those that have ended are no longer among the names.
        let _late = all.await;
        self.names.values().cloned().collect()
    }

    fn note(&mut self, ended: Result<(Id, ()), JoinError>, failure: &mut anyhow::Result<()>) {
        match ended {
            Ok((id, ())) => drop(self.names.remove(&id)),
            Err(error) => {
                let name = self.names.remove(&error.id()).unwrap_or_default();
                let reason =
                    error.try_into_panic().map_or("cancelled".to_owned(), |panic| reason(&*panic));
                error!("{name} failed: {reason}");
                if failure.is_ok() {
                    *failure = Err(anyhow!("{name} failed: {reason}"));
                }
            }
        }
    }
}

/// Runs a part until it has ended, in as many lives as that takes.
async fn keep(
    name: String,
    mut part: impl Part,
    panics: watch::Sender<Counts>,
    stop: CancellationToken,
) {
    let mut restarts = Restarts::default();
    while let Err(panic) = caught(failpoint::run(&name, part.live())).await {
        panics.send_modify(|counts| *counts.entry(name.clone()).or_default() += 1);
        if stop.is_cancelled() {
            // Whatever it was to do at the end, it has not done.
            resume_unwind(panic);
        }
        let pause = restarts.pause(Instant::now());
        let reason = reason(&*panic);
        error!(
            hint = "a bug: please report it with what was logged before",
            "{name} panicked: {reason}; it begins anew in {pause:.1?}"
        );
        tokio::select! {
            biased;
            () = stop.cancelled() => return,
            () = part.rest(pause) => {}
        }
    }
}

/// When a part began anew, and may do so again.
#[derive(Default)]
struct Restarts {
    /// Those of the last [`SPAN`], at most [`MOST`], in order.
    at: VecDeque<Instant>,
}

impl Restarts {
    /// How long a part waits that has panicked `now`.
    fn pause(&mut self, now: Instant) -> Duration {
        while self.at.front().is_some_and(|&oldest| oldest + SPAN <= now) {
            self.at.pop_front();
        }
        let mut pause = FIRST.saturating_mul(1 << self.at.len().min(16)).min(LONGEST);
        if self.at.len() == MOST
            && let Some(oldest) = self.at.pop_front()
        {
            pause = pause.max(oldest + SPAN - now);
        }
        self.at.push_back(now + pause);
        pause
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Panics in its first lives, then waits for the stop.
    struct Clumsy {
        panics_left: u32,
        lives: watch::Sender<u32>,
        stop: CancellationToken,
    }

    impl Part for Clumsy {
        async fn live(&mut self) {
            self.lives.send_modify(|lives| *lives += 1);
            if self.panics_left > 0 {
                self.panics_left -= 1;
                panic!("tripped");
            }
            self.stop.cancelled().await;
        }
    }

    fn clumsy(panics: u32, stop: &CancellationToken) -> (Clumsy, watch::Receiver<u32>) {
        let (lives, lives_rx) = watch::channel(0);
        (Clumsy { panics_left: panics, lives, stop: stop.clone() }, lives_rx)
    }

    #[tokio::test(start_paused = true)]
    async fn a_part_that_panics_begins_anew_and_the_others_go_on() {
        let stop = CancellationToken::new();
        let mut parts = Parts::new(stop.clone());
        let (twice, mut lives) = clumsy(2, &stop);
        let (patient, patients_lives) = clumsy(0, &stop);
        parts.start("clumsy", twice);
        parts.start("patient", patient);
        let panics = parts.panics();
        let supervised = tokio::spawn(parts.supervise());
        let start = Instant::now();
        lives.wait_for(|&lives| lives == 3).await.unwrap();
        assert_eq!(start.elapsed(), FIRST + 2 * FIRST);
        assert_eq!(*patients_lives.borrow(), 1);
        let counted = Counts::from([("clumsy".to_owned(), 2), ("patient".to_owned(), 0)]);
        assert_eq!(*panics.borrow(), counted);
        stop.cancel();
        assert!(supervised.await.unwrap().is_ok(), "it is no failure of the show");
    }

    #[tokio::test(start_paused = true)]
    async fn a_part_that_panics_always_begins_anew_five_times_a_minute_and_no_more() {
        let stop = CancellationToken::new();
        let mut parts = Parts::new(stop.clone());
        let (always, lives) = clumsy(u32::MAX, &stop);
        parts.start("clumsy", always);
        let supervised = tokio::spawn(parts.supervise());
        let mut at = Vec::new();
        let mut lives = lives;
        while at.len() < 23 {
            lives.changed().await.unwrap();
            lives.mark_unchanged();
            at.push(Instant::now());
        }
        // The first life is no new one.
        for (first, past) in at[1..].iter().zip(&at[1 + MOST..]) {
            assert!(*past - *first >= SPAN, "{:?}", *past - *first);
        }
        for (one, next) in at.iter().zip(&at[1..]) {
            assert!(*next - *one >= FIRST, "lights would flash");
        }
        assert!(at[MOST] - at[0] < Duration::from_secs(10), "the first ones come soon");
        stop.cancel();
        assert!(supervised.await.unwrap().is_ok(), "a part that waits for its turn can be stopped");
    }

    #[tokio::test(start_paused = true)]
    async fn a_panic_now_and_then_is_answered_as_soon_as_the_first() {
        let mut restarts = Restarts::default();
        let mut now = Instant::now();
        for _ in 0..20 {
            assert_eq!(restarts.pause(now), FIRST);
            now += SPAN + FIRST;
        }
    }

    #[tokio::test]
    async fn an_owner_that_panics_stops_the_others() {
        let stop = CancellationToken::new();
        let mut parts = Parts::new(stop.clone());
        let (patient, _lives) = clumsy(0, &stop);
        parts.start("patient", patient);
        parts.start_owner("show", async { panic!("tripped") });
        let error = parts.supervise().await.unwrap_err();
        assert_eq!(error.to_string(), "show failed: tripped");
    }

    #[tokio::test(start_paused = true)]
    async fn a_part_that_does_not_end_is_named_and_left_behind_after_the_grace() {
        let stop = CancellationToken::new();
        let mut parts = Parts::new(stop.clone());
        let (patient, _lives) = clumsy(0, &stop);
        parts.start("patient", patient);
        parts.start_owner("deaf", std::future::pending());
        stop.cancel();
        let start = Instant::now();
        assert_eq!(parts.drain(&mut Ok(())).await, ["deaf"]);
        assert_eq!(start.elapsed().as_secs(), GRACE.as_secs());
        assert!(parts.supervise().await.is_ok(), "it is no failure of the show");
    }

    #[tokio::test(start_paused = true)]
    async fn a_panic_at_the_end_is_a_failure() {
        struct Late(CancellationToken);
        impl Part for Late {
            async fn live(&mut self) {
                self.0.cancelled().await;
                panic!("too late");
            }
        }
        let stop = CancellationToken::new();
        let mut parts = Parts::new(stop.clone());
        parts.start("late", Late(stop.clone()));
        stop.cancel();
        let error = parts.supervise().await.unwrap_err();
        assert_eq!(error.to_string(), "late failed: too late");
    }
}
