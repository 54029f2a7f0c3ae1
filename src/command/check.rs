//! `hashtug check`: says what would run, and what is wrong. Touches no device.

use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

use anyhow::anyhow;
use tracing::warn;

use crate::config::Config;
use crate::contest::{Reposts, Team, Vote};
use crate::hint::Hinted;
use crate::round::{Counts, Length, Rules, default_grace};
use crate::server::operate::Reach;
use crate::{display_text, look_alike, output, source};

use super::{Failure, doors, load, print};

pub(super) fn run(config: Option<&Path>) -> Result<(), Failure> {
    let config = load(config)?;
    inputs(&config)?;
    let folder = config.journal.as_deref().and_then(Path::parent);
    if let Some(folder) = folder.filter(|folder| !folder.as_os_str().is_empty() && !folder.is_dir())
    {
        let folder = display_text::path(folder);
        return Err(Failure::Input(anyhow!("there is no folder {folder} for the journal")));
    }
    for contest in config.questions.iter() {
        for close in output::doctor::close_colours(contest) {
            warn!("{close}");
        }
    }
    warn_of_look_alikes(&config);
    let questions = config.questions.len();
    if config.rounds.is_none() && questions > 1 {
        warn!("there are {questions} questions and no `[round]`: only the first is asked");
    }
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
    doors::open(config, None).map(drop)
}

fn describe(config: &Config) -> String {
    let questions = &config.questions;
    let contest = questions.first();
    let mut text = match questions.len() {
        1 => format!("contest  {}\n", contest.title()),
        several => format!("contest  {several} questions\n"),
    };
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
    for (number, contest) in (1..).zip(questions.iter()) {
        if questions.len() > 1 {
            line("question", format!("{number}: {}", contest.title()));
        }
        for Team { name, hashtags, color, size } in contest.teams() {
            let hashtags: Vec<String> = hashtags.iter().map(|tag| format!("#{tag}")).collect();
            let size = if (size - 1.0).abs() < f64::EPSILON {
                String::new()
            } else {
                format!(", size {size}")
            };
            line("team", format!("{name}: {} in {color}{size}", hashtags.join(" ")));
        }
    }
    if let Some(rules) = &config.rounds {
        line("round", rounds(rules));
        line("", grace(config, rules));
    }
    if let Some(journal) = &config.journal {
        line("journal", display_text::path(journal));
    }
    for source in &config.sources {
        line("source", format!("{}: {}", source.name, source.kind.describe()));
    }
    for output in &config.outputs {
        line("output", format!("{}: {}", output.name, output.describe()));
    }
    let scheme = if config.web.tls.is_some() { "https" } else { "http" };
    line("web", format!("{scheme}://{}/", config.web.listen));
    let operators = match config.web.operate {
        Reach::Loopback => "on this machine, or through a tunnel to it",
        Reach::Network => "anywhere in the network, with the key",
    };
    line("operate", operators.to_owned());
    text
}

/// How rounds go.
fn rounds(rules: &Rules) -> String {
    let Rules { length, counts, countdown, grace: _, secret, best_of, auto } = rules;
    let length = match length {
        Length::After(length) => format!("{length:?} long"),
        Length::Open => "open until it is locked".to_owned(),
    };
    let counts = match counts {
        Counts::Round => "all votes since it opened count",
        Counts::Window => "the votes in the window at its end count",
    };
    let countdown = match countdown {
        &Duration::ZERO => "no countdown".to_owned(),
        countdown => format!("countdown {countdown:?}"),
    };
    let mut said = vec![length, counts.to_owned(), countdown];
    said.extend((*best_of > 1).then(|| format!("best of {best_of}")));
    said.extend(secret.then(|| "secret until it is revealed".to_owned()));
    said.extend(auto.map(|rest| format!("the next by itself after {rest:?}")));
    said.join(", ")
}

/// How long posts under way are waited for, and which source makes that long or is not waited for.
fn grace(config: &Config, rules: &Rules) -> String {
    let grace = rules.grace;
    let slowest = source::slowest(&config.sources, &config.questions);
    let Some((source, cycle)) = slowest.filter(|(_, cycle)| !cycle.is_zero()) else {
        return format!("grace {grace:?}");
    };
    let by_itself = default_grace(cycle);
    let name = &source.name;
    if grace < cycle {
        let most = if grace == by_itself { ", the longest that is chosen by itself" } else { "" };
        format!(
            "grace {grace:?}{most}; source `{name}` is asked through in {cycle:?}, so that its last posts \
             may come too late: `grace` can be longer"
        )
    } else if grace == by_itself {
        format!("grace {grace:?}, for source `{name}` is asked through in {cycle:?}")
    } else {
        format!("grace {grace:?}; the slowest source, `{name}`, is asked through in {cycle:?}")
    }
}
