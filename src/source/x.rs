//! X, by the filtered stream of its API v2.

use url::Url;

use super::secret::Variable;

/// The keys of an `x` source.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// The server of the API: `https`, or `http` on this machine, and no path.
    pub endpoint: Url,
    /// Where the bearer token of the app is.
    pub token: Variable,
    /// After this many posts the source ends: each one read is billed.
    pub max_posts: u32,
}

/// The public one.
pub const ENDPOINT: &str = "https://api.x.com";

/// How many posts are read unless the config says otherwise: at half a cent a post, 50 dollars.
pub const MAX_POSTS: u32 = 10_000;

/// More than the network sells in a month.
pub const MOST_POSTS: u32 = 10_000_000;
