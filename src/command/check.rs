//! `hashtug check`: says what would run, and what is wrong. Touches no device.

use std::fmt::Write;
use std::path::Path;

use anyhow::anyhow;
use tracing::warn;
use url::Url;

use crate::config::Config;
use crate::contest::{Contest, Reposts, Vote};
use crate::decode::Shape;
use crate::decode::mapped::Map;
use crate::hint::Hinted;
use crate::source::replay::{Input, Speed};
use crate::source::{http, mastodon};
use crate::{output, source};

use super::{Failure, load, print};

pub(super) fn run(config: Option<&Path>) -> Result<(), Failure> {
    let config = load(config)?;
    inputs(&config)?;
    for close in output::doctor::close_colours(&config.contest) {
        warn!("{close}");
    }
    print(describe(&config).as_bytes())
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
        for variable in source.kind.variables() {
            variable.read().map_err(|missing| refuse(Hinted::new(missing)))?;
        }
        let source::Kind::Replay(replay) = &source.kind else { continue };
        // Only a file can be looked into and be read again; what comes through a pipe is gone then.
        let is_pipe = matches!(&replay.input, Input::File(path)
            if path.metadata().is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir()));
        if is_pipe {
            continue;
        }
        let read = replay.input.open().and_then(|mut recording| recording.read().map(drop));
        read.map_err(|error| refuse(Hinted::new(error)))?;
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
        line("source", format!("{}: {}", source.name, self::source(&source.kind, contest)));
    }
    for output in &config.outputs {
        line("output", format!("{}: {}", output.name, output.describe()));
    }
    line("web", format!("http://{}/", config.web.listen));
    text
}

/// What a source would do.
fn source(kind: &source::Kind, contest: &Contest) -> String {
    match kind {
        source::Kind::Replay(replay) => {
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
            format!("replay of {input} {speed}{repeat}")
        }
        source::Kind::Bluesky(bluesky) => {
            let more = match bluesky.endpoints.len() {
                1 => String::new(),
                endpoints => format!(", and {} more in turn", endpoints - 1),
            };
            format!("bluesky at {}{more}", host(&bluesky.endpoints[0]))
        }
        source::Kind::Mastodon(mastodon) => {
            let how = match (mastodon.mode, &mastodon.token) {
                (mastodon::Mode::Auto, Some(_)) => "its stream, or else its timeline",
                (mastodon::Mode::Stream, _) => "its stream",
                (mastodon::Mode::Auto | mastodon::Mode::Poll, _) => "its timeline",
            };
            let token = match &mastodon.token {
                Some(token) => format!("with the token in {token}"),
                None => "without a token".to_owned(),
            };
            format!("mastodon at {}, {how}, {token}", host(&mastodon.server))
        }
        source::Kind::X(x) => {
            let source::x::Settings { endpoint, token, max_posts, backfill } = x;
            let endpoint = host(endpoint);
            let with = if *backfill { ", with backfill" } else { "" };
            format!("x at {endpoint}, with the token in {token}, at most {max_posts} posts{with}")
        }
        source::Kind::Nostr(nostr) => {
            format!("nostr at {}", nostr.relays.iter().map(host).collect::<Vec<_>>().join(", "))
        }
        source::Kind::Http(http) => {
            let how = match http.mode {
                http::Mode::Stream => "a stream of lines".to_owned(),
                http::Mode::Sse => "a stream of events".to_owned(),
                http::Mode::Poll(every) => format!("asked for every {every:?}"),
            };
            format!("http at {}, {how}, {}", host(&http.url), shape(&http.shape, contest))
        }
        source::Kind::Websocket(websocket) => {
            let shape = shape(&websocket.shape, contest);
            format!("websocket at {}, {shape}", host(&websocket.url))
        }
    }
}

/// The host of a URL, with its port if it has one.
fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

fn shape(shape: &Shape, contest: &Contest) -> String {
    match shape {
        Shape::Posts(map) if *map == Map::default() => "hashtug's own posts".to_owned(),
        Shape::Posts(_) => "posts by a map".to_owned(),
        Shape::Numbers(fields) => {
            let teams = fields.teams.iter().map(|(team, pointer)| {
                format!("{} by {pointer}", contest.teams()[team.index()].name)
            });
            format!("numbers: {}", teams.collect::<Vec<_>>().join(", "))
        }
    }
}
