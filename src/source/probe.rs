//! Tries what a source needs, step by step, and says what to mend: for `hashtug doctor`.
//!
//! Reads only, and changes nothing on any server. Speaks through the same link as the sources
//! themselves, so that what works here works there, and what fails has the same words. The steps that
//! are those of one network stand beside it (`Source::probe`).

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::HeaderMap;
use reqwest::{RequestBuilder, Response};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_util::sync::CancellationToken;
use url::{Host, Url};

use crate::clock::Clock;
use crate::decode::documents::Documents;
use crate::decode::{Decoder, Feed, Shape};
use crate::event::{News, SourceId};
use crate::finding::{Finding, Verdict};
use crate::hint::Hint;
use crate::post::Hasher;
use crate::questions::Questions;

use super::link::failure::{self, Failure};
use super::link::headers::content_type;
use super::link::http::{self, Dated, Http};
use super::link::reading::Told;
use super::link::websocket::Socket;
use super::link::{Decoding, Link, Times, net};
use super::{Legacy, SourceContext};

/// The time that each step may take.
const STEP: Duration = Duration::from_secs(5);

/// A clock that is further than this from the server's is worth a word.
const SKEW_MS: i64 = 2000;

/// Bytes of an answer; a longer one is a failure.
const MAX_BODY: usize = 1 << 20;

/// The last step to a server that sends by itself.
const STREAM: &str = "stream";

/// Whether what it sends can be read.
const MESSAGES: &str = "messages";

/// The wait for a first message: a quiet stream is no trouble.
const FIRST: Duration = Duration::from_secs(2);

/// News that may come of the messages before the first that can be read. Nobody takes it.
const NEWS: usize = 4096;

/// What trying a source needs.
pub struct ProbeContext {
    /// What would be counted: its hashtags are looked for.
    pub questions: Arc<Questions>,
    /// This machine's time.
    pub clock: Clock,
    /// All is tried by then.
    pub deadline: Instant,
}

impl ProbeContext {
    /// What tries one server of a source whose messages are of `feed`.
    pub(super) fn prober(&self, feed: Feed) -> Prober {
        Prober::new(&self.questions, self.clock, self.deadline, |hasher| {
            let decoder = Decoder::new(&self.questions, Some(feed), hasher.clone());
            Decoding::Feed(Box::new(decoder))
        })
    }

    /// What tries the server of a source whose documents are as the config says.
    pub(super) fn prober_of_documents(&self, shape: &Shape) -> Prober {
        Prober::new(&self.questions, self.clock, self.deadline, |hasher| {
            Decoding::Documents(Documents::new(&self.questions, shape, hasher.clone(), ""))
        })
    }
}

/// The findings of servers of which one is enough: while one works the others are no failure. Of
/// several, those that work have a line each.
pub(super) fn any_of(servers: Vec<Vec<Finding>>) -> Vec<Finding> {
    let works = |findings: &[Finding]| findings.iter().all(|f| f.verdict != Verdict::Fail);
    let any_works = servers.iter().any(|findings| works(findings));
    let has_several = servers.len() > 1;
    let mut all = Vec::new();
    for mut findings in servers {
        if has_several && works(&findings) {
            findings.retain(|f| f.verdict != Verdict::Ok || f.what == STREAM);
        }
        for mut finding in findings {
            if any_works && finding.verdict == Verdict::Fail {
                finding.verdict = Verdict::Warn;
            }
            all.push(finding);
        }
    }
    all
}

impl From<Told> for Finding {
    fn from(told: Told) -> Finding {
        if told.is_unread {
            Finding::fail(MESSAGES, told.said, Some(told.hint))
        } else {
            Finding::warn(MESSAGES, told.said, told.hint)
        }
    }
}

/// Tries one server.
pub(super) struct Prober {
    link: Link,
    deadline: Instant,
    findings: Vec<Finding>,
    /// Kept, so that the link does not find its channel closed.
    _news: mpsc::Receiver<(SourceId, News)>,
}

impl Prober {
    fn new(
        questions: &Arc<Questions>,
        clock: Clock,
        deadline: Instant,
        decoding: impl FnOnce(&Hasher) -> Decoding,
    ) -> Prober {
        let (news, inbox_rx) = mpsc::channel(NEWS);
        let hasher = Hasher::default();
        let source_context = SourceContext {
            id: SourceId(0),
            questions: Arc::clone(questions),
            hasher: hasher.clone(),
            news,
            clock: Some(clock),
            times: Times::default(),
            reach: questions.window(),
            recorder: None,
            stop: CancellationToken::new(),
            legacy: Legacy::default(),
        };
        let link = Link::decoding(source_context, decoding(&hasher));
        Prober { link, deadline, findings: Vec::new(), _news: inbox_rx }
    }

    /// The connection to the network, for steps that a show takes too.
    pub(super) fn link(&mut self) -> &mut Link {
        &mut self.link
    }

    /// A hint is given once.
    pub(super) fn report(&mut self, mut finding: Finding) {
        if self.findings.iter().any(|before| before.hint == finding.hint) {
            finding.hint = None;
        }
        self.findings.push(finding);
    }

    pub(super) fn ok(&mut self, what: &'static str, said: impl Into<String>) {
        self.report(Finding::ok(what, said));
    }

    pub(super) fn fail(&mut self, what: &'static str, failure: &Failure) {
        self.report(Finding::fail(what, failure.to_string(), failure.hint()));
    }

    /// What comes of a step, if it works.
    pub(super) fn keep<T>(&mut self, what: &'static str, result: Result<T, Failure>) -> Option<T> {
        result.inspect_err(|failure| self.fail(what, failure)).ok()
    }

    /// How long the next step may take.
    pub(super) fn limit(&self) -> Duration {
        STEP.min(self.rest())
    }

    /// How long all that follows may take.
    pub(super) fn rest(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    /// Looks the host up and connects, with TLS where the URL has it.
    pub(super) async fn reach(&mut self, url: &Url) -> Option<()> {
        let host = net::host(url);
        if let (Some(Host::Domain(name)), Some(port)) = (url.host(), url.port_or_known_default()) {
            let found = timeout(self.limit(), net::resolve(name, port)).await;
            let unresolved = || Failure::Resolve { host: name.to_owned() };
            let found =
                found.map_or_else(|_| Err(unresolved()), |found| found.map_err(|_| unresolved()));
            let count = self.keep("name", found)?.len();
            let addresses = if count == 1 { "address" } else { "addresses" };
            self.ok("name", format!("`{name}` has {count} {addresses}"));
        }
        let connected = timeout(self.limit(), net::connect(url)).await;
        let connected = connected.unwrap_or_else(|_| Err(Failure::NoAnswer { host: host.clone() }));
        self.keep("connection", connected)?;
        let how = match url.scheme() {
            "https" | "wss" => "with TLS, and its certificate is good",
            _ => "without TLS, on this machine",
        };
        self.ok("connection", format!("`{host}` is reached {how}"));
        Some(())
    }

    /// Opens a WebSocket. `explain` knows more of a failure.
    pub(super) async fn upgrade(
        &mut self,
        url: &Url,
        headers: &HeaderMap,
        explain: impl FnOnce(Failure) -> Failure,
    ) -> Option<Socket> {
        let opening = timeout(self.limit(), Socket::open(&mut self.link, url, headers, STEP)).await;
        let host = net::host(url);
        let opened = opening.unwrap_or_else(|_| Err(Failure::NoAnswer { host: host.clone() }));
        let socket = self.keep(STREAM, opened.map_err(explain))?;
        self.ok(STREAM, format!("`{host}` opens a WebSocket"));
        Some(socket)
    }

    /// Says something over a WebSocket, as a show would.
    pub(super) async fn send(&mut self, socket: &mut Socket, text: String) -> Option<()> {
        let sent = socket.send(&self.link, text).await;
        self.keep(STREAM, sent)
    }

    /// Reads the first messages of a WebSocket, as a show would: until one is read, or it is known that
    /// none can be. `take` is given each of them, and delivers it.
    pub(super) async fn listen(
        &mut self,
        socket: &mut Socket,
        mut take: impl FnMut(&mut Link, &[u8]) -> Result<(), Failure>,
    ) {
        let deadline = Instant::now() + FIRST.min(self.limit());
        while !self.is_settled() {
            let Ok(received) = timeout_at(deadline, socket.next(&mut self.link)).await else {
                break;
            };
            let taken = received.and_then(|received| take(&mut self.link, received.bytes()));
            if let Err(failure) = taken {
                return self.report_messages(Some(&failure));
            }
        }
        self.report_messages(None);
    }

    /// The same of an answer that has no end.
    pub(super) async fn follow(
        &mut self,
        mut answer: Response,
        mut take: impl FnMut(&mut Link, Option<&[u8]>) -> Result<(), Failure>,
    ) {
        let deadline = Instant::now() + FIRST.min(self.limit());
        while !self.is_settled() {
            let Ok(chunk) = timeout_at(deadline, answer.chunk()).await else { break };
            let taken = match chunk {
                Ok(Some(chunk)) => take(&mut self.link, Some(&chunk)),
                Ok(None) => take(&mut self.link, None).and(Err(Failure::Closed(String::new()))),
                Err(error) => Err(Failure::from_stream(&error)),
            };
            if let Err(failure) = taken {
                return self.report_messages(Some(&failure));
            }
        }
        self.report_messages(None);
    }

    /// Reads a whole document, as a show would.
    pub(super) async fn read(
        &mut self,
        read: impl AsyncFnOnce(&mut Link, Duration) -> Result<(), Failure>,
    ) -> Option<()> {
        let limit = self.limit();
        let read = read(&mut self.link, limit).await;
        if read.is_err() {
            return self.keep(MESSAGES, read);
        }
        let (_, posts) = self.link.reading().read();
        let s = if posts == 1 { "" } else { "s" };
        let found = || Finding::ok(MESSAGES, format!("the first document has {posts} post{s}"));
        self.report(self.link.reading().tell().map_or_else(found, Finding::from));
        Some(())
    }

    /// Whether it is known that messages can be read, or that they cannot.
    fn is_settled(&self) -> bool {
        let reading = self.link.reading();
        reading.read() > (0, 0) || reading.tell().is_some()
    }

    /// What could be read of a stream before it fell silent, or failed.
    fn report_messages(&mut self, failure: Option<&Failure>) {
        let reading = self.link.reading();
        let is_read = reading.read() > (0, 0);
        let finding = match (reading.tell(), reading.suspicion()) {
            (Some(told), _) => told.into(),
            _ if is_read => Finding::ok(MESSAGES, "what comes can be read"),
            (None, Some(told)) => Finding { verdict: Verdict::Warn, ..told.into() },
            (None, None) if failure.is_some() => {
                return failure.into_iter().for_each(|failure| self.fail(MESSAGES, failure));
            }
            (None, None) => {
                let seconds = FIRST.as_secs();
                Finding::ok(MESSAGES, format!("nothing came within {seconds} s, which may be so"))
            }
        };
        self.report(finding);
    }

    pub(super) fn client(&mut self, what: &'static str, url: &Url) -> Option<Http> {
        let client = Http::new(url);
        self.keep(what, client)
    }

    /// Asks for the head of an answer, which must not be a page for people.
    pub(super) async fn ask(&mut self, request: RequestBuilder) -> Result<Response, Failure> {
        let limit = self.limit();
        let answer = http::send(&mut self.link, request, limit).await?;
        if content_type(answer.headers()).is_some_and(|kind| kind == "text/html") {
            return Err(Failure::Page);
        }
        self.link.observe_date(Dated::of(answer.headers(), self.link.now()));
        Ok(answer)
    }

    /// Asks for a document.
    pub(super) async fn ask_json(
        &mut self,
        request: RequestBuilder,
    ) -> Result<(HeaderMap, serde_json::Value), Failure> {
        let answer = self.ask(request).await?;
        let headers = answer.headers().clone();
        failure::expect_json(&headers)?;
        let body = http::body(answer, MAX_BODY, self.limit()).await?;
        Ok((headers, failure::json(&body)?))
    }

    /// How many requests are left, by the headers of Mastodon and X.
    pub(super) fn room(&mut self, headers: &HeaderMap) {
        let number = |names: [&str; 2]| {
            let value = names.into_iter().find_map(|name| headers.get(name))?;
            value.to_str().ok()?.trim().parse::<u64>().ok()
        };
        let remaining = number(["x-ratelimit-remaining", "x-rate-limit-remaining"]);
        let limit = number(["x-ratelimit-limit", "x-rate-limit-limit"]);
        let (Some(remaining), Some(limit)) = (remaining, limit) else { return };
        let said = format!("{remaining} of {limit} requests are left for now");
        self.report(if remaining.saturating_mul(10) < limit {
            let hint = "is another program using the same account or address? wait some minutes";
            Finding::warn("rate limit", said, hint)
        } else {
            Finding::ok("rate limit", said)
        });
    }

    /// All findings, with that of this machine's clock if the server's answers had dates.
    pub(super) fn end(mut self) -> Vec<Finding> {
        // Dates are cut to seconds, so that half a second too much is what a right clock shows.
        if let Some(ahead) = self.link.skew_ms().map(|ahead| ahead - 500) {
            let seconds = (ahead.abs() + 500) / 1000;
            let side = if ahead > 0 { "ahead of" } else { "behind" };
            self.report(if ahead.abs() > SKEW_MS {
                Finding::warn(
                    "clock",
                    format!("the clock of this machine is {seconds} s {side} the server's"),
                    "posts are counted rightly all the same; secure connections fail if it is far \
                     off: let the network set it (timedatectl set-ntp true)",
                )
            } else {
                Finding::ok("clock", "it agrees with the server's")
            });
        }
        self.findings
    }
}
