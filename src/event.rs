//! Everything the tally can be told, as one closed enum.
//!
//! Rounds and the operator's commands will come through the same door.

use std::sync::Arc;

use crate::post::{AuthorId, Deletion, Post, PostId};
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

/// What became of an event, for whoever writes down what was counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is no message with a post, and takes none back; or it concerned no counted post.
    Other,
    /// A post that was counted.
    Counted,
    /// A post that is counted already.
    Duplicate,
    /// A post whose time had left the window.
    Late,
    /// A post that was taken back before it came, or changes one without a name.
    Dead,
    /// A post that names several teams.
    Both,
    /// A post that edits a counted one.
    Edited(Counted),
    /// A deletion that took back these counted posts.
    TakenBack(Vec<PostId>),
}

/// A post as it was counted before it was edited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    /// Its name.
    pub id: PostId,
    /// Who posted it.
    pub author: Option<AuthorId>,
    /// When.
    pub at: Timestamp,
}

/// The index of a source in the config, and in [`crate::snapshot::Snapshot::sources`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourceId(pub usize);
