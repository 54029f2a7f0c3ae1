//! Wiring only: makes the channels, starts one task a part, supervises them, lets them run dry.
//!
//! Every command that runs a show runs it here: with or without sources, pages, a recorder, and a
//! first order. To stop, the sources and the listener hear of it; the doors of the show close, the show
//! ends, its watch closes, and the outputs leave their devices dark. Nobody else is told anything.
//! What each part does when a panic has ended it stands here too; when it begins anew is for `parts`.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, info_span};

use crate::clock::Clock;
use crate::config::Config;
use crate::descriptors::{self, Needs};
use crate::evening::{self, Reading};
use crate::event::{News, SourceId};
use crate::journal::lines::Lines;
use crate::journal::{Journal, Past};
use crate::keyboard::Key;
use crate::order::Order;
use crate::output::status::{Monitor, StatusSender};
use crate::output::suspend::Suspended;
use crate::parts::{Part, Parts};
use crate::post::{self, Hasher};
use crate::recorder::Recorder;
use crate::server::operate::{Keyring, Operators};
use crate::server::tls::Tls;
use crate::server::{Pulse, Server};
use crate::show::task::{Beside, Orders, Published};
use crate::show::{self, Now, Show};
use crate::snapshot::{Snapshot, SourceState};
use crate::source::link::Times;
use crate::source::{Before, Legacy, SourceContext};
use crate::tally::Limits;
use crate::{control, output, source, watchdog};

/// What a show runs with beside its config.
#[derive(Default)]
pub struct Options {
    /// Where the pages are served; without one there are none.
    pub listener: Option<TcpListener>,
    /// What proves operators to be such. By default a key that nobody knows.
    pub keyring: Keyring,
    /// What the pages are served with by `https`.
    pub tls: Option<Tls>,
    /// Is told all news of the sources.
    pub recorder: Option<Recorder>,
    /// Is told everything on which a count depends.
    pub journal: Option<Journal>,
    /// The show with which this one goes on.
    pub past: Option<Past>,
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
    let Options { listener, keyring, tls, recorder, journal, .. } = options;
    let Options { past, key, first_order, timer_keys, suspended, .. } = options;
    let places = descriptors::places(&Needs {
        sources: config.sources.len(),
        links: config.sources.iter().map(|source| source.kind.links(&config.questions)).sum(),
        outputs: config.outputs.len(),
        is_recorded: recorder.is_some(),
    });
    let hasher = Hasher::new(key);
    let reach = source::reach(&config.questions, config.rounds.as_ref());
    let (mut show, clock) = begin(&config, clock, past.as_ref(), &hasher)?;
    if let Some(order) = first_order {
        show.apply(show::Event::Order(order), Now::default());
    }
    let (statuses, monitors): (Vec<StatusSender>, Vec<Monitor>) =
        config.outputs.iter().map(output::Settings::status_channel).unzip();
    let beside = Beside {
        recorder: recorder.clone(),
        lines: recorder.as_ref().map(|_| {
            Lines::new(&config.questions, config.sources.iter().map(|source| source.name.clone()))
        }),
        journal,
        outputs: monitors.iter().map(|monitor| monitor.status.clone()).collect(),
    };
    show.apply(show::Event::Parts(beside.parts()), Now::default());
    let at_start = Now { clock: clock.map(|clock| clock.now()), ..Now::default() };
    let (all, seen) = show.snapshots(at_start);
    let all = Arc::new(all);
    let (seen_tx, snapshots) = watch::channel(seen.map_or_else(|| Arc::clone(&all), Arc::new));
    let (truth_tx, truth) = watch::channel(all);
    let published = Published { seen: seen_tx, truth: truth_tx };
    let (orders, news, doors) = show::task::doors();
    let mut parts = Parts::new(stop.clone());
    for (settings, status) in config.outputs.into_iter().zip(statuses) {
        let name = format!("output `{}`", settings.name);
        let suspended = suspended.clone();
        parts.start(name, Output { settings, snapshots: snapshots.clone(), status, suspended });
    }
    let server = listener.map(|listener| {
        let (outputs, panics) = (monitors.clone(), parts.panics());
        let orders = orders.clone();
        let operators = Operators { keyring, reach: config.web.operate, tls, orders, truth };
        let snapshots = snapshots.clone();
        Server::new(listener, places, snapshots, outputs, panics, operators, stop.clone())
            .with_stage(config.stage)
    });
    parts.start(
        "watchdog",
        Watchdog {
            pages: server.as_ref().map(Server::pulse),
            snapshots: snapshots.clone(),
            outputs: monitors,
            stop: stop.clone(),
        },
    );
    if let Some(server) = server {
        parts.start("server", server);
    }
    if let Some(keys) = timer_keys {
        let (orders, snapshots, stop) = (orders.clone(), snapshots.clone(), stop.clone());
        parts.start("timer", Timer { keys, orders, snapshots, stop });
    }
    drop(snapshots);
    parts.start_owner("show", show::task::run(show, clock, beside, doors, published));
    for (index, settings) in config.sources.into_iter().enumerate() {
        let source_context = SourceContext {
            id: SourceId(index),
            questions: Arc::clone(&config.questions),
            hasher: hasher.clone(),
            news: news.clone(),
            clock,
            times: Times::default(),
            reach,
            recorder: recorder.clone(),
            stop: stop.clone(),
            legacy: legacy_of(&settings, past.as_ref()),
        };
        let name = format!("source `{}`", settings.name);
        parts.start(name, Source { settings, context: source_context });
    }
    // The show outlives its last source: pages and lights stay until they are told to stop.
    parts.start_owner("doors", async move {
        let _open = (orders, news);
        stop.cancelled().await;
    });
    parts.supervise().await
}

/// What the show before has left to a source, which fetches what was posted meanwhile if it can.
fn legacy_of(settings: &source::Settings, past: Option<&Past>) -> Legacy {
    let before = past.and_then(|past| {
        let until = past.heard(&settings.name)?;
        Some(Before { began: past.head.at, until })
    });
    before.map_or_else(Legacy::default, Legacy::of_a_show)
}

/// The show as it is before anything runs, and the clock that it goes by; one that recordings lead has
/// their time.
fn begin(
    config: &Config,
    clock: Clock,
    past: Option<&Past>,
    hasher: &Hasher,
) -> anyhow::Result<(Show, Option<Clock>)> {
    let is_live = config.sources.iter().any(|source| source.kind.is_live());
    let has_rounds = config.rounds.is_some();
    // A recording with commands is an evening of its own; any other is a rehearsal.
    let is_led = has_rounds
        && !is_live
        && config.sources.iter().any(|source| source.kind.leads(&config.questions));
    let clock = past.map_or(clock, |past| Clock::resumed(past.last));
    let clock = (is_live || has_rounds && !is_led).then_some(clock);
    let mut show = Show::new(show::Setup {
        questions: Arc::clone(&config.questions),
        sources: config.sources.iter().map(source::Settings::status).collect(),
        limits: Limits::default(),
        marks: config.timer,
        rounds: config.rounds,
        is_recorded: is_led || past.is_some(),
    });
    if let Some((past, clock)) = past.zip(clock) {
        let mut reading = Reading::of_its_own(&config.questions, hasher.clone());
        evening::resume(&mut show, past, &mut reading, clock.now())
            .context("cannot read the journal")?;
    }
    Ok((show, clock))
}

struct Output {
    settings: output::Settings,
    snapshots: watch::Receiver<Arc<Snapshot>>,
    status: StatusSender,
    suspended: Suspended,
}

impl Part for Output {
    async fn live(&mut self) {
        let span = info_span!("output", name = self.settings.name);
        let (settings, snapshots) = (self.settings.clone(), self.snapshots.clone());
        let (status, suspended) = (self.status.clone(), self.suspended.clone());
        output::run(settings, snapshots, status, suspended).instrument(span).await;
    }

    /// Its last life has left the strip dark.
    async fn rest(&mut self, pause: Duration) {
        self.status.panicked(&again(pause));
        tokio::select! {
            () = sleep(pause) => {}
            () = self.status.turn() => {}
        }
    }
}

struct Source {
    settings: source::Settings,
    context: SourceContext,
}

impl Part for Source {
    async fn live(&mut self) {
        let span = info_span!("source", name = self.settings.name);
        let run = source::run(self.settings.clone(), self.context.clone());
        // The largest of the kinds would make all parts as large.
        Box::pin(run.instrument(span)).await;
    }

    async fn rest(&mut self, pause: Duration) {
        let news = [News::State(SourceState::Connecting), News::Panicked(again(pause).into())];
        for news in news {
            let _over = self.context.send(news).await;
        }
        sleep(pause).await;
    }
}

/// What the pages say of a part that has panicked. The words of a panic may quote a post, and stay in
/// the log.
fn again(pause: Duration) -> String {
    format!("a bug has ended it, which the log tells more of; it begins anew in {pause:.1?}")
}

impl Part for Server {
    async fn live(&mut self) {
        self.run().await;
    }
}

struct Watchdog {
    pages: Option<Pulse>,
    snapshots: watch::Receiver<Arc<Snapshot>>,
    outputs: Vec<Monitor>,
    stop: CancellationToken,
}

impl Part for Watchdog {
    async fn live(&mut self) {
        let (pages, snapshots) = (self.pages.clone(), self.snapshots.clone());
        watchdog::run(pages, snapshots, self.outputs.clone(), self.stop.clone()).await;
    }
}

struct Timer {
    keys: mpsc::Receiver<Key>,
    orders: Orders,
    snapshots: watch::Receiver<Arc<Snapshot>>,
    stop: CancellationToken,
}

impl Part for Timer {
    async fn live(&mut self) {
        let (orders, snapshots) = (self.orders.clone(), self.snapshots.clone());
        control::timer::run(&mut self.keys, orders, snapshots, self.stop.clone()).await;
    }
}
