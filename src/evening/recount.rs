//! An evening counted anew, line by line, beside the results that stand in its journal.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use crate::display_text;
use crate::hint::Hint;
use crate::journal::{self, Condition, Kind, Line, Reader};
use crate::questions::Questions;
use crate::report::{Evening, Round};
use crate::round::Rules;
use crate::show::{Now, Said, Setup, Show};
use crate::snapshot::{Gap, Posts, RoundResult};
use crate::tally::Limits;
use crate::timer::Marks;
use crate::timestamp::Timestamp;

use super::{BadHead, Reading, rules};

/// Faults past this are counted, and not listed.
const MAX_FAULTS: usize = 100;

/// Gaps past this are counted, and not listed.
const MAX_GAPS: usize = 1000;

/// What came of counting an evening anew.
#[derive(Clone, Debug)]
pub struct Recount {
    /// The evening as its posts say that it was.
    pub evening: Evening,
    /// What does not follow from them.
    pub faults: Vec<Fault>,
    /// How many more there are.
    pub more_faults: u64,
    /// Whether the file is a journal, whose lines have checksums and whose results were written.
    pub is_journal: bool,
}

/// Something that does not follow from the posts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A line is not what was written there, or one was left out before it.
    Changed {
        /// Which.
        line: u64,
        /// The round that was on.
        round: Option<u32>,
    },
    /// The last line is incomplete, as after a crash. Nothing follows from that.
    Torn {
        /// Which.
        line: u64,
    },
    /// A written result is not what the posts say.
    Result {
        /// Its round.
        round: u32,
        /// The first difference.
        difference: String,
    },
    /// A written result has no round.
    NoRound {
        /// The number that it claims.
        round: u32,
    },
}

impl Fault {
    /// Whether it is more than a crash leaves behind.
    #[must_use]
    pub fn is_wrong(&self) -> bool {
        !matches!(self, Fault::Torn { .. })
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Changed { line, round: Some(round) } => {
                write!(f, "round {round}: line {line} is not what was written there")
            }
            Fault::Changed { line, round: None } => {
                write!(f, "line {line} is not what was written there")
            }
            Fault::Torn { line } => {
                write!(f, "line {line}, the last, is incomplete, as after a crash")
            }
            Fault::Result { round, difference } => {
                write!(f, "round {round}: the result does not follow from the posts: {difference}")
            }
            Fault::NoRound { round } => {
                write!(f, "round {round}: there is a result, and no round that it could be of")
            }
        }
    }
}

/// Why an evening cannot be counted anew.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It cannot be read.
    #[error("cannot read `{}`", display_text::path(path))]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Its first line does not say how it is counted.
    #[error("`{}` cannot be counted", display_text::path(path))]
    Head {
        /// The file.
        path: PathBuf,
        /// Why.
        source: BadHead,
    },
    /// It is a recording, and nobody says of what.
    #[error("`{}` is not a journal, and no config says what is counted in it", display_text::path(.0))]
    NoRules(PathBuf),
}

impl Hint for Error {
    fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Error::Read { .. } => "a journal is a file that may be read",
            Error::Head { source: BadHead::Newer(_), .. } => "count it with that version",
            Error::Head { .. } => {
                "the first line of a journal is written by the show; was it changed?"
            }
            Error::NoRules(_) => {
                "name the config of the evening, which has a `[round]`: `-c friday.toml`"
            }
        })
    }
}

/// Counts the evening in a file anew. A journal says itself what is counted; a recording is counted by
/// `config`.
///
/// # Errors
/// If it cannot be read, or nobody says what is counted.
pub fn recount(
    path: &Path,
    config: Option<(Arc<Questions>, Option<Rules>)>,
) -> Result<Recount, Error> {
    let failed = |source| Error::Read { path: path.to_owned(), source };
    let mut lines = Reader::open(path).map_err(failed)?;
    let Some(first) = lines.read_any().map_err(failed)? else {
        return Err(Error::NoRules(path.to_owned()));
    };
    let mut head = first.head();
    let mut titles = Vec::new();
    if let Some(head) = &mut head {
        titles.push(titles_of(&head.rules));
        // A show may have gone on with more questions, or with mended titles.
        let mut later = Reader::open(path).map_err(failed)?;
        while let Some(line) = later.read_any().map_err(failed)? {
            if let Some(changed) = line.changed_rules() {
                titles.push(titles_of(&changed));
                head.rules = changed;
            }
        }
    }
    let (questions, rounds) = match &head {
        Some(head) => {
            let (questions, rounds) =
                rules(head).map_err(|source| Error::Head { path: path.to_owned(), source })?;
            (Arc::new(questions), rounds)
        }
        None => config.ok_or_else(|| Error::NoRules(path.to_owned()))?,
    };
    let mut counting = Counting::new(&questions, rounds, head.is_some());
    counting.titles = titles;
    let mut next = Some(first);
    while let Some(line) = next {
        counting.line(&line);
        next = lines.read_any().map_err(failed)?;
    }
    Ok(counting.end())
}

/// What the head of a journal says of how its evening is counted; `None`: it is no journal.
///
/// # Errors
/// If the file cannot be read, or its head cannot be understood.
pub fn rules_of(path: &Path) -> Result<Option<(Questions, Option<Rules>)>, Error> {
    let failed = |source| Error::Read { path: path.to_owned(), source };
    let first = Reader::open(path).map_err(failed)?.read_any().map_err(failed)?;
    let Some(head) = first.and_then(|line| line.head()) else { return Ok(None) };
    rules(&head).map(Some).map_err(|source| Error::Head { path: path.to_owned(), source })
}

/// An evening that is being counted.
struct Counting {
    show: Show,
    reading: Reading,
    is_journal: bool,
    /// Results as they were counted last.
    counted: BTreeMap<u32, Arc<RoundResult>>,
    /// What had become of the messages before each round's result.
    posts: BTreeMap<u32, Posts>,
    posts_before: Posts,
    gaps: Vec<(String, Gap)>,
    lost: u64,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    faults: Vec<Fault>,
    more_faults: u64,
    title: String,
    /// Those of all questions, as they were at the beginning and each time that they were changed.
    titles: Vec<Vec<String>>,
}

fn titles_of(rules: &journal::Rules) -> Vec<String> {
    rules.questions.iter().map(|question| question.title.clone()).collect()
}

impl Counting {
    fn new(questions: &Arc<Questions>, rounds: Option<Rules>, is_journal: bool) -> Counting {
        let titles: Vec<&str> = questions.iter().map(|contest| contest.title()).collect();
        Counting {
            title: titles.join(" · "),
            titles: Vec::new(),
            show: Show::new(Setup {
                questions: Arc::clone(questions),
                sources: Vec::new(),
                limits: Limits::default(),
                marks: Marks::default(),
                rounds,
                is_recorded: true,
            }),
            reading: Reading::of_any(questions),
            is_journal,
            counted: BTreeMap::new(),
            posts: BTreeMap::new(),
            posts_before: Posts::default(),
            gaps: Vec::new(),
            lost: 0,
            from: None,
            to: None,
            faults: Vec::new(),
            more_faults: 0,
        }
    }

    fn line(&mut self, line: &Line) {
        let Line { number, kind, text, condition } = line;
        match condition {
            // A recording has no checksums, and its last line may have no end.
            _ if !self.is_journal => {}
            Condition::Whole => {}
            Condition::Changed => {
                let round = self.show.snapshot(Now::default()).round.map(|round| round.number);
                self.find(Fault::Changed { line: *number, round });
            }
            Condition::Torn => return self.find(Fault::Torn { line: *number }),
        }
        let time = line.time();
        self.from = self.from.or(time);
        self.to = self.to.max(time);
        match kind {
            Kind::Result => return self.result(text),
            Kind::Gap => return self.gap(text),
            Kind::Lost => {
                let lost = json(text).get("count").and_then(Value::as_u64);
                self.lost += lost.unwrap_or(1);
                return;
            }
            _ => {}
        }
        let said = self.reading.line(&mut self.show, line);
        self.hear(said);
    }

    fn hear(&mut self, said: Vec<Said>) {
        for said in said {
            if let Said::Result(result) = said {
                let posts = self.show.snapshot(Now::default()).posts;
                self.posts.insert(result.number, since(self.posts_before, posts));
                self.posts_before = posts;
                self.counted.insert(result.number, result);
            }
        }
    }

    /// A result that is written: it must be what was counted up to here.
    fn result(&mut self, text: &str) {
        let Some(written) = json(text).get("result").cloned() else { return };
        let number = written.get("number").and_then(Value::as_u64);
        let round = number.and_then(|number| u32::try_from(number).ok()).unwrap_or(0);
        match self.counted.get(&round) {
            None => self.find(Fault::NoRound { round }),
            Some(counted) => {
                // Through text, which not every share comes back from as it was.
                let mut counted = json(&serde_json::to_string(&**counted).unwrap_or_default());
                if self.has_had_title(&written) {
                    counted["title"] = written["title"].clone();
                }
                if let Some(difference) = difference("", &written, &counted) {
                    self.find(Fault::Result { round, difference });
                }
            }
        }
    }

    /// Whether the title of a result is one that its question has had.
    fn has_had_title(&self, result: &Value) -> bool {
        let question = result.get("question").and_then(Value::as_u64).unwrap_or(0);
        let Some(index) = usize::try_from(question).ok().and_then(|number| number.checked_sub(1))
        else {
            return false;
        };
        let Some(title) = result.get("title").and_then(Value::as_str) else { return false };
        self.titles.iter().any(|titles| titles.get(index).is_some_and(|had| had == title))
    }

    fn gap(&mut self, text: &str) {
        let value = json(text);
        let at = value.get("at").and_then(Value::as_str).and_then(Timestamp::parse_rfc3339);
        let ms = value.get("ms").and_then(Value::as_u64);
        let source = value.get("source").and_then(Value::as_str).unwrap_or("a source");
        if let Some((from, ms)) = at.zip(ms)
            && self.gaps.len() < MAX_GAPS
        {
            let gap = Gap { from, length: Duration::from_millis(ms) };
            self.gaps.push((source.to_owned(), gap));
        }
    }

    fn find(&mut self, fault: Fault) {
        if self.faults.len() < MAX_FAULTS {
            self.faults.push(fault);
        } else {
            self.more_faults += 1;
        }
    }

    fn end(mut self) -> Recount {
        self.show.end();
        let said = self.show.take_said();
        self.hear(said);
        let snapshot = self.show.snapshot(Now::default());
        let standing: Vec<u32> = self.show.results().map(|result| result.number).collect();
        let rounds = standing.iter().filter_map(|number| {
            let result = Arc::clone(self.counted.get(number)?);
            Some(Round { result, posts: self.posts.get(number).copied().unwrap_or_default() })
        });
        let lost = match self.lost {
            0 => None,
            1 => Some("one thing is missing in the journal".to_owned()),
            lost => Some(format!("{lost} things are missing in the journal")),
        };
        Recount {
            evening: Evening {
                title: self.title,
                rounds: rounds.collect(),
                posts: snapshot.posts,
                gaps: self.gaps,
                partial: lost,
                from: self.from,
                to: self.to,
            },
            faults: self.faults,
            more_faults: self.more_faults,
            is_journal: self.is_journal,
        }
    }
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_default()
}

/// The first place where two results differ, and how.
fn difference(place: &str, written: &Value, counted: &Value) -> Option<String> {
    match (written, counted) {
        (Value::Object(one), Value::Object(other)) => {
            let keys = other.keys().chain(one.keys().filter(|key| !other.contains_key(*key)));
            keys.into_iter().find_map(|key| {
                let name = if place.is_empty() { key.clone() } else { format!("{place}.{key}") };
                let get = |of: &serde_json::Map<String, Value>| of.get(key).cloned();
                difference(&name, &get(one).unwrap_or_default(), &get(other).unwrap_or_default())
            })
        }
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
            one.iter().zip(other).enumerate().find_map(|(index, (one, other))| {
                difference(&format!("{place}[{index}]"), one, other)
            })
        }
        _ if written == counted => None,
        _ => {
            let short = |value: &Value| display_text::beginning(&value.to_string(), 60);
            Some(format!("`{place}` is written as {}, and is {}", short(written), short(counted)))
        }
    }
}

/// What became of messages between two snapshots; none where an undo has made it fewer.
fn since(before: Posts, after: Posts) -> Posts {
    Posts {
        matched: after.matched.saturating_sub(before.matched),
        unmatched: after.unmatched.saturating_sub(before.unmatched),
        ignored: after.ignored.saturating_sub(before.ignored),
        both: after.both.saturating_sub(before.both),
        duplicate: after.duplicate.saturating_sub(before.duplicate),
        late: after.late.saturating_sub(before.late),
        closed: after.closed.saturating_sub(before.closed),
        revised: after.revised.saturating_sub(before.revised),
        malformed: after.malformed.saturating_sub(before.malformed),
        dropped: after.dropped.saturating_sub(before.dropped),
    }
}
