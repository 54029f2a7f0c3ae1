//! The `[[source]]` tables: where posts come from.
//!
//! A kind of source is one line in [`KINDS`] and one function that names its keys.

use std::time::Duration;

use toml::de::DeValue;

use super::{map, secret};
use crate::contest::Contest;
use crate::decode::{Feed, Shape};
use crate::keys::duration;
use crate::keys::endpoint::{self, HTTP, WEBSOCKET};
use crate::keys::names::Names;
use crate::keys::problem::Problem;
use crate::keys::table::Table;
use crate::keys::value::{number, wrong_type};
use crate::source::{Kind, Settings, http, jetstream, mastodon, nostr, replay, websocket, x};

type Reader = fn(&Table<'_>, Option<&Contest>) -> Option<Kind>;

/// The kinds of this version, by the word that the file has for them.
const KINDS: [(&str, Reader); 7] = [
    ("replay", |table, _| Some(Kind::Replay(replay(table)))),
    ("bluesky", |table, _| Some(Kind::Bluesky(bluesky(table)))),
    ("mastodon", |table, _| mastodon(table).map(Kind::Mastodon)),
    ("x", |table, _| x(table).map(Kind::X)),
    ("nostr", |table, _| Some(Kind::Nostr(nostr(table)))),
    ("http", |table, contest| http(table, contest).map(Kind::Http)),
    ("websocket", |table, contest| websocket(table, contest).map(Kind::Websocket)),
];

/// Kinds that people will look for, and that this version does not have.
const PLANNED: [&str; 2] = ["webhook", "audience"];

/// Slower than this, one post to the next would take longer than any show.
const MIN_SPEED: f64 = 0.001;
const MAX_SPEED: f64 = 1000.0;

/// Reads all sources. One that cannot be made of what is there is left out, and recorded as a
/// problem.
pub(super) fn read(root: &Table<'_>, contest: Option<&Contest>) -> Vec<Settings> {
    let mut names = Names::new("sources");
    let sources = root.each("source", "[[source]]", |table| {
        let kind = table.kind(&KINDS, &PLANNED);
        let name = names.claim(table, kind.map(|(kind, _)| kind));
        let kind = kind.and_then(|(_, read)| read(table, contest))?;
        Some(Settings { name, kind })
    });
    sources.into_iter().flatten().collect()
}

fn replay(table: &Table<'_>) -> replay::Settings {
    if !table.has("path") {
        table.report_missing("path", "add the recording: `path = \"posts.jsonl\"`".to_owned());
    }
    replay::Settings {
        input: replay::Input::File(table.path("path").unwrap_or_default()),
        speed: speed(table).unwrap_or(replay::Speed::Times(1.0)),
        repeat: table.flag("repeat").unwrap_or(false),
        feed: table.choice("feed", &Feed::choices().collect::<Vec<_>>()).unwrap_or(None),
    }
}

fn speed(table: &Table<'_>) -> Option<replay::Speed> {
    table.read("speed", |value| match value.get_ref() {
        DeValue::String(text) if text == "max" => Ok(replay::Speed::Max),
        DeValue::Integer(_) | DeValue::Float(_) => {
            number("speed", value, &(MIN_SPEED..=MAX_SPEED)).map(replay::Speed::Times)
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

fn bluesky(table: &Table<'_>) -> jetstream::Settings {
    let most = jetstream::MAX_ENDPOINTS;
    let endpoints = endpoint::several(table, "endpoint", WEBSOCKET, most, |url| {
        if jetstream::PATHS.iter().any(|path| url.path().ends_with(path)) {
            return Ok(());
        }
        let message = "`endpoint` does not end in `/subscribe`".to_owned();
        Err((message, format!("for example `endpoint = \"{}\"`", jetstream::ENDPOINTS[0])))
    });
    let public = || {
        let urls = jetstream::ENDPOINTS.iter();
        urls.map(|url| url.parse().expect("a test reads the public endpoints")).collect()
    };
    jetstream::Settings { endpoints: endpoints.unwrap_or_else(public) }
}

const MASTODON_MODES: [(&str, mastodon::Mode); 3] = [
    ("auto", mastodon::Mode::Auto),
    ("stream", mastodon::Mode::Stream),
    ("poll", mastodon::Mode::Poll),
];

fn mastodon(table: &Table<'_>) -> Option<mastodon::Settings> {
    if !table.has("server") {
        let hint = "add the server: `server = \"https://mastodon.example\"`";
        table.report_missing("server", hint.to_owned());
    }
    let server = endpoint::server(table, "server", HTTP);
    let token = secret::variable(table, "token_env");
    let mode = table.choice("mode", &MASTODON_MODES).unwrap_or_default();
    Some(mastodon::Settings { server: server?, token, mode })
}

fn x(table: &Table<'_>) -> Option<x::Settings> {
    let public = || x::ENDPOINT.parse().expect("a test reads the public endpoint");
    let endpoint = endpoint::server(table, "endpoint", HTTP).unwrap_or_else(public);
    if !table.has("token_env") {
        let hint = "name the environment variable of the bearer token: `token_env = \"X_TOKEN\"`";
        table.report_missing("token_env", hint.to_owned());
    }
    let token = secret::variable(table, "token_env");
    let max_posts = table.whole("max_posts", 1..=x::MOST_POSTS).unwrap_or(x::MAX_POSTS);
    let backfill = table.flag("backfill").unwrap_or(false);
    Some(x::Settings { endpoint, token: token?, max_posts, backfill })
}

fn nostr(table: &Table<'_>) -> nostr::Settings {
    if !table.has("relays") {
        let hint = "add one or more: `relays = [\"wss://relay.example\"]`";
        table.report_missing("relays", hint.to_owned());
    }
    let relays = endpoint::several(table, "relays", WEBSOCKET, nostr::MAX_RELAYS, |_| Ok(()));
    nostr::Settings { relays: relays.unwrap_or_default() }
}

fn http(table: &Table<'_>, contest: Option<&Contest>) -> Option<http::Settings> {
    let every = every(table);
    if !table.has("url") {
        let hint = "add where the posts are: `url = \"https://example.org/posts\"`";
        table.report_missing("url", hint.to_owned());
    }
    let url = endpoint::one(table, "url", HTTP);
    let headers = secret::headers(table);
    let modes = [
        ("stream", http::Mode::Stream),
        ("sse", http::Mode::Sse),
        ("poll", http::Mode::Poll(every)),
    ];
    let mode = table.choice("mode", &modes);
    if table.has("every") && matches!(mode, Some(http::Mode::Stream | http::Mode::Sse) | None) {
        let message = "`every` has a meaning only for `mode = \"poll\"`";
        table.report(Problem::new(table.place("every"), message));
    }
    let shape = map::read(table, contest);
    if matches!(mode, Some(http::Mode::Poll(_)))
        && matches!(&shape, Shape::Posts(map) if map.id.is_none())
    {
        // Without ids each request would bring the same posts as new ones.
        let message = "`mode = \"poll\"` needs an `id` in `[source.map]`";
        let hint =
            "a post is there at each request, and its id tells that it is the same: `id = \"/id\"`";
        table.report(Problem::new(table.place("map"), message).hint(hint));
    }
    Some(http::Settings { url: url?, headers, mode: mode.unwrap_or(http::Mode::Stream), shape })
}

/// The time between two requests.
fn every(table: &Table<'_>) -> Duration {
    let every = table.read("every", |value| {
        let text = crate::keys::value::string("every", value, Some("5s"))?;
        let problem = |message: String| Problem::new(value.span(), message);
        let every = duration(text).map_err(|error| problem(error.to_string()))?;
        if (http::MIN_EVERY..=http::MAX_EVERY).contains(&every) {
            return Ok(every);
        }
        let (from, to) = (http::MIN_EVERY, http::MAX_EVERY);
        Err(problem(format!("`every` must be from {from:?} to {to:?}, not {every:?}")))
    });
    every.unwrap_or(http::EVERY)
}

fn websocket(table: &Table<'_>, contest: Option<&Contest>) -> Option<websocket::Settings> {
    if !table.has("url") {
        let hint = "add where the posts are: `url = \"wss://example.org/posts\"`";
        table.report_missing("url", hint.to_owned());
    }
    let url = endpoint::one(table, "url", WEBSOCKET);
    let headers = secret::headers(table);
    let send = secret::templates(table, "send", websocket::MAX_SEND);
    let shape = map::read(table, contest);
    Some(websocket::Settings { url: url?, headers, send, shape })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_public_endpoints_are_urls() {
        for text in jetstream::ENDPOINTS.into_iter().chain([x::ENDPOINT]) {
            let url: url::Url = text.parse().expect("a URL");
            assert!(matches!(url.scheme(), "wss" | "https"), "{text}");
        }
    }
}
