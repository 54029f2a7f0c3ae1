//! The first line of a journal: of which version it is, and what was counted by which rules.
//!
//! A show goes on with a journal only if it counts the same. What decides that stands in clear, so that
//! the first difference can be named; titles, colours, sources and the like may change.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Map, Value, json};

use crate::contest::{Reposts, Vote};
use crate::questions::Questions;
use crate::timestamp::Timestamp;

use super::lines;

/// The form of the lines. A greater one has lines that this program would misread.
pub(super) const FORMAT: u64 = 1;

/// The first line.
#[derive(Clone, Debug, PartialEq)]
pub struct Head {
    /// The form of its lines.
    pub format: u64,
    /// The version of the program that began it.
    pub version: String,
    /// When it began.
    pub at: Timestamp,
    /// What is counted.
    pub rules: Rules,
}

/// What decides what a post counts for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rules {
    /// In their order.
    pub questions: Vec<Question>,
    /// The keys that say how posts become votes, and how each is set.
    pub counting: BTreeMap<String, Value>,
}

/// One question.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// What is asked, for people: it may change.
    pub title: String,
    /// Its sides, in their order.
    pub teams: Vec<Team>,
}

/// One side of a question.
#[derive(Clone, Debug, PartialEq)]
pub struct Team {
    /// Its name.
    pub name: String,
    /// Folded, in any order.
    pub hashtags: Vec<String>,
    /// How many people sit on it.
    pub size: f64,
}

/// What counts otherwise than in the journal, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference(String);

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The key of the grace, which follows from the sources if nobody chooses it, and may change with them.
pub const GRACE: &str = "grace_ms";

impl Rules {
    /// The rules of an evening of these questions, which share how posts become votes; `more` are
    /// the keys that the contest knows nothing of.
    pub fn new(questions: &Questions, more: impl IntoIterator<Item = (String, Value)>) -> Rules {
        let mut rules = Rules::default();
        for contest in questions.iter() {
            if rules.questions.is_empty() {
                let vote = match contest.vote() {
                    Vote::Latest => "latest",
                    Vote::Every => "every",
                };
                let reposts = match contest.reposts() {
                    Reposts::Ignore => "ignore",
                    Reposts::Count => "count",
                };
                let window = u64::try_from(contest.window().as_millis()).unwrap_or(u64::MAX);
                let counting = [
                    ("window_ms", json!(window)),
                    ("vote", json!(vote)),
                    ("reposts", json!(reposts)),
                ];
                rules.counting.extend(counting.map(|(key, value)| (key.to_owned(), value)));
            }
            let teams = contest.teams().iter().map(|team| Team {
                name: team.name.clone(),
                hashtags: team.hashtags.clone(),
                size: team.size,
            });
            let title = contest.title().to_owned();
            rules.questions.push(Question { title, teams: teams.collect() });
        }
        rules.counting.extend(more);
        rules
    }

    /// What counts otherwise by `new` than by these, which a journal has, if anything does. Questions
    /// may be added at the end.
    #[must_use]
    pub fn difference(&self, new: &Rules) -> Option<Difference> {
        let differ = |text: String| Some(Difference(text));
        if new.questions.len() < self.questions.len() {
            let (had, has) = (self.questions.len(), new.questions.len());
            return differ(format!("there it has {had} questions, and in the config {has}"));
        }
        for (index, (old, new)) in self.questions.iter().zip(&new.questions).enumerate() {
            // One question alone needs no number.
            let of = match self.questions.len() {
                1 => String::new(),
                _ => format!(" of question {}", index + 1),
            };
            if old.teams.len() != new.teams.len() {
                let (had, has) = (old.teams.len(), new.teams.len());
                return differ(format!("there it has {had} teams{of}, and in the config {has}"));
            }
            for (old, new) in old.teams.iter().zip(&new.teams) {
                let Team { name, .. } = old;
                if old.name != new.name {
                    let other = &new.name;
                    return differ(format!("team `{name}`{of} is `{other}` in the config"));
                }
                let without = |these: &Team, others: &Team| {
                    these.hashtags.iter().find(|tag| !others.hashtags.contains(tag)).cloned()
                };
                if let Some(tag) = without(old, new) {
                    return differ(format!(
                        "team `{name}`{of} has no hashtag `{tag}` in the config"
                    ));
                }
                if let Some(tag) = without(new, old) {
                    return differ(format!(
                        "team `{name}`{of} has the hashtag `{tag}` in the config alone"
                    ));
                }
                if old.size.to_bits() != new.size.to_bits() {
                    let (had, has) = (old.size, new.size);
                    return differ(format!(
                        "team `{name}`{of} had the size {had}, and in the config {has}"
                    ));
                }
            }
        }
        let of = |rules: &Rules, key: &str| rules.counting.get(key).cloned().unwrap_or_default();
        let keys = self.counting.keys().chain(new.counting.keys());
        keys.filter(|key| *key != GRACE).find_map(|key| {
            let (had, has) = (of(self, key), of(new, key));
            let said = |value: &Value| match value {
                Value::Null => "not set".to_owned(),
                value => value.to_string(),
            };
            (had != has).then(|| {
                Difference(format!(
                    "`{key}` was {}, and in the config it is {}",
                    said(&had),
                    said(&has)
                ))
            })
        })
    }

    /// As JSON.
    pub(super) fn value(&self) -> Value {
        let questions: Vec<Value> = self.questions.iter().map(question).collect();
        let counting: Map<String, Value> = self.counting.clone().into_iter().collect();
        json!({"questions": questions, "counting": counting})
    }

    /// Reads them out of a line that says that the show goes on; `None` if nothing has changed.
    pub(super) fn read_changed(line: &[u8]) -> Option<Rules> {
        let line: Value = serde_json::from_slice(line).ok()?;
        read_rules(line.get("head")?)
    }
}

impl Head {
    /// Whether it is of a form that this program would misread.
    #[must_use]
    pub fn is_newer(&self) -> bool {
        self.format > FORMAT
    }

    /// That of a journal which begins at `at`.
    pub(super) fn new(at: Timestamp, rules: Rules) -> Head {
        Head { format: FORMAT, version: env!("CARGO_PKG_VERSION").to_owned(), at, rules }
    }

    /// As a line.
    pub(super) fn line(&self) -> String {
        let mut head = self.rules.value();
        head["format"] = json!(self.format);
        head["version"] = json!(self.version);
        lines::with_value(self.at, "head", &head)
    }

    /// Reads it; `None` if it is none. Of a form that is not known here, what can be read is read.
    pub(super) fn read(line: &[u8]) -> Option<Head> {
        let line: Value = serde_json::from_slice(line).ok()?;
        let at = Timestamp::parse_rfc3339(line.get("at")?.as_str()?)?;
        let head = line.get("head").filter(|_| line.get("note") == Some(&json!("head")))?;
        let format = head.get("format")?.as_u64()?;
        let version = head.get("version")?.as_str()?.to_owned();
        let rules = read_rules(head).or_else(|| (format > FORMAT).then(Rules::default))?;
        Some(Head { format, version, at, rules })
    }
}

fn question(question: &Question) -> Value {
    let team =
        |team: &Team| json!({"name": team.name, "hashtags": team.hashtags, "size": team.size});
    json!({
        "title": question.title,
        "teams": question.teams.iter().map(team).collect::<Vec<_>>(),
    })
}

fn read_rules(head: &Value) -> Option<Rules> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let team = |team: &Value| {
        let hashtags = team.get("hashtags")?.as_array()?.iter().map(text).collect::<Option<_>>()?;
        Some(Team { name: text(team.get("name")?)?, hashtags, size: team.get("size")?.as_f64()? })
    };
    let question = |question: &Value| {
        let teams = question.get("teams")?.as_array()?.iter().map(team).collect::<Option<_>>()?;
        Some(Question { title: text(question.get("title")?)?, teams })
    };
    let questions =
        head.get("questions")?.as_array()?.iter().map(question).collect::<Option<_>>()?;
    let counting = head.get("counting")?.as_object()?.clone().into_iter().collect();
    Some(Rules { questions, counting })
}
