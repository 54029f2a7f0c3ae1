//! Posts of any service over HTTP: a stream of lines, an event stream, or a document that is asked
//! for again and again.

use std::time::Duration;

use url::Url;

use super::secret::Template;
use crate::decode::Shape;

/// The keys of an `http` source.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Where: `https`, or `http` on this machine. Without a user, a password or a fragment.
    pub url: Url,
    /// Sent with each request; their values may come from the environment.
    pub headers: Vec<Header>,
    /// How the service answers.
    pub mode: Mode,
    /// What its documents hold.
    pub shape: Shape,
}

/// How the service answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// With an answer that never ends, a document a line.
    Stream,
    /// With server-sent events, a document each.
    Sse,
    /// With one document, which is asked for again after this long.
    Poll(Duration),
}

/// One header of a request or a handshake. The name is one that HTTP allows; a value may turn out
/// not to be when its variables are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// As written.
    pub name: String,
    /// What follows the colon.
    pub value: Template,
}

/// Between two requests, unless the config says otherwise.
pub const EVERY: Duration = Duration::from_secs(5);

/// More often than this no service is asked.
pub const MIN_EVERY: Duration = Duration::from_secs(1);

/// More rarely than this it would not be live.
pub const MAX_EVERY: Duration = Duration::from_hours(1);

/// More headers than this are a problem of the config.
pub const MAX_HEADERS: usize = 32;
