//! What holds for every network of the table, and for those that will be added.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::*;
use crate::contest::{Contest, PALETTE, Reposts, Team, Vote};
use crate::decode::prefilter::Scan;

#[test]
fn no_two_networks_share_a_name_or_a_source() {
    let networks = || Feed::ALL.into_iter().map(Feed::network);
    let names: BTreeSet<_> = networks().map(|network| network.name).collect();
    assert_eq!(names.len(), Feed::ALL.len(), "{names:?}");
    let sources: Vec<_> = networks().filter_map(|network| network.source).collect();
    assert_eq!(sources.iter().collect::<BTreeSet<_>>().len(), sources.len(), "{sources:?}");
    // What a raw recording says must not be another network's name.
    for feed in Feed::ALL {
        let source = feed.network().source.unwrap_or(feed.name());
        assert_eq!(Feed::of_source(source), Some(feed));
        assert_eq!(Feed::of_source(feed.name()), Some(feed));
    }
}

#[test]
fn only_its_own_file_and_the_table_know_a_network() {
    let decode = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/decode");
    for feed in Feed::ALL {
        let module = decode.join("networks").join(feed.name());
        let own = |file: &Path| file.starts_with(&module) || file == module.with_extension("rs");
        assert!(files(&decode).iter().any(|file| own(file)), "no file is named after `{feed}`");
        let names = [format!("Feed::{feed:?}"), format!("\"{feed}\"")];
        let known_by = files(&decode).into_iter().filter(|file| {
            let text = fs::read_to_string(file).unwrap();
            // Tests are written for networks.
            let code = text.split("#[cfg(test)]").next().unwrap_or_default();
            let is_test = file.file_stem().is_some_and(|stem| stem == "tests");
            !own(file) && !is_test && names.iter().any(|name| code.contains(name))
        });
        assert_eq!(known_by.collect::<Vec<_>>(), Vec::<PathBuf>::new(), "{names:?}");
    }
}

#[test]
fn the_words_of_a_network_are_found_in_its_messages_and_in_recordings() {
    let teams = ["tabs", "spaces"].map(team).into();
    let window = Duration::from_mins(1);
    let contest = Contest::new(String::new(), window, Vote::Every, Reposts::Ignore, teams).unwrap();
    let questions = contest.into();
    let of_recordings = [prefilter(Some(Feed::Post), &questions), prefilter(None, &questions)];
    for feed in Feed::ALL {
        let Network { changes, framing, .. } = feed.network();
        assert!(!changes.is_empty(), "nothing on `{feed}` is ever deleted or edited");
        let own = prefilter(Some(feed), &questions);
        for word in changes.iter().chain(*framing) {
            // In JSON in a string nobody knows what follows, so that it may be anything.
            let line = format!("{{{}\\", word.text.replace('"', "\\\""));
            for prefilter in of_recordings.iter().chain([&own]) {
                let found = prefilter.next(&mut Scan::new(line.as_bytes()), 0);
                assert!(found < line.len(), "`{feed}`: {line}");
            }
        }
    }
}

#[test]
fn every_example_from_the_wire_is_told_apart() {
    let wire = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/wire");
    for feed in Feed::ALL.into_iter().filter(|feed| feed.network().source.is_some()) {
        let examples = files(&wire.join(feed.name()));
        let examples =
            examples.iter().filter(|file| file.extension().is_some_and(|e| e == "jsonl"));
        let mut told = 0;
        for file in examples {
            for line in fs::read_to_string(file).unwrap().lines() {
                match Feed::sniff(line) {
                    Some(found) => assert_eq!(found, feed, "{}: {line}", file.display()),
                    // Remarks of a server, and heartbeats.
                    None => continue,
                }
                told += 1;
            }
        }
        assert!(told > 0, "no example of `{feed}` in {} is told", wire.display());
    }
}

#[test]
fn of_two_networks_the_surer_has_a_message() {
    for (message, feed) in [
        // Members of several networks.
        (r#"{"at":1,"text":"","time_us":1,"pubkey":"p"}"#, Some(Feed::Post)),
        (r#"{"time_us":1,"pubkey":"p","data":{}}"#, Some(Feed::Jetstream)),
        (r#"{"data":{},"account":{},"uri":"u","pubkey":"p"}"#, Some(Feed::Nostr)),
        (r#"{"data":{},"account":{},"uri":"u"}"#, Some(Feed::Mastodon)),
        (r#"{"delete":"7","created_at":"","text":""}"#, Some(Feed::X)),
        // The same member, another value.
        (r#"{"delete":"7"}"#, Some(Feed::Post)),
        (r#"{"delete":{}}"#, Some(Feed::X)),
        (r#"{"delete":7}"#, None),
        (r#"{"at":1,"delete":7}"#, Some(Feed::Post)),
        // Broken, but far enough.
        (r#"{"pubkey":"#, Some(Feed::Nostr)),
        (r#"{"at":1,"delete":"#, None),
        // Pages are of whom their first message is.
        (r#"[{"pubkey":"p"}"#, Some(Feed::Nostr)),
        (r#"["EVENT""#, Some(Feed::Nostr)),
        ("[]", None),
        ("7", None),
    ] {
        assert_eq!(Feed::sniff(message), feed, "{message}");
    }
}

fn team(name: &str) -> Team {
    Team { name: name.to_owned(), hashtags: vec![name.to_owned()], color: PALETTE[0], size: 1.0 }
}

/// The files of a folder and of those in it.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let entries = fs::read_dir(folder);
    for entry in entries.unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found
}
