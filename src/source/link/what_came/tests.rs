use crate::hint::Hint;
use crate::source::link::failure::Failure;

use super::*;

#[track_caller]
fn check(bytes: impl AsRef<[u8]>, expected: &What) {
    let bytes = bytes.as_ref();
    assert_eq!(What::sniff(bytes), *expected, "{:?}", String::from_utf8_lossy(bytes));
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

#[test]
fn bytes_that_are_no_text_are_known_by_their_beginning() {
    for (bytes, expected) in [
        (&b"\x1f\x8b\x08\0\0\0\0\0"[..], What::Compressed("gzip")),
        (b"\x28\xb5\x2f\xfd\x04\x58", What::Compressed("zstd")),
        (b"\x78\x9c\xab\x56", What::Compressed("deflate")),
        (b"BZh91AY&SY\xff", What::Compressed("bzip2")),
        (b"\xfd7zXZ\0\0", What::Compressed("xz")),
        (b"\x89PNG\r\n\x1a\n", What::File("an image (PNG)")),
        (b"PK\x03\x04\x14\0", What::File("an archive (ZIP)")),
        (b"%PDF-1.7", What::File("a PDF")),
        (b"\xa2\x61t\x67#commit\x62op\x01\xa1\x63seq\x01", What::Cbor),
        (b"\xd9\xd9\xf7\xa1\x61a\x01", What::Cbor),
        // Fields of a message in protocol buffers, and what has no sign at all.
        (b"\x08\x96\x01\x12\x07testing\x1a\x02\xff\xfe", What::Binary),
        (b"\0\0\0\0", What::Binary),
        (b"\x81\xa1a\x01\x02\x03", What::Binary),
    ] {
        check(bytes, &expected);
    }
    check(utf16("{\"text\":\"#tabs\"}"), &What::Utf16);
    check([b"\xff\xfe".as_slice(), &utf16("hello")].concat(), &What::Utf16);
    check(b"{\"text\":\"caf\xe9 #tabs\"}", &What::NoUtf8);
}

#[test]
fn texts_are_known_by_their_shape() {
    for (text, expected) in [
        ("<!DOCTYPE html><title>Welcome to the hotel", What::Page),
        ("  <html lang=en>", What::Page),
        ("<h1>Sorry</h1>", What::Page),
        ("<?xml version=\"1.0\"?><html xmlns=\"x\">", What::Page),
        ("<?xml version=\"1.0\"?><rss version=\"2.0\">", What::Xml),
        ("<feed xmlns=\"http://www.w3.org/2005/Atom\">", What::Xml),
        ("-----BEGIN CERTIFICATE-----\nMIIB", What::File("a certificate or a key (PEM)")),
        ("data: {\"text\":\"x\"}", What::Events),
        ("event: post\ndata: 1\n\n", What::Events),
        ("{\"a\":1}\n{\"b\":2}\n{\"c\":", What::Lines),
        ("{\"a\":1}\n{\"b\":2}\n", What::Lines),
        ("[1]\n[2]", What::Lines),
        ("{\"a\":[1,", What::Cut),
        ("[", What::Cut),
        ("callback({\"a\":1});", What::Script),
        ("/**/jQuery1.cb([1])", What::Script),
        ("id,text,author\n1,#tabs,ada\n", What::Csv),
        ("id;text\n1;#tabs", What::Csv),
        ("42[\"message\",{\"a\":1}]", What::Protocol("Socket.IO")),
        ("0{\"sid\":\"x\",\"upgrades\":[]}", What::Protocol("Socket.IO")),
        ("a[\"{}\"]", What::Protocol("SockJS")),
        ("CONNECTED\nversion:1.2\n\n\0", What::Protocol("STOMP")),
        (":tmi.example 001 you :Welcome", What::Protocol("IRC")),
        ("PING :tmi.example", What::Protocol("IRC")),
        ("hello", What::Words),
        ("Not found, sorry", What::Words),
        ("{'text': '#tabs'}", What::Words),
        ("7 apples", What::Words),
        ("", What::Empty),
        (" \r\n", What::Empty),
    ] {
        check(text, &expected);
    }
}

#[test]
fn an_event_stream_without_events_is_told_by_its_beginning() {
    for text in ["", "\u{feff}", "d", "data: x", ":thump", "event: post\n", "retry: 3\n", " \n"] {
        assert_eq!(What::instead_of_events(text.as_bytes()), None, "{text:?}");
    }
    for (text, expected) in [
        ("{\"text\":\"#tabs\"}\n", What::Lines),
        ("{\"text\":", What::Lines),
        ("[\n{\"text\"", What::OverLines),
        ("<html>", What::Page),
        ("hello\n", What::Words),
    ] {
        assert_eq!(What::instead_of_events(text.as_bytes()), Some(expected), "{text:?}");
    }
    let gzip = What::instead_of_events(b"\x1f\x8b\x08\0");
    assert_eq!(gzip, Some(What::Compressed("gzip")));
}

#[test]
fn json_is_told_by_what_it_is_not() {
    let quoted = br##""{\"text\":\"#tabs\"}""##;
    assert_eq!(What::of(Unread::Stranger(Feed::Nostr), quoted), What::Quoted);
    assert_eq!(What::of(Unread::Stranger(Feed::Nostr), b"{}"), What::Stranger(Feed::Nostr));
}

#[test]
fn every_word_says_what_came_and_what_to_mend() {
    let place = Place { key: "text", pointer: "/body".to_owned() };
    let all = [
        What::Empty,
        What::Compressed("gzip"),
        What::Encoded("br".to_owned()),
        What::BrokenArchive,
        What::Utf16,
        What::NoUtf8,
        What::Cbor,
        What::File("an image (PNG)"),
        What::Binary,
        What::Page,
        What::Xml,
        What::Events,
        What::Lines,
        What::OverLines,
        What::Endless,
        What::Cut,
        What::Script,
        What::Quoted,
        What::Csv,
        What::Protocol("IRC"),
        What::Words,
        What::TooLong,
        What::Of(Feed::Nostr),
        What::Of(Feed::Post),
        What::Stranger(Feed::X),
        What::Broken("no time"),
        What::Lacking(place),
    ];
    let said: Vec<String> =
        all.iter().map(|what| Failure::Unreadable(what.clone()).to_string()).collect();
    for what in all {
        assert!(Failure::Unreadable(what).hint().is_some());
    }
    insta::assert_snapshot!(said.join("\n"), @r#"
    what came cannot be read: it is empty
    what came cannot be read: it is compressed (`gzip`)
    what came cannot be read: it is compressed (`br`), though not asked for
    what came cannot be read: it is compressed, and breaks off or is damaged
    what came cannot be read: it is text in UTF-16, not in UTF-8
    what came cannot be read: it is text, and not in UTF-8
    what came cannot be read: it is CBOR, not JSON
    what came cannot be read: it is an image (PNG)
    what came cannot be read: it is binary data, not JSON
    what came cannot be read: it is a web page
    what came cannot be read: it is XML, as RSS and Atom are, not JSON
    what came cannot be read: it is server-sent events, not JSON
    what came cannot be read: it is a document a line (NDJSON)
    what came cannot be read: it is one document over several lines, such as an array, not one a line
    what came cannot be read: it has no end, and is no single document
    what came cannot be read: it is JSON that breaks off
    what came cannot be read: it is a script (JSONP), not JSON
    what came cannot be read: it is JSON inside of a text
    what came cannot be read: it is CSV, not JSON
    what came cannot be read: these are messages of IRC
    what came cannot be read: it is plain words, not JSON
    what came cannot be read: it is longer than any message
    what came cannot be read: these are messages of Nostr, which `kind = "nostr"` reads
    what came cannot be read: these are messages of hashtug itself
    what came cannot be read: it is JSON, and no message of X
    what came cannot be read: each message has something wrong: no time
    what came cannot be read: nothing is at `/body`, where `[source.map]` has `text`
    "#);
}
