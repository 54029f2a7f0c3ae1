//! `hashtug check`: says what would run, and what is wrong. Touches no device.

use std::fmt::Write;
use std::path::Path;

use anyhow::anyhow;
use tracing::warn;

use crate::config::Config;
use crate::contest::{Reposts, Vote};
use crate::hint::Hinted;
use crate::{display_text, look_alike, output};

use super::{Failure, load, print};

pub(super) fn run(config: Option<&Path>) -> Result<(), Failure> {
    let config = load(config)?;
    inputs(&config)?;
    for contest in config.questions.iter() {
        for close in output::doctor::close_colours(contest) {
            warn!("{close}");
        }
    }
    warn_of_look_alikes(&config);
    print(display_text::escaped_lines(&describe(&config)).as_bytes())
}

/// Says which teams the audience will mix up.
pub(super) fn warn_of_look_alikes(config: &Config) {
    for contest in config.questions.iter() {
        for warning in look_alike::warnings(contest) {
            warn!("{warning}");
        }
    }
}

/// Whether everything that the config wants to read is there.
pub(super) fn inputs(config: &Config) -> Result<(), Failure> {
    if config.sources.is_empty() {
        return Err(Failure::Input(anyhow!("no [[source]]: there would be nothing to count")));
    }
    for source in &config.sources {
        let refuse = |error: Hinted| {
            let error = anyhow::Error::new(error).context(format!("source `{}`", source.name));
            Failure::Input(error)
        };
        if let Some(missing) = source.kind.missing().into_iter().next() {
            return Err(refuse(Hinted::new(missing)));
        }
        source.kind.check_file().map_err(|error| refuse(Hinted::new(error)))?;
    }
    Ok(())
}

fn describe(config: &Config) -> String {
    let contest = config.questions.first();
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
        line("source", format!("{}: {}", source.name, source.kind.describe()));
    }
    for output in &config.outputs {
        line("output", format!("{}: {}", output.name, output.describe()));
    }
    line("web", format!("http://{}/", config.web.listen));
    text
}
