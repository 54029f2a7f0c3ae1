//! Requests over HTTP: one client a source, answers checked before anything is read from them.
//!
//! No cookies, no compression asked for (gzip holds events back; what comes compressed all the same is
//! the business of [`super::encoding`]), no proxies, and redirects only within the host that the config names.

use std::time::Duration;

use reqwest::header::{ACCEPT_ENCODING, HeaderMap, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use tokio::time::Instant;
use url::Url;

use crate::timestamp::Timestamp;

use super::failure::{Failure, Unresolved};
use super::headers::server_date;
use super::net::{self, CONNECT_TIME};
use super::what_came::What;
use super::{Link, encoding, tls};

/// Without this header servers may compress as they like (RFC 9110, 12.5.3).
const PLAIN: HeaderValue = HeaderValue::from_static("identity");

/// Redirects that are followed, one after the other, within the host.
const MAX_REDIRECTS: usize = 3;

/// What of an error's answer is read.
const MAX_ERROR: usize = 16 << 10;

/// Between keep-alive probes of the system, and how many may go unanswered: a peer that has vanished
/// is known to be dead within ten seconds, even if its network has no heartbeat.
const PROBE: Duration = Duration::from_secs(2);
const PROBES: u32 = 4;

/// Speaks to one host.
pub(in crate::source) struct Http {
    client: Client,
}

impl Http {
    /// A client for the host of `url`. Nothing is connected yet.
    pub(in crate::source) fn new(url: &Url) -> Result<Http, Failure> {
        let redirects = Policy::custom(|attempt| {
            let same_host = attempt.previous().last().is_some_and(|last| {
                last.host() == attempt.url().host()
                    && last.port_or_known_default() == attempt.url().port_or_known_default()
                    && last.scheme() == attempt.url().scheme()
            });
            if same_host && attempt.previous().len() <= MAX_REDIRECTS {
                attempt.follow()
            } else {
                attempt.stop()
            }
        });
        let tls = tls::config(url.scheme()).map_err(Failure::Tls)?;
        let client = Client::builder()
            .tls_backend_preconfigured((*tls).clone())
            .user_agent(super::USER_AGENT)
            .default_headers(HeaderMap::from_iter([(ACCEPT_ENCODING, PLAIN)]))
            .redirect(redirects)
            .no_proxy()
            .connect_timeout(CONNECT_TIME)
            .tcp_keepalive(PROBE)
            .tcp_keepalive_interval(PROBE)
            .tcp_keepalive_retries(PROBES)
            .dns_resolver(Resolver)
            .build()
            .map_err(|error| Failure::from_error(&error, &net::host(url)))?;
        Ok(Http { client })
    }

    /// Begins a request.
    pub(in crate::source) fn get(&self, url: &Url) -> RequestBuilder {
        self.client.get(url.clone())
    }

    /// Begins a request that carries something.
    pub(in crate::source) fn post(&self, url: &Url) -> RequestBuilder {
        self.client.post(url.clone())
    }
}

/// Sends a request and waits `limit` for the head of the answer. A status other than 2xx or 304 is a
/// failure.
pub(in crate::source) async fn send(
    link: &mut Link,
    request: RequestBuilder,
    limit: Duration,
) -> Result<Response, Failure> {
    let answer = exchange(request, limit).await?;
    let now = link.now();
    good(answer, limit, now).await
}

/// What an answer says of the time, and when it came on the show's clock. Whether that is believed
/// turns out when its content does: anybody on the way can date an answer.
#[derive(Clone, Copy, Debug)]
pub(in crate::source) struct Dated {
    pub(in crate::source) date: Timestamp,
    pub(in crate::source) arrival: Timestamp,
}

impl Dated {
    /// The date of an answer that has just come.
    pub(in crate::source) fn of(headers: &HeaderMap, arrival: Timestamp) -> Option<Dated> {
        server_date(headers).map(|date| Dated { date, arrival })
    }
}

/// An answer that is none of those asked for.
pub(in crate::source) struct Refusal {
    pub(in crate::source) status: u16,
    pub(in crate::source) headers: HeaderMap,
    /// The first kilobytes.
    pub(in crate::source) body: Vec<u8>,
}

/// Whether an answer can be what was asked for.
pub(in crate::source) fn is_good(status: StatusCode) -> bool {
    status.is_success() || status == StatusCode::NOT_MODIFIED
}

/// Reads a refusal, for networks that say more in it than others.
pub(in crate::source) async fn refusal(answer: Response, limit: Duration) -> Refusal {
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    let body = body(answer, MAX_ERROR, limit).await.unwrap_or_default();
    Refusal { status, headers, body }
}

/// Sends a request and waits `limit` for the head of the answer, whatever its status.
pub(in crate::source) async fn exchange(
    request: RequestBuilder,
    limit: Duration,
) -> Result<Response, Failure> {
    let (client, request) = request.build_split();
    let request = request.map_err(|error| Failure::Setup(error.to_string()))?;
    let host = net::host(request.url());
    tokio::time::timeout(limit, client.execute(request))
        .await
        .map_err(|_| Failure::NoAnswer { host: host.clone() })?
        .map_err(|error| Failure::from_error(&error, &host))
}

/// A whole answer, and what was said beside it.
pub(in crate::source) struct Document {
    /// Of the answer, whatever its status.
    pub(in crate::source) headers: HeaderMap,
    /// How long it took from its head to its end.
    pub(in crate::source) took: Duration,
    /// What was asked for, or why it did not come.
    pub(in crate::source) body: Result<Vec<u8>, Failure>,
}

impl Document {
    /// What it says of the time, if it has come at `arrival`.
    pub(in crate::source) fn dated(&self, arrival: Timestamp) -> Option<Dated> {
        let head_came = arrival.checked_sub(self.took).unwrap_or(arrival);
        Dated::of(&self.headers, head_came)
    }
}

/// Asks for a document of at most `max` bytes, without a link, so that it can be done beside a
/// stream: it is for the caller to report signs of life and the answer's date to the link. `now` is
/// on the show's clock.
pub(in crate::source) async fn document(
    request: RequestBuilder,
    max: usize,
    limit: Duration,
    now: Timestamp,
) -> Document {
    match exchange(request, limit).await {
        Err(failure) => {
            Document { headers: HeaderMap::new(), took: Duration::ZERO, body: Err(failure) }
        }
        Ok(answer) => {
            let head_came = Instant::now();
            let headers = answer.headers().clone();
            let body = match good(answer, limit, now).await {
                Ok(answer) => body(answer, max, limit).await,
                Err(failure) => Err(failure),
            };
            Document { headers, took: head_came.elapsed(), body }
        }
    }
}

async fn good(answer: Response, limit: Duration, now: Timestamp) -> Result<Response, Failure> {
    if is_good(answer.status()) {
        return Ok(answer);
    }
    let url = answer.url().clone();
    let Refusal { status, headers, body } = refusal(answer, limit).await;
    Err(Failure::status(status, &headers, &body, || now).asked(&url))
}

/// Reads a whole answer, at most `max` bytes of it and for at most `limit`: the text in it, in UTF-8 where
/// the answer says what else it is in, and without what stands in front of JSON.
pub(in crate::source) async fn body(
    mut answer: Response,
    max: usize,
    limit: Duration,
) -> Result<Vec<u8>, Failure> {
    let host = net::host(answer.url());
    let mut bytes = Vec::new();
    let read = async {
        while let Some(chunk) =
            answer.chunk().await.map_err(|error| Failure::from_error(&error, &host))?
        {
            if bytes.len() + chunk.len() > max {
                return Err(Failure::TooLong(max));
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(())
    };
    match tokio::time::timeout(limit, read).await {
        Ok(read) => read?,
        Err(_) if bytes.is_empty() => return Err(Failure::NoAnswer { host: host.clone() }),
        Err(_) => return Err(Failure::Unreadable(What::Endless)),
    }
    encoding::document(answer.headers(), bytes, max)
}

/// Looks names up within a limit.
struct Resolver;

impl reqwest::dns::Resolve for Resolver {
    fn resolve(&self, name: reqwest::dns::Name) -> reqwest::dns::Resolving {
        Box::pin(async move {
            let addresses = net::resolve(name.as_str(), 0).await;
            let addresses = addresses.map_err(|error: Unresolved| Box::new(error) as Box<_>)?;
            Ok(Box::new(addresses.into_iter()) as reqwest::dns::Addrs)
        })
    }
}
