//! A Mastodon server: its stream with a token, its hashtag timeline without one.

use url::Url;

use super::secret::Variable;

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
