//! Which team a hashtag belongs to, on which network.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::hashtag;
use crate::post::{Side, TagId, Tags};
use crate::questions::{Owners, Questions};

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
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    /// Whom it pulls for in the first question.
    pub(super) side: Side,
    /// By what it pulls for anybody, in any question.
    pub(super) tags: Tags,
}

/// The hashtags of all teams of all questions, ready to be looked up; by default of none.
#[derive(Default)]
pub(super) struct Matcher {
    owners: Arc<Owners>,
    /// By folded hashtag.
    plain: BTreeMap<String, TagId>,
    /// By folded hashtag with Latin diacritics folded as well. Several can meet here, of two teams too.
    latin: BTreeMap<String, Vec<TagId>>,
}

impl Matcher {
    pub(super) fn new(questions: &Questions) -> Matcher {
        let mut matcher = Matcher { owners: Arc::clone(questions.owners()), ..Matcher::default() };
        for (tag, folded) in (0..).map(TagId).zip(questions.hashtags()) {
            matcher.plain.insert(folded.clone(), tag);
            let latin = hashtag::fold_latin(folded).into_owned();
            matcher.latin.entry(latin).or_default().push(tag);
        }
        matcher
    }

    /// What a post with these hashtags, given as written, pulls for.
    pub(super) fn side<S: AsRef<str>>(
        &self,
        hashtags: impl IntoIterator<Item = S>,
        folding: Folding,
    ) -> Found {
        let mut tags = Tags::default();
        let mut folded = String::new();
        for written in hashtags {
            hashtag::fold_into(written.as_ref(), &mut folded);
            let found = match folding {
                Folding::Plain => self.plain.get(&folded).map(std::slice::from_ref),
                Folding::Latin => self.latin.get(&*hashtag::fold_latin(&folded)).map(Vec::as_slice),
            };
            for &tag in found.unwrap_or_default() {
                self.owners.keep(tag, &mut tags);
            }
        }
        Found { side: self.owners.side(0, &tags), tags }
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;
    use crate::contest::{Contest, PALETTE, Reposts, Team, TeamId, Vote};

    /// Hashtags of which some are the same, and some are the same but for Latin diacritics.
    const HASHTAGS: [&str; 12] = [
        "vim",
        "emacs",
        "köln",
        "koln",
        "Köln",
        "cafe\u{301}",
        "cafe",
        "Straße",
        "strasse",
        "go",
        "gö",
        "日本",
    ];

    /// Teams with hashtags by their numbers, as far as a contest can have them.
    fn question(teams: &[Vec<usize>]) -> Option<Arc<Contest>> {
        let teams = teams.iter().zip(PALETTE).enumerate().map(|(place, (hashtags, color))| Team {
            name: place.to_string(),
            hashtags: hashtags.iter().map(|&index| HASHTAGS[index].to_owned()).collect(),
            color,
            size: 1.0,
        });
        let (minute, vote) = (Duration::from_mins(1), Vote::Latest);
        let contest = Contest::new(String::new(), minute, vote, Reposts::Ignore, teams.collect());
        contest.ok().map(Arc::new)
    }

    /// Whom hashtags pull for, looked up one by one in all teams.
    fn naive(contest: &Contest, written: &[String], folding: Folding) -> Side {
        let key = |tag: &str| match folding {
            Folding::Plain => hashtag::fold(tag),
            Folding::Latin => hashtag::fold_latin(&hashtag::fold(tag)).into_owned(),
        };
        let mut teams: Vec<TeamId> = Vec::new();
        for written in written {
            let same = contest.hashtags().filter(|(_, tag)| key(tag) == key(written));
            teams.extend(same.map(|(team, _)| team));
        }
        teams.dedup();
        match teams[..] {
            [] => Side::None,
            [team] => Side::Team(team),
            _ if teams.iter().all(|team| *team == teams[0]) => Side::Team(teams[0]),
            _ => Side::Both,
        }
    }

    proptest! {
        #[test]
        fn the_hashtags_that_are_kept_decide_each_question_as_all_do(
            questions in prop::collection::vec(
                prop::collection::vec(prop::collection::vec(0..HASHTAGS.len(), 1..3), 2..4), 1..6),
            written in prop::collection::vec((0..HASHTAGS.len(), 0..3), 0..10),
        ) {
            let contests: Vec<_> = questions.iter().filter_map(|teams| question(teams)).collect();
            prop_assume!(!contests.is_empty());
            let questions = Questions::new(contests).unwrap();
            let matcher = Matcher::new(&questions);
            let written: Vec<String> = written
                .into_iter()
                .map(|(index, case)| match case {
                    0 => HASHTAGS[index].to_owned(),
                    1 => HASHTAGS[index].to_uppercase(),
                    _ => format!("{}x", HASHTAGS[index]),
                })
                .collect();
            for folding in [Folding::Plain, Folding::Latin] {
                let found = matcher.side(&written, folding);
                for (index, contest) in questions.iter().enumerate() {
                    let side = naive(contest, &written, folding);
                    prop_assert_eq!(questions.side(index, &found.tags), side, "{:?}", folding);
                }
                prop_assert_eq!(found.side, naive(questions.first(), &written, folding));
                prop_assert!(found.tags.iter().count() <= 2 * questions.len());
            }
        }
    }
}
