//! Which team a hashtag belongs to, on which network.

use std::collections::BTreeMap;

use crate::contest::{Contest, TeamId};
use crate::hashtag;
use crate::post::{Side, TagId, Tags};

use super::boundary::{BEFORE_HASHTAG, is_short};
use super::json;

/// How a network writes the hashtags it knows. The greater one covers the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Folding {
    /// As their authors did.
    Plain,
    /// The server has folded Latin diacritics as well.
    Latin,
}

/// What the hashtags of a post say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    /// Whom it pulls for.
    pub(super) side: Side,
    /// By what.
    pub(super) tags: Tags,
}

impl Found {
    /// This once the post turns out to have a hashtag of `team` too.
    fn and(&mut self, team: TeamId, tag: Option<TagId>) {
        match self.side {
            Side::None => self.tags.0[0] = tag,
            Side::Team(known) if known != team => self.tags.0[1] = tag,
            Side::Team(_) | Side::Both => {}
        }
        self.side = self.side.and(team);
    }

    fn and_all(&mut self, other: Found) {
        match other.side {
            Side::None => {}
            Side::Team(team) => self.and(team, other.tags.0[0]),
            Side::Both => *self = other,
        }
    }
}

/// The hashtags of all teams, ready to be looked up; by default of none.
#[derive(Default)]
pub(super) struct Matcher {
    /// By folded hashtag.
    plain: BTreeMap<String, Found>,
    /// By folded hashtag with Latin diacritics folded as well. Two teams can meet here.
    latin: BTreeMap<String, Found>,
}

impl Matcher {
    pub(super) fn new(contest: &Contest) -> Matcher {
        let mut plain = BTreeMap::new();
        let mut latin: BTreeMap<String, Found> = BTreeMap::new();
        for (index, (team, folded)) in contest.hashtags().enumerate() {
            // Of more hashtags than that the last ones go without a name.
            let tag = u16::try_from(index).ok().map(TagId);
            let found = Found { side: Side::Team(team), tags: Tags([tag, None]) };
            plain.insert(folded.to_owned(), found);
            latin.entry(hashtag::fold_latin(folded).into_owned()).or_default().and(team, tag);
        }
        Matcher { plain, latin }
    }

    /// What a post with these hashtags, given as written, pulls for.
    pub(super) fn side<S: AsRef<str>>(
        &self,
        hashtags: impl IntoIterator<Item = S>,
        folding: Folding,
    ) -> Found {
        let mut found = Found::default();
        let mut folded = String::new();
        for written in hashtags {
            hashtag::fold_into(written.as_ref(), &mut folded);
            let one = match folding {
                Folding::Plain => self.plain.get(&folded),
                Folding::Latin => self.latin.get(&*hashtag::fold_latin(&folded)),
            };
            found.and_all(one.copied().unwrap_or_default());
        }
        found
    }

    /// What a post with this text pulls for.
    pub(super) fn side_of_text(&self, text: &str, folding: Folding) -> Found {
        self.side(hashtag::extract(text), folding)
    }

    /// Whether a team's hashtag can occur in a message that cannot be read, given unescaped.
    ///
    /// Slow and thorough: undoes escapes once more, for JSON in a string, and folds the whole text.
    pub(super) fn occurs_in(&self, text: &str, folding: Folding) -> bool {
        let mut folded = hashtag::fold(text);
        if text.contains("\\u") {
            folded.push('\n');
            folded.push_str(&hashtag::fold(&json::unescape(text)));
        }
        self.plain.keys().any(|tag| stands_in(&folded, tag))
            || folding == Folding::Latin && {
                let latin = hashtag::fold_latin(&folded);
                self.latin.keys().any(|tag| stands_in(&latin, tag))
            }
    }
}

/// Whether `tag` occurs in `folded`; a short one only where a hashtag can begin, since two letters
/// stand in almost any message.
fn stands_in(folded: &str, tag: &str) -> bool {
    memchr::memmem::find_iter(folded.as_bytes(), tag)
        .any(|at| !is_short(tag) || at == 0 || BEFORE_HASHTAG.contains(&folded.as_bytes()[at - 1]))
}
