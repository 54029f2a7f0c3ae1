//! Every wait of a test has an end, and what did not come is named.

use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::program::kill;

/// The longest wait for one thing: ages on an idle machine, and enough on a busy one.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// A wait that has begun.
pub(crate) struct Patience(Instant);

impl Patience {
    #[expect(clippy::disallowed_methods, reason = "processes have clocks of their own")]
    pub(crate) fn new() -> Patience {
        Patience(Instant::now())
    }

    /// Leaves the processor to what is waited for, and fails when that has taken too long.
    #[track_caller]
    pub(crate) fn wait(&self, what: &str) {
        assert!(self.0.elapsed() < PATIENCE, "{what} does not come");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Looks again and again until it is so.
#[track_caller]
pub(crate) fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    found(what, || is_so().then_some(()));
}

/// Looks again and again until there is something.
#[track_caller]
pub(crate) fn found<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let patience = Patience::new();
    loop {
        if let Some(found) = look() {
            return found;
        }
        patience.wait(what);
    }
}

/// Waits for a future. Where the clock is paused this costs no time, and fails as soon as nothing
/// else is to come.
#[track_caller]
pub(crate) fn within<F: Future>(what: &str, future: F) -> impl Future<Output = F::Output> {
    let caller = std::panic::Location::caller();
    async move {
        let ended = tokio::time::timeout(PATIENCE, future).await;
        ended.unwrap_or_else(|_| panic!("{caller}: {what} does not come"))
    }
}

/// Waits for a thread.
#[track_caller]
pub(crate) fn joined<T>(what: &str, thread: JoinHandle<T>) -> T {
    until(what, || thread.is_finished());
    thread.join().unwrap()
}

/// A limit of the program's own, which a busy machine cannot keep: it is looked at where nothing else
/// runs, which `HASHTUG_TIMED=1` says. `tests/long` sets it.
#[track_caller]
pub(crate) fn in_time(what: &str, took: Duration, most: Duration) {
    assert!(!is_timed() || took < most, "{what} took {took:?}");
}

/// Whether limits by the wall clock count.
pub(crate) fn is_timed() -> bool {
    std::env::var_os("HASHTUG_TIMED").is_some_and(|value| value == "1")
}

/// As long as this is there, a process has to go on: it is killed when that takes too long, so that
/// whoever reads what it says, or waits for its end, goes on and fails.
pub(crate) struct Limit {
    _ended: SyncSender<()>,
}

impl Limit {
    pub(crate) fn of(child: &Child) -> Limit {
        Limit::new(child, PATIENCE)
    }

    fn new(child: &Child, longest: Duration) -> Limit {
        let pid = child.id();
        let (ended, over) = sync_channel(0);
        std::thread::spawn(move || {
            if over.recv_timeout(longest) == Err(RecvTimeoutError::Timeout) {
                kill("-KILL", pid);
            }
        });
        Limit { _ended: ended }
    }
}

/// What a process says until it has ended.
#[track_caller]
pub(crate) fn ended(child: Child) -> Output {
    ended_within(PATIENCE, child)
}

/// The same of one that has more to do.
#[track_caller]
pub(crate) fn ended_within(longest: Duration, child: Child) -> Output {
    let patience = Patience::new();
    let _limit = Limit::new(&child, longest);
    let output = child.wait_with_output().unwrap();
    assert!(patience.0.elapsed() < longest, "it does not end: {output:?}");
    output
}

/// [`Command::output`] with a limit.
pub(crate) trait Finish {
    fn finish(&mut self) -> Output;

    /// The same for a program that has more to do.
    fn finish_within(&mut self, longest: Duration) -> Output;
}

impl Finish for Command {
    #[track_caller]
    fn finish(&mut self) -> Output {
        self.finish_within(PATIENCE)
    }

    #[track_caller]
    fn finish_within(&mut self, longest: Duration) -> Output {
        let child = self.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        ended_within(longest, child)
    }
}
