//! The life of a live source: connect, watch for silence, say what is wrong, come back.
//!
//! A network is a `Session`: it connects, reads until something fails, and returns the failure.
//! `run` keeps calling it: at once after a connection that worked for a while, later and later while
//! none does, for ever. Between the two stands the `Link`: a session reports to it that the connection
//! stands and gives signs of life, and it decides what the source's state is. What a session reads
//! goes through the link too (`delivery`).
//! Nothing here knows any network.

pub mod backoff;
mod delivery;
pub(in crate::source) mod encoding;
pub mod failure;
pub(in crate::source) mod headers;
pub(in crate::source) mod http;
pub(in crate::source) mod log_limit;
pub(in crate::source) mod net;
pub(in crate::source) mod next_page;
mod problem;
pub(in crate::source) mod reading;
pub(in crate::source) mod redirect;
pub(in crate::source) mod tls;
pub(in crate::source) mod websocket;
pub(in crate::source) mod what_came;

use std::convert::Infallible;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tracing::{info, warn};

use crate::clock::Clock;
use crate::decode::Decoder;
use crate::event::News;
use crate::hint::Hint;
use crate::snapshot::{Gap, SourceState};
use crate::timestamp::Timestamp;

use super::{Before, SourceContext};
use backoff::Backoff;
pub(in crate::source) use delivery::Decoding;
use delivery::Delivery;
use failure::{Class, Failure};
use log_limit::LogLimit;
use reading::Reading;

const USER_AGENT: HeaderValue =
    HeaderValue::from_static(concat!("hashtug/", env!("CARGO_PKG_VERSION")));

/// How patient a link is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Times {
    /// Between two pings of ours.
    pub ping: Duration,
    /// The silence after which a source is shown as stale, if it should have said something by then.
    pub stale: Duration,
    /// The silence after which a source is dead, unless its heartbeat is slower than half of that.
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

/// Signs of life are sent no more often than this: the page shows tenths of seconds.
pub(in crate::source) const ALIVE_STEP: Duration = Duration::from_millis(100);

/// Attempts between two log lines about the same trouble.
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

/// What a session has of the show.
pub(in crate::source) struct Link {
    context: SourceContext,
    clock: Clock,
    delivery: Delivery,
    backoff: Backoff,
    log: LogLimit,
    state: SourceState,
    /// When the last sign of life came.
    alive_at: Instant,
    /// When the show last heard of one, or of a message, which is one too.
    alive_sent: Instant,
    /// When this connection came to stand.
    connected_at: Option<Instant>,
    /// The longest silence that is normal, by what the network promises.
    normal_silence: Duration,
    /// This connection has given a sign of life.
    works: bool,
    /// The source was live before.
    was_live: bool,
    /// The show with which this one goes on.
    before: Option<Before>,
    /// Failures since a connection worked for [`Backoff::settled`].
    failures: u32,
    /// What could be read of all that came.
    reading: Reading,
    /// What else is wrong.
    problem: Option<String>,
    /// What is shown of both.
    shown: Option<String>,
}

/// Keeps a source connected until the show is over, or the server says that there is no more.
pub(in crate::source) async fn run(mut session: impl Session, mut link: Link) {
    keep(&mut session, &mut link).await;
    // It has ended, and not by a panic: nobody goes on from where it was.
    link.was_live = false;
}

async fn keep(session: &mut impl Session, link: &mut Link) {
    let stop = link.context.stop.clone();
    loop {
        let attempted = Instant::now();
        link.works = false;
        link.connected_at = None;
        link.normal_silence = Duration::ZERO;
        link.reading.begin_connection();
        let failure = tokio::select! {
            biased;
            () = stop.cancelled() => Failure::Over,
            ended = session.run(link) => match ended { Err(failure) => failure },
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
        let window = context.questions.window();
        let before = context.legacy.before();
        Link {
            context,
            clock,
            delivery: Delivery::new(decoding, window),
            backoff,
            log: LogLimit::new(now),
            state: SourceState::Connecting,
            alive_at: now,
            alive_sent: now,
            connected_at: None,
            normal_silence: Duration::ZERO,
            works: false,
            was_live: false,
            before,
            failures: 0,
            reading: Reading::default(),
            problem: None,
            shown: None,
        }
    }

    /// The same link to a network that says how long to wait before the next attempt.
    pub(in crate::source) fn with_backoff(mut self, backoff: Backoff) -> Link {
        self.backoff = self.context.times.backoff.unwrap_or(backoff);
        self
    }

    /// The same, where several links are one source: their log lines have one limit.
    pub(in crate::source) fn with_log_limit(mut self, log: LogLimit) -> Link {
        self.log = log;
        self
    }

    /// Whether another line may be logged for this source; what it says is then for the caller.
    pub(in crate::source) fn may_log(&self) -> bool {
        self.log.admit(Instant::now())
    }

    pub(in crate::source) fn times(&self) -> Times {
        self.context.times
    }

    /// The questions, for the hashtags to ask for.
    pub(in crate::source) fn questions(&self) -> &crate::questions::Questions {
        &self.context.questions
    }

    /// The show's clock, for what is done beside the link.
    pub(in crate::source) fn clock(&self) -> Clock {
        self.clock
    }

    /// How far back posts count.
    pub(in crate::source) fn reach(&self) -> Duration {
        self.context.reach
    }

    /// When the last sign of life came, on the show's clock.
    pub(in crate::source) fn last_alive(&self) -> Timestamp {
        self.clock.at(self.alive_at)
    }

    /// Until when posts have come, on the show's clock, be it to the show before; `None` where none was
    /// ever connected. To be asked before the next connection stands.
    pub(in crate::source) fn since(&self) -> Option<Timestamp> {
        if self.was_live { Some(self.last_alive()) } else { self.before.map(|before| before.until) }
    }

    /// When the show before began, while no connection of this one has stood.
    pub(in crate::source) fn began_before(&self) -> Option<Timestamp> {
        self.before.filter(|_| !self.was_live).map(|before| before.began)
    }

    /// Silence of this length is normal for this connection, and not shown as stale.
    pub(in crate::source) fn expect_silence_of(&mut self, normal_silence: Duration) {
        self.normal_silence = normal_silence;
    }

    /// The connection stands, and posts may come.
    pub(in crate::source) async fn connected(&mut self, resume: Resume) -> Result<(), Failure> {
        // What the session remembered has gone with a life that has ended in a panic.
        let gone = self.context.legacy.take_alive();
        if let Some(from) = gone.or_else(|| self.since().filter(|_| resume == Resume::Lost)) {
            self.report_gap(from, self.clock.now()).await?;
        }
        if self.failures > 0 {
            if self.may_log() {
                info!(attempts = self.failures, "source connected again");
            }
        } else if !self.was_live && self.may_log() {
            info!("source connected");
        }
        self.was_live = true;
        self.connected_at = Some(Instant::now());
        self.set_problem(None).await?;
        self.alive_at = Instant::now();
        self.alive_sent = self.alive_at;
        self.delivery.owes_alive = false;
        self.send(News::Alive).await?;
        self.set_state(SourceState::Live).await
    }

    /// Posts between two times of the show's clock are missing.
    pub(in crate::source) async fn report_gap(
        &mut self,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<(), Failure> {
        let length = to.saturating_since(from);
        if self.may_log() {
            warn!(seconds = length.as_secs_f32(), "posts are missing from {from} on");
        }
        self.send(News::Gap(Gap { from, length })).await
    }

    /// Something is wrong that does not end the connection; `None`: nothing any more.
    pub(in crate::source) async fn report_problem(
        &mut self,
        problem: Option<&str>,
    ) -> Result<(), Failure> {
        if let Some(problem) = problem
            && self.may_log()
        {
            warn!("{problem}");
        }
        self.set_problem(problem.map(str::to_owned)).await
    }

    /// A sign of life. The show hears of it when nothing more waits to be read ([`Link::flush`]),
    /// unless a message says it until then: a post that comes alone is not to find that the beat was
    /// spent on the news that something comes.
    pub(in crate::source) async fn alive(&mut self) -> Result<(), Failure> {
        let before = std::mem::replace(&mut self.alive_at, Instant::now());
        self.works = true;
        if std::mem::take(&mut self.delivery.has_sent) {
            // It came with the last sign of life.
            self.alive_sent = before;
        }
        self.delivery.owes_alive = self.alive_at - self.alive_sent >= ALIVE_STEP;
        if self.state == SourceState::Stale {
            self.set_state(SourceState::Live).await?;
        }
        Ok(())
    }

    /// The connection came about and was of no use: it counts as a failed attempt, so that the next
    /// one waits longer than the one before.
    pub(in crate::source) fn count_as_failed(&mut self, failure: Failure) -> Failure {
        self.works = false;
        failure
    }

    /// Waits while the connection is silent; shows it as stale in between, and in the end says that
    /// it is dead. Cancel-safe.
    pub(in crate::source) async fn silence(&mut self, limit: Duration) -> Failure {
        if self.state == SourceState::Live {
            sleep_until(self.alive_at + self.context.times.stale + self.normal_silence).await;
            if let Err(over) = self.set_state(SourceState::Stale).await {
                return over;
            }
        }
        if self.reading.suspicion().is_some() {
            sleep_until(self.alive_at + self.context.times.silence).await;
            if let Err(over) = self.show_reading().await {
                return over;
            }
        }
        sleep_until(self.alive_at + limit).await;
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

    /// Shows what is wrong, and says when to try again.
    async fn failed(&mut self, failure: &Failure, attempted: Instant) -> Result<Instant, Failure> {
        // This comes again, however well the connection works until then.
        let recurs = matches!(failure, Failure::TooLong(_) | Failure::Protocol(_));
        let life = self.connected_at.map(|since| self.alive_at.saturating_duration_since(since));
        if self.works && !recurs && life.is_some_and(|life| life >= self.backoff.settled) {
            self.failures = 0;
        }
        self.failures = self.failures.saturating_add(1);
        let class = failure.class(self.works);
        let backoff = self.backoff;
        let mut delay = backoff.delay(class, self.failures, fastrand::f64());
        // A server that lets us in and throws us out again is not asked in a tight loop.
        if delay.is_zero() && attempted.elapsed() < backoff.base {
            delay = backoff.delay(Class::Network, 1, fastrand::f64());
        }
        let is_news = self.failures % LOG_EVERY == 1 || class == Class::Refused;
        if is_news && self.may_log() {
            let hint = failure.hint().unwrap_or_default();
            warn!(attempt = self.failures, retry_in = ?delay, hint, "source failed: {failure}");
        }
        self.set_state(SourceState::Connecting).await?;
        let text = match failure.hint() {
            Some(hint) => format!("{failure} ({hint})"),
            None => failure.to_string(),
        };
        self.set_problem(Some(text)).await?;
        Ok(Instant::now() + delay)
    }

    async fn set_state(&mut self, state: SourceState) -> Result<(), Failure> {
        if self.state == state {
            return Ok(());
        }
        self.state = state;
        self.send(News::State(state)).await
    }
}

impl Drop for Link {
    /// While a panic unwinds too: what the next life, and the count, have to know.
    fn drop(&mut self) {
        if self.was_live {
            self.context.legacy.leave_alive(self.last_alive());
        }
        self.leave();
    }
}

#[cfg(test)]
mod tests;
