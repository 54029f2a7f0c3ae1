//! Posts of any service over a WebSocket, a document a message.
//!
//! The keys and what the rest of the program asks of it, and the session.

use std::convert::Infallible;
use std::time::Duration;

use url::Url;

use crate::decode::{Feed, Shape};
use crate::finding::Finding;
use crate::keys::endpoint::{self, WEBSOCKET};
use crate::keys::table::Table;
use crate::questions::Questions;

use super::http::Header;
use super::http::headers::{self, filled_text};
use super::kind::Source;
use super::link::failure::Failure;
use super::link::websocket::Socket;
use super::link::{self, Link, Resume, Session, net};
use super::origin;
use super::probe::{ProbeContext, Prober};
use super::secret::{self, Template, Variable};
use super::{SourceContext, documents};

/// The keys of a `websocket` source.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Where: `wss`, or `ws` on this machine. Without a user, a password or a fragment.
    pub url: Url,
    /// Sent with the handshake; their values may come from the environment.
    pub headers: Vec<Header>,
    /// What is sent each time the connection is open, in this order, each a text message of its own.
    pub send: Vec<Template>,
    /// What the messages hold.
    pub shape: Shape,
}

/// More texts to send than this are a problem of the config.
const MAX_SEND: usize = 16;

/// A peer that answers no pings has to say something twice as often as this.
const HEARTBEAT: Duration = Duration::from_secs(150);

impl Source for Settings {
    const KIND: &'static str = "websocket";

    fn read(table: &Table<'_>, questions: Option<&Questions>) -> Option<Settings> {
        if !table.has("url") {
            let hint = "add where the posts are: `url = \"wss://example.org/posts\"`";
            table.report_missing("url", hint.to_owned());
        }
        let url = endpoint::one(table, "url", WEBSOCKET);
        let mut headers = headers::read(table);
        origin::read(table, &mut headers);
        let send = secret::templates(table, "send", MAX_SEND);
        let shape = documents::read(table, questions);
        Some(Settings { url: url?, headers, send, shape })
    }

    fn is_live(&self) -> bool {
        true
    }

    fn variables(&self) -> Vec<&Variable> {
        let sent = self.send.iter().flat_map(Template::variables);
        headers::variables(&self.headers).chain(sent).collect()
    }

    /// Only the config tells what its messages hold.
    fn feed(&self) -> Option<Feed> {
        None
    }

    fn describe(&self) -> String {
        let shape = documents::describe(&self.shape);
        format!("websocket at {}, {shape}", net::host(&self.url))
    }

    /// Does it open, and can what it sends be read? What a show says to it is said here too, for
    /// without that many a service says nothing.
    async fn probe(&self, context: &ProbeContext) -> Vec<Finding> {
        let mut prober = context.prober_of_documents(&self.shape);
        let _ended_early = probe(&mut prober, self).await;
        prober.end()
    }

    async fn run(self, name: &str, context: SourceContext) {
        let decoding = documents::decoding(name, &self.shape, &context);
        let link = Link::decoding(context, decoding);
        link::run(Messages { settings: self }, link).await;
    }
}

async fn probe(prober: &mut Prober, settings: &Settings) -> Option<()> {
    let Settings { url, headers, send, .. } = settings;
    let headers = prober.keep("headers", headers::filled(headers))?;
    prober.reach(url).await?;
    let explain = |failure| origin::explain(failure, &headers);
    let mut socket = prober.upgrade(url, &headers, explain).await?;
    for text in send {
        let text = prober.keep("headers", filled_text(text))?;
        prober.send(&mut socket, text.reveal().to_owned()).await?;
    }
    prober.listen(&mut socket, Link::deliver).await;
    Some(())
}

struct Messages {
    settings: Settings,
}

impl Session for Messages {
    async fn run(&mut self, link: &mut Link) -> Result<Infallible, Failure> {
        let Settings { url, headers, send, .. } = &self.settings;
        let headers = headers::filled(headers)?;
        let opened = Socket::open(link, url, &headers, HEARTBEAT).await;
        let mut socket = opened.map_err(|failure| origin::explain(failure, &headers))?;
        for text in send {
            socket.send(link, filled_text(text)?.reveal().to_owned()).await?;
        }
        // Nobody sends again what was missed.
        link.connected(Resume::Lost).await?;
        loop {
            let received = socket.next(link).await?;
            link.deliver(received.bytes())?;
        }
    }
}
