//! Nostr, by relays of one's own choice: several at once, and each event once.
//!
//! A relay is a link of its own (`relay`), which knows nothing of the others: it connects, asks,
//! verifies what comes, and sends it. The news of all of them goes through one place (`gathering`),
//! which lets each post pass once and says how the source as a whole is doing: it is live while any
//! relay is.
//! A relay that says there was more than it would send is asked on, page by page; anything else
//! that it refuses is shown with its name.
//! Source: NIP-01, NIP-09, NIP-18, NIP-24, NIP-42.

mod closed;
mod gathering;
mod hashtags;
mod kind;
mod relay;

use std::panic::resume_unwind;

use tokio::sync::mpsc;
use tokio::task::{JoinError, JoinSet};
use tokio::time::Instant;
use tracing::{Instrument, info_span};
use url::Url;

use crate::event::SourceId;
use crate::panics::Panic;

use super::SourceContext;
use super::link::log_limit::LogLimit;
use gathering::Gathering;

/// The keys of a `nostr` source.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// All connected at once, at least one, each once: `wss`, or `ws` on this machine.
    pub relays: Vec<Url>,
}

/// More relays than this are a problem of the config: each is a connection.
pub const MAX_RELAYS: usize = 16;

/// News of the relays that may wait; past it posts are dropped, and counted.
const QUEUE: usize = 4096;

/// Reads all relays until the show is over.
pub(super) async fn run(settings: Settings, context: SourceContext) {
    let names: Vec<String> = settings.relays.iter().map(relay::name).collect();
    let (relays_tx, relays_rx) = mpsc::channel(QUEUE);
    let mut relays = JoinSet::new();
    let log = LogLimit::new(Instant::now());
    for (index, url) in settings.relays.into_iter().enumerate() {
        let context = SourceContext {
            id: SourceId(index),
            questions: context.questions.clone(),
            hasher: context.hasher.clone(),
            news: relays_tx.clone(),
            clock: context.clock,
            times: context.times,
            reach: context.reach,
            // To it they are all one source.
            recorder: context.recorder.as_ref().map(|recorder| recorder.for_source(context.id)),
            stop: context.stop.clone(),
            legacy: context.legacy.clone(),
        };
        let span = info_span!("relay", name = names[index]);
        relays.spawn(relay::run(url, context, log.clone()).instrument(span));
    }
    drop(relays_tx);
    let gathering = Gathering::new(names).run(relays_rx, &context);
    tokio::pin!(gathering);
    let mut panic = None;
    while panic.is_none() {
        tokio::select! {
            () = &mut gathering => break,
            Some(ended) = relays.join_next() => panic = ended.err().and_then(panic_of),
        }
    }
    if panic.is_some() {
        // One of the source, which begins anew with all relays; what they have sent is passed on.
        relays.shutdown().await;
        gathering.await;
    }
    while let Some(ended) = relays.join_next().await {
        panic = panic.or(ended.err().and_then(panic_of));
    }
    if let Some(panic) = panic {
        resume_unwind(panic);
    }
}

fn panic_of(error: JoinError) -> Option<Panic> {
    error.try_into_panic().ok()
}
