//! Posts of any service over a WebSocket, a document a message.

use url::Url;

use super::http::Header;
use super::secret::Template;
use crate::decode::Shape;

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
