//! The shapes of the networks, message by message: what becomes of each.

use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::contest::{Contest, PALETTE, Reposts, Team, Vote};
use crate::event::Message;
use crate::post::Hasher;
use crate::snapshot::Posts;
use crate::tally::{Limits, Tally};

fn contest(reposts: Reposts) -> Contest {
    let team = |place: usize, name: &str, hashtags: &[&str]| Team {
        name: name.to_owned(),
        hashtags: hashtags.iter().map(|&tag| tag.to_owned()).collect(),
        color: PALETTE[place],
        size: 1.0,
    };
    let teams =
        vec![team(0, "Tabs", &["tabs"]), team(1, "Köln", &["köln"]), team(2, "Go", &["go"])];
    Contest::new(String::new(), Duration::from_mins(1), Vote::Every, reposts, teams).unwrap()
}

/// What becomes of the lines, and the votes for the teams.
fn count(feed: Option<Feed>, reposts: Reposts, lines: &str) -> (Posts, Vec<u64>) {
    let contest = contest(reposts);
    let mut decoder = Decoder::new(&contest.clone().into(), feed, Hasher::default());
    let mut tally = Tally::new(Arc::new(contest), Limits::default());
    decoder.block(lines.as_bytes(), |_, message| drop(tally.apply(message)));
    let snapshot = tally.count(None);
    (snapshot.posts, snapshot.teams.iter().map(|team| team.votes).collect())
}

#[track_caller]
fn check(lines: &str, expected: Posts, votes: [u64; 3]) {
    assert_eq!(count(None, Reposts::Ignore, lines), (expected, votes.to_vec()), "{lines}");
}

/// Counts one line and what it makes of a vote for Tabs.
#[track_caller]
fn check_one(line: &str, votes: u64) {
    let expected = Posts { matched: votes, unmatched: 1 - votes, ..Posts::default() };
    check(line, expected, [votes, 0, 0]);
}

fn matched(matched: u64) -> Posts {
    Posts { matched, ..Posts::default() }
}

const NOW: &str = "2026-11-21T19:04:05Z";

fn status(id: u32, more: &str) -> String {
    format!(
        "{{\"id\":\"{id}\",\"uri\":\"https://a.example/{id}\",\"created_at\":\"{NOW}\",\
         \"account\":{{\"acct\":\"ada\"}},{more}}}"
    )
}

fn commit(operation: &str, rkey: u32, record: &str) -> String {
    format!(
        "{{\"did\":\"did:plc:a\",\"time_us\":1795287845000000,\"kind\":\"commit\",\"commit\":{{\
         \"operation\":\"{operation}\",\"collection\":\"app.bsky.feed.post\",\"rkey\":\"{rkey}\"{record}}}}}"
    )
}

#[test]
fn hashtags_of_a_post_line_go_before_its_text() {
    check_one("{\"at\":1,\"hashtags\":[\"Tabs\"],\"text\":\"\"}", 1);
    check_one("{\"at\":1,\"hashtags\":[],\"text\":\"#tabs\"}", 0);
    check_one("{\"at\":1,\"hashtags\":null,\"text\":\"#tabs\"}", 1);
    check_one("{\"at\":1,\"hashtags\":[\"#tabs\"],\"text\":7}", 1);
    check_one("{\"at\":1,\"text\":\"tabs #tabspace a#tabs https://a.example/#tabs\"}", 0);
}

#[test]
fn hashtags_may_hide_in_escapes_and_other_letters() {
    check_one("{\"at\":1,\"text\":\"\\u0023\\u0074abs\"}", 1);
    check_one("{\"at\":1,\"text\":\"\u{ff03}ＴＡＢＳ\"}", 1);
    check_one("{\"at\":1,\"hashtags\":[\"t\u{200d}abs\"]}", 1);
    check_one("{\"at\":1,\"text\":\"#tab\u{17f}\"}", 1);
    check_one("{\"at\":1,\"hashtags\":[\"\\ud835\\udc2dabs\"]}", 1);
}

#[test]
fn short_hashtags_are_found_where_hashtags_stand() {
    check("{\"at\":1,\"text\":\"#go!\"}\n{\"at\":2,\"hashtags\":[\"GO\"]}", matched(2), [0, 0, 2]);
    check_one("{\"at\":1,\"text\":\"gone #gopher go\"}", 0);
}

#[test]
fn a_facet_or_tag_of_a_record_is_its_hashtag_and_text_is_for_records_without() {
    let facet = "\"facets\":[{\"index\":{\"byteStart\":0,\"byteEnd\":5},\"features\":[{\
        \"$type\":\"app.bsky.richtext.facet#tag\",\"tag\":\"Tabs\"}]}]";
    let link =
        "\"facets\":[{\"features\":[{\"$type\":\"app.bsky.richtext.facet#link\",\"uri\":\"x\"}]}]";
    let record = |record: &str| commit("create", 1, &format!(",\"record\":{{{record}}}"));
    check_one(&record(&format!("\"text\":\"\",{facet}")), 1);
    check_one(&record("\"text\":\"\",\"tags\":[\"#tabs\"]"), 1);
    check_one(&record("\"text\":\"#tabs\""), 1);
    check_one(&record(&format!("\"text\":\"#tabs\",{link}")), 0);
}

#[test]
fn both_generations_of_jetstream_read_alike() {
    let second = format!(
        "{{\"$type\":\"message\",\"payload\":{{\"$type\":\"x#commit\",\"seq\":1,\"did\":\"did:plc:a\",\
         \"time\":\"{NOW}\",\"operation\":\"create\",\"collection\":\"app.bsky.feed.post\",\
         \"rkey\":\"1\",\"record\":{{\"text\":\"#tabs\"}}}}}}"
    );
    let first = commit("create", 1, ",\"record\":{\"text\":\"#tabs\"}");
    // One post: its id does not depend on the protocol.
    let expected = Posts { matched: 1, duplicate: 1, ..Posts::default() };
    check(&format!("{first}\n{second}"), expected, [1, 0, 0]);
}

#[test]
fn an_update_weighs_again_and_a_delete_takes_back() {
    let tabs = commit("create", 1, ",\"record\":{\"text\":\"#tabs\"}");
    let go = commit("update", 1, ",\"record\":{\"text\":\"#go\"}");
    let none = commit("update", 1, ",\"record\":{\"text\":\"nothing\"}");
    let gone = commit("delete", 1, "");
    let expected = Posts { matched: 1, revised: 1, ..Posts::default() };
    check(&format!("{tabs}\n{go}"), expected, [0, 0, 1]);
    check(&format!("{tabs}\n{gone}"), expected, [0, 0, 0]);
    check(
        &format!("{tabs}\n{none}"),
        Posts { matched: 1, unmatched: 1, ..Posts::default() },
        [0; 3],
    );
}

#[test]
fn servers_of_mastodon_have_folded_accents_already() {
    let tagged = |name: &str| status(1, &format!("\"tags\":[{{\"name\":\"{name}\"}}]"));
    check(&tagged("koln"), matched(1), [0, 1, 0]);
    check(&tagged("KÖLN"), matched(1), [0, 1, 0]);
    // Elsewhere they are letters of their own.
    check_one("{\"at\":1,\"text\":\"#koln\"}", 0);
}

#[test]
fn a_status_without_tags_is_read_from_its_html() {
    let html = "\"content\":\"<p>I like <a href=\\\"https://a.example/tags/tabs\\\" class=\\\"mention \
        hashtag\\\">#<span>t&#97;bs</span></a></p>\"";
    check(&status(1, html), matched(1), [1, 0, 0]);
    check(
        &status(1, &format!("\"tags\":[],{html}")),
        Posts { unmatched: 1, ..Posts::default() },
        [0; 3],
    );
}

#[test]
fn events_of_mastodon_carry_json_in_a_string() {
    let event = |event: &str, payload: &str| {
        let payload = serde_json::to_string(payload).unwrap();
        format!("{{\"stream\":[\"hashtag\",\"tabs\"],\"event\":\"{event}\",\"payload\":{payload}}}")
    };
    let tabs = status(7, "\"tags\":[{\"name\":\"tabs\"}]");
    let go = status(7, "\"tags\":[{\"name\":\"go\"}]");
    let lines = [
        ":)".to_owned(),
        ":thump".to_owned(),
        event("update", &tabs),
        event("update", &tabs),
        event("status.update", &go),
        event("delete", "7"),
        event("filters_changed", ""),
    ];
    let expected = Posts { matched: 1, duplicate: 1, revised: 2, unmatched: 1, ..Posts::default() };
    check(&lines.join("\n"), expected, [0, 0, 0]);
}

#[test]
fn a_repost_counts_only_if_it_is_to_and_with_the_hashtags_of_its_post() {
    let boost = status(
        2,
        &format!("\"tags\":[],\"reblog\":{}", status(1, "\"tags\":[{\"name\":\"tabs\"}]")),
    );
    let retweet = format!(
        "{{\"data\":{{\"id\":\"2\",\"text\":\"RT #t…\",\"author_id\":\"8\",\"created_at\":\"{NOW}\",\
         \"referenced_tweets\":[{{\"type\":\"retweeted\",\"id\":\"1\"}}]}},\"includes\":{{\"tweets\":[\
         {{\"id\":\"1\",\"text\":\"#tabs\",\"author_id\":\"9\"}}]}}}}"
    );
    let inner = "{\\\"id\\\":\\\"a\\\",\\\"kind\\\":1,\\\"tags\\\":[[\\\"t\\\",\\\"tabs\\\"]]}";
    let nostr = format!(
        "[\"EVENT\",\"s\",{{\"id\":\"b\",\"pubkey\":\"k\",\"created_at\":1795287845,\"kind\":6,\
         \"tags\":[[\"e\",\"a\"]],\"content\":\"{inner}\"}}]"
    );
    for line in [boost, retweet, nostr] {
        assert_eq!(count(None, Reposts::Count, &line), (matched(1), vec![1, 0, 0]), "{line}");
        check_one(&line, 0);
    }
}

#[test]
fn an_edit_on_x_has_an_id_of_its_own_and_the_first_ones_place() {
    let post = |id: u32, history: &str, tag: &str| {
        format!(
            "{{\"data\":{{\"id\":\"{id}\",\"text\":\"#{tag}\",\"author_id\":\"9\",\
             \"created_at\":\"{NOW}\",\"edit_history_tweet_ids\":[{history}],\
             \"entities\":{{\"hashtags\":[{{\"start\":0,\"end\":5,\"tag\":\"{tag}\"}}]}}}}}}"
        )
    };
    let lines = [post(1, "\"1\"", "tabs"), "\r".into(), post(2, "\"1\",\"2\"", "go")].join("\n");
    check(&lines, Posts { matched: 1, revised: 1, ..Posts::default() }, [0, 0, 1]);
    let silent = post(2, "\"1\",\"2\"", "nothing");
    let expected = Posts { matched: 1, unmatched: 1, ..Posts::default() };
    check(&[post(1, "\"1\"", "tabs"), silent].join("\n"), expected, [0, 0, 0]);
}

#[test]
fn each_post_of_a_page_is_a_message() {
    let tweet = |id: u32, text: &str| {
        format!("{{\"id\":\"{id}\",\"text\":\"{text}\",\"created_at\":\"{NOW}\"}}")
    };
    let (a, b) = (tweet(1, "#tabs"), tweet(2, "nothing"));
    let expected = Posts { matched: 1, unmatched: 1, ..Posts::default() };
    check(&format!("{{\"data\":[{a},{b}],\"meta\":{{\"result_count\":2}}}}"), expected, [1, 0, 0]);
    check(&format!("{{\"statuses\":[{a},{b}]}}"), expected, [1, 0, 0]);
    let statuses = [status(1, "\"tags\":[{\"name\":\"tabs\"}]"), status(2, "\"tags\":[]")];
    check(&format!("[{}]", statuses.join(",")), expected, [1, 0, 0]);
    // An empty one is none, even before it is known whose it is.
    check(
        &format!("[]\n{{\"meta\":{{\"result_count\":0}}}}\n{a}"),
        Posts { unmatched: 1, ..expected },
        [1, 0, 0],
    );
    check(&format!("{a}\n{{\"meta\":{{\"result_count\":0}}}}\n[]"), matched(1), [1, 0, 0]);
    let unnamed = tweet(3, "nothing");
    let half = Posts { matched: 1, unmatched: 1, malformed: 1, ..Posts::default() };
    check(
        &format!("{{\"data\":[{a},{{\"id\":\"4\",\"text\":\"#go\"}},{unnamed}]}}"),
        half,
        [1, 0, 0],
    );
}

#[test]
fn nostr_counts_its_tags_and_honours_deletions_of_the_author() {
    let event = |id: &str, key: &str, kind: u32, tags: &str| {
        format!(
            "[\"EVENT\",\"s\",{{\"id\":\"{id}\",\"pubkey\":\"{key}\",\"created_at\":1795287845,\
             \"kind\":{kind},\"tags\":[{tags}],\"content\":\"#go\",\"sig\":\"\"}}]"
        )
    };
    let tabs = event("a", "k", 1, "[\"t\",\"Tabs\"],[\"t\",\"tabs\"]");
    let theirs = event("c", "other", 5, "[\"e\",\"a\"]");
    let own = event("d", "k", 5, "[\"e\",\"a\"],[\"e\",\"b\"]");
    check(
        &format!("{tabs}\n[\"EOSE\",\"s\"]\n{theirs}"),
        Posts { matched: 1, unmatched: 2, ..Posts::default() },
        [1, 0, 0],
    );
    check(&format!("{tabs}\n{own}"), Posts { matched: 1, revised: 1, ..Posts::default() }, [0; 3]);
    check_one(&event("e", "k", 1, ""), 0);
    check_one(&event("f", "k", 7, "[\"t\",\"tabs\"]"), 0);
}

#[test]
fn a_raw_message_is_told_by_its_shape_and_has_the_recorders_time() {
    let raw = |source: &str, raw: &str| {
        format!("{{\"at\":\"{NOW}\",\"source\":\"{source}\",\"raw\":{raw}}}")
    };
    let undated = "{\"data\":{\"id\":\"1\",\"text\":\"#tabs\",\"created_at\":\"never\"}}";
    let tabs = status(1, "\"tags\":[{\"name\":\"tabs\"}]");
    for (source, message) in [
        ("bluesky", undated),
        ("front door", undated),
        ("front door", &tabs),
        ("hook", "{\"at\":0,\"text\":\"#tabs\"}"),
        ("bluesky", &commit("create", 1, ",\"record\":{\"text\":\"#tabs\"}")),
    ] {
        check_one(&raw(source, message), 1);
    }
    let other =
        [raw("x", "\":thump\""), raw("x", "\"\\r\\n\""), raw("x", "\"no JSON\"")].join("\n");
    check(&other, Posts { unmatched: 1, ..Posts::default() }, [0; 3]);
    check(&format!("{{\"at\":\"{NOW}\",\"note\":\"gap\",\"ms\":4200}}"), Posts::default(), [0; 3]);
}

#[test]
fn what_cannot_be_read_is_malformed_only_if_it_could_have_mattered() {
    let malformed = Posts { malformed: 1, ..Posts::default() };
    for line in [
        "{\"at\":1,\"text\":\"#tabs",
        "{\"at\":1,\"text\":\"#\\u0074abs",
        "{\"at\":\"soon\",\"text\":\"#tabs\"}",
        "{\"text\":\"#tabs\"}",
        "{\"at\":1,\"hashtags\":\"tabs\"}",
        "{\"at\":1,\"hashtags\":[1],\"text\":\"#tabs\"}",
        "{\"at\":1,\"text\":\"#tabs\"} {}",
        "{\"at\":1,\"delete\":[]}",
        "{\"at\":1,\"d\\u0065lete\":[]}",
        "{\"at\":99999999999999999,\"text\":\"#tabs\"}",
    ] {
        assert_eq!(count(Some(Feed::Post), Reposts::Ignore, line).0, malformed, "{line}");
    }
    for line in ["{\"at\":1,\"text\":\"#spaces", "{\"at\":\"soon\",\"text\":\"\"}", "garbage", "{}"]
    {
        let unmatched = Posts { unmatched: 1, ..Posts::default() };
        assert_eq!(count(Some(Feed::Post), Reposts::Ignore, line).0, unmatched, "{line}");
    }
    assert_eq!(
        count(
            Some(Feed::Jetstream),
            Reposts::Ignore,
            &commit("delete", 1, "").replace("\"rkey\":\"1\"", "\"x\":1")
        )
        .0,
        malformed
    );
}

#[test]
fn a_post_says_by_which_hashtags_it_was_found() {
    let tags = |feed, line: &str| {
        let contest = contest(Reposts::Ignore);
        let names: Vec<String> = contest.hashtags().map(|(_, tag)| tag.to_owned()).collect();
        let mut found = Vec::new();
        Decoder::new(&contest.clone().into(), feed, Hasher::default()).block(
            line.as_bytes(),
            |_, event| {
                let Message::Post(post) = event else { panic!("{event:?}") };
                let tags = post.tags.iter();
                found.extend(tags.map(|tag| names[usize::from(tag.0)].clone()));
            },
        );
        found
    };
    let line = |tags: &str| format!("{{\"at\":1000,\"hashtags\":{tags}}}");
    assert_eq!(tags(None, &line("[\"x\",\"#Tabs\",\"tabs\"]")), ["tabs"]);
    assert_eq!(tags(None, &line("[\"GO\",\"x\",\"tabs\",\"köln\"]")), ["go", "tabs"]);
    // Folded by the server; a recording has it as the team does.
    let status = "{\"uri\":\"u\",\"account\":{\"acct\":\"a\"},\"created_at\":\"2026-11-21T19:04:05Z\",\"tags\":[{\"name\":\"koln\"}]}";
    assert_eq!(tags(Some(Feed::Mastodon), status), ["köln"]);
}

#[test]
fn a_raw_message_is_whose_its_recorder_says() {
    // Without its kind it could be anybody's, and by the name of its source nobody's.
    let line = "{\"at\":1000,\"source\":\"relays\",\"kind\":\"nostr\",\"raw\":[\"EVENT\",\"s\",{\"id\":\"1\",\"kind\":1,\"pubkey\":\"p\",\"content\":\"\",\"tags\":[[\"t\",\"tabs\"]],\"created_at\":1}]}";
    let matched = Posts { matched: 1, ..Posts::default() };
    assert_eq!(count(Some(Feed::Post), Reposts::Ignore, line).0, matched);
    let status = "{\"at\":1000,\"source\":\"x\",\"kind\":\"mastodon\",\"raw\":{\"uri\":\"u\",\"account\":{\"acct\":\"a\"},\"created_at\":\"2026-11-21T19:04:05Z\",\"time_us\":1,\"tags\":[{\"name\":\"tabs\"}]}}";
    assert_eq!(count(Some(Feed::Post), Reposts::Ignore, status).0, matched);
}

#[test]
fn times_are_cut_to_milliseconds_and_are_those_of_the_stream() {
    let at = |line: &str| {
        let contest = contest(Reposts::Ignore);
        let mut decoder = Decoder::new(&contest.clone().into(), None, Hasher::default());
        let mut at = None;
        decoder.block(line.as_bytes(), |_, event| {
            if let Message::Post(post) = event {
                at = Some(post.at.to_string());
            }
        });
        at.unwrap()
    };
    let expected = "2026-11-21T19:04:05.123Z";
    assert_eq!(at("{\"at\":1795287845123,\"text\":\"#tabs\"}"), expected);
    assert_eq!(at("{\"at\":\"2026-11-21T20:04:05.1239+01:00\",\"text\":\"#tabs\"}"), expected);
    let jetstream = commit(
        "create",
        1,
        ",\"record\":{\"text\":\"#tabs\",\"createdAt\":\"1970-01-01T00:00:00Z\"}",
    );
    assert_eq!(at(&jetstream.replace("5000000", "5123999")), expected);
}
