//! What only a file may say: commands, what the clock did, results, and numbers of messages.
//!
//! `{"at":…,"command":…}` with the command's arguments, `{"at":…,"phase":…}`, `{"result":…}`, and
//! `{"unmatched":n}`, beside which `malformed` and `dropped` may stand. A recording of an evening and
//! its journal have them. Nobody steers a show through a network: what reads like a command there is
//! malformed.

use std::borrow::Cow;

use serde_json::Value;

use crate::decode::draft::OfFile;
use crate::decode::json::{Invalid, Kind, Reader};
use crate::decode::optional::optional_text;
use crate::decode::prefilter::words::{Follows, Word};
use crate::event::{ClockEvent, Given};
use crate::order::Request;
use crate::timestamp::Timestamp;

/// Words without which a line steers nothing.
pub(in crate::decode) const WORDS: [Word; 2] =
    [Word::new("\"command\"", Follows::Colon), Word::new("\"phase\"", Follows::String)];

/// More messages than this are not said in one line.
const MOST: u64 = u32::MAX as u64;

/// More malformed messages than this are not said in one line: each is a message again.
const MOST_MALFORMED: u64 = 1 << 16;

/// The members of a line that say what no network says.
#[derive(Default)]
pub(super) struct Steering<'a> {
    has_command: bool,
    phase: Option<Cow<'a, str>>,
    has_result: bool,
    unmatched: Option<u64>,
    malformed: u64,
    dropped: u64,
}

impl<'a> Steering<'a> {
    /// Reads the value of a member, whatever it is.
    pub(super) fn member(&mut self, reader: &mut Reader<'a>, name: &str) -> Result<(), Invalid> {
        match name {
            "command" => self.has_command = reader.skip()? != "null",
            "phase" if reader.peek()? == Kind::String => self.phase = optional_text(reader)?,
            "result" => self.has_result = reader.skip()? != "null",
            "unmatched" => self.unmatched = number(reader, MOST)?,
            "malformed" => self.malformed = number(reader, MOST_MALFORMED)?.unwrap_or(0),
            "dropped" => self.dropped = number(reader, MOST)?.unwrap_or(0),
            _ => drop(reader.skip()?),
        }
        Ok(())
    }

    /// What the line `text` says with that; `None` if it is a message.
    pub(super) fn line(self, at: Option<Timestamp>, text: &str) -> Result<Option<OfFile>, Invalid> {
        if self.has_result {
            return Ok(Some(OfFile::Result));
        }
        if let Some(unmatched) = self.unmatched {
            let Steering { malformed, dropped, .. } = self;
            return Ok(Some(OfFile::Counted { unmatched, malformed, dropped }));
        }
        if self.has_command {
            return command(at, text).map(Some);
        }
        let Some(event) = self.phase.as_deref().and_then(clock_event) else { return Ok(None) };
        let at = at.ok_or(Invalid("a phase without `at`"))?;
        Ok(Some(OfFile::Clock(at, event)))
    }
}

/// Whether a message that is no post reads like a command or a phase line.
pub(in crate::decode) fn steers(text: &str) -> bool {
    if !WORDS.iter().any(|word| word.may_stand_in(text)) {
        return false;
    }
    let mut steering = Steering::default();
    let mut has_at = false;
    let mut reader = Reader::new(text);
    let read = reader.object(|reader, name| {
        let name = name.value();
        has_at |= name == "at";
        steering.member(reader, &name)
    });
    let is_phase = || steering.phase.as_deref().and_then(clock_event).is_some();
    read.is_ok() && has_at && (steering.has_command || is_phase())
}

fn command(at: Option<Timestamp>, text: &str) -> Result<OfFile, Invalid> {
    const UNREADABLE: Invalid = Invalid("no command, or one that cannot be read");
    let at = at.ok_or(Invalid("a command without `at`"))?;
    // Commands are few: what they take is read by the one place that knows it.
    let Ok(Value::Object(object)) = serde_json::from_str(text) else { return Err(UNREADABLE) };
    let request = Request::from_object(&object).map_err(|_| UNREADABLE)?;
    Ok(OfFile::Command(Box::new(Given { at, request })))
}

fn clock_event(name: &str) -> Option<ClockEvent> {
    ClockEvent::ALL.into_iter().find(|event| event.name() == name)
}

/// A whole number that is not negative and at most `most`; `None` if it is anything else.
fn number(reader: &mut Reader<'_>, most: u64) -> Result<Option<u64>, Invalid> {
    Ok(reader.skip()?.parse().ok().filter(|&number| number <= most))
}
