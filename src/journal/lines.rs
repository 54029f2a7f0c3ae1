//! The lines of a journal, without their checksums: what is said of each thing that happens.
//!
//! Pure formatting. A line is read by `decode` as the message, command or phase that it was made of;
//! what no reader counts is a `note`. Names are the keyed hashes of `post`, and of hashtags only those
//! of the contest stand here: no text of a post, and no key.

use std::fmt::Write;

use serde_json::Value;
use smallvec::SmallVec;

use crate::contest::TeamId;
use crate::event::{ClockEvent, Message};
use crate::order::Request;
use crate::post::{Deletion, Post, PostId, Side, Version};
use crate::questions::Questions;
use crate::snapshot::{Gap, RoundResult};
use crate::timestamp::Timestamp;

use super::Entry;

/// More malformed messages than this go on a line of their own: a reader takes no more from one.
const MOST_MALFORMED: u64 = 1 << 16;

/// More messages than this go on a line of their own, for the same reason.
const MOST: u64 = u32::MAX as u64;

/// What lines are made with.
#[derive(Clone, Debug)]
pub struct Lines {
    /// The names of the sources, as JSON.
    sources: Vec<String>,
    questions: Questions,
}

/// Messages that are counted without a line each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// That concern no team.
    pub unmatched: u64,
    /// That cannot be read.
    pub malformed: u64,
    /// That were lost because nobody had time for them.
    pub dropped: u64,
}

impl Counted {
    /// Whether there is none.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        *self == Counted::default()
    }
}

impl Lines {
    /// For the sources of this name, in the order of their ids.
    pub fn new(questions: &Questions, sources: impl IntoIterator<Item = String>) -> Lines {
        let sources = sources.into_iter().map(|name| quoted(&name)).collect();
        Lines { sources, questions: questions.clone() }
    }

    /// The lines of an entry, and the newest time that they have.
    pub fn entry(&self, entry: &Entry, made: &mut Vec<String>) -> Option<Timestamp> {
        match entry {
            Entry::Message { arrival, source, message } => {
                self.message(*arrival, Some(source.0), message, made);
                Some(*arrival)
            }
            Entry::Command { at, request } => {
                made.push(self::command(*at, request));
                Some(*at)
            }
            Entry::Clock(at, event) => {
                made.push(self::clock(*at, *event));
                Some(*at)
            }
            Entry::Result(result) => {
                made.push(self::result(result));
                None
            }
            Entry::State(at, state) => {
                made.push(self::state(*at, state));
                Some(*at)
            }
            Entry::Presses(at, presses) => {
                made.push(self::presses(*at, presses));
                Some(*at)
            }
            Entry::Gap(source, gap) => {
                made.push(self.gap(Some(source.0), gap));
                None
            }
            Entry::Source(at, source, heard) => {
                made.push(self.source(*at, source.0, *heard));
                Some(*at)
            }
        }
    }

    /// A post or a deletion that came at `arrival`; nothing for all else, which is [`counted`].
    pub fn message(
        &self,
        arrival: Timestamp,
        source: Option<usize>,
        message: &Message,
        out: &mut Vec<String>,
    ) {
        match message {
            Message::Post(post) if can_be_told(post) => {
                out.push(self.post(arrival, source, post));
            }
            // What changes a post without a name changes none.
            Message::Post(_) => counted(Counted { unmatched: 1, ..Counted::default() }, out),
            // What takes nothing back concerns nobody.
            Message::Deletion(deletion) if deletion.posts.is_empty() => {
                counted(Counted { unmatched: 1, ..Counted::default() }, out);
            }
            Message::Deletion(deletion) => out.push(self.deletion(arrival, source, deletion)),
            Message::Recorded(recorded) => self.message(arrival, source, &recorded.message, out),
            Message::Unmatched(_)
            | Message::Malformed(_)
            | Message::Dropped(_)
            | Message::Command(_)
            | Message::Clock(..) => {}
        }
    }

    fn post(&self, arrival: Timestamp, source: Option<usize>, post: &Post) -> String {
        let mut line = self.beginning(Some(post.at), arrival, source);
        let takes_back = post.version == Version::Edit && !post.names_a_team();
        if let Some(id) = post.id {
            // An edit that leaves nothing is found by the word for a deletion.
            push_names(if takes_back { "delete" } else { "id" }, &[id], &mut line);
        }
        if let Some(alias) = post.alias {
            push_names("alias", &[alias], &mut line);
        }
        if let Some(author) = post.author {
            push_member(&mut line, format_args!("\"author\":\"{:016x}\"", author.0));
        }
        if post.version == Version::Edit {
            push_member(&mut line, format_args!("\"edit\":true"));
        }
        if !takes_back {
            push_member(&mut line, format_args!("\"hashtags\":["));
            let mut comma = "";
            // A hashtag of a contest holds nothing that JSON would escape.
            for hashtag in self.hashtags_of(post) {
                let _infallible = write!(line, "{comma}\"{hashtag}\"");
                comma = ",";
            }
            line.push(']');
        }
        line.push('}');
        line
    }

    fn deletion(&self, arrival: Timestamp, source: Option<usize>, deletion: &Deletion) -> String {
        let mut line = self.beginning(deletion.at, arrival, source);
        push_names("delete", &deletion.posts, &mut line);
        if let Some(author) = deletion.author {
            push_member(&mut line, format_args!("\"by\":\"{:016x}\"", author.0));
        }
        line.push('}');
        line
    }

    /// Of every message: its time, its arrival, and its source.
    fn beginning(
        &self,
        at: Option<Timestamp>,
        arrival: Timestamp,
        source: Option<usize>,
    ) -> String {
        let mut line = String::with_capacity(160);
        line.push('{');
        if let Some(at) = at {
            push_member(&mut line, format_args!("\"at\":\"{at}\""));
        }
        // Also where both are the same: the time that a reader has reached need not be that of a show.
        push_member(&mut line, format_args!("\"seen\":\"{arrival}\""));
        if let Some(name) = source.and_then(|source| self.sources.get(source)) {
            push_member(&mut line, format_args!("\"source\":{name}"));
        }
        line
    }

    /// The hashtags of a post, or where they are not known the first ones of its teams.
    fn hashtags_of(&self, post: &Post) -> SmallVec<[&str; 8]> {
        let questions = &self.questions;
        if !post.tags.is_empty() {
            return post.tags.iter().filter_map(|tag| questions.hashtag(tag)).collect();
        }
        let first = |team: TeamId| {
            let team = questions.first().teams().get(team.index())?;
            team.hashtags.first().map(String::as_str)
        };
        match post.side {
            Side::None => SmallVec::new(),
            Side::Team(team) => first(team).into_iter().collect(),
            Side::Both => [TeamId(0), TeamId(1)].into_iter().filter_map(first).collect(),
        }
    }

    /// A source is connected; or it is not, or silent, and was heard last at the second time.
    #[must_use]
    pub fn source(&self, at: Timestamp, source: usize, heard: Option<Timestamp>) -> String {
        let mut line = note(Some(at), "source");
        if let Some(name) = self.sources.get(source) {
            push_member(&mut line, format_args!("\"source\":{name}"));
        }
        if let Some(heard) = heard {
            push_member(&mut line, format_args!("\"heard\":\"{heard}\""));
        }
        line + "}"
    }

    /// Posts of this span of time may be missing.
    #[must_use]
    pub fn gap(&self, source: Option<usize>, gap: &Gap) -> String {
        let mut line = note(Some(gap.from), "gap");
        if let Some(name) = source.and_then(|source| self.sources.get(source)) {
            push_member(&mut line, format_args!("\"source\":{name}"));
        }
        push_member(&mut line, format_args!("\"ms\":{}", gap.length.as_millis()));
        line + "}"
    }
}

/// Messages that are counted without a line each.
pub fn counted(counted: Counted, out: &mut Vec<String>) {
    let mut rest = counted;
    while !rest.is_nothing() {
        let unmatched = rest.unmatched.min(MOST);
        let malformed = rest.malformed.min(MOST_MALFORMED);
        let dropped = rest.dropped.min(MOST);
        rest.unmatched -= unmatched;
        rest.malformed -= malformed;
        rest.dropped -= dropped;
        let mut line = format!("{{\"unmatched\":{unmatched}");
        if malformed > 0 {
            push_member(&mut line, format_args!("\"malformed\":{malformed}"));
        }
        if dropped > 0 {
            push_member(&mut line, format_args!("\"dropped\":{dropped}"));
        }
        out.push(line + "}");
    }
}

/// A command that was given, with its arguments and under which condition.
#[must_use]
pub fn command(at: Timestamp, request: &Request) -> String {
    let Request { command, from, soft } = request;
    let mut line = format!("{{\"at\":\"{at}\",\"command\":\"{}\"", command.name());
    for (key, value) in command.to_object() {
        if key != "command" {
            push_member(&mut line, format_args!("{}:{value}", quoted(&key)));
        }
    }
    if let Some(from) = from {
        push_member(&mut line, format_args!("\"from\":\"{}\"", from.name()));
    }
    if *soft {
        push_member(&mut line, format_args!("\"soft\":true"));
    }
    line + "}"
}

/// What the clock did.
#[must_use]
pub fn clock(at: Timestamp, event: ClockEvent) -> String {
    format!("{{\"at\":\"{at}\",\"phase\":\"{}\"}}", event.name())
}

/// A result, as in snapshots.
///
/// # Panics
/// Never: a result has a JSON form.
#[must_use]
pub fn result(result: &RoundResult) -> String {
    let result = serde_json::to_string(result).expect("the shape has only text keys");
    format!("{{\"result\":{result}}}")
}

/// The show was running then, and nothing else happened.
#[must_use]
pub fn time(at: Timestamp) -> String {
    note(Some(at), "time") + "}"
}

/// A state from which reading can begin, given as JSON.
#[must_use]
pub fn state(at: Timestamp, state: &Value) -> String {
    with_value(at, "state", state)
}

/// Which presses of phones were counted, so that one that is sent again counts once.
#[must_use]
pub fn presses(at: Timestamp, presses: &Value) -> String {
    with_value(at, "presses", presses)
}

/// Things that are missing here.
#[must_use]
pub fn lost(at: Option<Timestamp>, count: u64) -> String {
    let mut line = note(at, "lost");
    push_member(&mut line, format_args!("\"count\":{count}"));
    line + "}"
}

/// The show goes on after it was not running; `changed`: with these rules, where they are not those
/// that the journal has.
#[must_use]
pub fn resumed(at: Timestamp, changed: Option<&Value>) -> String {
    let mut line = note(Some(at), "resumed");
    push_member(&mut line, format_args!("\"version\":\"{}\"", env!("CARGO_PKG_VERSION")));
    if let Some(head) = changed {
        push_member(&mut line, format_args!("\"head\":{head}"));
    }
    line + "}"
}

/// The note `word` with a value of this name.
pub(super) fn with_value(at: Timestamp, word: &str, value: &Value) -> String {
    let mut line = note(Some(at), word);
    push_member(&mut line, format_args!("\"{word}\":{value}"));
    line + "}"
}

/// The beginning of a line that is no message.
fn note(at: Option<Timestamp>, word: &str) -> String {
    let mut line = String::from("{");
    if let Some(at) = at {
        push_member(&mut line, format_args!("\"at\":\"{at}\""));
    }
    push_member(&mut line, format_args!("\"note\":\"{word}\""));
    line
}

/// Whether a line can say what a message does to a count.
fn can_be_told(post: &Post) -> bool {
    post.id.is_some() || post.names_a_team()
}

fn push_names(key: &str, names: &[PostId], line: &mut String) {
    match names {
        [PostId(only)] => push_member(line, format_args!("\"{key}\":\"{only:016x}\"")),
        names => {
            push_member(line, format_args!("\"{key}\":["));
            let mut comma = "";
            for PostId(name) in names {
                let _infallible = write!(line, "{comma}\"{name:016x}\"");
                comma = ",";
            }
            line.push(']');
        }
    }
}

fn push_member(line: &mut String, member: std::fmt::Arguments<'_>) {
    if !line.ends_with('{') {
        line.push(',');
    }
    let _infallible = line.write_fmt(member);
}

/// A text as JSON has it.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}
