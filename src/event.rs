//! Everything the tally can be told, as one closed enum.
//!
//! Rounds and the operator's commands will come through the same door.

use std::sync::Arc;

use crate::post::{Deletion, Post};
use crate::snapshot::{Gap, SourceState};
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
    /// It is this late on the clock of a live show: what is a window older has left for good.
    Now(Timestamp),
    /// A source showed a sign of life that is no message.
    Alive,
    /// A source is doing something else than before.
    Source(SourceId, SourceState),
    /// What keeps a source from being live, for people; `None` if nothing does any more.
    Problem(SourceId, Option<Arc<str>>),
    /// Posts of this span of time may be missing.
    Gap(SourceId, Gap),
}

/// The index of a source in the config, and in [`crate::snapshot::Snapshot::sources`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourceId(pub usize);
