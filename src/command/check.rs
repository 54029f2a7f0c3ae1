//! `hashtug check`: says what would run, and what is wrong. Touches no device.

use std::fmt::Write;
use std::path::Path;

use anyhow::anyhow;

use crate::config::Config;
use crate::contest::{Reposts, Vote};
use crate::source;
use crate::source::replay::{Input, Speed};

use super::{Failure, load, print};

pub(super) fn run(config: Option<&Path>) -> Result<(), Failure> {
    let config = load(config)?;
    inputs(&config)?;
    print(describe(&config).as_bytes())
}

/// Whether everything that the config wants to read is there.
pub(super) fn inputs(config: &Config) -> Result<(), Failure> {
    if config.sources.is_empty() {
        return Err(Failure::Input(anyhow!("no [[source]]: there would be nothing to count")));
    }
    for source in &config.sources {
        let source::Kind::Replay(replay) = &source.kind;
        // Only a file can be looked into and be read again; what comes through a pipe is gone then.
        let is_pipe = matches!(&replay.input, Input::File(path)
            if path.metadata().is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir()));
        if is_pipe {
            continue;
        }
        let read = replay.input.open().and_then(|mut recording| recording.read().map(drop));
        if let Err(error) = read {
            let error = anyhow::Error::new(error).context(format!("source `{}`", source.name));
            return Err(Failure::Input(error));
        }
    }
    Ok(())
}

fn describe(config: &Config) -> String {
    let contest = &config.contest;
    let mut text = format!("contest  {}\n", contest.title());
    let vote = match contest.vote() {
        Vote::Latest => "one vote an author, the newest counts",
        Vote::Every => "every post is a vote",
    };
    let reposts = match contest.reposts() {
        Reposts::Ignore => "reposts are ignored",
        Reposts::Count => "reposts count",
    };
    let mut line = |what: &str, said: String| {
        writeln!(text, "{what:8} {said}").expect("a string takes everything");
    };
    line("", format!("window {:?}, {vote}, {reposts}", contest.window()));
    for team in contest.teams() {
        let hashtags: Vec<String> = team.hashtags.iter().map(|tag| format!("#{tag}")).collect();
        let size = if (team.size - 1.0).abs() < f64::EPSILON {
            String::new()
        } else {
            format!(", size {}", team.size)
        };
        line("team", format!("{}: {} in {}{size}", team.name, hashtags.join(" "), team.color));
    }
    for source in &config.sources {
        let source::Kind::Replay(replay) = &source.kind;
        let input = match &replay.input {
            Input::File(path) => path.display().to_string(),
            Input::Embedded => "the built-in keynote".to_owned(),
        };
        let speed = match replay.speed {
            Speed::Times(1.0) => "at its own pace".to_owned(),
            Speed::Times(times) => format!("at {times} times its pace"),
            Speed::Max => "as fast as it can be".to_owned(),
        };
        let repeat = if replay.repeat { ", again and again" } else { "" };
        line("source", format!("{}: replay of {input} {speed}{repeat}", source.name));
    }
    for output in &config.outputs {
        let (kind, pixels) = (output.kind.name(), output.strip.layout.pixels);
        line("output", format!("{}: {kind}, {pixels} pixels", output.name));
    }
    line("web", format!("http://{}/", config.web.listen));
    text
}
