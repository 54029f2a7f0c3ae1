//! Posts of any service over a WebSocket, a document a message.

use std::convert::Infallible;
use std::time::Duration;

use url::Url;

use crate::decode::Shape;

use super::SourceContext;
use super::http::{Header, documents, filled, filled_headers};
use super::link::failure::Failure;
use super::link::websocket::Socket;
use super::link::{self, Link, Resume, Session};
use super::secret::Template;

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
pub const MAX_SEND: usize = 16;

/// A peer that answers no pings has to say something twice as often as this.
const HEARTBEAT: Duration = Duration::from_secs(150);

/// Reads until the show is over.
pub(super) async fn run(name: &str, settings: Settings, context: SourceContext) {
    let documents = documents(name, &settings.shape, &context);
    let link = Link::decoding(context, documents);
    link::run(Messages { settings }, link).await;
}

struct Messages {
    settings: Settings,
}

impl Session for Messages {
    async fn run(&mut self, link: &mut Link) -> Result<Infallible, Failure> {
        let Settings { url, headers, send, .. } = &self.settings;
        let headers = filled_headers(headers)?;
        let mut socket = Socket::open(link, url, &headers, HEARTBEAT).await?;
        for text in send {
            socket.send(link, filled(text)?.reveal().to_owned()).await?;
        }
        // Nobody sends again what was missed.
        link.connected(Resume::Lost).await?;
        loop {
            let received = socket.next(link).await?;
            link.deliver(received.bytes())?;
        }
    }
}
