//! Decoding in bytes and messages a second, beside `serde_json::Value` doing the same count.
//!
//! Run it with `cargo bench --bench decode`. For each feed there are 8 MB of invented messages, of
//! which one in a thousand, or every other one, names a team. `hashtug` is what `tally` does with
//! them up to the event; `value` builds the whole of each message and looks the hashtags up, as one
//! would in a script. Both must find the same number of posts, which is checked first.

mod dumps;

use std::time::Duration;

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use hashtug::contest::{Contest, Reposts, Team, Vote};
use hashtug::decode::{Decoder, Feed};
use hashtug::event::Message;
use hashtug::hashtag;
use hashtug::post::Hasher;
use serde_json::Value;

use dumps::{Dump, TEAMS};

const BYTES: u64 = 8 << 20;

const RUNS: [(Feed, f64); 10] = [
    (Feed::Jetstream, 0.001),
    (Feed::Jetstream, 0.5),
    (Feed::Mastodon, 0.001),
    (Feed::Mastodon, 0.5),
    (Feed::X, 0.001),
    (Feed::X, 0.5),
    (Feed::Nostr, 0.001),
    (Feed::Nostr, 0.5),
    (Feed::Post, 0.001),
    (Feed::Post, 0.5),
];

fn main() {
    for run @ (feed, _) in RUNS {
        let (dump, _) = dump(run);
        let mut decoder = decoder(feed);
        assert_eq!(hashtug_count(&dump, &mut decoder), value_count(&dump, feed), "{run:?}");
    }
    divan::main();
}

#[divan::bench(args = RUNS)]
fn hashtug(bencher: Bencher, run: (Feed, f64)) {
    let (dump, lines) = dump(run);
    bencher
        .counter(BytesCount::new(dump.len()))
        .counter(ItemsCount::new(lines))
        .with_inputs(|| decoder(run.0))
        .bench_local_refs(|decoder| hashtug_count(black_box(&dump), decoder));
}

#[divan::bench(args = RUNS)]
fn value(bencher: Bencher, run: (Feed, f64)) {
    let (dump, lines) = dump(run);
    bencher
        .counter(BytesCount::new(dump.len()))
        .counter(ItemsCount::new(lines))
        .bench(|| value_count(black_box(&dump), run.0));
}

/// What `tally` makes ready before the first message.
#[divan::bench]
fn decoder_is_made() -> Decoder {
    decoder(Feed::Jetstream)
}

/// The messages, and how many they are.
fn dump((feed, matching): (Feed, f64)) -> (Vec<u8>, usize) {
    let mut dump = Vec::new();
    Dump { feed, bytes: BYTES, matching }.write(&mut dump).expect("memory can be written");
    let lines = dump.split(|&byte| byte == b'\n').count() - 1;
    (dump, lines)
}

fn decoder(feed: Feed) -> Decoder {
    let team = |(place, tag): (usize, &str)| Team {
        name: tag.to_owned(),
        hashtags: vec![tag.to_owned()],
        color: hashtug::contest::PALETTE[place],
        size: 1.0,
    };
    let teams = TEAMS.into_iter().enumerate().map(team).collect();
    let window = Duration::from_mins(1);
    let contest = Contest::new(String::new(), window, Vote::Every, Reposts::Ignore, teams)
        .expect("the contest is sound");
    Decoder::new(&contest.into(), Some(feed), Hasher::default())
}

/// The posts that name a team.
fn hashtug_count(dump: &[u8], decoder: &mut Decoder) -> u64 {
    let mut posts = 0;
    decoder.block(dump, |_, event| posts += u64::from(matches!(event, Message::Post(_))));
    posts
}

/// Whether a message names a team.
type NamesTeam = fn(&Value) -> bool;

/// How one would look it up in the messages of each feed.
const NAMES_TEAM: [(Feed, NamesTeam); 5] = [
    (Feed::Post, |message| is_among(&message["hashtags"], None)),
    (Feed::Jetstream, |message| {
        let facets = message["commit"]["record"]["facets"].as_array();
        facets.into_iter().flatten().any(|facet| is_among(&facet["features"], Some("tag")))
    }),
    (Feed::Mastodon, |message| {
        let status = message["payload"].as_str().unwrap_or("0");
        let status: Value = serde_json::from_str(status).unwrap_or_default();
        is_among(&status["tags"], Some("name"))
    }),
    (Feed::X, |message| is_among(&message["data"]["entities"]["hashtags"], Some("tag"))),
    (Feed::Nostr, |message| {
        message[2]["tags"].as_array().into_iter().flatten().any(|tag| {
            tag[0] == "t"
                && tag[1].as_str().is_some_and(|tag| TEAMS.contains(&hashtag::fold(tag).as_str()))
        })
    }),
];

/// Whether a team's hashtag is among `tags`, which are texts, or objects that have it as `key`.
fn is_among(tags: &Value, key: Option<&str>) -> bool {
    let tags = tags.as_array().map(Vec::as_slice).unwrap_or_default();
    tags.iter().any(|tag| {
        let tag = key.map_or(tag, |key| &tag[key]).as_str().unwrap_or_default();
        TEAMS.contains(&hashtag::fold(tag).as_str())
    })
}

/// The same in the plain way.
fn value_count(dump: &[u8], feed: Feed) -> u64 {
    let (_, names_team) = NAMES_TEAM.iter().find(|(known, _)| *known == feed).expect("it is there");
    let lines = dump.split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
    let messages = lines.map(|line| serde_json::from_slice(line).expect("it is JSON"));
    messages.filter(|message: &Value| names_team(message)).count() as u64
}
