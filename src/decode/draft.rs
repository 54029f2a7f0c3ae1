//! What decoding a message needs beside its bytes, and what the message turns out to hold.

use std::borrow::Cow;

use crate::contest::Reposts;
use crate::event::{ClockEvent, Given};
use crate::post::{AuthorId, Deletion, Hasher, PostId, Version};
use crate::timestamp::Timestamp;

use super::matcher::{Found, Matcher};

/// What decoding needs beside the bytes.
pub(super) struct Context {
    pub(super) matcher: Matcher,
    pub(super) reposts: Reposts,
    pub(super) hasher: Hasher,
    pub(super) origin: Origin,
}

impl Context {
    /// The post called `id` in `scope`.
    pub(super) fn post(&self, scope: &str, id: &str) -> PostId {
        self.hashed(id).map_or_else(|| self.hasher.post(scope, id), PostId)
    }

    /// The author called `name` in `scope`.
    pub(super) fn author(&self, scope: &str, name: &str) -> AuthorId {
        self.hashed(name).map_or_else(|| self.hasher.author(scope, name), AuthorId)
    }

    /// The hash that a name is, where names are.
    fn hashed(&self, name: &str) -> Option<u64> {
        let is_hash = self.origin == Origin::OwnJournal && name.len() == 16;
        is_hash.then(|| u64::from_str_radix(name, 16).ok()).flatten()
    }
}

/// Where messages come from, which decides what they may say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// Anybody: a network, or who knows.
    Anybody,
    /// A file that the person who runs the program has chosen. It may steer.
    File,
    /// The same, and the names in it are the keyed hashes of the show that goes on with it.
    OwnJournal,
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
    /// The same, and what the recorder knows of its arrival.
    Recorded(Content, Arrival<'a>),
    /// A message of some network as it came.
    Raw(Raw<'a>),
    /// What only a file may say.
    OfFile(OfFile),
}

/// What a recorder knows of the arrival of a message.
pub(super) struct Arrival<'a> {
    /// When it was.
    pub(super) seen: Option<Timestamp>,
    /// The name of the source.
    pub(super) source: Option<Cow<'a, str>>,
}

/// What a line of a file says that is no message of a network.
pub(super) enum OfFile {
    /// A command was given.
    Command(Box<Given>),
    /// What the clock of the recorded show did.
    Clock(Timestamp, ClockEvent),
    /// Messages that were counted without being written down.
    Counted { unmatched: u64, malformed: u64, dropped: u64 },
    /// A result, which follows from the rest.
    Result,
}

/// A message that a recorder kept as it came over the wire.
pub(super) struct Raw<'a> {
    /// When it arrived, where that is not when it came.
    pub(super) seen: Option<Timestamp>,
    /// When it came.
    pub(super) at: Option<Timestamp>,
    /// The kind of source that it came from, where the recorder says so.
    pub(super) kind: Option<Cow<'a, str>>,
    /// The name of the source.
    pub(super) source: Option<Cow<'a, str>>,
    pub(super) message: Cow<'a, str>,
}
