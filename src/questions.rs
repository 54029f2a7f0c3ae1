//! All questions of an evening, and the hashtags of all their teams, each once.
//!
//! Sources ask for all of them from the start and decoders look for all of them, so that a question
//! need not wait for a network. Which question is on is not known here; see `show`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use crate::contest::{Contest, MAX_HASHTAGS, Reposts, TeamId};
use crate::post::{Side, TagId, Tags};

/// More questions than this are refused: no evening has so many, and a hashtag of all of them costs
/// a look at each.
pub const MAX_QUESTIONS: usize = 64;

/// The questions, one at least, and whose each hashtag is.
#[derive(Clone, Debug)]
pub struct Questions {
    all: Vec<Arc<Contest>>,
    /// Folded, by [`TagId`].
    hashtags: Vec<String>,
    spellings: Vec<String>,
    owners: Arc<Owners>,
}

/// What is wrong with several questions, each of which is sound.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// There is none.
    #[error("an evening needs a question")]
    None,
    /// More than [`MAX_QUESTIONS`].
    #[error("{0} questions are more than the {MAX_QUESTIONS} that an evening can have")]
    TooMany(usize),
    /// More than [`MAX_HASHTAGS`] in all.
    #[error(
        "{count} hashtags, of all questions together, are more than the {MAX_HASHTAGS} that an evening can have"
    )]
    TooManyHashtags {
        /// How many.
        count: usize,
        /// The question of the first that is too many.
        question: usize,
        /// The team of it.
        team: TeamId,
        /// The hashtag, folded.
        hashtag: String,
    },
}

impl Questions {
    /// All questions of an evening, in their order.
    ///
    /// # Errors
    /// If there is none, or if there are more questions or hashtags than there can be.
    pub fn new(all: Vec<Arc<Contest>>) -> Result<Questions, Error> {
        if all.is_empty() {
            return Err(Error::None);
        }
        if all.len() > MAX_QUESTIONS {
            return Err(Error::TooMany(all.len()));
        }
        let mut known: BTreeSet<&str> = BTreeSet::new();
        let mut first_too_many = None;
        for (question, contest) in all.iter().enumerate() {
            for (team, hashtag) in contest.hashtags() {
                if known.insert(hashtag) && known.len() > MAX_HASHTAGS {
                    first_too_many.get_or_insert((question, team, hashtag));
                }
            }
        }
        if let Some((question, team, hashtag)) = first_too_many {
            let (count, hashtag) = (known.len(), hashtag.to_owned());
            return Err(Error::TooManyHashtags { count, question, team, hashtag });
        }
        Ok(Questions::of(all))
    }

    /// Of contests that are not too many.
    fn of(all: Vec<Arc<Contest>>) -> Questions {
        let mut hashtags = Vec::new();
        let mut owners = Owners::default();
        let mut spellings: Vec<String> = Vec::new();
        let mut tags: BTreeMap<&str, usize> = BTreeMap::new();
        let mut spelled: BTreeSet<&str> = BTreeSet::new();
        for (question, contest) in all.iter().enumerate() {
            for (team, hashtag) in contest.hashtags() {
                let tag = *tags.entry(hashtag).or_insert_with(|| {
                    hashtags.push(hashtag.to_owned());
                    owners.0.push(Vec::new());
                    hashtags.len() - 1
                });
                owners.0[tag].push((question, team));
            }
            let spelling = contest.spellings().iter().filter(|spelling| spelled.insert(spelling));
            spellings.extend(spelling.cloned());
        }
        Questions { hashtags, spellings, owners: Arc::new(owners), all }
    }

    /// All of them, in their order.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Arc<Contest>> {
        self.all.iter()
    }

    /// How many there are; at least one.
    #[expect(clippy::len_without_is_empty, reason = "there is always one")]
    #[must_use]
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// The question of that index, 0 first.
    #[must_use]
    pub fn get(&self, question: usize) -> Option<&Arc<Contest>> {
        self.all.get(question)
    }

    /// The first question, which is the only one of most shows.
    ///
    /// # Panics
    /// Never: there is always one.
    #[must_use]
    pub fn first(&self) -> &Arc<Contest> {
        self.all.first().expect("there is always one")
    }

    /// How far back the count looks, in all of them.
    #[must_use]
    pub fn window(&self) -> Duration {
        self.first().window()
    }

    /// What a repost is worth, in all of them.
    #[must_use]
    pub fn reposts(&self) -> Reposts {
        self.first().reposts()
    }

    /// The hashtags of all teams of all questions, folded, each once, in the order that [`TagId`]
    /// counts them: of one question, that of [`Contest::hashtags`].
    #[must_use]
    pub fn hashtags(&self) -> &[String] {
        &self.hashtags
    }

    /// The hashtags of all teams of all questions as they were given, each spelling once.
    #[must_use]
    pub fn spellings(&self) -> &[String] {
        &self.spellings
    }

    /// Whose each hashtag is, for whoever looks for hashtags and needs nothing else.
    #[must_use]
    pub fn owners(&self) -> &Arc<Owners> {
        &self.owners
    }

    /// Whom a post with these hashtags pulls for when that question is on.
    #[must_use]
    pub fn side(&self, question: usize, tags: &Tags) -> Side {
        self.owners.side(question, tags)
    }

    /// The hashtag of that number, folded; `None` if it is none of these questions.
    #[must_use]
    pub fn hashtag(&self, TagId(tag): TagId) -> Option<&str> {
        self.hashtags.get(usize::from(tag)).map(String::as_str)
    }

    /// The names of all teams of all questions, in their order; one may come again.
    pub fn team_names(&self) -> impl Iterator<Item = &str> {
        self.all.iter().flat_map(|contest| contest.teams()).map(|team| team.name.as_str())
    }

    /// Hashtags that pull for the teams of that name, in each question that has one: the first of
    /// each. `None` if no team has the name.
    #[must_use]
    pub fn tags_of_team(&self, name: &str) -> Option<Tags> {
        let mut tags = None;
        for (question, contest) in self.all.iter().enumerate() {
            let Some(team) = contest.teams().iter().find(|team| team.name == name) else {
                continue;
            };
            let tags: &mut Tags = tags.get_or_insert_default();
            if self.side(question, tags) != Side::None {
                continue;
            }
            let first = team.hashtags.first();
            let index = first.and_then(|first| self.hashtags.iter().position(|it| it == first));
            if let Some(index) = index.and_then(|index| u16::try_from(index).ok()) {
                self.owners.keep(TagId(index), tags);
            }
        }
        tags
    }
}

/// They are equal if their contests are: all else is made of those.
impl PartialEq for Questions {
    fn eq(&self, other: &Questions) -> bool {
        self.all == other.all
    }
}

impl From<Arc<Contest>> for Questions {
    /// A contest has no more hashtags than an evening.
    fn from(contest: Arc<Contest>) -> Questions {
        Questions::of(vec![contest])
    }
}

impl From<&Arc<Contest>> for Questions {
    fn from(contest: &Arc<Contest>) -> Questions {
        Arc::clone(contest).into()
    }
}

impl From<Contest> for Questions {
    fn from(contest: Contest) -> Questions {
        Arc::new(contest).into()
    }
}

/// Whose each hashtag is: by [`TagId`], the teams with their questions, in the order of those and one
/// in each at most. By default of no hashtag.
#[derive(Clone, Debug, Default)]
pub struct Owners(Vec<Vec<(usize, TeamId)>>);

impl Owners {
    /// Whom a post with these hashtags pulls for when that question is on.
    #[must_use]
    pub fn side(&self, question: usize, tags: &Tags) -> Side {
        let teams = tags.iter().filter_map(|tag| self.team(question, tag));
        teams.fold(Side::None, Side::and)
    }

    /// Adds a hashtag that a post has to those that are kept of it, if it changes for whom the post
    /// pulls in any question: no more than two of each question are kept, and they decide as all do.
    pub fn keep(&self, tag: TagId, tags: &mut Tags) {
        let changes = |&(question, team): &(usize, TeamId)| {
            // Most posts that name a team have no other hashtag that does.
            if tags.is_empty() {
                return true;
            }
            let side = self.side(question, tags);
            side.and(team) != side
        };
        if self.of(tag).iter().any(changes) {
            tags.push(tag);
        }
    }

    fn of(&self, TagId(tag): TagId) -> &[(usize, TeamId)] {
        self.0.get(usize::from(tag)).map_or(&[], Vec::as_slice)
    }

    /// The team that has the hashtag in that question.
    fn team(&self, question: usize, tag: TagId) -> Option<TeamId> {
        let owners = self.of(tag);
        let found = owners.binary_search_by_key(&question, |&(question, _)| question);
        found.ok().map(|index| owners[index].1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contest::{PALETTE, Team, Vote};

    /// A question whose teams are called A, B, C … and have these hashtags.
    fn question(teams: &[&[&str]]) -> Arc<Contest> {
        let teams = teams.iter().zip(PALETTE).zip('A'..).map(|((hashtags, color), name)| Team {
            name: name.to_string(),
            hashtags: hashtags.iter().map(|&tag| tag.to_owned()).collect(),
            color,
            size: 1.0,
        });
        let minute = Duration::from_mins(1);
        let contest =
            Contest::new(String::new(), minute, Vote::Latest, Reposts::Ignore, teams.collect());
        Arc::new(contest.unwrap())
    }

    fn evening() -> Questions {
        Questions::new(vec![
            question(&[&["Vim", "vi"], &["emacs"]]),
            question(&[&["tabs"], &["spaces", "vi"]]),
            question(&[&["vim"], &["VI"]]),
        ])
        .unwrap()
    }

    fn tags(tags: &[u16]) -> Tags {
        tags.iter().copied().map(TagId).collect()
    }

    const A: Side = Side::Team(TeamId(0));
    const B: Side = Side::Team(TeamId(1));

    #[test]
    fn a_hashtag_of_several_questions_has_one_number() {
        let questions = evening();
        assert_eq!(questions.hashtags(), ["vim", "vi", "emacs", "tabs", "spaces"]);
        assert_eq!(questions.spellings(), ["Vim", "vi", "emacs", "tabs", "spaces", "vim", "VI"]);
        assert_eq!(questions.hashtag(TagId(3)), Some("tabs"));
        assert_eq!(questions.hashtag(TagId(5)), None);
    }

    #[test]
    fn the_numbers_of_one_question_are_those_of_its_contest() {
        let contest = question(&[&["Vim", "vi", "VIM"], &["emacs"]]);
        let hashtags: Vec<String> = contest.hashtags().map(|(_, tag)| tag.to_owned()).collect();
        assert_eq!(Questions::from(contest).hashtags(), hashtags);
    }

    #[test]
    fn a_post_pulls_for_whom_its_hashtags_are_in_the_question_that_is_on() {
        let questions = evening();
        let sides = |of: &[u16]| [0, 1, 2].map(|question| questions.side(question, &tags(of)));
        assert_eq!(sides(&[]), [Side::None; 3]);
        assert_eq!(sides(&[1]), [A, B, B]);
        assert_eq!(sides(&[0, 1]), [A, B, Side::Both]);
        assert_eq!(sides(&[1, 3]), [A, Side::Both, B]);
        assert_eq!(sides(&[4]), [Side::None, B, Side::None]);
        assert_eq!(questions.side(3, &tags(&[1])), Side::None);
    }

    #[test]
    fn a_hashtag_that_changes_no_side_is_not_kept() {
        let questions = evening();
        let kept = |of: &[u16]| {
            let mut kept = Tags::default();
            for &tag in of {
                questions.owners().keep(TagId(tag), &mut kept);
            }
            kept
        };
        assert_eq!(kept(&[1, 1]), tags(&[1]));
        assert_eq!(kept(&[0, 1, 2, 0]), tags(&[0, 1, 2]));
        assert_eq!(kept(&[4, 3, 4]), tags(&[4, 3]));
        assert_eq!(kept(&[9]), tags(&[]));
    }

    #[test]
    fn the_first_hashtag_of_a_team_pulls_for_it_in_each_question_that_has_one_of_its_name() {
        let questions = evening();
        assert_eq!(questions.tags_of_team("A"), Some(tags(&[0, 3])));
        assert_eq!(questions.tags_of_team("B"), Some(tags(&[2, 4, 1])));
        assert_eq!(questions.tags_of_team("C"), None);
    }

    #[test]
    fn no_evening_has_more_questions_or_hashtags_than_the_bounds() {
        assert_eq!(Questions::new(Vec::new()), Err(Error::None));
        let all = |count| Questions::new(vec![question(&[&["a"], &["b"]]); count]);
        assert_eq!(all(MAX_QUESTIONS).unwrap().len(), MAX_QUESTIONS);
        assert_eq!(all(MAX_QUESTIONS + 1), Err(Error::TooMany(65)));
        let hashtags: Vec<String> = (0..MAX_HASHTAGS).map(|n| format!("tag{n}")).collect();
        let hashtags: Vec<&str> = hashtags.iter().map(String::as_str).collect();
        let (left, right) = hashtags.split_at(1);
        let full = question(&[left, right]);
        // The same ones again are no more.
        assert!(Questions::new(vec![full.clone(), full.clone()]).is_ok());
        let error = Questions::new(vec![full, question(&[&["tag7"], &["tag8", "one", "two"]])]);
        let expected = Error::TooManyHashtags {
            count: 1002,
            question: 1,
            team: TeamId(1),
            hashtag: "one".to_owned(),
        };
        assert_eq!(error, Err(expected));
    }
}
