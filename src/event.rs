//! Everything the tally can be told, as one closed enum.
//!
//! Rounds and the operator's commands will come through the same door.

use crate::post::{Deletion, Post};
use crate::snapshot::SourceState;
use crate::timestamp::Timestamp;

/// One thing that happened, in the order in which it was heard of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A message with a post that names a team, or with an edit.
    Post(Post),
    /// A message that takes posts back.
    Deletion(Deletion),
    /// So many messages that concern no team.
    Unmatched(u64),
    /// A message that names a team and cannot be read, and why.
    Malformed(&'static str),
    /// So many messages that were lost because nobody had time for them.
    Dropped(u64),
    /// The time is at least this.
    Tick(Timestamp),
    /// A source is doing something else than before.
    Source(SourceId, SourceState),
}

/// The index of a source in the config, and in [`crate::snapshot::Snapshot::sources`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourceId(pub usize);
