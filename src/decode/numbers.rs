//! Numbers that pull the rope: each time one grows, its team gets votes.
//!
//! A number that only ever grows is taken to be a counter: its first value is where counting begins,
//! since what was there before the show pulled for nobody in it, and one that falls was set back, and
//! begins again from there. What is not enough for a vote is kept for the next.

use std::ops::RangeInclusive;

use crate::event::Message;
use crate::post::{Post, Side, Tags, Version};
use crate::questions::Questions;
use crate::timestamp::Timestamp;

use super::json::{Invalid, Kind, Reader};
use super::mapped::MAX_DOCUMENT;
use super::pointer::Pointer;
use super::verdict::{Place, Unread, Verdict, whole, whose};

/// Which numbers of a document pull for which team.
#[derive(Clone, Debug, PartialEq)]
pub struct Fields {
    /// One for each of these teams, each once; at least one.
    pub teams: Vec<Field>,
    /// By how much a number grows for one vote; within [`PER_VOTE`].
    pub per_vote: f64,
}

/// A number that pulls for the teams of one name.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// The name of the team, which several questions may have.
    pub team: String,
    /// That team in the first question, if it has one of the name.
    pub side: Side,
    /// Hashtags that pull for it, for there is nothing else to tell the question by.
    pub tags: Tags,
    /// Where in a document the number is.
    pub pointer: Pointer,
}

impl Field {
    /// The number at `pointer`, for the teams of that name; `None` if no question has one.
    #[must_use]
    pub fn new(questions: &Questions, team: &str, pointer: Pointer) -> Option<Field> {
        let tags = questions.tags_of_team(team)?;
        Some(Field { team: team.to_owned(), side: questions.side(0, &tags), tags, pointer })
    }
}

/// The growth of a number that one vote can stand for.
pub const PER_VOTE: RangeInclusive<f64> = 0.000_001..=1e12;

/// Votes that one document can bring. What is beyond is dropped, in all teams alike, and counted.
pub const MAX_VOTES: u64 = 10_000;

/// Votes by which a number can grow at once. One that grows by more is not believed.
const MAX_GROWTH: u64 = 1_000_000_000;

/// The numbers of one source, from document to document.
pub struct Numbers {
    fields: Fields,
    /// For each of the fields, once it was there.
    seen: Vec<Option<Seen>>,
}

#[derive(Clone, Copy)]
struct Seen {
    /// The number in the newest document.
    last: f64,
    /// Up to here it has been turned into votes.
    counted: f64,
}

impl Numbers {
    /// Before the first document.
    #[must_use]
    pub fn new(fields: Fields) -> Numbers {
        let seen = vec![None; fields.teams.len()];
        Numbers { fields, seen }
    }

    /// Takes a document, and reports a post of its own for each vote, posted when it arrived. A document
    /// in which a number is missing or none is malformed, and its other numbers count all the same;
    /// one in which nothing grew is not a message.
    pub fn document(&mut self, bytes: &[u8], arrived: Timestamp, mut report: impl FnMut(Message)) {
        let bytes = bytes.trim_ascii();
        if bytes.is_empty() {
            return;
        }
        let text = match text(bytes) {
            Ok(text) => text,
            Err(invalid) => return report(Message::Malformed(invalid.0)),
        };
        let mut broken = None;
        let mut votes = Vec::new();
        for (field, seen) in self.fields.teams.iter().zip(&mut self.seen) {
            let value = number(&field.pointer, text);
            match value.and_then(|value| grow(seen, value, self.fields.per_vote)) {
                Ok(count) => votes.push((field, count)),
                Err(invalid) => broken = Some(invalid),
            }
        }
        let all: u64 = votes.iter().map(|(_, count)| count).sum();
        let mut told = 0;
        for (field, count) in votes {
            let count = if all > MAX_VOTES { share(count, all) } else { count };
            told += count;
            for _ in 0..count {
                report(Message::Post(Post {
                    id: None,
                    alias: None,
                    author: None,
                    at: arrived,
                    side: field.side,
                    tags: field.tags.clone(),
                    version: Version::First,
                }));
            }
        }
        if all > told {
            report(Message::Dropped(all - told));
        }
        if let Some(Invalid(why)) = broken {
            report(Message::Malformed(why));
        }
    }

    /// How far a document can be read: as soon as one of the numbers is there.
    pub(super) fn verdict(&self, bytes: &[u8]) -> Verdict {
        let bytes = bytes.trim_ascii();
        if bytes.is_empty() {
            return Verdict::Nothing;
        }
        let Ok(text) = text(bytes) else { return Verdict::Unread(Unread::NoJson) };
        let mut lacking = Vec::new();
        let mut broken = None;
        for Field { pointer, .. } in &self.fields.teams {
            match number(pointer, text) {
                Ok(_) => {}
                Err(_) if matches!(pointer.find(text), Ok(None)) => {
                    lacking.push(Place { key: "numbers", pointer: pointer.to_string() });
                }
                Err(invalid) => broken = Some(invalid),
            }
        }
        if lacking.len() + usize::from(broken.is_some()) < self.fields.teams.len() {
            return Verdict::Read { messages: 1, lacking };
        }
        let own = match (broken, lacking.into_iter().next()) {
            (None, Some(place)) => Unread::Lacking(place),
            (broken, _) => Unread::Broken(broken.map_or("no numbers", |invalid| invalid.0)),
        };
        Verdict::Unread(whose(text).map_or(own, Unread::Of))
    }
}

/// The document, if it is one.
fn text(bytes: &[u8]) -> Result<&str, Invalid> {
    if bytes.len() > MAX_DOCUMENT {
        return Err(Invalid("longer than any document"));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| Invalid("not UTF-8"))?;
    whole(text)?;
    Ok(text)
}

/// A number, or a text that is one.
fn number(pointer: &Pointer, text: &str) -> Result<f64, Invalid> {
    let found = pointer.find(text)?.ok_or(Invalid("a number is not where the map has it"))?;
    let mut reader = Reader::new(found);
    let value: Option<f64> = match reader.peek()? {
        Kind::Number => reader.number()?.parse().ok(),
        Kind::String => reader.string()?.value().trim().parse().ok(),
        _ => None,
    };
    value.filter(|value| value.is_finite()).ok_or(Invalid("what the map points at is no number"))
}

/// How many votes a number brings that is `value` by now.
fn grow(seen: &mut Option<Seen>, value: f64, per_vote: f64) -> Result<u64, Invalid> {
    let begin = Seen { last: value, counted: value };
    let Some(Seen { last, counted }) = *seen else {
        *seen = Some(begin);
        return Ok(0);
    };
    if value < last {
        *seen = Some(begin);
        return Ok(0);
    }
    // Sums of cents are not exact: what lacks no more than the rounding of the numbers is there.
    let rounding = 4.0 * f64::EPSILON * (value.abs() + counted.abs()) / per_vote;
    let votes = ((value - counted) / per_vote + rounding.clamp(1e-9, 0.1)).floor().max(0.0);
    if votes > MAX_GROWTH as f64 {
        *seen = Some(begin);
        return Err(Invalid("a number grew by more than can be votes"));
    }
    *seen = Some(Seen { last: value, counted: counted + votes * per_vote });
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole, 0 to 10^9")]
    Ok(votes as u64)
}

/// The part of [`MAX_VOTES`] that is due to `count` of `all`.
fn share(count: u64, all: u64) -> u64 {
    // At most 10^9 times 10^4, which 64 bits hold.
    count * MAX_VOTES / all
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::contest::TeamId;
    use crate::post::TagId;

    const LEFT: TeamId = TeamId(0);
    const RIGHT: TeamId = TeamId(1);

    /// The votes of each document for two teams, and what else was told.
    fn votes(per_vote: f64, documents: &[&str]) -> Vec<(u64, u64, Vec<Message>)> {
        let pointer = |text| Pointer::parse(text).unwrap();
        let field = |team, tag, pointer| Field {
            team: String::new(),
            side: Side::Team(team),
            tags: [tag].into_iter().collect(),
            pointer,
        };
        let teams = vec![
            field(LEFT, TagId(0), pointer("/left/total")),
            field(RIGHT, TagId(1), pointer("/right")),
        ];
        let mut numbers = Numbers::new(Fields { teams, per_vote });
        let at = Timestamp::from_millis(1_795_287_845_000).unwrap();
        let votes = |document: &&str| {
            let (mut left, mut right, mut rest) = (0, 0, Vec::new());
            numbers.document(document.as_bytes(), at, |event| match event {
                Message::Post(post) => {
                    assert_eq!((post.id, post.author, post.at), (None, None, at));
                    let tags: Vec<TagId> = post.tags.iter().collect();
                    match (post.side, &tags[..]) {
                        (Side::Team(LEFT), [TagId(0)]) => left += 1,
                        (Side::Team(RIGHT), [TagId(1)]) => right += 1,
                        _ => panic!("{post:?}"),
                    }
                }
                other => rest.push(other),
            });
            (left, right, rest)
        };
        documents.iter().map(votes).collect()
    }

    fn document(left: impl std::fmt::Display, right: impl std::fmt::Display) -> String {
        format!(r#"{{"left":{{"total":{left}}},"right":{right}}}"#)
    }

    #[track_caller]
    fn check(per_vote: f64, numbers: &[(&str, &str)], expected: &[(u64, u64)]) {
        let documents: Vec<_> = numbers.iter().map(|(left, right)| document(left, right)).collect();
        let documents: Vec<_> = documents.iter().map(String::as_str).collect();
        let expected: Vec<_> =
            expected.iter().map(|&(left, right)| (left, right, Vec::new())).collect();
        assert_eq!(votes(per_vote, &documents), expected, "{numbers:?}");
    }

    #[test]
    fn what_was_there_before_pulls_for_nobody() {
        check(1.0, &[("500", "3"), ("500", "3"), ("502", "4")], &[(0, 0), (0, 0), (2, 1)]);
        check(1.0, &[("-5", "0"), ("-2", "1")], &[(0, 0), (3, 1)]);
    }

    #[test]
    fn what_is_not_enough_for_a_vote_is_kept() {
        check(
            5.0,
            &[("0", "0"), ("4", "4.5"), ("8", "9"), ("10", "10")],
            &[(0, 0), (0, 0), (1, 1), (1, 1)],
        );
    }

    #[test]
    fn a_number_that_falls_begins_again() {
        check(
            2.0,
            &[("9", "9"), ("10", "11"), ("0", "12"), ("1", "13"), ("2", "14")],
            &[(0, 0), (0, 1), (0, 0), (0, 1), (1, 0)],
        );
    }

    #[test]
    fn sums_of_cents_lose_no_vote() {
        check(0.1, &[("0", "0"), ("0.3", "0.7"), ("0.6", "0.8")], &[(0, 0), (3, 7), (3, 1)]);
        check(0.01, &[("0.1", "1e9"), ("0.11", "1000000000.01")], &[(0, 0), (1, 1)]);
    }

    #[test]
    fn numbers_may_stand_in_quotes() {
        check(1.0, &[("\"1.5\"", "\" 7 \""), ("\"2.5\"", "8")], &[(0, 0), (1, 1)]);
    }

    #[test]
    fn a_number_that_is_missing_or_none_is_malformed_and_the_other_counts() {
        let sound = document(1, 1);
        for broken in ["null", "\"NaN\"", "\"inf\"", "\"1,5\"", "true", "{}", "1e999"] {
            let documents = [&*sound, &document(broken, 3), &document(2, 3)];
            let told = votes(1.0, &documents);
            let why = Message::Malformed("what the map points at is no number");
            assert_eq!(told[1..], [(0, 2, vec![why]), (1, 0, vec![])], "{broken}");
        }
        let told = votes(1.0, &[&sound, r#"{"right":2}"#, "{", "[]"]);
        assert_eq!((told[1].1, told[1].2.len()), (1, 1));
        for told in &told[2..] {
            assert!(matches!(told.2[..], [Message::Malformed(_)]), "{told:?}");
        }
        assert_eq!(votes(1.0, &["", " \n"]), [(0, 0, vec![]), (0, 0, vec![])]);
    }

    #[test]
    fn a_flood_of_votes_is_cut_for_all_alike_and_counted() {
        let told =
            votes(1.0, &[&document(0, 0), &document(30_000, 10_000), &document(30_001, 10_000)]);
        assert_eq!(told[1], (7500, 2500, vec![Message::Dropped(30_000)]));
        assert_eq!(told[2], (1, 0, vec![]));
    }

    #[test]
    fn a_leap_is_not_believed() {
        let told = votes(
            1.0,
            &[
                &document(0, 0),
                &document("1e300", 1),
                &document("1e300", 2),
                &document(0, 2),
                &document(3, 2),
            ],
        );
        assert_eq!(
            told[1],
            (0, 1, vec![Message::Malformed("a number grew by more than can be votes")])
        );
        assert_eq!(told[2..], [(0, 1, vec![]), (0, 0, vec![]), (3, 0, vec![])]);
        let told = votes(1e-6, &[&document("-1.7e308", 0), &document("1.7e308", 0)]);
        assert!(matches!(told[1].2[..], [Message::Malformed(_)]), "{told:?}");
    }

    proptest! {
        #[test]
        fn all_growth_becomes_votes_whatever_the_steps(steps in prop::collection::vec(0u64..50, 1..40), per_vote in 1u64..7) {
            let mut total = 100;
            let mut documents = vec![document(total, 0)];
            for step in &steps {
                total += step;
                documents.push(document(total, 0));
            }
            let documents: Vec<_> = documents.iter().map(String::as_str).collect();
            let left: u64 = votes(per_vote as f64, &documents).iter().map(|told| told.0).sum();
            prop_assert_eq!(left, (total - 100) / per_vote);
        }
    }
}
