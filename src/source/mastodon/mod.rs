//! A Mastodon server: its stream with a token, its hashtag timelines without one.
//!
//! There are three ways to the posts (`way`): a WebSocket, server-sent events, and asking for the
//! timelines again and again. Streams repeat nothing and promise nothing: what was missed is looked up
//! in the timelines after each connection, and once a minute in between, which also finds deletions
//! that were missed, and streams that are connected and silent. Every post goes through `ledger`, so
//! that it is sent once.
//! Only the server's `Date` is taken as its time: the times of posts are claims of their own servers.
//! Source: the Mastodon documentation, methods/streaming; `streaming/index.js`.

mod account;
mod answers;
mod api;
mod client;
mod clocks;
mod instance;
mod kind;
mod ledger;
mod names;
mod notes;
mod pages;
mod rate_limit;
mod server;
mod silence;
mod streams;
mod survey;
mod timelines;
mod trial;
mod visibility;
mod walk;
mod way;

use std::convert::Infallible;

use url::Url;

use crate::decode::networks::mastodon::mark;
use crate::decode::{Decoder, Feed};

use super::SourceContext;
use super::link::failure::Failure;
use super::link::{self, Link, Session};
use super::secret::Variable;
use client::Client;

/// The keys of a `mastodon` source.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// The server: `https`, or `http` on this machine, and no path.
    pub server: Url,
    /// Where the access token is.
    pub token: Option<Variable>,
    /// How posts are got.
    pub mode: Mode,
}

/// How posts are got.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// By the stream with a token, by the timeline without one or where there is no stream.
    #[default]
    Auto,
    /// By the stream.
    Stream,
    /// By asking for the timeline again and again.
    Poll,
}

/// Reads the server until the show is over.
pub(super) async fn run(settings: Settings, context: SourceContext) {
    let decoder = Decoder::new(&context.questions, Some(Feed::Mastodon), context.hasher.clone());
    let link = Link::new(context, decoder);
    link::run(Mastodon { settings, client: None }, link).await;
}

struct Mastodon {
    settings: Settings,
    /// Made when the server was asked what it is; it stays from one connection to the next.
    client: Option<Client>,
}

impl Session for Mastodon {
    async fn run(&mut self, link: &mut Link) -> Result<Infallible, Failure> {
        match &mut self.client {
            Some(client) => {
                let missing = link.since().unwrap_or_else(|| link.last_alive());
                client.run(link, Some(missing)).await
            }
            none => none.insert(Client::new(&self.settings, link).await?).run(link, None).await,
        }
    }
}
