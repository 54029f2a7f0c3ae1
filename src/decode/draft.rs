//! What decoding a message needs beside its bytes, and what the message turns out to hold.

use std::borrow::Cow;

use crate::contest::Reposts;
use crate::post::{AuthorId, Deletion, Hasher, PostId, Version};
use crate::timestamp::Timestamp;

use super::matcher::{Found, Matcher};

/// What decoding needs beside the bytes.
pub(super) struct Context {
    pub(super) matcher: Matcher,
    pub(super) reposts: Reposts,
    pub(super) hasher: Hasher,
}

/// What one message of a network turned out to hold.
pub(super) enum Content {
    /// It carries a post.
    Post(Draft),
    /// It takes posts back.
    Deletion(Deletion),
    /// It concerns no post, or none that could count.
    Other,
    /// The network is not known to say that. It is counted like what concerns no post.
    Unknown,
    /// A heartbeat or a remark: not even received.
    Nothing,
}

/// A post as far as its message describes it.
pub(super) struct Draft {
    pub(super) id: Option<PostId>,
    pub(super) alias: Option<PostId>,
    pub(super) author: Option<AuthorId>,
    pub(super) at: Option<Timestamp>,
    pub(super) found: Found,
    pub(super) version: Version,
}

/// What one line of a recording turned out to hold.
pub(super) enum Line<'a> {
    /// A message of the recorder's own.
    Content(Content),
    /// A message of some network as it came.
    Raw(Raw<'a>),
}

/// A message that a recorder kept as it came over the wire.
pub(super) struct Raw<'a> {
    /// When it came.
    pub(super) at: Option<Timestamp>,
    /// The kind of source that it came from, where the recorder says so.
    pub(super) kind: Option<Cow<'a, str>>,
    /// The name of the source.
    pub(super) source: Option<Cow<'a, str>>,
    pub(super) message: Cow<'a, str>,
}
