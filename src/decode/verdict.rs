//! How far a message can be read, whomever it is for.
//!
//! The scan before the decoder passes over what names no team without reading it, and what cannot be
//! read is a number among others. This looks at a single message as a whole, for a source that has to
//! know whether anything that comes can be read at all, and if not, what it is. Slower than decoding,
//! and changes no count.

use crate::contest::Reposts;
use crate::post::Hasher;

use super::draft::{Content, Context, Line, Origin};
use super::json::{Invalid, Reader};
use super::matcher::Matcher;
use super::network::Decode;
use super::networks::{self, Feed};
use super::page::{is_heartbeat, page};

/// How far a message can be read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Verdict {
    /// It says nothing: it is blank, or keeps the connection open.
    Nothing,
    /// It is what it should be.
    Read {
        /// Messages in it; a page may have none.
        messages: usize,
        /// What the map points at and none of them has, though it can be read without.
        lacking: Vec<Place>,
    },
    /// It is not what it should be.
    Unread(Unread),
}

/// Why a message is not what it should be.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Unread {
    /// It is not JSON in UTF-8.
    NoJson,
    /// It is a message of another network.
    Of(Feed),
    /// It is JSON, and no message of the feed.
    Stranger(Feed),
    /// It would be a message, and something in it is wrong.
    Broken(&'static str),
    /// It has nothing where the map points.
    Lacking(Place),
}

/// A pointer of a source's map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// The key of the map.
    pub(crate) key: &'static str,
    /// As it stands in the config.
    pub(crate) pointer: String,
}

impl Verdict {
    /// The verdict about several messages: one that is read makes the whole readable, and of those that
    /// are not the first is what is told.
    pub(super) fn of_all(verdicts: impl IntoIterator<Item = Verdict>) -> Verdict {
        let mut all = Verdict::Nothing;
        for verdict in verdicts {
            all = match (all, verdict) {
                (
                    Verdict::Read { messages, mut lacking },
                    Verdict::Read { messages: more, lacking: also },
                ) => {
                    lacking.retain(|place| also.contains(place));
                    Verdict::Read { messages: messages + more, lacking }
                }
                (read @ Verdict::Read { .. }, _) | (_, read @ Verdict::Read { .. }) => read,
                (Verdict::Nothing, verdict) => verdict,
                (unread @ Verdict::Unread(_), _) => unread,
            };
        }
        all
    }
}

/// What a message of a network is, or several of them, a line each.
pub(crate) fn of_feed(feed: Feed, message: &[u8]) -> Verdict {
    if let Ok(text) = std::str::from_utf8(message)
        && whole(text).is_ok()
    {
        return of_line(feed, text);
    }
    let lines = message.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii);
    Verdict::of_all(lines.map(|line| match std::str::from_utf8(line) {
        _ if line.is_empty() || is_heartbeat(line) => Verdict::Nothing,
        Ok(text) if whole(text).is_ok() => of_line(feed, text),
        _ => Verdict::Unread(Unread::NoJson),
    }))
}

fn of_line(feed: Feed, text: &str) -> Verdict {
    let verdict = of_page(feed, text);
    match (&verdict, whose(text)) {
        (Verdict::Unread(_), Some(other)) if other != feed => Verdict::Unread(Unread::Of(other)),
        _ => verdict,
    }
}

fn of_page(feed: Feed, text: &str) -> Verdict {
    match page(networks::array(Some(feed)), text) {
        Ok(Some(items)) if items.is_empty() => Verdict::Read { messages: 0, lacking: Vec::new() },
        Ok(Some(items)) => Verdict::of_all(items.into_iter().map(|item| of_message(feed, item))),
        Ok(None) => of_message(feed, text),
        Err(_) => Verdict::Unread(Unread::NoJson),
    }
}

fn of_message(feed: Feed, text: &str) -> Verdict {
    let is_own = Feed::sniff(text) == Some(feed);
    match read(feed, text) {
        Reading::Post(messages) => Verdict::Read { messages, lacking: Vec::new() },
        Reading::Known if is_own => Verdict::Read { messages: 1, lacking: Vec::new() },
        Reading::Broken(invalid) if is_own => Verdict::Unread(Unread::Broken(invalid.0)),
        Reading::Known | Reading::Unknown | Reading::Broken(_) => {
            Verdict::Unread(Unread::Stranger(feed))
        }
    }
}

/// The network that a message is of, if it can be read as one of that network.
pub(crate) fn whose(text: &str) -> Option<Feed> {
    let feed = Feed::sniff(text)?;
    let text = match page(networks::array(Some(feed)), text) {
        Ok(Some(items)) => *items.first()?,
        Ok(None) => text,
        Err(_) => return None,
    };
    matches!(read(feed, text), Reading::Post(_) | Reading::Known).then_some(feed)
}

/// Whether a message is one JSON value.
pub(crate) fn is_one(message: &[u8]) -> bool {
    std::str::from_utf8(message).is_ok_and(|text| whole(text).is_ok())
}

/// Checks that a text is one JSON value.
pub(super) fn whole(text: &str) -> Result<(), Invalid> {
    let mut reader = Reader::new(text);
    reader.skip()?;
    reader.end()
}

/// How a network reads a message.
enum Reading {
    /// It holds posts, or takes some back.
    Post(usize),
    /// It is something else that the network says.
    Known,
    /// It is nothing that the network is known to say.
    Unknown,
    Broken(Invalid),
}

fn read(feed: Feed, text: &str) -> Reading {
    // Which posts pull for whom does not matter here.
    let context = Context {
        matcher: Matcher::default(),
        reposts: Reposts::Count,
        hasher: Hasher::default(),
        origin: Origin::Anybody,
    };
    let one = |content: Result<Content, Invalid>| match content {
        Ok(Content::Post(draft)) if draft.at.is_none() => {
            Reading::Broken(Invalid("no time, or none that can be read"))
        }
        Ok(Content::Post(_) | Content::Deletion(_)) => Reading::Post(1),
        Ok(Content::Other | Content::Nothing) => Reading::Known,
        Ok(Content::Unknown) => Reading::Unknown,
        Err(invalid) => Reading::Broken(invalid),
    };
    match feed.network().decode {
        Decode::One(decode) => one(decode(&context, text)),
        Decode::Several(decode) => {
            let mut all = None;
            decode(&context, text, &mut |_, content| {
                all = Some(match (all.take(), one(content)) {
                    (Some(Reading::Post(some)), Reading::Post(more)) => Reading::Post(some + more),
                    (Some(post @ Reading::Post(_)), _) => post,
                    (_, next) => next,
                });
            });
            // An empty page.
            all.unwrap_or(Reading::Post(0))
        }
        Decode::Recording(decode) => match decode(&context, text) {
            Ok(Line::Content(of_line) | Line::Recorded(of_line, _)) => one(Ok(of_line)),
            Ok(Line::Raw(_) | Line::OfFile(_)) => Reading::Known,
            Err(invalid) => Reading::Broken(invalid),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOSTR: &str =
        r#"{"id":"7","pubkey":"a","kind":1,"created_at":1795287841,"tags":[],"content":"x"}"#;
    const STATUS: &str = r#"{"id":"7","uri":"https://a.example/7","created_at":"2026-11-21T19:04:01Z","account":{"acct":"ada"},"tags":[]}"#;
    const TWEET: &str = r#"{"data":{"id":"7","created_at":"2026-11-21T19:04:01Z","text":"x"}}"#;
    const SKEET: &str = r#"{"did":"did:plc:a","time_us":1795287841276556,"kind":"commit","commit":{"operation":"create","collection":"app.bsky.feed.post","rkey":"3l","record":{"text":"x"}}}"#;
    const POST: &str = r#"{"at":"2026-11-21T19:04:01Z","text":"x"}"#;

    #[track_caller]
    fn is_read(feed: Feed, message: &str, messages: usize) {
        let expected = Verdict::Read { messages, lacking: Vec::new() };
        assert_eq!(of_feed(feed, message.as_bytes()), expected, "{feed} {message}");
    }

    #[track_caller]
    fn is_unread(feed: Feed, message: &str, expected: Unread) {
        let verdict = of_feed(feed, message.as_bytes());
        assert_eq!(verdict, Verdict::Unread(expected), "{feed} {message}");
    }

    #[test]
    fn each_network_reads_its_own_and_names_the_others() {
        let all = [
            (Feed::Post, POST.to_owned()),
            (Feed::Jetstream, SKEET.to_owned()),
            (Feed::Mastodon, STATUS.to_owned()),
            (Feed::X, TWEET.to_owned()),
            (Feed::Nostr, format!("[\"EVENT\",\"s\",{NOSTR}]")),
        ];
        for (of, message) in &all {
            for feed in Feed::ALL {
                if feed == *of {
                    is_read(feed, message, 1);
                } else if feed != Feed::Post {
                    is_unread(feed, message, Unread::Of(*of));
                }
            }
        }
    }

    #[test]
    fn whatever_else_a_network_says_is_read() {
        for (feed, message) in [
            (Feed::Jetstream, r#"{"did":"did:plc:a","time_us":7,"kind":"identity","identity":{}}"#),
            (Feed::Mastodon, r#"{"event":"delete","payload":"7"}"#),
            (Feed::Mastodon, r#"{"stream":["user"],"event":"filters_changed"}"#),
            (Feed::Mastodon, r#"{"event":"notification","payload":"{}"}"#),
            (Feed::Nostr, r#"["EOSE","ht"]"#),
            (Feed::Nostr, r#"["NOTICE","hello"]"#),
            (Feed::Nostr, r#"["AUTH","7c1f"]"#),
            (Feed::X, r#"{"delete":{"status":{"id_str":"7"}}}"#),
        ] {
            is_read(feed, message, 1);
        }
        is_read(Feed::Mastodon, "[]", 0);
        is_read(Feed::X, r#"{"meta":{"result_count":0}}"#, 0);
        is_read(Feed::Mastodon, &format!("[{STATUS},{STATUS}]"), 2);
        is_read(Feed::X, &TWEET.replace("{\"id\"", "[{\"id\"").replace("}}", "}]}"), 1);
        for message in ["", " \r\n", ":thump"] {
            assert_eq!(of_feed(Feed::X, message.as_bytes()), Verdict::Nothing, "{message:?}");
        }
    }

    #[test]
    fn what_is_nobodys_is_told_from_what_is_broken() {
        for feed in [Feed::Jetstream, Feed::Mastodon, Feed::X, Feed::Nostr] {
            for message in
                ["{}", r#"{"type":"welcome"}"#, r#"["hello",1]"#, "7", "\"text\"", "null"]
            {
                is_unread(feed, message, Unread::Stranger(feed));
            }
            for message in ["{", "<html>", "hello", "{}{}", "[1,", "{\"a\":1}x"] {
                is_unread(feed, message, Unread::NoJson);
            }
            assert_eq!(of_feed(feed, b"\"\xff\""), Verdict::Unread(Unread::NoJson));
        }
        // `data` is a member that all the world has.
        is_unread(Feed::X, r#"{"data":{"price":7}}"#, Unread::Stranger(Feed::X));
        is_unread(
            Feed::Mastodon,
            r#"{"event":"tick","payload":"7"}"#,
            Unread::Stranger(Feed::Mastodon),
        );
        let reason = "commit without `rkey`";
        is_unread(Feed::Jetstream, &SKEET.replace("rkey", "key"), Unread::Broken(reason));
    }

    #[test]
    fn one_message_that_is_read_makes_several_readable() {
        is_read(Feed::Jetstream, &format!("hello\n{SKEET}\n{{\n{SKEET}"), 2);
        is_read(Feed::Mastodon, &format!("[{{}},{STATUS}]"), 1);
        is_unread(Feed::Jetstream, "hello\n{}", Unread::NoJson);
    }
}
