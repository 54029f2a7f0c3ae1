//! A post as the tally sees it: when, by whom, for which team. Its text stays behind in `decode`.

use std::hash::{BuildHasher, RandomState};

use crate::contest::TeamId;
use crate::timestamp::Timestamp;

/// Names a post within its network. A keyed hash, so that memory does not depend on how long the
/// ids are, and outsiders, who choose the ids, cannot aim for collisions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PostId(pub u64);

/// Names an author within a network; a keyed hash like [`PostId`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AuthorId(pub u64);

/// The team that a post pulls for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Side {
    /// It names no team.
    #[default]
    None,
    /// It names one.
    Team(TeamId),
    /// It names two or more, and counts for none.
    Both,
}

impl Side {
    /// This side once the post turns out to name `team` too.
    #[must_use]
    pub fn and(self, team: TeamId) -> Side {
        match self {
            Side::None => Side::Team(team),
            Side::Team(known) if known == team => self,
            Side::Team(_) | Side::Both => Side::Both,
        }
    }
}

/// Which hashtag of the contest it is: counted through all teams, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TagId(pub u16);

/// The hashtags that decided the side of a post: none, one, or for [`Side::Both`] one of each of two
/// teams. Nothing counts by them; they are for recordings. A post whose source does not know them has
/// none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tags(pub [Option<TagId>; 2]);

/// Whether a message brings a post or changes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// The post as it was first published.
    First,
    /// The post as it was changed to.
    Edit,
}

/// A message that carries a post.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Post {
    /// `None`: the post is its own, and can be neither repeated, edited nor deleted.
    pub id: Option<PostId>,
    /// A second name by which the network's deletions call it.
    pub alias: Option<PostId>,
    /// `None`: the post is by an author of its own.
    pub author: Option<AuthorId>,
    /// When it was posted.
    pub at: Timestamp,
    /// The team that it pulls for.
    pub side: Side,
    /// By which hashtags.
    pub tags: Tags,
    /// First version or edit.
    pub version: Version,
}

/// A message that takes posts back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deletion {
    /// The posts, by [`Post::id`] or [`Post::alias`].
    pub posts: Vec<PostId>,
    /// Where anyone can send a deletion, the author whose posts alone it takes back.
    pub author: Option<AuthorId>,
    /// `None` where the network gives no time.
    pub at: Option<Timestamp>,
}

/// Makes [`PostId`]s and [`AuthorId`]s with a key that is drawn anew for each run.
#[derive(Clone, Debug, Default)]
pub struct Hasher {
    posts: RandomState,
    authors: RandomState,
}

impl Hasher {
    /// The post called `id` in `scope`: a network, and where ids repeat within it, more.
    pub fn post(&self, scope: impl std::hash::Hash, id: &str) -> PostId {
        PostId(self.posts.hash_one((scope, id)))
    }

    /// The author called `name` in `scope`.
    pub fn author(&self, scope: impl std::hash::Hash, name: &str) -> AuthorId {
        AuthorId(self.authors.hash_one((scope, name)))
    }

    /// A hasher to which all posts are new and all authors are known.
    #[must_use]
    pub fn with_new_posts(&self) -> Hasher {
        Hasher { posts: RandomState::new(), authors: self.authors.clone() }
    }
}
