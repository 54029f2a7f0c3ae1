//! X, by the filtered stream of its API v2: posts that match our rules, a line each, over HTTP.
//!
//! The rules lie with X and belong to the app, so that they are looked at before streaming
//! (`rules`). Blank lines keep the connection alive; one whose heart has stopped is given up.
//! Posts that were missed are sent again by the stream itself where the account has bought that
//! (`backfill`), and otherwise looked up in the recent search (`recent`); what comes twice is
//! counted once by the tally. Posts cost money: after `max_posts` of them no more are read.
//! Source: X API v2, "Filtered stream" and "Consuming streaming data".

mod api;
mod explain;
mod kind;
mod recent;
mod rules;

use std::convert::Infallible;
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use reqwest::Response;
use tokio::time::{Instant, sleep};
use tracing::info;
use url::Url;

use crate::contest::Reposts;
use crate::decode::networks::x::mark::{self, Mark};
use crate::decode::verdict::is_one;
use crate::decode::{Decoder, Feed};
use crate::timestamp::Timestamp;

use super::framing::lines::{Line, Lines};
use super::framing::text::bare;
use super::link::backoff::Backoff;
use super::link::encoding::expect_plain;
use super::link::failure::{Class, Failure, expect_json};
use super::link::http::{Dated, Document};
use super::link::websocket::MAX_MESSAGE;
use super::link::{self, Link, Resume, Session};
use super::secret::Variable;
use super::{Legacy, SourceContext};

use api::Api;
use recent::{Missed, Search};

/// The keys of an `x` source.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// The server of the API: `https`, or `http` on this machine, and no path.
    pub endpoint: Url,
    /// Where the bearer token of the app is.
    pub token: Variable,
    /// After this many posts the source ends: each one read is billed.
    pub max_posts: u32,
    /// The access includes backfill: the stream itself sends again what was missed, of up to
    /// [`MAX_BACKFILL`].
    pub backfill: bool,
}

/// The public one.
pub const ENDPOINT: &str = "https://api.x.com";

/// How many posts are read unless the config says otherwise: at half a cent a post, 50 dollars.
pub const MAX_POSTS: u32 = 10_000;

/// More than the network sells in a month.
pub const MOST_POSTS: u32 = 10_000_000;

/// What the stream can send again at the most.
pub const MAX_BACKFILL: Duration = Duration::from_mins(5);

/// The longest time between two lines: a blank one comes if nothing else does.
const HEARTBEAT: Duration = Duration::from_secs(20);

/// The time for which the rules are taken to stand as they stood, after a mere break.
const RULES_STAND: Duration = Duration::from_mins(1);

/// A page of the search that cannot be read is asked for again no more often than this.
const MAX_RETRIES: u32 = 3;

/// What the posts have to say beside their id and text.
const FIELDS: &str =
    "created_at,entities,author_id,referenced_tweets,edit_history_tweet_ids,note_tweet";

/// Reads the stream until the show is over, or as many posts as were paid for.
pub(super) async fn run(settings: Settings, context: SourceContext) {
    let decoder = Decoder::new(&context.questions, Some(Feed::X), context.hasher.clone());
    let x = X::new(settings, context.legacy.clone());
    let link = Link::new(context, decoder).with_backoff(Backoff::x());
    link::run(x, link).await;
}

struct X {
    settings: Settings,
    /// Made at the first attempt.
    api: Option<Api>,
    rules_checked: Option<Instant>,
    /// How many more posts may be read.
    left: u32,
    /// The newest post, which is not newer than the network's clock when it came.
    newest: Option<u64>,
    /// What the last connections did not bring.
    missed: Option<Missed>,
    legacy: Legacy,
}

/// How many posts may still be read: what a life has cost is not given back to the next one.
struct Left(u32);

impl Drop for X {
    fn drop(&mut self) {
        self.legacy.leave(Left(self.left));
    }
}

/// A page of the search that is on its way.
type Page = Pin<Box<dyn Future<Output = Document> + Send>>;

/// What has come over the stream or from the search.
enum Arrival {
    /// Bytes of the stream, or its end.
    Stream(Result<Option<tokio_tungstenite::tungstenite::Bytes>, reqwest::Error>),
    /// A page of what was missed.
    Page(Document),
}

impl Session for X {
    async fn run(&mut self, link: &mut Link) -> Result<Infallible, Failure> {
        let api = match self.api.take() {
            Some(api) => api,
            None => Api::new(&self.settings)?,
        };
        let ended = self.connect(&api, link).await;
        self.api = Some(api);
        ended
    }
}

impl X {
    fn new(settings: Settings, legacy: Legacy) -> X {
        let left = legacy.take().map_or(settings.max_posts, |Left(left)| left);
        X { settings, api: None, rules_checked: None, left, newest: None, missed: None, legacy }
    }

    async fn connect(&mut self, api: &Api, link: &mut Link) -> Result<Infallible, Failure> {
        if self.rules_checked.is_none_or(|checked| checked.elapsed() > RULES_STAND) {
            rules::set_up(api, link).await?;
            self.rules_checked = Some(Instant::now());
        }
        let since = link.since();
        let url = self.url(api, link, since);
        let answer = api.ask(link, api.get(&url)).await.inspect_err(|_| {
            // Whatever it is: with the next attempt the rules are looked at again.
            self.rules_checked = None;
        })?;
        expect_json(answer.headers())?;
        expect_plain(answer.headers())?;
        link.observe_date(Dated::of(answer.headers(), link.now()));
        link.expect_silence_of(heartbeat(link));
        link.connected(Resume::Complete).await?;
        let (now, network_now) = (link.now(), link.network_now());
        if let Some(from) = since {
            if self.settings.backfill {
                let reach = now.checked_sub(MAX_BACKFILL).unwrap_or(now);
                if from < reach {
                    link.report_gap(from, reach).await?;
                }
            } else {
                // Where nothing has come, what was posted when something was heard last would have
                // this number.
                let silent = recent::id_at(link.network_at(from));
                let newest = self.newest.unwrap_or(silent).min(recent::id_at(network_now));
                // An older hole that is not filled yet begins earlier.
                let mut missed = self.missed.take().unwrap_or(Missed::after(newest, from));
                missed.until(now, network_now, link.reach());
                self.missed = Some(missed);
            }
        }
        self.read(api, link, answer).await
    }

    async fn read(
        &mut self,
        api: &Api,
        link: &mut Link,
        mut answer: Response,
    ) -> Result<Infallible, Failure> {
        let connected = Instant::now();
        let limit = link.times().silence.max(heartbeat(link) * 2);
        let mut lines = Lines::new(MAX_MESSAGE);
        let mut search = self.missed.as_ref().map(|missed| Search::new(link.questions(), missed));
        let mut page: Option<Page> = None;
        let mut retries = 0;
        let mut is_first = true;
        loop {
            if page.is_none()
                && let Some(url) = search.as_ref().and_then(|search| search.url(api))
            {
                let fetch = Api::fetch(api.get(&url), link.now());
                // What was posted just now is not found yet.
                let settled = recent::SETTLE.saturating_sub(connected.elapsed());
                let settled = settled.max(link.times().poll * retries);
                page = Some(Box::pin(async move {
                    sleep(settled).await;
                    fetch.await
                }));
            }
            match next(link, limit, &mut answer, &mut page).await? {
                Arrival::Stream(chunk) => {
                    let chunk = chunk.map_err(|error| Failure::from_stream(&error))?;
                    // What is left without an end is half a post: the rest was cut off.
                    let chunk = chunk.ok_or(Failure::Closed(String::new()))?;
                    link.alive().await?;
                    let mut taken = Ok(());
                    lines.push(&chunk, |line| {
                        if taken.is_ok() {
                            taken = self.take(link, line);
                        }
                    });
                    // A stream that is ended as soon as it begins is not asked for at once again.
                    let is_first = std::mem::take(&mut is_first);
                    taken.map_err(|end| if is_first { link.count_as_failed(end) } else { end })?;
                }
                Arrival::Page(document) => {
                    page = None;
                    let dated = document.dated(link.now());
                    let Some(searching) = &mut search else { continue };
                    let fetched =
                        document.body.and_then(|body| self.page(link, searching, dated, body));
                    let over = match fetched {
                        Err(Failure::Over) => return Err(Failure::Over),
                        // A page that was damaged on its way may be whole the next time.
                        Err(Failure::Unreadable(_) | Failure::Page) if retries < MAX_RETRIES => {
                            retries += 1;
                            continue;
                        }
                        Err(failure) => {
                            if link.may_log() {
                                info!("what was missed cannot be looked up: {failure}");
                            }
                            true
                        }
                        Ok(()) => searching.url(api).is_none(),
                    };
                    if over && let Some(missed) = self.missed.take() {
                        if let Some((from, to)) = searching.hole(&missed, |at| link.place(at)) {
                            link.report_gap(from, to).await?;
                        }
                        search = None;
                    }
                }
            }
            self.check_budget()?;
        }
    }

    /// Takes in a line of the stream.
    fn take(&mut self, link: &mut Link, next: Line<'_>) -> Result<(), Failure> {
        let Line::Message(message) = next else { return link.deliver_too_long() };
        let message = bare(message);
        let mark = mark::mark(message);
        if mark.posts == 0
            && let Some(problem) = explain::Problem::in_band(message)
        {
            return Err(problem.ends_stream());
        }
        // The time of X itself.
        if let Some(at) = mark.newest_at {
            link.observe_time(at);
        }
        self.note(link, &mark);
        link.deliver(message)
    }

    /// Takes in a page of the search.
    fn page(
        &mut self,
        link: &mut Link,
        search: &mut Search,
        dated: Option<Dated>,
        mut body: Vec<u8>,
    ) -> Result<(), Failure> {
        // A document of one line: what is in quotes has no line feeds.
        body.iter_mut().filter(|byte| **byte == b'\n').for_each(|byte| *byte = b' ');
        let mark = mark::mark(&body);
        if mark.posts == 0 && !mark.is_page {
            if !is_one(&body) {
                return Err(Failure::no_json(&body));
            }
            return Err(Failure::Protocol("no page of posts".to_owned()));
        }
        link.observe_date(dated);
        search.take(&mark);
        self.note(link, &mark);
        link.deliver(&body)
    }

    fn note(&mut self, link: &Link, mark: &Mark) {
        self.left = self.left.saturating_sub(mark.posts + mark.included);
        // A number of the future would hide what is missed later.
        let now = recent::id_at(link.network_now().saturating_add(recent::SLACK));
        self.newest = self.newest.max(mark.newest_id).map(|newest| newest.min(now));
    }

    fn check_budget(&self) -> Result<(), Failure> {
        if self.left > 0 {
            return Ok(());
        }
        let max = self.settings.max_posts;
        Err(Failure::Enough(format!(
            "all {max} posts of `max_posts` were read, and each costs money: \
             set it higher in the config to read more"
        )))
    }

    /// Where the stream is, for posts since the last sign of life, which was at `since`.
    fn url(&self, api: &Api, link: &Link, since: Option<Timestamp>) -> Url {
        let mut url = api.url("/2/tweets/search/stream");
        ask_for_all(&mut url, link.questions().reposts());
        if let Some(since) = since.filter(|_| self.settings.backfill) {
            let minutes = link.now().saturating_since(since).as_secs() / 60 + 1;
            let minutes = minutes.min(MAX_BACKFILL.as_secs() / 60);
            url.query_pairs_mut().append_pair("backfill_minutes", &minutes.to_string());
        }
        url
    }
}

fn heartbeat(link: &Link) -> Duration {
    link.times().heartbeat.unwrap_or(HEARTBEAT)
}

/// What comes first, of the stream or of what was missed.
async fn next(
    link: &mut Link,
    limit: Duration,
    answer: &mut Response,
    page: &mut Option<Page>,
) -> Result<Arrival, Failure> {
    let mut arrival = pin!(async {
        let fetched = async {
            match page {
                Some(page) => page.await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            chunk = answer.chunk() => Arrival::Stream(chunk),
            fetched = fetched => Arrival::Page(fetched),
        }
    });
    // What has arrived already is taken before anything is sent on.
    match futures_util::poll!(&mut arrival) {
        Poll::Ready(arrival) => Ok(arrival),
        Poll::Pending => {
            link.flush().await?;
            link.watch(limit, arrival).await
        }
    }
}

/// Adds what posts have to come with.
fn ask_for_all(url: &mut Url, reposts: Reposts) {
    let mut query = url.query_pairs_mut();
    query.append_pair("tweet.fields", FIELDS);
    if reposts == Reposts::Count {
        query.append_pair("expansions", "referenced_tweets.id");
    }
}

/// A failure that somebody has to mend before it makes sense to try again.
fn refused(message: impl Into<String>, hint: &'static str) -> Failure {
    Failure::Said { message: message.into(), class: Class::Refused, hint: Some(hint) }
}
