//! Nostr, by relays of one's own choice.

use url::Url;

/// The keys of a `nostr` source.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// All connected at once, at least one, each once: `wss`, or `ws` on this machine.
    pub relays: Vec<Url>,
}

/// More relays than this are a problem of the config: each is a connection.
pub const MAX_RELAYS: usize = 16;
