//! What each network is asked.

use reqwest::header::{ACCEPT, HeaderMap};
use serde_json::Value;
use url::Url;

use crate::finding::Finding;
use crate::source::link::failure::{Failure, quoted};
use crate::source::{http, jetstream, mastodon, websocket, x};

use super::Prober;

impl Prober {
    /// Bluesky: does the endpoint let us subscribe?
    pub(super) async fn jetstream(mut self, url: &Url) -> Vec<Finding> {
        let mut url = url.clone();
        // Each generation of the protocol has a word of its own for them.
        let word = if url.path().ends_with(jetstream::PATHS[1]) {
            "collections"
        } else {
            "wantedCollections"
        };
        url.query_pairs_mut().append_pair(word, jetstream::POSTS);
        if self.reach(&url).await.is_some() {
            self.upgrade(&url, &HeaderMap::new()).await;
        }
        self.end()
    }

    /// Nostr: does the relay let us in, and what does it say of itself (NIP-11)?
    pub(super) async fn nostr(mut self, url: &Url) -> Vec<Finding> {
        if self.reach(url).await.is_some()
            && self.upgrade(url, &HeaderMap::new()).await.is_some()
            && let Some(page) = relay_page(url)
            && let Some(client) = self.client("relay", &page)
        {
            let request = client.get(&page).header(ACCEPT, "application/nostr+json");
            // Not every relay says anything.
            if let Ok((_, document)) = self.ask_json(request).await {
                self.findings.push(relay(&document));
            }
        }
        self.end()
    }

    /// Mastodon: what may be read here, with the token and without?
    pub(super) async fn mastodon(mut self, settings: &mastodon::Settings) -> Vec<Finding> {
        let _ended_early = self.mastodon_steps(settings).await;
        self.end()
    }

    async fn mastodon_steps(&mut self, settings: &mastodon::Settings) -> Option<()> {
        let server = &settings.server;
        let token = settings.token.as_ref().and_then(|variable| variable.read().ok());
        self.reach(server).await?;
        let client = self.client("instance", server)?;
        let url = |path: &str| server.join(path).ok();
        let instance = self.ask_json(client.get(&url("/api/v2/instance")?)).await;
        let (_, instance) = self.keep("instance", instance)?;
        let version = instance["version"].as_str().map(quoted).unwrap_or_default();
        self.ok("instance", format!("it runs version {version}"));
        if let Some(token) = &token {
            let request = client.get(&url("/api/v1/accounts/verify_credentials")?);
            match self.ask(request.bearer_auth(token.reveal())).await {
                Ok(_) => self.ok("token", "the server knows it"),
                // Known, and without the right to read the account, which is not needed.
                Err(Failure::Status { status: 403, .. }) => {
                    self.ok("token", "the server knows it, and it reads nothing of the account");
                }
                Err(failure) => {
                    self.fail("token", &failure);
                    return None;
                }
            }
        }
        if let Some(finding) = access(&instance, token.is_some()) {
            self.findings.push(finding);
        }
        let hashtag = self.link.contest().hashtags().next().map(|(_, tag)| tag.to_owned())?;
        let mut timeline = url("/api/v1/timelines/tag/")?;
        timeline.path_segments_mut().ok()?.pop_if_empty().push(&hashtag);
        timeline.query_pairs_mut().append_pair("limit", "1");
        let mut request = client.get(&timeline);
        if let Some(token) = &token {
            request = request.bearer_auth(token.reveal());
        }
        let answer = self.ask_json(request).await;
        let (headers, _) = self.keep("timeline", answer)?;
        self.ok("timeline", format!("posts with #{hashtag} can be read"));
        self.room(&headers);
        Some(())
    }

    /// X: does the token read the rules of the stream? They are not changed.
    pub(super) async fn x(mut self, settings: &x::Settings) -> Vec<Finding> {
        let _ended_early = self.x_steps(settings).await;
        self.end()
    }

    async fn x_steps(&mut self, settings: &x::Settings) -> Option<()> {
        let token = settings.token.read().ok()?;
        let url = settings.endpoint.join("/2/tweets/search/stream/rules").ok()?;
        self.reach(&url).await?;
        let client = self.client("rules", &url)?;
        let answer = self.ask_json(client.get(&url).bearer_auth(token.reveal())).await;
        let (headers, document) = self.keep("rules", answer)?;
        let rules = document["data"].as_array().map_or(0, Vec::len);
        self.ok("token", "the server takes it");
        self.ok("rules", {
            let s = if rules == 1 { "" } else { "s" };
            format!("the stream has {rules} rule{s}; a show sets up those it needs")
        });
        self.room(&headers);
        Some(())
    }

    /// Any service over HTTP: the head of its answer.
    pub(super) async fn http(mut self, settings: &http::Settings) -> Vec<Finding> {
        let _ended_early = self.http_steps(settings).await;
        self.end()
    }

    async fn http_steps(&mut self, settings: &http::Settings) -> Option<()> {
        let headers = http::filled_headers(&settings.headers);
        let headers = self.keep("headers", headers)?;
        self.reach(&settings.url).await?;
        let client = self.client("answer", &settings.url)?;
        let mut request = client.get(&settings.url).headers(headers);
        if settings.mode == http::Mode::Sse {
            request = request.header(ACCEPT, "text/event-stream");
        }
        let answer = self.ask(request).await;
        let answer = self.keep("answer", answer)?;
        self.ok("answer", format!("the server answers {}", answer.status().as_u16()));
        let headers = answer.headers().clone();
        self.room(&headers);
        Some(())
    }

    /// Any service over a WebSocket: does it open?
    pub(super) async fn websocket(mut self, settings: &websocket::Settings) -> Vec<Finding> {
        let headers = http::filled_headers(&settings.headers);
        if let Some(headers) = self.keep("headers", headers)
            && self.reach(&settings.url).await.is_some()
        {
            self.upgrade(&settings.url, &headers).await;
        }
        self.end()
    }
}

/// Where a relay tells of itself.
fn relay_page(url: &Url) -> Option<Url> {
    let scheme = if url.scheme() == "wss" { "https" } else { "http" };
    // A URL does not change from one kind of scheme to another in place.
    url.as_str().split_once(':').and_then(|(_, rest)| format!("{scheme}:{rest}").parse().ok())
}

/// What a relay asks of those who read.
fn relay(document: &Value) -> Finding {
    let limitation = &document["limitation"];
    let software = document["software"].as_str().map(quoted).unwrap_or_default();
    let asks = [("auth_required", "an account"), ("payment_required", "a payment")]
        .into_iter()
        .find(|(name, _)| limitation[*name].as_bool() == Some(true));
    match asks {
        Some((_, what)) => Finding::warn(
            "relay",
            format!("it asks for {what}"),
            "choose a relay that lets anybody read",
        ),
        None => Finding::ok("relay", format!("it lets anybody read ({software})")),
    }
}

/// Who may read hashtag timelines, where the server says so (Mastodon 4.5 and later).
fn access(instance: &Value, has_token: bool) -> Option<Finding> {
    let feeds = &instance["configuration"]["timelines_access"]["hashtag_feeds"];
    let words = ["local", "remote"].map(|side| feeds[side].as_str().unwrap_or_default());
    if words.contains(&"disabled") {
        return Some(Finding::fail(
            "hashtags",
            "the server has switched hashtag timelines off",
            Some("a stream of it would be silent: choose another server"),
        ));
    }
    if words.contains(&"authenticated") && !has_token {
        return Some(Finding::fail(
            "hashtags",
            "the server shows hashtag timelines to its users alone",
            Some("make an access token with the scope read:statuses, and name it in `token_env`"),
        ));
    }
    None
}
