//! Servers that speak the networks' own wire forms, with invented content, and misbehave on demand.

pub(crate) mod answers;
pub(crate) mod jetstream;
pub(crate) mod mastodon;
pub(crate) mod nostr;
pub(crate) mod raw;
pub(crate) mod service;
pub(crate) mod x;
