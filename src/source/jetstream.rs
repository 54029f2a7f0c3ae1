//! Bluesky, by its Jetstream.

use url::Url;

/// The keys of a `bluesky` source.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Tried in turn, at least one: `wss`, or `ws` on this machine, with the path of one of the two
    /// generations of the protocol ([`PATHS`]).
    pub endpoints: Vec<Url>,
}

/// The public ones, which need no account.
pub const ENDPOINTS: [&str; 4] = [
    "wss://jetstream1.us-east.bsky.network/subscribe",
    "wss://jetstream2.us-east.bsky.network/subscribe",
    "wss://jetstream1.us-west.bsky.network/subscribe",
    "wss://jetstream2.us-west.bsky.network/subscribe",
];

/// The ends of the paths of the first and the second generation of the protocol.
pub const PATHS: [&str; 2] = ["/subscribe", "/xrpc/network.bsky.jetstream.subscribeEvents"];

/// More endpoints than this are a problem of the config.
pub const MAX_ENDPOINTS: usize = 16;
