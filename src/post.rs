//! A post as the tally sees it: when, by whom, for which team. Its text stays behind in `decode`.

use std::fmt;
use std::hash::{Hash, Hasher as _};

use siphasher::sip::SipHasher13;
use smallvec::SmallVec;

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

/// Which hashtag of the evening it is: counted through all questions and their teams, in their order,
/// each once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TagId(pub u16);

/// The hashtags that decide the side of a post, two in each question at the most: by them alone it
/// pulls for whom it pulls by all that it has, whichever question is on. A post whose source does not
/// know them has none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tags(SmallVec<[TagId; TAGS_INSIDE]>);

/// Hashtags that a post holds without memory of its own: as many as fit where the address of more
/// would be.
const TAGS_INSIDE: usize = 8;

impl Tags {
    /// There is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// In the order in which the post has them.
    pub fn iter(&self) -> impl Iterator<Item = TagId> {
        self.0.iter().copied()
    }

    /// Adds one.
    pub fn push(&mut self, tag: TagId) {
        self.0.push(tag);
    }
}

impl FromIterator<TagId> for Tags {
    fn from_iter<T: IntoIterator<Item = TagId>>(tags: T) -> Tags {
        Tags(tags.into_iter().collect())
    }
}

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
    /// The team that it pulls for: of the first question, until it is known which one is on.
    pub side: Side,
    /// By which hashtags.
    pub tags: Tags,
    /// First version or edit.
    pub version: Version,
}

impl Post {
    /// Whether it names a team, of whichever question.
    #[must_use]
    pub fn names_a_team(&self) -> bool {
        self.side != Side::None || !self.tags.is_empty()
    }
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

/// What the names of posts and authors are made with. Whoever has it can find out whether a name is
/// that of a person they know; with the same key the same people have the same names.
#[derive(Clone, PartialEq, Eq)]
pub struct Key(pub [u8; 16]);

impl Default for Key {
    /// One that nobody can guess, drawn anew.
    ///
    /// # Panics
    /// If the system has no random numbers to give, without which nothing would be secret.
    fn default() -> Key {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).expect("the system gives random numbers");
        Key(bytes)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}

/// Makes [`PostId`]s and [`AuthorId`]s with a key.
#[derive(Clone, Debug)]
pub struct Hasher {
    posts: SipHasher13,
    authors: SipHasher13,
}

impl Default for Hasher {
    /// With a key that is drawn anew.
    fn default() -> Hasher {
        Hasher::new(Key::default())
    }
}

impl Hasher {
    /// Makes names with `key`.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "whoever makes names keeps no key")]
    pub fn new(key: Key) -> Hasher {
        let mut posts = SipHasher13::new_with_key(&key.0);
        let mut authors = posts;
        posts.write_u8(0);
        authors.write_u8(1);
        Hasher { posts, authors }
    }

    /// The post called `id` in `scope`: a network, and where ids repeat within it, more.
    pub fn post(&self, scope: impl Hash, id: &str) -> PostId {
        PostId(hash(self.posts, scope, id))
    }

    /// The author called `name` in `scope`.
    pub fn author(&self, scope: impl Hash, name: &str) -> AuthorId {
        AuthorId(hash(self.authors, scope, name))
    }

    /// A hasher to which all posts are new and all authors are known.
    #[must_use]
    pub fn with_new_posts(&self) -> Hasher {
        let mut posts = self.posts;
        posts.write_u8(2);
        Hasher { posts, authors: self.authors }
    }
}

fn hash(mut hasher: SipHasher13, scope: impl Hash, name: &str) -> u64 {
    (scope, name).hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hasher(byte: u8) -> Hasher {
        Hasher::new(Key([byte; 16]))
    }

    #[test]
    fn the_same_key_knows_everybody_again() {
        assert_eq!(hasher(7).post("x", "1"), hasher(7).post("x", "1"));
        assert_eq!(hasher(7).author("x", "ada"), hasher(7).author("x", "ada"));
        assert_ne!(hasher(7).author("x", "ada"), hasher(8).author("x", "ada"));
        assert_ne!(Hasher::default().post("x", "1"), Hasher::default().post("x", "1"));
    }

    #[test]
    fn posts_authors_and_networks_are_kept_apart() {
        let hasher = hasher(7);
        assert_ne!(hasher.post("x", "1").0, hasher.author("x", "1").0);
        assert_ne!(hasher.post("x", "1"), hasher.post("nostr", "1"));
        assert_ne!(hasher.post("x", "1"), hasher.post("x", "2"));
    }

    #[test]
    fn posts_can_be_new_while_authors_are_known() {
        let (first, again) = (hasher(7), hasher(7).with_new_posts());
        assert_ne!(first.post("x", "1"), again.post("x", "1"));
        assert_ne!(again.post("x", "1"), again.with_new_posts().post("x", "1"));
        assert_eq!(first.author("x", "ada"), again.author("x", "ada"));
    }

    #[test]
    fn hashtags_of_a_post_take_no_more_room_than_a_list_of_them_would() {
        assert!(size_of::<Tags>() <= 24, "{}", size_of::<Tags>());
    }

    #[test]
    fn a_key_is_not_printed() {
        assert_eq!(format!("{:?}", Key([7; 16])), "Key(..)");
    }
}
