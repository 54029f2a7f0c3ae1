//! What all live sources share: connect, watch for silence, tell what is wrong, come back.
//!
//! A network is a `Session`: it connects, reads until something fails, and returns the failure.
//! `run` keeps calling it: at once after a connection that worked, later and later while none
//! does, for ever. Between the two stands the `Link`, through which a session tells messages and
//! signs of life, and which knows the show's clock.
//! Nothing here knows any network.

pub mod backoff;
pub mod failure;
pub(in crate::source) mod http;
pub(in crate::source) mod net;
pub(in crate::source) mod next_page;
pub(in crate::source) mod tls;
pub(in crate::source) mod websocket;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::error::TrySendError;
use tokio::time::{Instant, sleep_until};
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tracing::{info, warn};

use crate::clock::Clock;
use crate::decode::documents::Documents;
use crate::decode::{self, Decoder};
use crate::event::{Message, News};
use crate::recorder::Raw;
use crate::snapshot::{Gap, SourceState};
use crate::timestamp::Timestamp;

use super::skew::Skew;
use super::{Over, SourceContext};
use backoff::Backoff;
use failure::{Class, Failure};

const USER_AGENT: HeaderValue =
    HeaderValue::from_static(concat!("hashtug/", env!("CARGO_PKG_VERSION")));

/// How patient a link is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Times {
    /// Between two pings of ours.
    pub ping: Duration,
    /// After so much silence a source is shown as stale, if it should have said something by then.
    pub stale: Duration,
    /// After so much silence a source is dead, unless its heartbeat is slower than half of that.
    pub silence: Duration,
    /// Between two requests for the same page, where a network is asked again and again and its own
    /// rules set the pace.
    pub poll: Duration,
    /// How often a network says something at least; `None`: as often as it promises.
    pub heartbeat: Option<Duration>,
    /// Before the next attempt; `None`: what the network asks for, or else the usual.
    pub backoff: Option<Backoff>,
}

impl Default for Times {
    fn default() -> Times {
        Times {
            ping: Duration::from_secs(1),
            stale: Duration::from_millis(2400),
            silence: Duration::from_secs(10),
            poll: Duration::from_secs(5),
            heartbeat: None,
            backoff: None,
        }
    }
}

/// Signs of life are told no more often than this: the page shows tenths of seconds.
const ALIVE_STEP: Duration = Duration::from_millis(100);

/// The same trouble is logged again after so many attempts, and not at each.
const LOG_EVERY: u32 = 20;

/// One network.
pub(in crate::source) trait Session: Send {
    /// Connects and reads until something fails. Called again after that; what is to be remembered
    /// from one connection to the next stays in `self`.
    fn run(&mut self, link: &mut Link) -> impl Future<Output = Result<Infallible, Failure>> + Send;
}

/// Whether a connection brings what was missed since the last one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::source) enum Resume {
    /// The network sends it, or the session fetches it.
    Complete,
    /// It is lost: the time between the connections is a gap.
    Lost,
}

/// How messages become events.
pub(in crate::source) enum Decoding {
    /// They are of a network that is known.
    Feed(Box<Decoder>),
    /// They are what the config says.
    Documents(Documents),
}

/// What a session has of the show.
pub(in crate::source) struct Link {
    context: SourceContext,
    clock: Clock,
    decoding: Decoding,
    backoff: Backoff,
    skew: Skew,
    state: SourceState,
    /// The last sign of life.
    heard: Instant,
    /// When that was last told.
    told: Instant,
    /// How long a silence is normal, by what the network promises.
    rhythm: Duration,
    /// Anything was heard through this connection.
    works: bool,
    /// The source was live before.
    was_live: bool,
    /// Failures since a connection worked.
    failures: u32,
    /// The same when this connection was begun.
    failures_before: u32,
    /// A problem is being shown.
    troubled: bool,
    /// Messages that concern nobody and were not told yet.
    unmatched: u64,
    /// Messages that found the news full and were not told yet.
    dropped: u64,
}

/// Keeps a source connected until the show is over, or the server says that there is no more.
pub(in crate::source) async fn run(mut session: impl Session, mut link: Link) {
    let stop = link.context.stop.clone();
    loop {
        let attempted = Instant::now();
        link.works = false;
        link.failures_before = link.failures;
        link.rhythm = Duration::ZERO;
        let failure = tokio::select! {
            biased;
            () = stop.cancelled() => Failure::Over,
            ended = session.run(&mut link) => match ended { Err(failure) => failure },
        };
        let next = match failure {
            Failure::Over => Err(Failure::Over),
            Failure::Ended => {
                info!("the source has ended: {failure}");
                let _over = link.send(News::State(SourceState::Ended)).await;
                Err(Failure::Over)
            }
            Failure::Enough(_) => {
                warn!("the source has ended: {failure}");
                let problem = News::Problem(Some(failure.to_string().into()));
                let _over = link.send(problem).await;
                let _over = link.send(News::State(SourceState::Ended)).await;
                Err(Failure::Over)
            }
            failure => link.failed(&failure, attempted).await,
        };
        let flushed = link.flush().await;
        let Ok(next) = next.and_then(|next| flushed.map(|()| next)) else { return };
        tokio::select! {
            biased;
            () = stop.cancelled() => return,
            () = sleep_until(next) => {}
        }
    }
}

impl Link {
    /// A link for the messages that `decoder` reads.
    ///
    /// # Panics
    /// If the show has no clock: a show with a live source is live.
    pub(in crate::source) fn new(context: SourceContext, decoder: Decoder) -> Link {
        Link::decoding(context, Decoding::Feed(Box::new(decoder)))
    }

    /// A link for the messages that `decoding` reads; like [`Link::new`].
    pub(in crate::source) fn decoding(context: SourceContext, decoding: Decoding) -> Link {
        let clock = context.clock.expect("a show with a live source has a clock");
        let now = Instant::now();
        let backoff = context.times.backoff.unwrap_or_default();
        Link {
            context,
            clock,
            decoding,
            backoff,
            skew: Skew::default(),
            state: SourceState::Connecting,
            heard: now,
            told: now,
            rhythm: Duration::ZERO,
            works: false,
            was_live: false,
            failures: 0,
            failures_before: 0,
            troubled: false,
            unmatched: 0,
            dropped: 0,
        }
    }

    /// The same link to a network that says how long to wait before the next attempt.
    pub(in crate::source) fn with_backoff(mut self, backoff: Backoff) -> Link {
        self.backoff = self.context.times.backoff.unwrap_or(backoff);
        self
    }

    pub(in crate::source) fn times(&self) -> Times {
        self.context.times
    }

    /// The contest, for the hashtags to ask for.
    pub(in crate::source) fn contest(&self) -> &crate::contest::Contest {
        &self.context.contest
    }

    /// The show's clock, for what is done beside the link.
    pub(in crate::source) fn clock(&self) -> Clock {
        self.clock
    }

    /// What the show's clock shows.
    pub(in crate::source) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// What the network's own clock shows at this moment, as far as that is known.
    pub(in crate::source) fn network_now(&self) -> Timestamp {
        self.skew.network(self.now())
    }

    /// When the last sign of life came, on the show's clock.
    pub(in crate::source) fn last_heard(&self) -> Timestamp {
        self.clock.at(self.heard)
    }

    /// Where something that the network dates `network` belongs on the show's clock.
    pub(in crate::source) fn place(&self, network: Timestamp) -> Timestamp {
        self.skew.place(network, self.now())
    }

    /// How far the show's clock is ahead of the network's, in milliseconds, once that is known.
    pub(in crate::source) fn skew_ms(&self) -> Option<i64> {
        self.skew.ahead()
    }

    /// The network said what its own clock shows.
    pub(in crate::source) fn hear_time(&mut self, network: Timestamp) {
        self.skew.hear(network, self.clock.now());
    }

    /// An answer of the network is dated.
    pub(in crate::source) fn hear_date(&mut self, date: Timestamp) {
        self.skew.hear_date(date, self.clock.now());
    }

    /// The clock that stamps the messages is another one than that which dates the answers, and is
    /// the one to go by.
    pub(in crate::source) fn believe_stamps(&mut self) {
        self.skew = Skew::of_stamps();
    }

    /// What the network's clock showed at a time of the show's clock, as far as that is known.
    pub(in crate::source) fn network_at(&self, time: Timestamp) -> Timestamp {
        self.skew.network(time)
    }

    /// How long a normal silence of this connection is: shown as stale only after that.
    pub(in crate::source) fn expect_word_every(&mut self, rhythm: Duration) {
        self.rhythm = rhythm;
    }

    /// The connection stands, and posts may come.
    pub(in crate::source) async fn connected(&mut self, resume: Resume) -> Result<(), Failure> {
        if self.was_live && resume == Resume::Lost {
            self.gap(self.clock.at(self.heard), self.clock.now()).await?;
        }
        if self.failures > 0 {
            info!(attempts = self.failures, "source connected again");
        } else if !self.was_live {
            info!("source connected");
        }
        self.was_live = true;
        if std::mem::take(&mut self.troubled) {
            self.send(News::Problem(None)).await?;
        }
        self.heard = Instant::now();
        self.told = self.heard;
        self.send(News::Alive).await?;
        self.set_state(SourceState::Live).await
    }

    /// Posts between two times of the show's clock are missing.
    pub(in crate::source) async fn gap(
        &mut self,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<(), Failure> {
        let length = to.saturating_since(from);
        warn!(seconds = length.as_secs_f32(), "posts are missing from {from} on");
        self.send(News::Gap(Gap { from, length })).await
    }

    /// Something is wrong that does not end the connection; `None`: nothing any more.
    pub(in crate::source) async fn problem(
        &mut self,
        problem: Option<&str>,
    ) -> Result<(), Failure> {
        if problem.is_none() && !self.troubled {
            return Ok(());
        }
        self.troubled = problem.is_some();
        if let Some(problem) = problem {
            warn!("{problem}");
        }
        self.send(News::Problem(problem.map(Arc::from))).await
    }

    /// A sign of life.
    pub(in crate::source) async fn alive(&mut self) -> Result<(), Failure> {
        self.heard = Instant::now();
        self.works = true;
        self.failures = 0;
        if self.state == SourceState::Stale {
            self.set_state(SourceState::Live).await?;
        }
        if self.heard - self.told >= ALIVE_STEP {
            self.told = self.heard;
            self.try_send(News::Alive)?;
        }
        Ok(())
    }

    /// A connection came about and was of no use: the next attempt waits as if it had not.
    pub(in crate::source) fn in_vain(&mut self, failure: Failure) -> Failure {
        self.works = false;
        self.failures = self.failures_before;
        failure
    }

    /// Waits while the connection is silent; shows it as stale in between, and in the end says that
    /// it is dead. Cancel-safe.
    pub(in crate::source) async fn silence(&mut self, limit: Duration) -> Failure {
        if self.state == SourceState::Live {
            sleep_until(self.heard + self.context.times.stale + self.rhythm).await;
            if let Err(over) = self.set_state(SourceState::Stale).await {
                return over;
            }
        }
        sleep_until(self.heard + limit).await;
        Failure::Silent(limit)
    }

    /// Waits for `future` as long as the connection gives signs of life: at most `limit` after the
    /// last one.
    pub(in crate::source) async fn watch<T>(
        &mut self,
        limit: Duration,
        future: impl Future<Output = T>,
    ) -> Result<T, Failure> {
        tokio::select! {
            done = future => Ok(done),
            failure = self.silence(limit) => Err(failure),
        }
    }

    /// Decodes a message that has just come, and tells what it says.
    pub(in crate::source) fn message(&mut self, message: &[u8]) -> Result<(), Failure> {
        self.message_if(message, |_| Ok(()))
    }

    /// The same, where what a message says is not to be believed before it is looked at: `check`
    /// sees each post and deletion, and says what is wrong with it.
    pub(in crate::source) fn message_if(
        &mut self,
        message: &[u8],
        mut check: impl FnMut(&Message) -> Result<(), &'static str>,
    ) -> Result<(), Failure> {
        let arrival = self.clock.now();
        let recorder =
            self.context.recorder.clone().filter(|recorder| recorder.is_raw(self.context.id));
        let Some(recorder) = recorder else {
            return self.decode(message, arrival, &mut check, |_, _| {});
        };
        let mut result = Ok(());
        for message in decode::split(message) {
            let mut raw = Raw::new(self.context.id, arrival);
            let decoded = self.decode(message, arrival, &mut check, |message, is_refused| {
                raw.note(message, is_refused);
            });
            recorder.raw(&raw, message);
            result = result.and(decoded);
        }
        result
    }

    /// Decodes messages that came at `arrival`, and tells what they say; `note` hears it first, and
    /// whether it is what `check` made of it.
    fn decode(
        &mut self,
        message: &[u8],
        arrival: Timestamp,
        check: &mut impl FnMut(&Message) -> Result<(), &'static str>,
        mut note: impl FnMut(&Message, bool),
    ) -> Result<(), Failure> {
        let mut result = Ok(());
        let Link { decoding, skew, context, unmatched, dropped, .. } = self;
        let network_now = skew.network(arrival);
        let mut report = |mut message| {
            let mut is_refused = false;
            if matches!(message, Message::Post(_) | Message::Deletion(_))
                && let Err(reason) = check(&message)
            {
                message = Message::Malformed(reason);
                is_refused = true;
            }
            match &mut message {
                Message::Unmatched(count) => return *unmatched += *count,
                Message::Post(post) => post.at = skew.place(post.at, arrival),
                Message::Deletion(deletion) => {
                    deletion.at = Some(deletion.at.map_or(arrival, |at| skew.place(at, arrival)));
                }
                Message::Malformed(_) | Message::Dropped(_) => {}
            }
            note(&message, is_refused);
            if *unmatched > 0 && result.is_ok() {
                let count = std::mem::take(unmatched);
                result = try_send(context, Message::Unmatched(count).into(), dropped);
            }
            if result.is_ok() {
                result = try_send(context, message.into(), dropped);
            }
        };
        match decoding {
            Decoding::Feed(decoder) => decoder.block(message, |_, message| report(message)),
            // What has no time of its own is of now, as the network has it.
            Decoding::Documents(documents) => documents.document(message, network_now, report),
        }
        result
    }

    /// Counts a message that was too long to be read.
    pub(in crate::source) fn too_long(&mut self) -> Result<(), Failure> {
        self.try_send(Message::Malformed("longer than any message").into())
    }

    /// The documents that follow are those of one poll.
    pub(in crate::source) fn begin_poll(&mut self) {
        if let Decoding::Documents(documents) = &mut self.decoding {
            documents.begin_poll();
        }
    }

    /// How many messages of this poll were new, and how many were there before.
    pub(in crate::source) fn polled(&self) -> (usize, usize) {
        match &self.decoding {
            Decoding::Feed(_) => (0, 0),
            Decoding::Documents(documents) => documents.polled(),
        }
    }

    /// Tells what was counted and not told yet. To be called when nothing is waiting to be read.
    pub(in crate::source) async fn flush(&mut self) -> Result<(), Failure> {
        if self.dropped > 0 {
            let dropped = std::mem::take(&mut self.dropped);
            warn!(dropped, "messages were dropped: there was no time for them");
            self.send(Message::Dropped(dropped).into()).await?;
        }
        if self.unmatched > 0 {
            let unmatched = std::mem::take(&mut self.unmatched);
            self.send(Message::Unmatched(unmatched).into()).await?;
        }
        Ok(())
    }

    /// Shows what is wrong, and says when to try again.
    async fn failed(&mut self, failure: &Failure, attempted: Instant) -> Result<Instant, Failure> {
        if matches!(failure, Failure::TooLong(_) | Failure::Protocol(_)) {
            // It comes again, however well the connection works until then.
            self.failures = self.failures_before;
        }
        self.failures += 1;
        let class = failure.class(self.works);
        let backoff = self.backoff;
        let mut delay = backoff.delay(class, self.failures, fastrand::f64());
        // A server that lets us in and throws us out again is not asked in a tight loop.
        if delay.is_zero() && attempted.elapsed() < backoff.base {
            delay = backoff.delay(Class::Network, 1, fastrand::f64());
        }
        if self.failures % LOG_EVERY == 1 || class == Class::Refused {
            let hint = failure.hint().unwrap_or_default();
            warn!(attempt = self.failures, retry_in = ?delay, hint, "source failed: {failure}");
        }
        self.set_state(SourceState::Connecting).await?;
        let text = match failure.hint() {
            Some(hint) => format!("{failure} ({hint})"),
            None => failure.to_string(),
        };
        self.troubled = true;
        self.send(News::Problem(Some(text.into()))).await?;
        Ok(Instant::now() + delay)
    }

    async fn set_state(&mut self, state: SourceState) -> Result<(), Failure> {
        if self.state == state {
            return Ok(());
        }
        self.state = state;
        self.send(News::State(state)).await
    }

    /// Sends news that may be lost, if there is no room, and is then counted.
    fn try_send(&mut self, news: News) -> Result<(), Failure> {
        try_send(&self.context, news, &mut self.dropped)
    }

    /// Sends news that must not be lost.
    async fn send(&self, news: News) -> Result<(), Failure> {
        self.context.send(news).await.map_err(|Over| Failure::Over)
    }
}

/// A live source does not wait: what finds no room is counted.
fn try_send(context: &SourceContext, news: News, dropped: &mut u64) -> Result<(), Failure> {
    match context.news.try_send((context.id, news)) {
        Ok(()) => Ok(()),
        Err(TrySendError::Full((_, news))) => {
            *dropped += match news {
                News::Message(Message::Unmatched(count)) => count,
                News::Alive => 0,
                _ => 1,
            };
            Ok(())
        }
        Err(TrySendError::Closed(_)) => Err(Failure::Over),
    }
}
