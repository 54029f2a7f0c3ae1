//! Where a message stands in its round.

/// Where a message stands in its round, which says whether it can count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// It is one of the round's.
    Inside,
    /// It is one of the round's, and came after the grace.
    Late,
    /// It was made before the round opened, in a pause or after the bell. An edit of a counted post
    /// changes that all the same.
    Outside,
    /// It is one of the round's, from a source that is held.
    Held,
    /// It is none of the round's, from a source that is held.
    Shut,
    /// It is an edit that was made after the bell or came after the grace: it changes nothing.
    Barred,
}

impl Place {
    /// Whether an edit that stands there changes the post that it edits.
    pub(super) fn may_change(self) -> bool {
        matches!(self, Place::Inside | Place::Outside)
    }
}
