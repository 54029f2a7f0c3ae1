//! Wiring only: makes the channels, starts one task a part, supervises them, lets them run dry.
//!
//! To stop, the sources and the listener are told; the senders drop, the tally ends, its watch
//! closes, and the outputs leave their devices dark. Nobody else is told anything.

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::anyhow;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, error, info_span, warn};

use crate::clock::Clock;
use crate::config::Config;
use crate::event::SourceId;
use crate::output::led::Feed;
use crate::output::status::Monitor;
use crate::post::Hasher;
use crate::recorder::Recorder;
use crate::render::pattern::Pattern;
use crate::render::scene::Scene;
use crate::snapshot::Snapshot;
use crate::source::link::Times;
use crate::tally::{self, Limits, Tally};
use crate::timer::task::Key;
use crate::timer::{self, Countdown};
use crate::{failpoint, output, server, source, watchdog};

/// Parts that take longer to end are named and left behind.
const GRACE: Duration = Duration::from_secs(3);

/// Runs the show until `stop`. `clock` is what a live show goes by; one of recordings alone has
/// their time. Without a listener there are no pages; a recorder is told everything.
///
/// # Errors
/// If a part failed; the others were stopped then.
pub async fn run(
    config: Config,
    listener: Option<TcpListener>,
    clock: Clock,
    recorder: Option<Recorder>,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let clock = config.sources.iter().any(|source| source.kind.is_live()).then_some(clock);
    let contest = Arc::new(config.contest);
    let statuses = config.sources.iter().map(source::Settings::status).collect();
    let mut tally = Tally::new(Arc::clone(&contest), statuses, Limits::default());
    let (inbox_tx, inbox_rx) = mpsc::channel(tally::task::INBOX);
    let mut first = tally.snapshot(None);
    first.recording = recorder.as_ref().map(Recorder::status);
    let (snapshot_tx, snapshot_rx) = watch::channel(Arc::new(first));
    let mut parts = Parts::default();
    let monitors = parts.outputs(config.outputs, &Feed::Snapshots(snapshot_rx.clone()));
    if let Some(listener) = listener {
        let watchdog = watchdog::run(listener.local_addr(), monitors.clone(), stop.clone());
        parts.start("watchdog", watchdog);
        parts.start("server", server::run(listener, snapshot_rx, monitors, stop.clone()));
    }
    let tally = tally::task::run(tally, clock, recorder.clone(), inbox_rx, snapshot_tx);
    parts.start("tally", tally);
    let hasher = Hasher::default();
    for (index, settings) in config.sources.into_iter().enumerate() {
        let span = info_span!("source", name = settings.name);
        let source_context = source::SourceContext {
            id: SourceId(index),
            contest: Arc::clone(&contest),
            hasher: hasher.clone(),
            news: inbox_tx.clone(),
            clock,
            times: Times::default(),
            recorder: recorder.clone(),
            stop: stop.clone(),
        };
        let name = format!("source `{}`", settings.name);
        parts.start(name, source::run(settings, source_context).instrument(span));
    }
    // The show outlives its last source: pages and lights stay until they are told to stop.
    let until_stop = stop.clone();
    parts.start("stage door", async move {
        let _inbox_tx = inbox_tx;
        until_stop.cancelled().await;
    });
    parts.supervise(stop).await
}

/// Runs the speaker's timer until `stop`, a key, or its end. `keys` end where there is no keyboard.
///
/// # Errors
/// If a part failed; the others were stopped then.
pub async fn timer(
    config: Config,
    listener: TcpListener,
    length: Duration,
    keys: mpsc::Receiver<Key>,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    // The contest lends its title; nobody counts.
    let mut tally = Tally::new(Arc::new(config.contest), Vec::new(), Limits::default());
    let base = tally.snapshot(None);
    let first = Countdown::start(length, config.timer, Duration::ZERO).standing(Duration::ZERO);
    let first = Snapshot { timer: Some(first), ..base.clone() };
    let (snapshot_tx, snapshot_rx) = watch::channel(Arc::new(first));
    let mut parts = Parts::default();
    let monitors = parts.outputs(config.outputs, &Feed::Snapshots(snapshot_rx.clone()));
    parts.start("watchdog", watchdog::run(listener.local_addr(), monitors.clone(), stop.clone()));
    parts.start("server", server::run(listener, snapshot_rx, monitors, stop.clone()));
    let timer = timer::task::run(length, config.timer, keys, base, snapshot_tx, stop.clone());
    parts.start("timer", timer);
    parts.supervise(stop).await
}

/// Shows a pattern on all outputs until `stop`.
///
/// # Errors
/// If a part failed; the others were stopped then.
pub async fn leds(
    outputs: Vec<output::Settings>,
    pattern: Pattern,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let (scene_tx, scene_rx) = watch::channel(Scene::Pattern(pattern));
    let mut parts = Parts::default();
    // Nobody looks at how they are doing; what goes wrong is in the log.
    drop(parts.outputs(outputs, &Feed::Scenes(scene_rx)));
    let until_stop = stop.clone();
    parts.start("pattern", async move {
        let _scene_tx = scene_tx;
        until_stop.cancelled().await;
    });
    parts.supervise(stop).await
}

/// The running parts by name.
#[derive(Default)]
struct Parts {
    tasks: JoinSet<()>,
    names: BTreeMap<Id, String>,
}

impl Parts {
    fn start(&mut self, name: impl Into<String>, part: impl Future<Output = ()> + Send + 'static) {
        let name = name.into();
        let handle = self.tasks.spawn(failpoint::run(name.clone(), part));
        self.names.insert(handle.id(), name);
    }

    /// Starts all outputs, and gives where they say how they are doing.
    fn outputs(&mut self, outputs: Vec<output::Settings>, feed: &Feed) -> Vec<Monitor> {
        let mut monitors = Vec::new();
        for settings in outputs {
            let span = info_span!("output", name = settings.name);
            let name = format!("output `{}`", settings.name);
            let (desk, monitor) = settings.desk();
            monitors.push(monitor);
            self.start(name, output::run(settings, feed.clone(), desk).instrument(span));
        }
        monitors
    }

    /// Waits for all parts. The first that fails stops the others.
    async fn supervise(mut self, stop: CancellationToken) -> anyhow::Result<()> {
        let mut failure = Ok(());
        while !stop.is_cancelled() {
            let ended = tokio::select! {
                ended = self.tasks.join_next_with_id() => ended,
                () = stop.cancelled() => break,
            };
            let Some(ended) = ended else { break };
            self.note(ended, &mut failure);
            if failure.is_err() {
                stop.cancel();
            }
        }
        let dry = timeout(GRACE, async {
            while let Some(ended) = self.tasks.join_next_with_id().await {
                self.note(ended, &mut failure);
            }
        });
        if dry.await.is_err() {
            for late in self.names.values() {
                warn!("{late} did not end within {GRACE:?}, and is left behind");
            }
        }
        failure
    }

    fn note(&mut self, ended: Result<(Id, ()), JoinError>, failure: &mut anyhow::Result<()>) {
        match ended {
            Ok((id, ())) => drop(self.names.remove(&id)),
            Err(error) => {
                let name = self.names.remove(&error.id()).unwrap_or_default();
                let reason =
                    error.try_into_panic().map_or("cancelled".to_owned(), |p| message(&*p));
                error!("{name} failed: {reason}");
                if failure.is_ok() {
                    *failure = Err(anyhow!("{name} failed: {reason}"));
                }
            }
        }
    }
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(|text| &**text))
        .unwrap_or("panic")
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panicking_part_stops_the_others() {
        let stop = CancellationToken::new();
        let mut parts = Parts::default();
        let other = stop.clone();
        parts.start("patient", async move { other.cancelled().await });
        parts.start("clumsy", async { panic!("tripped") });
        let error = parts.supervise(stop).await.unwrap_err();
        assert_eq!(error.to_string(), "clumsy failed: tripped");
    }

    #[tokio::test(start_paused = true)]
    async fn a_part_that_does_not_end_is_left_behind() {
        let stop = CancellationToken::new();
        let mut parts = Parts::default();
        parts.start("deaf", std::future::pending());
        stop.cancel();
        assert!(parts.supervise(stop).await.is_ok());
    }
}
