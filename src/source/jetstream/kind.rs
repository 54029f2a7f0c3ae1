//! Bluesky as a kind of source: its keys, and what the rest of the program asks of it.

use futures_util::future::join_all;
use tokio_tungstenite::tungstenite::http::HeaderMap;
use url::Url;

use crate::decode::Feed;
use crate::decode::networks::jetstream::mark::mark;
use crate::finding::Finding;
use crate::keys::endpoint::{self, WEBSOCKET};
use crate::keys::table::Table;
use crate::questions::Questions;
use crate::source::SourceContext;
use crate::source::kind::Source;
use crate::source::link::{Link, net};
use crate::source::probe::{ProbeContext, Prober, any_of};
use crate::source::secret::Variable;

use super::{ENDPOINTS, MAX_ENDPOINTS, PATHS, Settings, ended, subscription};

impl Source for Settings {
    const KIND: &'static str = "bluesky";

    fn read(table: &Table<'_>, _: Option<&Questions>) -> Option<Settings> {
        let endpoints = endpoint::several(table, "endpoint", WEBSOCKET, MAX_ENDPOINTS, |url| {
            if PATHS.iter().any(|path| url.path().ends_with(path)) {
                return Ok(());
            }
            let message = "`endpoint` does not end in `/subscribe`".to_owned();
            Err((message, format!("for example `endpoint = \"{}\"`", ENDPOINTS[0])))
        });
        let public = || {
            let urls = ENDPOINTS.iter();
            urls.map(|url| url.parse().expect("a test reads the public endpoints")).collect()
        };
        Some(Settings { endpoints: endpoints.unwrap_or_else(public) })
    }

    fn is_live(&self) -> bool {
        true
    }

    fn variables(&self) -> Vec<&Variable> {
        Vec::new()
    }

    fn feed(&self) -> Option<Feed> {
        Some(Feed::Jetstream)
    }

    fn describe(&self) -> String {
        let more = match self.endpoints.len() {
            1 => String::new(),
            endpoints => format!(", and {} more in turn", endpoints - 1),
        };
        format!("bluesky at {}{more}", net::host(&self.endpoints[0]))
    }

    async fn probe(&self, context: &ProbeContext) -> Vec<Finding> {
        let urls = self.endpoints.iter();
        any_of(join_all(urls.map(|url| probe(context.prober(Feed::Jetstream), url))).await)
    }

    async fn run(self, _: &str, context: SourceContext) {
        super::run(self, context).await;
    }
}

/// Does the endpoint let us subscribe, and can what it sends be read?
async fn probe(mut prober: Prober, url: &Url) -> Vec<Finding> {
    let url = subscription(url);
    if prober.reach(&url).await.is_some()
        && let Some(mut socket) = prober.upgrade(&url, &HeaderMap::new(), |failure| failure).await
    {
        let take = |link: &mut Link, message: &[u8]| {
            mark(message).error.map_or(Ok(()), |error| Err(ended(&error)))?;
            link.deliver(message)
        };
        prober.listen(&mut socket, take).await;
    }
    prober.end()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_public_endpoints_are_urls() {
        for text in ENDPOINTS {
            let url: Url = text.parse().expect("a URL");
            assert_eq!(url.scheme(), "wss", "{text}");
        }
    }
}
