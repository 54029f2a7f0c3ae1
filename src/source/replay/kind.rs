//! A recorded file as a kind of source: its keys, and what the rest of the program asks of it.

use std::path::Path;

use tokio::time::timeout_at;
use toml::de::DeValue;

use crate::decode::Feed;
use crate::display_text;
use crate::finding::Finding;
use crate::keys::table::Table;
use crate::keys::value::{number, wrong_type};
use crate::questions::Questions;
use crate::recording;
use crate::source::SourceContext;
use crate::source::kind::Source;
use crate::source::probe::ProbeContext;
use crate::source::secret::Variable;

use super::{Input, Settings, Speed, has_commands};

/// Slower than this, one post to the next would take longer than any show.
const MIN_SPEED: f64 = 0.001;
const MAX_SPEED: f64 = 1000.0;

impl Source for Settings {
    const KIND: &'static str = "replay";

    fn read(table: &Table<'_>, _: Option<&Questions>) -> Option<Settings> {
        if !table.has("path") {
            table.report_missing("path", "add the recording: `path = \"posts.jsonl\"`".to_owned());
        }
        let feeds: Vec<_> = Feed::choices().collect();
        Some(Settings {
            input: Input::File(table.path("path").unwrap_or_default()),
            speed: speed(table).unwrap_or(Speed::Times(1.0)),
            repeat: table.flag("repeat").unwrap_or(false),
            commands: table.flag("commands").unwrap_or(true),
            feed: table.choice("feed", &feeds).unwrap_or(None),
        })
    }

    fn is_live(&self) -> bool {
        false
    }

    fn leads(&self, questions: &Questions) -> bool {
        // A pipe can be read once.
        self.commands && self.input.pipe().is_none() && has_commands(&self.input, questions)
    }

    fn variables(&self) -> Vec<&Variable> {
        Vec::new()
    }

    /// Nothing comes over a wire.
    fn feed(&self) -> Option<Feed> {
        None
    }

    fn describe(&self) -> String {
        let input = match &self.input {
            Input::File(path) => display_text::path(path),
            Input::Embedded => "the built-in keynote".to_owned(),
        };
        let speed = match self.speed {
            Speed::Times(1.0) => "at its own pace".to_owned(),
            Speed::Times(times) => format!("at {times} times its pace"),
            Speed::Max => "as fast as it can be".to_owned(),
        };
        let repeat = if self.repeat { ", again and again" } else { "" };
        format!("replay of {input} {speed}{repeat}")
    }

    fn check_file(&self) -> Result<(), recording::Error> {
        if self.input.pipe().is_some() {
            return Ok(());
        }
        self.input.open()?.read().map(drop)
    }

    async fn probe(&self, context: &ProbeContext) -> Vec<Finding> {
        let found = timeout_at(context.deadline, probe(&self.input)).await;
        let slow = || Finding::fail("recording", "it gives nothing: is its disk there?", None);
        vec![found.unwrap_or_else(|_| slow())]
    }

    async fn run(self, _: &str, context: SourceContext) {
        super::run(self, context).await;
    }
}

impl Input {
    /// Whether it can be read but once.
    pub(super) fn is_pipe(&self) -> bool {
        self.pipe().is_some()
    }

    /// The path of what is no file of its own. Only a file can be looked into and be read again; what
    /// comes through a pipe is gone then.
    fn pipe(&self) -> Option<&Path> {
        let Input::File(path) = self else { return None };
        let metadata = path.metadata().ok()?;
        (!metadata.is_file() && !metadata.is_dir()).then_some(path)
    }
}

fn speed(table: &Table<'_>) -> Option<Speed> {
    table.read("speed", |value| match value.get_ref() {
        DeValue::String(text) if text == "max" => Ok(Speed::Max),
        DeValue::Integer(_) | DeValue::Float(_) => {
            number("speed", value, &(MIN_SPEED..=MAX_SPEED)).map(Speed::Times)
        }
        _ => {
            let problem = wrong_type("speed", "a number or \"max\"", value);
            Err(if problem.hint.is_some() {
                problem
            } else {
                problem.hint("`1.0` is as it was, `\"max\"` as fast as the machine can")
            })
        }
    })
}

/// Can the file be read?
async fn probe(input: &Input) -> Finding {
    let input = input.clone();
    let read = tokio::task::spawn_blocking(move || {
        if let Some(path) = input.pipe() {
            return Ok(format!(
                "`{}` is a pipe, which is read when it runs",
                display_text::path(path)
            ));
        }
        let mut recording = input.open()?;
        let name = recording.name().to_owned();
        let is_empty = recording.read()?.is_none();
        let what = if is_empty { "is empty" } else { "can be read" };
        Ok(format!("`{name}` {what}"))
    });
    match read.await {
        Ok(Ok(said)) => Finding::ok("recording", said),
        Ok(Err(error)) => {
            let error: recording::Error = error;
            Finding::fail("recording", format!("{:#}", anyhow::Error::new(error)), None)
        }
        Err(_) => Finding::fail("recording", "it cannot be read", None),
    }
}
