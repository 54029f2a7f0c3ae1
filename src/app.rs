//! Wiring only: makes the channels, starts one task a part, supervises them, lets them run dry.
//!
//! Every command that runs a show runs it here: with or without sources, pages, a recorder, and a
//! first order. To stop, the sources and the listener hear of it; the doors of the show close, the show
//! ends, its watch closes, and the outputs leave their devices dark. Nobody else is told anything.

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
use crate::keyboard::Key;
use crate::order::Order;
use crate::output::status::{Monitor, StatusSender};
use crate::output::suspend::Suspended;
use crate::post::{self, Hasher};
use crate::recorder::Recorder;
use crate::show::task::Beside;
use crate::show::{self, Now, Show};
use crate::source::link::Times;
use crate::tally::Limits;
use crate::{control, failpoint, output, server, source, watchdog};

/// Parts that take longer to end are named and left behind.
const GRACE: Duration = Duration::from_secs(3);

/// What a show runs with beside its config.
#[derive(Default)]
pub struct Options {
    /// Where the pages are served; without one there are none.
    pub listener: Option<TcpListener>,
    /// Is told all news of the sources.
    pub recorder: Option<Recorder>,
    /// The key of the names of posts and authors.
    pub key: post::Key,
    /// What is ordered before anything is shown.
    pub first_order: Option<Order>,
    /// Keys that steer the speaker's timer. Where they end, the show ends some time after the talk.
    pub timer_keys: Option<mpsc::Receiver<Key>>,
    /// Darkens the lights for a while. By default nobody asks.
    pub suspended: Suspended,
}

/// Runs a show until `stop`. `clock` is what a live show goes by; one of recordings alone has their
/// time.
///
/// # Errors
/// If a part failed; the others were stopped then.
pub async fn run(
    config: Config,
    clock: Clock,
    options: Options,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let Options { listener, recorder, key, first_order, timer_keys, suspended } = options;
    let clock = config.sources.iter().any(|source| source.kind.is_live()).then_some(clock);
    let contest = Arc::new(config.contest);
    let mut show = Show::new(show::Setup {
        contest: Arc::clone(&contest),
        sources: config.sources.iter().map(source::Settings::status).collect(),
        limits: Limits::default(),
        marks: config.timer,
    });
    if let Some(order) = first_order {
        show.apply(show::Event::Order(order), Now::default());
    }
    let (statuses, monitors): (Vec<StatusSender>, Vec<Monitor>) =
        config.outputs.iter().map(output::Settings::status_channel).unzip();
    let beside = Beside {
        recorder: recorder.clone(),
        outputs: monitors.iter().map(|monitor| monitor.status.clone()).collect(),
    };
    show.apply(show::Event::Parts(beside.parts()), Now::default());
    let (snapshot_tx, snapshots) = watch::channel(Arc::new(show.snapshot(Now::default())));
    let (orders, news, doors) = show::task::doors();
    let mut parts = Parts::default();
    for (settings, status) in config.outputs.into_iter().zip(statuses) {
        let span = info_span!("output", name = settings.name);
        let name = format!("output `{}`", settings.name);
        parts.start(
            name,
            output::run(settings, snapshots.clone(), status, suspended.clone()).instrument(span),
        );
    }
    let pages = listener.as_ref().map(TcpListener::local_addr);
    let watchdog = watchdog::run(pages, snapshots.clone(), monitors.clone(), stop.clone());
    parts.start("watchdog", watchdog);
    if let Some(listener) = listener {
        let server = server::run(listener, snapshots.clone(), monitors, stop.clone());
        parts.start("server", server);
    }
    if let Some(keys) = timer_keys {
        let timer = control::timer::run(keys, orders.clone(), snapshots.clone(), stop.clone());
        parts.start("timer", timer);
    }
    drop(snapshots);
    parts.start("show", show::task::run(show, clock, beside, doors, snapshot_tx));
    let hasher = Hasher::new(key);
    for (index, settings) in config.sources.into_iter().enumerate() {
        let span = info_span!("source", name = settings.name);
        let source_context = source::SourceContext {
            id: SourceId(index),
            contest: Arc::clone(&contest),
            hasher: hasher.clone(),
            news: news.clone(),
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
    parts.start("doors", async move {
        let _open = (orders, news);
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
    async fn a_part_that_does_not_end_is_named_and_left_behind_after_the_grace() {
        let stop = CancellationToken::new();
        let mut parts = Parts::default();
        let until_stop = stop.clone();
        parts.start("patient", async move { until_stop.cancelled().await });
        parts.start("deaf", std::future::pending());
        stop.cancel();
        let start = tokio::time::Instant::now();
        assert_eq!(parts.drain(&mut Ok(())).await, ["deaf"]);
        assert_eq!(start.elapsed().as_secs(), GRACE.as_secs());
        assert!(parts.supervise(stop).await.is_ok(), "it is no failure of the show");
    }
}
