//! What becomes of documents under a map.

use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::contest::{Contest, PALETTE, Reposts, Team, Vote};
use crate::snapshot::Posts;
use crate::tally::{Limits, Tally};

const ARRIVED: i64 = 1_795_287_845_000;

fn contest(tags: [&str; 2]) -> Contest {
    let team = |place: usize| Team {
        name: format!("team {place}"),
        hashtags: vec![tags[place].to_owned()],
        color: PALETTE[place],
        size: 1.0,
    };
    let teams = vec![team(0), team(1)];
    Contest::new(String::new(), Duration::from_mins(1), Vote::Every, Reposts::Ignore, teams)
        .unwrap()
}

fn map(fields: &[(&str, &str)]) -> Map {
    let pointer = |key| {
        let found = fields.iter().find(|(name, _)| *name == key);
        found.map(|(_, pointer)| Pointer::parse(pointer).unwrap())
    };
    Map {
        items: pointer("items"),
        text: pointer("text"),
        hashtags: pointer("hashtags"),
        id: pointer("id"),
        author: pointer("author"),
        at: pointer("at"),
        delete: pointer("delete"),
    }
}

fn arrived() -> Timestamp {
    Timestamp::from_millis(ARRIVED).unwrap()
}

fn messages(map: &Map, documents: &[&str]) -> Vec<Message> {
    let mut mapped =
        Mapped::new(&contest(["tabs", "go"]).into(), map.clone(), Hasher::default(), "chat");
    let mut messages = Vec::new();
    for document in documents {
        mapped.document(document.as_bytes(), arrived(), |event| messages.push(event));
    }
    messages
}

/// What becomes of the documents, and the votes for the teams.
fn count(map: &Map, documents: &[&str]) -> (Posts, Vec<u64>) {
    let mut tally = Tally::new(Arc::new(contest(["tabs", "go"])), Limits::default());
    for event in messages(map, documents) {
        tally.apply(event);
    }
    let snapshot = tally.count(None);
    (snapshot.posts, snapshot.teams.iter().map(|team| team.votes).collect())
}

#[track_caller]
fn check(map: &Map, documents: &[&str], expected: Posts, votes: [u64; 2]) {
    assert_eq!(count(map, documents), (expected, votes.to_vec()), "{documents:?}");
}

fn posts(matched: u64, unmatched: u64) -> Posts {
    Posts { matched, unmatched, ..Posts::default() }
}

fn malformed() -> Posts {
    Posts { malformed: 1, ..Posts::default() }
}

fn unmatched() -> Posts {
    posts(0, 1)
}

#[test]
fn parts_of_a_post_are_where_the_map_says() {
    let map = map(&[("text", "/message/body/0"), ("id", "/n"), ("author", "/from/name")]);
    let post = r##"{"message":{"body":["about #tabs","#go"]},"n":7,"from":{"name":"ada"}}"##;
    let [Message::Post(post)] = &messages(&map, &[post])[..] else { panic!("a post") };
    assert_eq!(post.side, crate::post::Side::Team(crate::contest::TeamId(0)));
    assert!(post.id.is_some() && post.author.is_some());
    assert_eq!(post.at, arrived());
}

#[test]
fn without_a_map_messages_are_posts_of_our_own() {
    let own = Map::default();
    let line = r##"{"at":1795287845000,"id":"1","author":"ada","hashtags":["Tabs"],"text":"#go"}"##;
    check(&own, &[line], posts(1, 0), [1, 0]);
    check(&own, &[line, line], Posts { matched: 1, duplicate: 1, ..Posts::default() }, [1, 0]);
    check(&own, &[r##"{"text":"#go"}"##], posts(1, 0), [0, 1]);
    let delete = r#"{"at":"2026-11-21T19:04:06Z","delete":"1"}"#;
    check(&own, &[line, delete], Posts { revised: 1, ..posts(1, 0) }, [0, 0]);
    check(&own, &[line, r#"{"de\u006cete":"1"}"#], Posts { revised: 1, ..posts(1, 0) }, [0, 0]);
    check(&own, &[r#"{"hashtags":["tabs","go"]}"#], Posts { both: 1, ..Posts::default() }, [0, 0]);
}

#[test]
fn a_number_and_its_text_are_one_id() {
    let map = map(&[("text", "/text"), ("id", "/id")]);
    let two = [r##"{"id":7,"text":"#tabs"}"##, r##"{"id":"7","text":"#tabs"}"##];
    check(&map, &two, Posts { duplicate: 1, ..posts(1, 0) }, [1, 0]);
}

#[test]
fn posts_without_an_id_are_their_own() {
    let map = map(&[("text", "/text"), ("id", "/id")]);
    for post in [
        r##"{"text":"#tabs"}"##,
        r##"{"id":"","text":"#tabs"}"##,
        r##"{"id":null,"text":"#tabs"}"##,
    ] {
        check(&map, &[post, post], posts(2, 0), [2, 0]);
    }
}

#[test]
fn sources_share_neither_ids_nor_authors() {
    let contest = contest(["tabs", "go"]);
    let hasher = Hasher::default();
    let post = |scope: &str| {
        let mut mapped =
            Mapped::new(&contest.clone().into(), Map::default(), hasher.clone(), scope);
        let mut post = None;
        let text = br#"{"id":"1","author":"ada","hashtags":["tabs"]}"#;
        mapped.document(text, arrived(), |event| post = Some(event));
        let Some(Message::Post(post)) = post else { panic!("a post") };
        (post.id, post.author)
    };
    assert_eq!(post("a"), post("a"));
    assert_ne!(post("a").0, post("b").0);
    assert_ne!(post("a").1, post("b").1);
}

#[test]
fn a_post_that_comes_again_without_a_time_arrived_when_it_came_first() {
    let mut mapped =
        Mapped::new(&contest(["tabs", "go"]).into(), Map::default(), Hasher::default(), "chat");
    let mut at = |text: &str, second: i64| {
        let arrived = Timestamp::from_millis(ARRIVED + second * 1000).unwrap();
        let mut at = Vec::new();
        mapped.document(text.as_bytes(), arrived, |event| match event {
            Message::Post(post) => at.push((post.at.millis() - ARRIVED) / 1000),
            other => panic!("{other:?}"),
        });
        at
    };
    let [a, b] = ["a", "b"].map(|id| format!(r##"{{"id":"{id}","text":"#tabs"}}"##));
    assert_eq!(at(&format!("[{a}]"), 0), [0]);
    assert_eq!(at(&format!("[{a},{b}]"), 100), [0, 100]);
    assert!(at("[]", 150).is_empty());
    assert_eq!(at(&format!("[{b},{a},{b}]"), 200), [100, 0, 100]);
    assert_eq!(at(r##"{"id":"a","text":"#tabs","at":1795288145}"##, 250), [300]);
    assert_eq!(at(r##"{"text":"#tabs"}"##, 260), [260]);
    // What is remembered has a bound, and the oldest goes first.
    for id in 0..MAX_ARRIVALS - 1 {
        at(&format!(r##"{{"id":{id},"text":"#tabs"}}"##), 300);
    }
    assert_eq!(at(&b, 400), [100]);
    assert_eq!(at(&a, 400), [400]);
}

#[test]
fn hashtags_are_listed_in_many_ways() {
    let map = map(&[("hashtags", "/tags"), ("text", "/text")]);
    for (tags, side) in [
        (r#"["Tabs"]"#, [1, 0]),
        (r##"["x","#go"]"##, [0, 1]),
        (r#"[{"name":"tabs","url":"x"}]"#, [1, 0]),
        (r#"[{"tag":"tabs"},{"text":"x"}]"#, [1, 0]),
        (r#"[{"start":1,"text":"go"}]"#, [0, 1]),
        (r#"[{"hashtag":"go","name":7}]"#, [0, 1]),
        (r#""tabs""#, [1, 0]),
        (r#""x, #tabs y""#, [1, 0]),
        (r#""x,go""#, [0, 1]),
        (r#""x\tgo""#, [0, 1]),
        (r##"null,"text":"#go""##, [0, 1]),
    ] {
        check(&map, &[&format!(r#"{{"tags":{tags}}}"#)], posts(1, 0), side);
    }
    for tags in ["[]", r#"[7,null,["tabs"]]"#, r#"[{"other":"tabs"}]"#, r#""""#, r#""tabspace""#] {
        check(&map, &[&format!(r##"{{"tags":{tags},"text":"#tabs"}}"##)], unmatched(), [0, 0]);
    }
    check(&map, &[r##"{"tags":7,"text":"#tabs"}"##], malformed(), [0, 0]);
}

#[test]
fn times_are_told_apart_by_their_size() {
    let map = map(&[("text", "/text"), ("at", "/at")]);
    for (at, expected) in [
        ("1795287845", 1_795_287_845_000),
        ("1795287845.25", 1_795_287_845_250),
        ("1795287845123", 1_795_287_845_123),
        ("1795287845123456", 1_795_287_845_123),
        ("1.795287845e9", 1_795_287_845_000),
        ("\"1795287845\"", 1_795_287_845_000),
        ("\"1795287845123\"", 1_795_287_845_123),
        ("\" 1795287845.5 \"", 1_795_287_845_500),
        ("\"2026-11-21T19:04:05.123Z\"", 1_795_287_845_123),
        ("\"2026-11-21T20:04:05+01:00\"", 1_795_287_845_000),
        ("0", 0),
        ("-1", -1000),
        ("null", ARRIVED),
    ] {
        let post = format!(r##"{{"text":"#tabs","at":{at}}}"##);
        let [Message::Post(post)] = &messages(&map, &[&post])[..] else { panic!("{at} is a time") };
        assert_eq!(post.at.millis(), expected, "{at}");
    }
    for at in ["\"yesterday\"", "true", "\"\"", "9e99", "\"NaN\"", "[]", "9223372036854775807"] {
        check(&map, &[&format!(r##"{{"text":"#tabs","at":{at}}}"##)], malformed(), [0, 0]);
    }
}

#[test]
fn a_document_may_be_a_list_or_hold_one() {
    let bare = map(&[("text", "/text")]);
    let list = r##"[{"text":"#tabs"},{"text":"x"},{"text":"#go"},7]"##;
    check(&bare, &[list], posts(2, 2), [1, 1]);
    check(&bare, &["[]", " ", "", "\n[ ]\n"], posts(0, 0), [0, 0]);
    let paged = map(&[("text", "/text"), ("items", "/result")]);
    check(&paged, &[&format!(r#"{{"ok":true,"result":{list}}}"#)], posts(2, 2), [1, 1]);
    check(&paged, &[r#"{"result":[]}"#, r#"{"result":null}"#], posts(0, 0), [0, 0]);
    check(&paged, &[r##"{"result":{"text":"#tabs"}}"##], posts(1, 0), [1, 0]);
    check(&paged, &[r#"{"ok":false,"error":"busy"}"#], unmatched(), [0, 0]);
    check(&paged, &[r##"{"text":"#tabs"}"##], posts(1, 0), [1, 0]);
}

#[test]
fn what_cannot_be_read_is_malformed_only_if_it_could_matter() {
    let map = map(&[("text", "/text"), ("delete", "/removed")]);
    for text in [
        r##"{"text":"#tabs""##,
        r##"{"message":"#tabs"}"##,
        r##"{"text":7,"note":"#t\u0061bs"}"##,
        r#"{"removed":["1"]}"#,
        r##"[{"text":"#tabs"},]"##,
        "#tabs",
        r##""#tabs""##,
    ] {
        check(&map, &[text], malformed(), [0, 0]);
    }
    for text in
        [r#"{"text":"x""#, r#"{"message":"x"}"#, "x", "7", "{}", "null", r#"{"removed":null}"#]
    {
        check(&map, &[text], unmatched(), [0, 0]);
    }
    let mut mapped = Mapped::new(&contest(["tabs", "go"]).into(), map, Hasher::default(), "chat");
    let mut told = Vec::new();
    mapped.document(b"{\"text\":\"#tabs\xff\"}", arrived(), |event| told.push(event));
    mapped.document(b"\xff", arrived(), |event| told.push(event));
    assert_eq!(told, [Message::Malformed("not UTF-8"), Message::Unmatched(1)]);
}

#[test]
fn what_is_too_long_or_too_deep_is_not_read() {
    let map = map(&[("text", "/text")]);
    let long = format!(r##"{{"text":"#tabs {}"}}"##, "x".repeat(MAX_MESSAGE));
    check(&map, &[&long], malformed(), [0, 0]);
    check(
        &map,
        &[&format!("[{long},{{\"text\":\"#go\"}}]")],
        Posts { malformed: 1, ..posts(1, 0) },
        [0, 1],
    );
    let deep = format!(r##"{{"x":{}{},"text":"#tabs"}}"##, "[".repeat(200), "]".repeat(200));
    check(&map, &[&deep], malformed(), [0, 0]);
    let page = format!("[\"{}\"]", "x".repeat(MAX_DOCUMENT));
    check(&map, &[&page], unmatched(), [0, 0]);
}

#[test]
fn messages_are_counted_in_their_order() {
    let list = r##"[{"text":"x"},{"text":"y"},{"text":"#tabs"},{"text":"z"}]"##;
    let told = messages(&map(&[("text", "/text")]), &[list]);
    assert!(
        matches!(told[..], [Message::Unmatched(2), Message::Post(_), Message::Unmatched(1)]),
        "{told:?}"
    );
}

fn message() -> impl Strategy<Value = String> {
    let words = vec![
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"text\":",
        "\"hashtags\":",
        "\"delete\":",
        "\"at\":",
        "\"id\":",
        "\"",
        "\"#tabs\"",
        "\"TABS\"",
        "#go",
        "\"go\"",
        "\"x go\"",
        "\"a,tabs\"",
        "\\u0074abs",
        "7",
        "null",
        "ｔａｂｓ",
        "\"ta\u{200d}bs\"",
        "{\"name\":\"tabs\"}",
        "{\"text\":\"#tabs\"}",
        "\\\"",
        "{\"hashtags\":\"go\"}",
        "{\"delete\":\"1\"}",
        "\u{17f}",
        "tab",
    ];
    prop::collection::vec(prop::sample::select(words), 0..14).prop_map(|words| words.concat())
}

proptest! {
    #[test]
    fn the_prefilter_changes_no_count(
        text in message(),
        tags in prop::sample::select(vec![["tabs", "spaces"], ["tabs", "go"], ["ｔab", "x"]]),
        own in any::<bool>(),
    ) {
        let contest = contest(tags);
        let map = if own { Map::default() } else { map(&[("text", "/text"), ("items", "/hashtags")]) };
        let mut mapped = Mapped::new(&contest.clone().into(), map, Hasher::default(), "chat");
        let told = |mapped: &mut Mapped| {
            let mut told = Vec::new();
            mapped.document(text.as_bytes(), arrived(), |event| told.push(event));
            told
        };
        let with = told(&mut mapped);
        mapped.prefilter = None;
        prop_assert_eq!(with, told(&mut mapped));
    }

    #[test]
    fn any_bytes_are_counted(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        let mut mapped = Mapped::new(&contest(["tabs", "go"]).into(), Map::default(), Hasher::default(), "chat");
        mapped.document(&bytes, arrived(), |_| {});
    }
}
