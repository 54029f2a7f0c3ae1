//! Which team a hashtag belongs to, on which network.

use std::collections::BTreeMap;

use crate::contest::{Contest, TeamId};
use crate::hashtag;
use crate::post::Side;

use super::Feed;
use super::json;
use super::prefilter::{CONTEXT, is_short};

/// How a network writes the hashtags it knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Folding {
    /// As their authors did.
    Plain,
    /// The server has folded Latin diacritics as well.
    Latin,
}

impl Folding {
    /// How messages of this feed may write them. Recordings hold messages of all feeds.
    pub(super) fn of(feed: Option<Feed>) -> Folding {
        match feed {
            Some(Feed::Jetstream | Feed::X | Feed::Nostr) => Folding::Plain,
            Some(Feed::Post | Feed::Mastodon) | None => Folding::Latin,
        }
    }
}

/// The hashtags of all teams, ready to be looked up.
pub(super) struct Matcher {
    /// By folded hashtag.
    plain: BTreeMap<String, TeamId>,
    /// By folded hashtag with Latin diacritics folded as well. Two teams can meet here.
    latin: BTreeMap<String, Side>,
}

impl Matcher {
    pub(super) fn new(contest: &Contest) -> Matcher {
        let mut plain = BTreeMap::new();
        let mut latin: BTreeMap<String, Side> = BTreeMap::new();
        for (index, team) in contest.teams().iter().enumerate() {
            let team_id = TeamId(u16::try_from(index).expect("a contest has at most 64 teams"));
            for folded in &team.hashtags {
                plain.insert(folded.clone(), team_id);
                let side = latin.entry(hashtag::fold_latin(folded).into_owned()).or_default();
                *side = side.and(team_id);
            }
        }
        Matcher { plain, latin }
    }

    /// The side of a post with these hashtags, given as written.
    pub(super) fn side<S: AsRef<str>>(
        &self,
        hashtags: impl IntoIterator<Item = S>,
        folding: Folding,
    ) -> Side {
        let mut side = Side::None;
        let mut folded = String::new();
        for written in hashtags {
            hashtag::fold_into(written.as_ref(), &mut folded);
            let found = match folding {
                Folding::Plain => self.plain.get(&folded).map_or(Side::None, |&t| Side::Team(t)),
                Folding::Latin => {
                    self.latin.get(&*hashtag::fold_latin(&folded)).copied().unwrap_or_default()
                }
            };
            match found {
                Side::None => {}
                Side::Team(team) => side = side.and(team),
                Side::Both => side = Side::Both,
            }
        }
        side
    }

    /// The side of a post with this text.
    pub(super) fn side_of_text(&self, text: &str, folding: Folding) -> Side {
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
        .any(|at| !is_short(tag) || at == 0 || CONTEXT.contains(&folded.as_bytes()[at - 1]))
}
