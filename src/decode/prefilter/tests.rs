//! The scan finds what it must, and changes no event.

use std::fmt::Write as _;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use proptest::prelude::*;
use proptest::sample::{Index, select};

use unicode_normalization::UnicodeNormalization;

use super::searches::{Masks, Search, in_turns};
use super::tables::{CHANGING, is_dropped};
use super::words::Follows;
use super::*;
use crate::contest::{Contest, Reposts, Team, Vote};
use crate::decode::page::is_heartbeat;
use crate::decode::{Decoder, Feed, networks};
use crate::event::Message;
use crate::post::{Hasher, Post, Side};

#[test]
fn characters_outside_the_changing_ones_fold_to_themselves() {
    let others = ('\u{80}'..=char::MAX)
        .filter(|&c| !is_dropped(c) && !CHANGING.iter().any(|range| range.contains(&u32::from(c))));
    let changing: Vec<_> = others
        .map(|c| (c, hashtag::fold(&c.to_string())))
        .filter(|(c, folded)| hashtag::fold_latin(folded) != c.to_string())
        .collect();
    assert_eq!(changing, []);
}

#[test]
fn accents_stop_nothing_but_what_could_be_a_hashtag() {
    let questions = questions(&["tabs".to_owned(), "spaces".to_owned()]);
    for (feed, text, hidden) in [
        (Feed::Jetstream, "música, café, große, Straße, 今日は！ ☕\u{fe0f}", false),
        (Feed::Jetstream, "tàbs", false),
        (Feed::Mastodon, "tàbs", true),
        (Feed::Mastodon, "ta\u{300}bs", true),
        (Feed::Mastodon, "Ràdio, café, große", false),
        (Feed::X, "ｔａｂｓ", true),
        (Feed::X, "tab\u{17f}", true),
        (Feed::X, "t\u{200d}abs", true),
        (Feed::X, r"t\u0061bs", true),
        (Feed::X, r"caf\u00e9 \ud83d\ude00", false),
    ] {
        let prefilter = networks::prefilter(Some(feed), &questions);
        let found = prefilter.next(&mut Scan::new(text.as_bytes()), 0) < text.len();
        assert_eq!(found, hidden, "{text}");
    }
}

#[test]
fn each_literal_is_searched_for_before_any_has_a_second_pattern() {
    let word = |text| Literal::word(Word::new(text, Follows::Colon));
    let literals = [
        Literal::hashtag("tabs"),
        Literal::hashtag("spaces"),
        word("\"phase\""),
        word("\"raw\""),
        word("\"raw\""),
    ];
    let patterns = in_turns(&literals);
    assert_eq!(patterns[..4], [&b"pha"[..], b"raw", b"abs", b"pac"]);
    let all: BTreeSet<Vec<u8>> = literals.iter().flat_map(Literal::patterns).collect();
    assert_eq!(patterns.len(), all.len());
    assert_eq!(patterns.into_iter().collect::<BTreeSet<_>>(), all);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn the_scan_changes_no_event(
        (tags, lines, feed) in (tags(), feed()).prop_flat_map(|(tags, feed)| {
            let lines = prop::collection::vec(line(feed, tags.clone()), 1..12);
            (Just(tags), lines, Just(feed))
        }),
        is_known in any::<bool>(),
        is_file in any::<bool>(),
    ) {
        let questions = questions(&tags);
        let hasher = Hasher::default();
        let block = lines.join(&b'\n');
        let feed = is_known.then_some(feed);
        let decoder = || {
            let decoder = Decoder::new(&questions, feed, hasher.clone());
            if is_file { decoder.of_a_file() } else { decoder }
        };
        let mut scanned = Vec::new();
        let mut decoder_that_scans = decoder();
        decoder_that_scans.block(&block, |_, event| push(&mut scanned, event));
        let mut decoded = Vec::new();
        let mut decoder = decoder();
        for line in block.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii) {
            if !line.is_empty() && !is_heartbeat(line) {
                decoder.message(line, &mut |event| push(&mut decoded, event));
            }
        }
        prop_assert_eq!(scanned, decoded, "{:?} {}", tags, String::from_utf8_lossy(&block));
    }

    #[test]
    fn both_searches_for_hashtags_find_the_same(
        (tags, lines, feed) in (tags(), feed()).prop_flat_map(|(tags, feed)| {
            let lines = prop::collection::vec(line(feed, tags.clone()), 1..6);
            (Just(tags), lines, Just(feed))
        }),
    ) {
        let Needles { literals, search } = networks::prefilter(Some(feed), &questions(&tags)).needles;
        let masks = Search::Masks(Box::new(Masks::new(&literals)));
        let block = lines.join(&b'\n');
        let found = Needles { literals: literals.clone(), search }.next(&block, 0);
        prop_assert_eq!(Needles { literals, search: masks }.next(&block, 0), found);
    }
}

proptest! {
    // Each case makes four decoders.
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn several_questions_are_each_decided_as_by_a_decoder_of_that_one(
        (tags, lines, feed) in (tags(), feed()).prop_flat_map(|(tags, feed)| {
            let lines = prop::collection::vec(line(feed, tags.clone()), 1..12);
            (Just(tags), lines, Just(feed))
        }),
    ) {
        // Each hashtag is in two of them, with others.
        let turned: Vec<String> = tags.iter().rev().chain(&tags[..1]).cloned().collect();
        let sets = [&tags[..], &tags[..tags.len().div_ceil(2)], &turned[..turned.len().div_ceil(2)]];
        let contests = sets.map(|tags| Arc::clone(questions(tags).first()));
        let questions = Questions::new(contests.to_vec()).unwrap();
        let hasher = Hasher::default();
        let decode = |questions: &Questions| {
            let mut decoder = Decoder::new(questions, Some(feed), hasher.clone());
            let lines = lines.iter().map(|line| line.trim_ascii()).filter(|line| !line.is_empty());
            lines
                .map(|line| {
                    let mut events = Vec::new();
                    decoder.message(line, &mut |event| events.push(event));
                    events
                })
                .collect::<Vec<_>>()
        };
        let together = decode(&questions);
        for (index, contest) in questions.iter().enumerate() {
            let alone = decode(&contest.into());
            for (together, alone) in together.iter().zip(&alone) {
                prop_assert_eq!(together.len(), alone.len());
                for (together, alone) in together.iter().zip(alone) {
                    match (together, alone) {
                        // It names a team of another question.
                        (Message::Malformed(_), Message::Unmatched(1)) => {}
                        (Message::Post(post), Message::Unmatched(1)) => {
                            prop_assert_eq!(questions.side(index, &post.tags), Side::None);
                        }
                        (Message::Post(post), Message::Post(own)) => {
                            prop_assert_eq!(questions.side(index, &post.tags), own.side);
                            prop_assert_eq!(post.side, questions.side(0, &post.tags));
                            let (side, tags) = (own.side, own.tags.clone());
                            prop_assert_eq!(&Post { side, tags, ..post.clone() }, own);
                        }
                        (together, alone) => prop_assert_eq!(together, alone),
                    }
                }
            }
        }
    }
}

/// Adds an event; runs of unmatched messages are one.
fn push(messages: &mut Vec<Message>, event: Message) {
    match (messages.last_mut(), event) {
        (Some(Message::Unmatched(known)), Message::Unmatched(count)) => *known += count,
        (_, event) => messages.push(event),
    }
}

/// One question or two in which each of these hashtags is a team, if it can be.
fn questions(tags: &[String]) -> Questions {
    let team = |tag: &String| Team {
        name: tag.clone(),
        hashtags: vec![tag.clone()],
        color: crate::contest::PALETTE[0],
        size: 1.0,
    };
    let contest = |tags: &[String]| {
        let teams = tags.iter().map(team).collect();
        Contest::new(String::new(), Duration::from_mins(1), Vote::Every, Reposts::Count, teams)
    };
    let whole =
        contest(tags).unwrap_or_else(|_| contest(&["tabs".into(), "spaces".into()]).unwrap());
    let (left, right) = tags.split_at(tags.len() / 2);
    match (contest(left), contest(right)) {
        (Ok(left), Ok(right)) => Questions::new(vec![Arc::new(left), Arc::new(right)]).unwrap(),
        _ => whole.into(),
    }
}

fn tags() -> impl Strategy<Value = Vec<String>> {
    let known = select(vec![
        "tabs",
        "spaces",
        "c",
        "go",
        "r2",
        "1a",
        "x_y",
        "file",
        "strasse",
        "straße",
        "köln",
        "thé",
        "são",
        "İp",
        "ılık",
        "ŋ",
        "øl",
        "ñ",
        "ǆ",
        "σας",
        "чай",
        "йод",
        "茶",
        "日本",
        "ラーメン",
        "が",
        "ガ",
        "한국",
        "각",
        "हिन्दी",
        "क़",
        "ชา",
        "น้ำชา",
        "قهوة",
        "ﷲ",
        "שׁ",
        "ệ",
        "tab\u{0323}s",
        "𝔘",
        "𠀡",
    ]);
    let tag = prop_oneof![4 => known.prop_map(str::to_owned), 1 => "[a-z0-9]{1,4}"];
    prop::collection::vec(tag, 2..5)
}

fn feed() -> impl Strategy<Value = Feed> {
    select(Feed::ALL.to_vec())
}

/// Every character that folding changes, with what it folds to, with accents and without.
static FOLDED: LazyLock<Vec<(char, String, String)>> = LazyLock::new(|| {
    let changing = CHANGING.into_iter().flatten().filter_map(char::from_u32);
    let folded = changing.map(|c| (c, hashtag::fold(&c.to_string())));
    folded.map(|(c, folded)| (c, folded.clone(), hashtag::fold_latin(&folded).into())).collect()
});

/// `tag` as somebody might write it.
fn hidden(tag: &str) -> impl Strategy<Value = String> + use<> {
    let tag = tag.to_owned();
    prop::collection::vec((0..14u8, any::<Index>()), 24).prop_map(move |ways| {
        let mut written = String::new();
        let mut rest = &*tag;
        for (way, index) in ways {
            let Some(c) = rest.chars().next() else { break };
            let mut taken = c.len_utf8();
            match way {
                0..4 => written.push(c),
                4 => written.extend(c.to_uppercase()),
                5 => written.extend(c.nfd()),
                6 => written.extend([c, '\u{200d}']),
                7 => written.extend([c, '\u{fe0f}']),
                8 => written.extend([c, '\u{301}']),
                9 => written.extend(['\u{200c}', c]),
                _ => {
                    let alike: Vec<_> = FOLDED
                        .iter()
                        .flat_map(|(c, folded, bare)| [(c, folded), (c, bare)])
                        .filter(|(_, folded)| !folded.is_empty() && rest.starts_with(&**folded))
                        .collect();
                    if alike.is_empty() {
                        written.push(c);
                    } else {
                        let (c, folded) = alike[index.index(alike.len())];
                        written.push(*c);
                        taken = folded.len();
                    }
                }
            }
            rest = &rest[taken..];
        }
        written + rest
    })
}

/// Text as it may stand in JSON: `ways` choose what becomes an escape.
fn escaped(text: &str, ways: &[u8]) -> String {
    let mut out = String::new();
    for (c, &way) in text.chars().zip(ways.iter().cycle()) {
        match (c, way) {
            ('\n', _) => out.push_str("\\n"),
            ('"' | '\\', 1..) => out.extend(['\\', c]),
            (_, 0) => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    write!(out, "\\u{unit:04x}").unwrap();
                }
            }
            _ => out.push(c),
        }
    }
    out
}

/// A message that may name a team in any way, or be broken.
fn line(feed: Feed, tags: Vec<String>) -> impl Strategy<Value = Vec<u8>> {
    let word = select(tags).prop_flat_map(|tag| hidden(&tag));
    let glue = select(vec![
        "",
        "",
        "",
        "",
        "#",
        "x",
        "\"delete\"",
        "\"kind\": 5",
        "\"update\"",
        "\"command\":",
        "\"phase\": \"",
        "\"unmatched\":",
        "é",
        "日",
        "\u{300}",
        "\u{200d}",
        " ",
        "\\",
        "&",
        ";",
        "\\u",
        "<b>",
        "ﬁ",
    ]);
    let before = select(vec!["#", "#", "＃", "﹟", "", "a #", "日 #", "\"#", "\n#"]);
    let text = (glue.clone(), before, word.clone(), glue.clone())
        .prop_map(|(left, before, word, right)| [left, before, &word, right].concat());
    let tag = (glue.clone(), word, glue).prop_map(|(a, b, c)| [a, &b, c].concat());
    let ways = prop_oneof![Just(vec![9u8]), Just(vec![0u8]), prop::collection::vec(0..9u8, 1..9)];
    let broken = (0..8u8, any::<Index>(), any::<u8>());
    ((text, tag), (ways.clone(), ways), 0..14u8, 0..3usize, broken).prop_map(
        move |((text, tag), (inner, outer), shape, id, broken)| {
            // Recordings have shapes that no network has; all may come from anywhere.
            let feed = if shape < 7 { feed } else { Feed::Post };
            let message = message(feed, &text, &tag, &inner, &outer, shape, id);
            let mut bytes = message.into_bytes();
            let place = broken.1.index(bytes.len());
            match broken.0 {
                0 => bytes.truncate(place),
                1 => bytes[place] = broken.2,
                2 => drop(bytes.remove(place)),
                _ => {}
            }
            bytes
        },
    )
}

fn message(
    feed: Feed,
    text: &str,
    tag: &str,
    inner: &[u8],
    outer: &[u8],
    shape: u8,
    id: usize,
) -> String {
    let (plain_text, plain_tag) = (text, tag);
    let (text, tag) = (escaped(text, inner), escaped(tag, inner));
    match (feed, shape) {
        (Feed::Post, 0) => format!(r#"{{"at":1000,"id":"{id}","text":"{text}"}}"#),
        (Feed::Post, 1) => format!(r#"{{"at":1000,"delete":"{id}"}}"#),
        (Feed::Post, 2..5) => {
            let feeds = [Feed::Jetstream, Feed::Mastodon, Feed::Nostr];
            let of = feeds[usize::from(shape - 2)];
            let raw = message(of, plain_text, plain_tag, inner, outer, 3 + shape % 3, id);
            let source = ["bluesky", "mastodon", "nostr"][usize::from(shape - 2)];
            if id == 0 {
                let raw = escaped(&raw, outer);
                format!(r#"{{"at":1000,"source":"{source}","raw":"{raw}"}}"#)
            } else {
                format!(r#"{{"at":1000,"source":"{source}","raw":{raw}}}"#)
            }
        }
        (Feed::Post, 7) => format!(r#"{{"at":1000,"command":"lock","as":"{text}"}}"#),
        (Feed::Post, 8) => format!(r#"{{"phase":"open","at":1000,"as":"{text}"}}"#),
        (Feed::Post, 9) => format!(r#"{{"at":1000,"seen":1200,"source":"s","text":"{text}"}}"#),
        (Feed::Post, 10) => format!(r#"{{"unmatched":3,"malformed":{id},"dropped":{id}}}"#),
        (Feed::Post, 11) => {
            format!(r#"{{"at":1000,"id":"{id}","edit":true,"hashtags":["{tag}"],"seen":7}}"#)
        }
        (Feed::Post, 12) => format!(r#"{{"at":1000,"delete":["{id}","7"],"edit":true}}"#),
        (Feed::Post, 13) => format!(r#"{{"result":{{"number":{id},"title":"{text}"}}}}"#),
        (Feed::Post, _) => format!(r#"{{"at":1000,"id":"{id}","hashtags":["x","{tag}"]}}"#),
        (Feed::Jetstream, 0) => format!(
            r#"{{"did":"d","time_us":1000000,"kind":"commit","commit":{{"operation":"delete","collection":"app.bsky.feed.post","rkey":"{id}"}}}}"#
        ),
        (Feed::Jetstream, _) => {
            let record = match shape {
                1 | 2 => format!(r#"{{"text":"{text}"}}"#),
                3 => format!(r#"{{"text":"{text}","tags":["{tag}"]}}"#),
                _ => format!(
                    r#"{{"text":"{text}","facets":[{{"features":[{{"$type":"app.bsky.richtext.facet#tag","tag":"{tag}"}}]}}]}}"#
                ),
            };
            let operation = if shape == 6 { "update" } else { "create" };
            format!(
                r#"{{"did":"d","time_us":1000000,"kind":"commit","commit":{{"operation":"{operation}","collection":"app.bsky.feed.post","rkey":"{id}","record":{record}}}}}"#
            )
        }
        (Feed::Mastodon, _) => mastodon(plain_text, &tag, inner, outer, shape, id),
        (Feed::X, 0) => format!(r#"{{"delete":{{"status":{{"id_str":"{id}"}}}}}}"#),
        (Feed::X, 1) => format!(
            r#"[{{"data":{{"id":"{id}","author_id":"a","created_at":"1970-01-01T00:00:01Z","text":"{text}"}}}},{{"id":"9"}}]"#
        ),
        (Feed::X, 2 | 3) => {
            let data = format!(
                r#"{{"id":"{id}","author_id":"a","created_at":"1970-01-01T00:00:01Z","text":"{text}","edit_history_tweet_ids":["1"]}}"#
            );
            if shape == 2 {
                format!(r#"{{"data":[{data},{data}]}}"#)
            } else {
                format!(r#"{{"data":{data}}}"#)
            }
        }
        (Feed::X, 4) => format!(
            r#"{{"data":{{"id":"{id}","author_id":"a","created_at":"1970-01-01T00:00:01Z","text":"RT","edit_history_tweet_ids":["1","{id}"],"referenced_tweets":[{{"type":"retweeted","id":"7"}}]}},"includes":{{"tweets":[{{"id":"7","text":"{text}"}}]}}}}"#
        ),
        (Feed::X, _) => format!(
            r#"{{"data":{{"id":"{id}","author_id":"a","created_at":"1970-01-01T00:00:01Z","text":"{text}","entities":{{"hashtags":[{{"tag":"{tag}"}}]}}}}}}"#
        ),
        (Feed::Nostr, 0) => format!(
            r#"{{"id":"{id}","pubkey":"p","created_at":1,"kind":5,"tags":[["e","1"]],"content":""}}"#
        ),
        (Feed::Nostr, 1) => {
            let inner = format!(
                r#"{{"id":"1","pubkey":"q","created_at":1,"kind":1,"tags":[["t","{tag}"]],"content":""}}"#
            );
            let content = escaped(&inner, outer);
            format!(
                r#"{{"id":"{id}","pubkey":"p","created_at":1,"kind":6,"tags":[],"content":"{content}"}}"#
            )
        }
        (Feed::Nostr, _) => {
            let event = format!(
                r#"{{"id":"{id}","pubkey":"p","created_at":1,"kind":1,"tags":[["t","{tag}"]],"content":"{text}"}}"#
            );
            match shape {
                2 => format!(r#"["EVENT","sub",{event}]"#),
                3 => format!("[{event},{event}]"),
                _ => event,
            }
        }
    }
}

fn mastodon(text: &str, tag: &str, inner: &[u8], outer: &[u8], shape: u8, id: usize) -> String {
    if shape == 0 {
        return format!(r#"{{"event":"delete","payload":"{id}"}}"#);
    }
    let tags = if shape == 2 { String::new() } else { format!(r#","tags":[{{"name":"{tag}"}}]"#) };
    let mut content = String::new();
    for (c, way) in text.chars().zip(inner.iter().cycle()) {
        match way {
            1 => write!(content, "&#{};", u32::from(c)).unwrap(),
            2 => write!(content, "&#x{:X};", u32::from(c)).unwrap(),
            _ => content.push(c),
        }
    }
    let content = escaped(&content, inner);
    let status = format!(
        r#"{{"id":"{id}","uri":"u{id}","created_at":"1970-01-01T00:00:01Z","account":{{"acct":"a"}},"content":"<p>{content}</p>"{tags}}}"#
    );
    if shape == 1 {
        return status;
    }
    let event = if shape == 6 { "status.update" } else { "update" };
    let payload = escaped(&status, outer);
    format!(r#"{{"stream":["public"],"event":"{event}","payload":"{payload}"}}"#)
}
