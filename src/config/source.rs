//! The `[[source]]` tables: where posts come from.
//!
//! A kind of source is one line in [`KINDS`] and one function that names its keys.

use toml::de::DeValue;

use super::names::Names;
use super::table::Table;
use super::value::{number, wrong_type};
use crate::decode::Feed;
use crate::source::{Kind, Settings, replay};

type Reader = fn(&Table<'_>) -> Kind;

/// The kinds of this version, by the word that the file has for them.
const KINDS: [(&str, Reader); 1] = [("replay", |table| Kind::Replay(replay(table)))];

/// Kinds that people will look for, and that this version does not have.
const PLANNED: [&str; 8] =
    ["bluesky", "mastodon", "x", "nostr", "http", "websocket", "webhook", "audience"];

const FEEDS: [(&str, Option<Feed>); 6] = [
    ("auto", None),
    ("post", Some(Feed::Post)),
    ("jetstream", Some(Feed::Jetstream)),
    ("mastodon", Some(Feed::Mastodon)),
    ("x", Some(Feed::X)),
    ("nostr", Some(Feed::Nostr)),
];

/// Slower than this, one post to the next would take longer than any show.
const MIN_SPEED: f64 = 0.001;
const MAX_SPEED: f64 = 1000.0;

/// Reads all sources. One without a kind that exists is left out, and recorded as a problem.
pub(super) fn read(root: &Table<'_>) -> Vec<Settings> {
    let mut names = Names::new("sources");
    let sources = root.each("source", "[[source]]", |table| {
        let kind = table.kind(&KINDS, &PLANNED);
        let name = names.claim(table, kind.map(|(kind, _)| kind));
        kind.map(|(_, read)| Settings { name, kind: read(table) })
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
        feed: table.choice("feed", &FEEDS).unwrap_or(None),
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
