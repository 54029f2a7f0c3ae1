//! What comes and cannot be read: the source says what it is until something can, and what can be read
//! in spite of how it comes is counted.

use std::io::Write;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use hashtug::clock::Clock;
use hashtug::decode::Shape;
use hashtug::decode::mapped::Map;
use hashtug::snapshot::{Snapshot, SourceState};
use hashtug::source::http::{self, Mode};
use hashtug::source::link::Times;
use hashtug::source::{Kind, jetstream, mastodon, nostr, websocket, x};
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

use crate::support::contest;
use crate::support::fake::mastodon::{Ids, Mastodon, TOKEN_ENV, Way};
use crate::support::fake::nostr::Author;
use crate::support::fake::raw::{Bytes, Sockets};
use crate::support::fake::x::{Refusal, TOKEN_VARIABLE, X};
use crate::support::proxy::Proxy;
use crate::support::rig::{Rig, quick};

const LINES: &str = "Content-Type: application/x-ndjson\r\n";
const EVENTS: &str = "Content-Type: text/event-stream\r\n";
const JSON: &str = "Content-Type: application/json\r\n";

/// A frame of Bluesky's firehose.
const CBOR: &[u8] = b"\xa2\x61t\x67#commit\x62op\x01\xa1\x63seq\x01";

/// A message that names a team and breaks off.
const BROKEN: &str = "{\"text\":\"#tabs\",";

fn gzip(bytes: impl AsRef<[u8]>) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes.as_ref()).unwrap();
    encoder.finish().unwrap()
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn problem(snapshot: &Snapshot) -> &str {
    snapshot.sources[0].problem.as_deref().unwrap_or_default()
}

fn is_live(snapshot: &Snapshot) -> bool {
    snapshot.sources[0].state == SourceState::Live
}

/// Post number `number` as a network sends it; each by an author of its own.
type Good = fn(u8, &Clock) -> String;

fn skeet(number: u8, clock: &Clock) -> String {
    let time_us = clock.now().millis() * 1000;
    json!({"did": format!("did:plc:{number}"), "time_us": time_us, "kind": "commit",
        "commit": {"operation": "create", "collection": "app.bsky.feed.post",
            "rkey": number.to_string(), "record": {"text": "rope #tabs"}}})
    .to_string()
}

fn event(number: u8, clock: &Clock) -> String {
    let event = Author::new(number + 1).post(clock.now().millis() / 1000, "tabs", "rope");
    json!(["EVENT", "hashtug", event]).to_string()
}

fn post(number: u8, _: &Clock) -> String {
    json!({"text": "rope #tabs", "id": number, "author": number.to_string()}).to_string()
}

/// The kinds that speak over web sockets, and how a post comes over each.
fn over_sockets(server: &Sockets) -> [(Kind, Good); 3] {
    let endpoints = vec![server.url("subscribe")];
    let websocket = websocket::Settings {
        url: server.url("socket"),
        headers: Vec::new(),
        send: Vec::new(),
        shape: Shape::default(),
    };
    [
        (Kind::Bluesky(jetstream::Settings { endpoints }), skeet),
        (Kind::Nostr(nostr::Settings { relays: vec![server.url("")] }), event),
        (Kind::Websocket(websocket), post),
    ]
}

fn over_http(server: &Bytes, mode: Mode, map: Map) -> Kind {
    let shape = Shape::Posts(map);
    Kind::Http(http::Settings { url: server.url(), headers: Vec::new(), mode, shape })
}

fn poll(server: &Bytes) -> Kind {
    over_http(server, Mode::Poll(Duration::from_millis(20)), Map::default())
}

/// A message of one network that the others cannot read.
fn status() -> String {
    json!({"id": "7", "uri": "https://a.example/7", "created_at": "2026-11-21T19:04:01Z",
        "account": {"acct": "ada"}, "tags": []})
    .to_string()
}

#[tokio::test]
async fn what_comes_over_a_socket_and_cannot_be_read_is_told_until_a_post_comes() {
    let cases: [(Message, [&str; 3]); 9] = [
        (Message::binary(CBOR), ["CBOR"; 3]),
        (Message::binary(&b"\x28\xb5\x2f\xfd\x04\x58\x01"[..]), ["zstd"; 3]),
        (Message::binary(&b"\0\x01\x02\x03"[..]), ["binary"; 3]),
        (Message::text("<html>Welcome to the hotel"), ["a web page"; 3]),
        (Message::text("hello"), ["plain words"; 3]),
        (Message::text("42[\"post\",{}]"), ["Socket.IO"; 3]),
        (Message::text("{\"a\":[1,"), ["breaks off"; 3]),
        (Message::text(status()), ["Mastodon"; 3]),
        (
            Message::text("{\"type\":\"welcome\"}"),
            ["no message of Bluesky's Jetstream", "no message of Nostr", "nothing is at `/text`"],
        ),
    ];
    for (message, words) in cases {
        for (place, word) in words.into_iter().enumerate() {
            let server = Sockets::start().await;
            let (kind, good) = over_sockets(&server)[place].clone();
            let mut rig = Rig::start(contest(), vec![kind], quick());
            rig.until("live", is_live).await;
            for _ in 0..3 {
                server.say(message.clone());
            }
            let told = rig.until(word, |s| problem(s).contains(word)).await;
            assert!(problem(&told).contains("can be read"), "{}", problem(&told));
            assert!(problem(&told).ends_with(')'), "no hint: {}", problem(&told));
            server.say(Message::text(good(1, &rig.clock)));
            let read = |s: &Snapshot| problem(s).is_empty() && s.posts.matched == 1;
            rig.until("a post that is read", read).await;
            assert_eq!(rig.end().await.posts.received(), 4);
        }
    }
}

#[tokio::test]
async fn a_post_over_a_socket_is_read_however_it_is_wrapped() {
    let wraps: [fn(String) -> Message; 8] = [
        |post| Message::text(post),
        |post| Message::binary(post),
        |post| Message::text(format!("\u{feff}{post}")),
        |post| Message::text(format!(")]}}'\n{post}")),
        |post| Message::text(format!("\u{1e}{post}\n")),
        |post| Message::text(post.replacen(',', ",\n  ", 2)),
        |post| Message::binary(gzip(post)),
        |post| Message::binary(utf16(&post)),
    ];
    for place in 0..3 {
        let server = Sockets::start().await;
        let (kind, good) = over_sockets(&server)[place].clone();
        let mut rig = Rig::start(contest(), vec![kind], quick());
        rig.until("live", is_live).await;
        for (wrap, number) in wraps.into_iter().zip(1..) {
            server.say(wrap(good(number, &rig.clock)));
            let counted = |s: &Snapshot| s.posts.matched == u64::from(number);
            rig.until(&format!("post {number}"), counted).await;
        }
        let last = rig.end().await;
        assert_eq!((last.posts.received(), problem(&last)), (8, ""));
    }
}

#[tokio::test]
async fn a_single_message_that_cannot_be_read_is_told_when_nothing_follows() {
    for place in 0..3 {
        let server = Sockets::start().await;
        let (kind, good) = over_sockets(&server)[place].clone();
        let mut rig = Rig::start(contest(), vec![kind], quick());
        rig.until("live", is_live).await;
        server.say(Message::text("hello"));
        rig.until("told", |s| problem(s).contains("plain words")).await;
        server.say(Message::text(good(1, &rig.clock)));
        rig.until("a post", |s| s.posts.matched == 1 && problem(s).is_empty()).await;
        // The next one is one of many.
        server.say(Message::text("hello"));
        server.say(Message::text(good(2, &rig.clock)));
        rig.until("the next", |s| s.posts.matched == 2).await;
        assert_eq!(problem(&*rig.end().await), "");
    }
    let server = Bytes::start(LINES).await;
    let kind = over_http(&server, Mode::Stream, Map::default());
    let times = Times { stale: Duration::from_millis(20), ..quick() };
    let mut rig = Rig::start(contest(), vec![kind], times);
    rig.until("live", is_live).await;
    server.say("hello\n");
    rig.until("told", |s| problem(s).contains("plain words")).await;
    rig.end().await;
}

#[tokio::test]
async fn a_text_that_is_not_utf_8_is_counted_and_told() {
    let server = Sockets::start().await;
    let (kind, good) = over_sockets(&server)[2].clone();
    let mut rig = Rig::start(contest(), vec![kind], quick());
    rig.until("live", is_live).await;
    // A text that says it is one and is none, which no library sends by itself.
    let payload = b"{\"text\":\"caf\xe9\"}".to_vec();
    let opcode = OpCode::Data(Data::Text);
    server.say(Message::Frame(Frame::message(payload, opcode, true)));
    rig.until("told", |s| problem(s).contains("not in UTF-8") && s.posts.malformed == 1).await;
    rig.until("live again", is_live).await;
    server.say(Message::text(good(1, &rig.clock)));
    rig.until("a post", |s| s.posts.matched == 1 && problem(s).is_empty()).await;
    rig.end().await;
}

#[tokio::test]
async fn a_bomb_is_one_message_that_cannot_be_read() {
    let server = Sockets::start().await;
    let (kind, good) = over_sockets(&server)[2].clone();
    let mut rig = Rig::start(contest(), vec![kind], quick());
    rig.until("live", is_live).await;
    server.say(Message::binary(gzip(vec![b' '; 64 << 20])));
    rig.until("told", |s| problem(s).contains("gzip")).await;
    server.say(Message::text(good(1, &rig.clock)));
    rig.until("a post", |s| s.posts.matched == 1 && problem(s).is_empty()).await;
    rig.end().await;
    let server = Bytes::start(JSON).await;
    let mut rig = Rig::start(contest(), vec![poll(&server)], quick());
    server.set_document(JSON, gzip(vec![b' '; 64 << 20]));
    rig.until("told", |s| problem(s).contains("longer than 4194304 bytes")).await;
    rig.end().await;
}

#[tokio::test]
async fn lines_that_cannot_be_read_are_told_until_one_can() {
    let status = status();
    let cases: [(&[u8], &str); 11] = [
        (&gzip("{\"text\":\"#tabs\"}\n".repeat(100)), "gzip"),
        (&utf16(&"{\"text\":\"#tabs\"}\n".repeat(3)), "UTF-16"),
        (CBOR, "CBOR"),
        (b"<!doctype html>\n<title>Welcome</title>", "a web page"),
        (b"<?xml version=\"1.0\"?>\n<rss version=\"2.0\">", "XML"),
        (b"event: post\ndata: {\"text\":\"#tabs\"}\n", "server-sent events"),
        (b"[\n{\"text\":\"one\"},\n{\"text\":\"two\"},", "over several lines"),
        (b"{\n  \"list\": [\n    {\n      \"text\": \"one\"", "over several lines"),
        (status.as_bytes(), "Mastodon"),
        (b"hello\nhow are you\nwell", "plain words"),
        (b"{\"body\":1}\n{\"body\":2}\n{\"body\":3}", "nothing is at `/text`"),
    ];
    for (bytes, word) in cases {
        let server = Bytes::start(LINES).await;
        let kind = over_http(&server, Mode::Stream, Map::default());
        let mut rig = Rig::start(contest(), vec![kind], quick());
        rig.until("live", is_live).await;
        server.say([bytes, b"\n"].concat());
        rig.until(word, |s| problem(s).contains(word)).await;
        if word == "over several lines" {
            // What looks like a line of its own is the end of the document.
            server.say("{\"text\":\"#spaces\"}\n]\n");
            rig.until("the end", |s| s.posts.matched == 1).await;
            assert!(problem(&rig.now()).contains(word), "{}", problem(&rig.now()));
            server.begin_anew(LINES);
        }
        server.say("{\"text\":\"#tabs\"}\n");
        let read = |s: &Snapshot| s.teams[0].votes == 1 && problem(s).is_empty();
        rig.until("a line that is read", read).await;
        rig.end().await;
    }
}

#[tokio::test]
async fn what_came_is_told_beside_the_end_of_the_connection() {
    let server = Bytes::start(LINES).await;
    server.set_document(LINES, "[\n{\"text\":\"one\"},\n{\"text\":\"two\"}\n]\n");
    let kind = over_http(&server, Mode::Stream, Map::default());
    let mut rig = Rig::start(contest(), vec![kind], quick());
    let told = |s: &Snapshot| {
        problem(s).contains("over several lines") && problem(s).contains("closed the connection")
    };
    rig.until("both", told).await;
    rig.end().await;
}

#[tokio::test]
async fn lines_and_events_in_latin_1_are_read_by_their_header() {
    let lines = "Content-Type: application/x-ndjson; charset=ISO-8859-1\r\n";
    let events = "Content-Type: text/event-stream;charset=windows-1252\r\n";
    for (mode, headers, before, after) in
        [(Mode::Stream, lines, "", "\n"), (Mode::Sse, events, "data: ", "\n\n")]
    {
        let server = Bytes::start(headers).await;
        let kind = over_http(&server, mode, Map::default());
        let mut rig = Rig::start(contest(), vec![kind], quick());
        server.say([before.as_bytes(), b"{\"text\":\"caf\xe9 #tabs\"}", after.as_bytes()].concat());
        server.say([before, "{\"text\":\"café #spaces\"}", after].concat());
        let snapshot = rig.until("both", |s| s.posts.matched == 2).await;
        assert_eq!((snapshot.posts.received(), problem(&snapshot)), (2, ""));
        rig.end().await;
    }
}

#[tokio::test]
async fn a_stream_that_says_it_is_compressed_is_refused_by_name() {
    let headers = LINES.to_owned() + "Content-Encoding: br\r\n";
    let server = Bytes::start(&headers).await;
    let kind = over_http(&server, Mode::Stream, Map::default());
    let mut rig = Rig::start(contest(), vec![kind], quick());
    rig.until("refused", |s| problem(s).contains("compressed (`br`)") && !is_live(s)).await;
    server.begin_anew(LINES);
    rig.until("read", |s| problem(s).is_empty() && is_live(s)).await;
    rig.end().await;
}

#[tokio::test]
async fn events_that_cannot_be_read_are_told_until_one_can() {
    let cases: [(&[u8], &str); 6] = [
        (b"{\"text\":\"#tabs\"}\n{\"text\":\"#spaces\"}\n", "a document a line"),
        (&gzip("data: {\"text\":\"#tabs\"}\n\n"), "gzip"),
        (b"<html>Welcome", "a web page"),
        (b"data: <html>\n\n", "a web page"),
        (b"data: hello\n\ndata: hello\n\ndata: hello\n\n", "plain words"),
        (b"data: 1;#tabs\ndata: 2;#tabs\n\n", "CSV"),
    ];
    for (bytes, word) in cases {
        let server = Bytes::start(EVENTS).await;
        let kind = over_http(&server, Mode::Sse, Map::default());
        let mut rig = Rig::start(contest(), vec![kind], quick());
        rig.until("live", is_live).await;
        server.say(bytes);
        rig.until(word, |s| problem(s).contains(word)).await;
        server.say("\n\ndata: {\"text\":\"#tabs\"}\n\n");
        let read = |s: &Snapshot| s.teams[0].votes == 1 && problem(s).is_empty();
        rig.until("an event that is read", read).await;
        rig.end().await;
    }
}

#[tokio::test]
async fn a_document_that_cannot_be_read_is_told_until_it_can() {
    let encoded = |how: &str| format!("{JSON}Content-Encoding: {how}\r\n");
    let tagged = JSON.to_owned() + "ETag: \"1\"\r\n";
    let cut = &gzip("[{\"id\":1,\"text\":\"#tabs\"}]")[..20];
    let cases: [(&str, &[u8], &str); 12] = [
        (JSON, b"<html>Welcome", "a web page"),
        (JSON, b"<?xml version=\"1.0\"?><rss/>", "XML"),
        (JSON, b"{\"id\":1,\"text\":\"a\"}\n{\"id\":2,\"text\":\"b\"}\n", "a document a line"),
        (JSON, b"id,text\n1,#tabs\n", "CSV"),
        (JSON, b"-----BEGIN CERTIFICATE-----\nMIIB", "PEM"),
        (JSON, b"[{\"id\":1,", "breaks off"),
        (JSON, b"data: []\n\n", "server-sent events"),
        (JSON, b"", "empty"),
        (JSON, CBOR, "CBOR"),
        (&encoded("br"), b"\x0b\x02\x80[]\x03", "`br`"),
        (&encoded("gzip"), cut, "damaged"),
        (&tagged, b"hello", "plain words"),
    ];
    for (headers, body, word) in cases {
        let server = Bytes::start(JSON).await;
        server.set_document(headers, body);
        let mut rig = Rig::start(contest(), vec![poll(&server)], quick());
        rig.until(word, |s| problem(s).contains(word)).await;
        server.set_document(headers.replace("br", "identity").as_str(), {
            let good = "[{\"id\":1,\"text\":\"#tabs\"}]";
            if headers.contains("gzip") { gzip(good) } else { good.into() }
        });
        let read = |s: &Snapshot| s.posts.matched == 1 && problem(s).is_empty() && is_live(s);
        rig.until("a document that is read", read).await;
        rig.end().await;
    }
}

#[tokio::test]
async fn an_answer_without_an_end_is_no_document() {
    let server = Bytes::start(JSON).await;
    server.say("{\"id\":1,\"text\":\"#tabs\"}\n");
    let mut rig = Rig::start(contest(), vec![poll(&server)], quick());
    let told = rig.until("told", |s| problem(s).contains("it has no end")).await;
    assert!(problem(&told).contains("`mode = \"stream\"`"), "{}", problem(&told));
    rig.end().await;
}

#[tokio::test]
async fn a_document_is_read_however_it_is_wrapped() {
    let of = |more: &str| format!("Content-Type: application/json{more}\r\n");
    let text = "[{\"id\":1,\"text\":\"café #tabs\"}]";
    let latin = b"[{\"id\":1,\"text\":\"caf\xe9 #tabs\"}]";
    let gzipped = of("\r\nContent-Encoding: gzip");
    let cases: [(String, Vec<u8>); 8] = [
        (of(""), text.into()),
        (of(""), format!("\u{feff}{text}").into()),
        (of(""), format!(")]}}',\n{text}").into()),
        (of("; charset=iso-8859-1"), latin.to_vec()),
        (of(""), utf16(text)),
        (of("; charset=utf-16"), utf16(&format!("\u{feff}{text}"))),
        (gzipped, gzip(text)),
        (of(""), gzip(text)),
    ];
    for (headers, body) in cases {
        let server = Bytes::start(JSON).await;
        server.set_document(&headers, body);
        let mut rig = Rig::start(contest(), vec![poll(&server)], quick());
        let read = rig.until("a post", |s| s.posts.matched == 1 && is_live(s)).await;
        assert_eq!((problem(&read), read.posts.received()), ("", 1), "{headers}");
        rig.end().await;
    }
}

#[tokio::test]
async fn a_pointer_that_finds_nothing_is_named() {
    let pointer = |text: &str| text.parse().ok();
    let map = Map {
        items: pointer("/list"),
        text: pointer("/body/text"),
        hashtags: None,
        id: pointer("/id"),
        author: pointer("/from"),
        at: pointer("/sent"),
        delete: None,
    };
    let whole = "{\"id\":1,\"from\":\"ada\",\"sent\":1795287841,\"body\":{\"text\":\"rope\"}}";
    for (document, named) in [
        ("{\"rows\":[]}".to_owned(), "nothing is at `/list`, where `[source.map]` has `items`"),
        ("{\"list\":[{\"text\":\"rope\"}]}".to_owned(), "nothing is at `/body/text`"),
        (format!("{{\"list\":[{}]}}", whole.replace("from", "by")), "nothing is at `/from`"),
        (format!("{{\"list\":[{}]}}", whole.replace("sent", "at")), "nothing is at `/sent`"),
        (
            format!("{{\"list\":[{}]}}", whole.replace("1795287841", "\"yesterday\"")),
            "`at` is neither a time",
        ),
    ] {
        let server = Bytes::start(JSON).await;
        server.set_document(JSON, document);
        let mode = Mode::Poll(Duration::from_millis(20));
        let kind = over_http(&server, mode, map.clone());
        let mut rig = Rig::start(contest(), vec![kind], quick());
        let told = rig.until(named, |s| problem(s).contains(named) && is_live(s)).await;
        assert!(problem(&told).contains("check `[source.map]`"), "{}", problem(&told));
        server.set_document(JSON, format!("{{\"list\":[{whole}]}}"));
        rig.until("no problem", |s| problem(s).is_empty()).await;
        rig.end().await;
    }
}

#[tokio::test]
async fn one_message_that_cannot_be_read_changes_no_count_at_any_place() {
    for place in 0..3 {
        for bad in 0..=3 {
            let server = Sockets::start().await;
            let (kind, good) = over_sockets(&server)[place].clone();
            let mut rig = Rig::start(contest(), vec![kind], quick());
            rig.until("live", is_live).await;
            for number in 0..3 {
                if number == bad {
                    server.say(Message::text(BROKEN));
                    server.say(Message::binary(CBOR));
                }
                server.say(Message::text(good(number, &rig.clock)));
            }
            if bad == 3 {
                server.say(Message::text(BROKEN));
                server.say(Message::binary(CBOR));
            }
            let counted = |s: &Snapshot| s.posts.received() == 5;
            rig.until("all", counted).await;
            check_one_bad(&*rig.end().await, &format!("{place} {bad}"));
        }
    }
    for (mode, headers, before, after) in
        [(Mode::Stream, LINES, "", "\n"), (Mode::Sse, EVENTS, "data: ", "\n\n")]
    {
        for bad in 0..=3 {
            let server = Bytes::start(headers).await;
            let mut rig =
                Rig::start(contest(), vec![over_http(&server, mode, Map::default())], quick());
            for number in 0..4 {
                if number == bad {
                    server.say([before, BROKEN, after].concat());
                    server.say([before.as_bytes(), CBOR, after.as_bytes()].concat());
                }
                if number < 3 {
                    server.say([before, &post(number, &rig.clock), after].concat());
                }
            }
            rig.until("all", |s| s.posts.received() == 5).await;
            check_one_bad(&*rig.end().await, &format!("{mode:?} {bad}"));
        }
    }
}

/// Three posts, a message that names a team and is broken, and one that names nobody.
#[track_caller]
fn check_one_bad(snapshot: &Snapshot, what: &str) {
    let posts = &snapshot.posts;
    assert_eq!((posts.matched, posts.malformed, posts.unmatched), (3, 1, 1), "{what}");
    assert_eq!((problem(snapshot), snapshot.sources[0].gap_count), ("", 0), "{what}");
}

#[tokio::test]
async fn one_document_that_cannot_be_read_changes_no_count_at_any_place() {
    // What damages a document on its way leaves its name as it was.
    let headers = JSON.to_owned() + "ETag: \"1\"\r\n";
    for bad in 0..=2 {
        let server = Bytes::start(JSON).await;
        server.set_document(JSON, "[]");
        let mut rig = Rig::start(contest(), vec![poll(&server)], quick());
        rig.until("live", is_live).await;
        for number in 0..3 {
            if number == bad {
                server.set_document(&headers, BROKEN);
                rig.until("told", |s| problem(s).contains("breaks off")).await;
                assert!(rig.now().posts.malformed > 0);
            }
            let posts: Vec<String> = (0..=number).map(|number| post(number, &rig.clock)).collect();
            server.set_document(&headers, format!("[{}]", posts.join(",")));
            let counted = |s: &Snapshot| s.posts.matched == u64::from(number) + 1;
            rig.until("the post", |s| counted(s) && problem(s).is_empty()).await;
        }
        let last = rig.end().await;
        assert_eq!((last.teams[0].votes, last.sources[0].gap_count), (3, 0), "{bad}");
    }
}

#[tokio::test]
async fn what_x_sends_and_cannot_be_read_is_told_until_a_post_comes() {
    let settings = |address| {
        let token = TOKEN_VARIABLE.parse().unwrap();
        let endpoint = X::url(address);
        Kind::X(x::Settings { endpoint, token, max_posts: 1000, backfill: false })
    };
    let status = status();
    for (line, word) in [
        ("<html>", "a web page"),
        ("hello", "plain words"),
        (&*status, "Mastodon"),
        ("{}", "no message of X"),
    ] {
        let server = X::start().await;
        let mut rig = Rig::start(contest(), vec![settings(server.address)], quick());
        rig.until("live", is_live).await;
        for _ in 0..3 {
            server.say(&format!("{line}\r\n"));
        }
        rig.until(word, |s| problem(s).contains(word)).await;
        server.post(rig.clock.now(), 1, "11", "tabs");
        rig.until("a post", |s| s.posts.matched == 1 && problem(s).is_empty()).await;
        // In the middle it is only counted.
        server.say("{\"data\":{\"text\":\"#tabs\"\r\n");
        server.post(rig.clock.now(), 2, "12", "tabs");
        rig.until("the next", |s| s.posts.matched == 2 && s.posts.malformed == 1).await;
        assert_eq!(problem(&*rig.end().await), "");
    }
}

#[tokio::test]
async fn a_page_of_what_x_did_not_stream_is_asked_for_again_when_it_cannot_be_read() {
    let server = X::start().await;
    let proxy = Proxy::start(server.address).await;
    let token = TOKEN_VARIABLE.parse().unwrap();
    let endpoint = X::url(proxy.address);
    let kind = Kind::X(x::Settings { endpoint, token, max_posts: 1000, backfill: false });
    let times = Times { poll: Duration::from_secs(5), ..quick() };
    let mut rig = Rig::start(contest(), vec![kind], times);
    rig.until("live", is_live).await;
    server.post(rig.clock.now(), 1, "11", "tabs");
    rig.until("a post", |s| s.posts.matched == 1).await;
    server.mute(true);
    server.post(rig.clock.now(), 2, "12", "tabs");
    let damaged = Refusal {
        status: 200,
        headers: vec![("content-type", "application/json".to_owned())],
        body: "{\"data\":[{".to_owned(),
    };
    let recent = "/2/tweets/search/recent";
    server.refuse(recent, Some(damaged));
    let streams = || server.requests("GET /2/tweets/search/stream ").len();
    proxy.cut();
    rig.until("the next stream", |s| is_live(s) && streams() == 2).await;
    tokio::time::pause();
    let asked = || server.requests(&format!("GET {recent}")).len();
    rig.until("asked", |_| asked() > 0).await;
    server.refuse(recent, None);
    let all = rig.until("what was missed", |s| s.teams[0].votes == 2).await;
    assert_eq!((all.sources[0].gap_count, problem(&all)), (0, ""));
    rig.end().await;
}

#[tokio::test]
async fn what_mastodon_sends_and_cannot_be_read_is_told_until_a_post_comes() {
    let server = Mastodon::start(Ids::Timed).await;
    let token = Some(TOKEN_ENV.parse().unwrap());
    let settings = mastodon::Settings {
        server: Mastodon::url(server.address),
        token,
        mode: mastodon::Mode::Auto,
    };
    let mut rig = Rig::start(contest(), vec![Kind::Mastodon(settings)], quick());
    rig.until("subscribed", |s| is_live(s) && server.streams() == 1).await;
    for _ in 0..3 {
        server.say("tabs", "tick", "7");
    }
    rig.until("told", |s| problem(s).contains("no message of Mastodon")).await;
    server.post(Way::Both, rig.clock.now(), "ada", &["tabs"]);
    rig.until("a post", |s| s.posts.matched == 1 && problem(s).is_empty()).await;
    server.say("tabs", "update", "{\"content\":\"#tabs\"");
    server.post(Way::Both, rig.clock.now(), "bo", &["tabs"]);
    rig.until("the next", |s| s.posts.matched == 2 && s.posts.malformed == 1).await;
    assert_eq!(problem(&*rig.end().await), "");
}

#[tokio::test]
async fn a_socket_that_wants_an_origin_says_so_and_gets_it() {
    let server = Sockets::start().await;
    server.expect_origin("https://chat.example");
    let (kind, good) = over_sockets(&server)[2].clone();
    let mut rig = Rig::start(contest(), vec![kind.clone()], quick());
    let told = rig.until("refused", |s| problem(s).contains("403")).await;
    assert!(problem(&told).contains("`origin = \"https://chat.example\"`"), "{}", problem(&told));
    rig.end().await;
    let Kind::Websocket(mut settings) = kind else { unreachable!() };
    let value = "https://chat.example".parse().unwrap();
    settings.headers.push(http::Header { name: "Origin".to_owned(), value });
    let mut rig = Rig::start(contest(), vec![Kind::Websocket(settings)], quick());
    rig.until("live", is_live).await;
    server.say(Message::text(good(1, &rig.clock)));
    rig.until("a post", |s| s.posts.matched == 1).await;
    rig.end().await;
}
