//! Reads a journal line by line, and checks each.
//!
//! A torn last line is what a crash leaves. Anything else that is not as it was written is told of with
//! the number of its line. Whoever goes on with a journal reads up to there ([`Reader::read`]); whoever
//! looks for what is wrong with it reads all of it ([`Reader::read_any`]).

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read, Seek as _, SeekFrom, Take};
use std::path::Path;

use serde_json::Value;

use crate::timestamp::Timestamp;

use super::head::{Head, Rules};
use super::seal::{self, Chain};

/// Bytes of a line. A longer one was not written by this program.
pub(super) const MAX_LINE: u64 = 64 << 20;

/// A line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Which, from 1.
    pub number: u64,
    /// What it is.
    pub kind: Kind,
    /// All of it, without its line feed; of one that is too long its beginning.
    pub text: String,
    /// Whether it is what was written there.
    pub condition: Condition,
}

/// Whether a line is what was written there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// It is.
    Whole,
    /// It is not, or one was left out before it.
    Changed,
    /// It is the last, and has no end.
    Torn,
}

/// What a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The first.
    Head,
    /// A state from which reading can begin.
    State,
    /// A post, an edit or a deletion.
    Message,
    /// Messages that have no line each.
    Counted,
    /// A command that was given.
    Command,
    /// What the clock did.
    Clock,
    /// A result.
    Result,
    /// Which presses were counted.
    Presses,
    /// Posts that may be missing, since a source was not there.
    Gap,
    /// Whether a source is connected.
    Source,
    /// Things that are missing, since the disk took nothing.
    Lost,
    /// The show goes on after a crash.
    Resumed,
    /// Until when the show was running, where nothing else says it.
    Time,
    /// Anything else that is no message.
    Note,
}

/// What is not as it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damage {
    /// The last line is incomplete: that many bytes.
    Torn {
        /// Which it would be.
        line: u64,
        /// How much of it there is.
        bytes: u64,
    },
    /// A line is not what was written there, or one was left out before it.
    Changed {
        /// Which.
        line: u64,
    },
}

/// A place in a journal at which reading can begin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    line: u64,
    offset: u64,
    chain: Chain,
}

/// Reads the lines of a journal.
pub struct Reader<R> {
    input: BufReader<R>,
    /// Of the last line that was read.
    line: u64,
    offset: u64,
    chain: Chain,
    /// What the next line may follow instead, after one that is not what was written there.
    others: [Chain; 2],
    damage: Option<Damage>,
}

impl Reader<Take<File>> {
    /// Reads from one place of a file to another; from its beginning if the first is not given.
    ///
    /// # Errors
    /// If it cannot be opened.
    pub(super) fn open_between(
        path: &Path,
        from: Option<Place>,
        to: Place,
    ) -> io::Result<Reader<Take<File>>> {
        let Place { line, offset, chain } = from.unwrap_or_default();
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start(offset))?;
        let reader = Reader::new(file.take(to.offset - offset));
        Ok(Reader { line, offset, chain, others: [chain; 2], ..reader })
    }
}

impl Reader<File> {
    /// Begins at the beginning.
    ///
    /// # Errors
    /// If it cannot be opened.
    pub fn open(path: &Path) -> io::Result<Reader<File>> {
        File::open(path).map(Reader::new)
    }
}

impl<R: Read> Reader<R> {
    /// Reads what begins with the first line.
    pub fn new(input: R) -> Reader<R> {
        let input = BufReader::with_capacity(256 << 10, input);
        let chain = Chain::default();
        Reader { input, line: 0, offset: 0, chain, others: [chain; 2], damage: None }
    }

    /// The next line; `None` at the end, and where [`Reader::damage`] is.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn read(&mut self) -> io::Result<Option<Line>> {
        if self.damage.is_some() {
            return Ok(None);
        }
        Ok(self.read_any()?.filter(|line| line.condition == Condition::Whole))
    }

    /// The next line, whatever was done to it or to those before; `None` at the end.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn read_any(&mut self) -> io::Result<Option<Line>> {
        let mut bytes = Vec::new();
        let read = (&mut self.input).take(MAX_LINE).read_until(b'\n', &mut bytes)? as u64;
        if read == 0 {
            return Ok(None);
        }
        let has_end = bytes.pop_if(|last| *last == b'\n').is_some();
        if !has_end && read == MAX_LINE {
            self.offset += self.input.skip_until(b'\n')? as u64;
        }
        self.line += 1;
        self.offset += read;
        let condition = if !has_end && read < MAX_LINE {
            Condition::Torn
        } else if has_end && self.follows(&bytes) {
            Condition::Whole
        } else {
            Condition::Changed
        };
        let line = self.line;
        self.damage = self.damage.or(match condition {
            Condition::Whole => None,
            Condition::Changed => Some(Damage::Changed { line }),
            Condition::Torn => Some(Damage::Torn { line, bytes: read }),
        });
        let text = String::from_utf8(bytes)
            .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
        Ok(Some(Line { number: line, kind: kind(&text), text, condition }))
    }

    /// Whether a line follows what was read before it.
    fn follows(&mut self, line: &[u8]) -> bool {
        let [one, other] = self.others;
        for mut chain in [self.chain, one, other] {
            if chain.check(line) {
                (self.chain, self.others) = (chain, [chain; 2]);
                return true;
            }
        }
        let [chain, others @ ..] = self.chain.after_damage(line);
        (self.chain, self.others) = (chain, others);
        false
    }

    /// The first damage that was read.
    #[must_use]
    pub fn damage(&self) -> Option<Damage> {
        self.damage
    }

    /// After the last line that was read.
    #[must_use]
    pub fn place(&self) -> Place {
        Place { line: self.line, offset: self.offset, chain: self.chain }
    }
}

impl Place {
    /// Where the next line begins, in bytes.
    #[must_use]
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// How many lines there are before it.
    #[must_use]
    pub fn lines(&self) -> u64 {
        self.line
    }

    pub(super) fn chain(&self) -> Chain {
        self.chain
    }
}

impl Line {
    /// The head that it is.
    #[must_use]
    pub fn head(&self) -> Option<Head> {
        Head::read(self.text.as_bytes())
    }

    /// What is counted from it on, where it says that the show goes on with other titles than before,
    /// or with more questions.
    #[must_use]
    pub fn changed_rules(&self) -> Option<Rules> {
        if self.kind == Kind::Resumed { Rules::read_changed(self.text.as_bytes()) } else { None }
    }

    /// When it was written, as far as it says so: when a message came, and when all else happened.
    #[must_use]
    pub fn time(&self) -> Option<Timestamp> {
        let after = |text, name| str::strip_prefix(text, name)?.split_once('"');
        let at = after(&*self.text, "{\"at\":\"");
        let rest = at.map_or(&self.text[..], |(_, rest)| rest);
        let seen = after(rest, ",\"seen\":\"").or_else(|| after(rest, "{\"seen\":\""));
        let (time, _) = seen.or(at)?;
        Timestamp::parse_rfc3339(time)
    }

    /// The name of the source that it tells of, and when that was heard last if it is not connected.
    fn source(&self) -> Option<(String, Option<Timestamp>)> {
        let value: Value = serde_json::from_str(&self.text).ok()?;
        let text = |name: &str| value.get(name)?.as_str();
        let heard = text("heard").and_then(Timestamp::parse_rfc3339);
        Some((text("source")?.to_owned(), heard))
    }

    /// The line without its checksum.
    #[must_use]
    pub fn unsealed(&self) -> Option<String> {
        seal::opened(&self.text)
    }
}

/// What a line is, by its first members: a journal's own writer always puts them in one order.
fn kind(text: &str) -> Kind {
    let rest = match text.strip_prefix("{\"at\":\"") {
        Some(rest) => rest.split_once("\",").map_or("", |(_, rest)| rest),
        None => text.strip_prefix('{').unwrap_or(text),
    };
    let word = rest.split('"').nth(1).unwrap_or_default();
    match word {
        "note" => match rest.split('"').nth(3).unwrap_or_default() {
            "head" => Kind::Head,
            "state" => Kind::State,
            "presses" => Kind::Presses,
            "gap" => Kind::Gap,
            "source" => Kind::Source,
            "lost" => Kind::Lost,
            "resumed" => Kind::Resumed,
            "time" => Kind::Time,
            _ => Kind::Note,
        },
        "command" => Kind::Command,
        "phase" => Kind::Clock,
        "result" => Kind::Result,
        "unmatched" => Kind::Counted,
        _ => Kind::Message,
    }
}

/// What a whole journal is, in one pass.
#[derive(Clone, Debug, PartialEq)]
pub struct Survey {
    /// Its first line, if that is a head.
    pub head: Option<Head>,
    /// What was counted in the end, if that is not what its first line says.
    pub changed: Option<Rules>,
    /// Before its last state line, if it has one.
    pub state: Option<Place>,
    /// After its last line.
    pub end: Place,
    /// The newest time that it has reached.
    pub last: Option<Timestamp>,
    /// Since when each source that was connected is not any more, by its name; `None`: it is.
    pub sources: BTreeMap<String, Option<Timestamp>>,
    /// Things that are missing.
    pub lost: bool,
    /// What kept the reading from going on to the end.
    pub damage: Option<Damage>,
}

/// Reads all of a journal.
///
/// # Errors
/// If it cannot be read.
pub fn survey<R: Read>(input: R) -> io::Result<Survey> {
    let mut reader = Reader::new(input);
    let mut survey = Survey {
        head: None,
        changed: None,
        state: None,
        end: reader.place(),
        last: None,
        sources: BTreeMap::new(),
        lost: false,
        damage: None,
    };
    while let Some(line) = reader.read()? {
        let before = std::mem::replace(&mut survey.end, reader.place());
        match line.kind {
            Kind::Head if line.number == 1 => survey.head = line.head(),
            Kind::State => survey.state = Some(before),
            Kind::Lost => survey.lost = true,
            Kind::Source => survey.sources.extend(line.source()),
            Kind::Resumed => {
                survey.changed = line.changed_rules().or(survey.changed);
                // All connections ended with the show before.
                for heard in survey.sources.values_mut() {
                    *heard = heard.or(survey.last);
                }
                // Of a show that ended before it wrote anything else: it has not gone on.
                continue;
            }
            _ => {}
        }
        survey.last = survey.last.max(line.time());
    }
    survey.damage = reader.damage();
    Ok(survey)
}
