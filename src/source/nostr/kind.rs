//! Nostr as a kind of source: its keys, and what the rest of the program asks of it.

use futures_util::future::join_all;
use reqwest::header::{ACCEPT, HeaderMap};
use serde_json::{Value, json};
use url::Url;

use crate::decode::Feed;
use crate::decode::networks::nostr::message::{self, RelayMessage};
use crate::finding::Finding;
use crate::keys::endpoint::{self, WEBSOCKET};
use crate::keys::table::Table;
use crate::questions::Questions;
use crate::source::SourceContext;
use crate::source::kind::Source;
use crate::source::link::failure::quoted;
use crate::source::link::{Link, net};
use crate::source::probe::{ProbeContext, Prober, any_of};
use crate::source::secret::Variable;

use super::closed::closed;
use super::relay::POSTS;
use super::{MAX_RELAYS, Settings, hashtags};

impl Source for Settings {
    const KIND: &'static str = "nostr";

    fn read(table: &Table<'_>, _: Option<&Questions>) -> Option<Settings> {
        if !table.has("relays") {
            let hint = "add one or more: `relays = [\"wss://relay.example\"]`";
            table.report_missing("relays", hint.to_owned());
        }
        let relays = endpoint::several(table, "relays", WEBSOCKET, MAX_RELAYS, |_| Ok(()));
        Some(Settings { relays: relays.unwrap_or_default() })
    }

    fn is_live(&self) -> bool {
        true
    }

    fn links(&self, _: &Questions) -> usize {
        self.relays.len()
    }

    fn variables(&self) -> Vec<&Variable> {
        Vec::new()
    }

    fn feed(&self) -> Option<Feed> {
        Some(Feed::Nostr)
    }

    fn describe(&self) -> String {
        format!("nostr at {}", self.relays.iter().map(net::host).collect::<Vec<_>>().join(", "))
    }

    async fn probe(&self, context: &ProbeContext) -> Vec<Finding> {
        let urls = self.relays.iter();
        any_of(join_all(urls.map(|url| probe(context.prober(Feed::Nostr), url))).await)
    }

    async fn run(self, _: &str, context: SourceContext) {
        super::run(self, context).await;
    }
}

/// Does the relay let us in, and what does it say of itself (NIP-11)?
async fn probe(mut prober: Prober, url: &Url) -> Vec<Finding> {
    if prober.reach(url).await.is_some()
        && listen(&mut prober, url).await.is_some()
        && let Some(page) = relay_page(url)
        && let Some(client) = prober.client("relay", &page)
    {
        let request = client.get(&page).header(ACCEPT, "application/nostr+json");
        // Not every relay says anything.
        if let Ok((_, document)) = prober.ask_json(request).await {
            prober.report(relay(&document));
        }
    }
    prober.end()
}

/// Asks for a post, and reads what the relay says to that.
async fn listen(prober: &mut Prober, url: &Url) -> Option<()> {
    let mut socket = prober.upgrade(url, &HeaderMap::new(), |failure| failure).await?;
    let filter =
        json!({"kinds": [1], "#t": hashtags::variants(prober.link().questions()), "limit": 1});
    prober.send(&mut socket, json!(["REQ", POSTS, filter]).to_string()).await?;
    let take = |link: &mut Link, message: &[u8]| match message::read(message) {
        RelayMessage::Closed(_, said) => Err(closed(&said)),
        RelayMessage::Eose(_) => {
            link.note_read();
            Ok(())
        }
        // What it says of itself is asked for in another way.
        RelayMessage::Notice(_) | RelayMessage::Auth => Ok(()),
        RelayMessage::Event { .. } | RelayMessage::Other => link.deliver(message),
    };
    prober.listen(&mut socket, take).await;
    Some(())
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
