//! How far a document can be read by its map, and which pointer of the map finds nothing.
//!
//! A post without an id, an author or a time counts all the same; where the map has a pointer for one
//! of them and no post has it, that is told.

use super::super::verdict::{Place, Unread, Verdict, whole, whose};
use super::{Invalid, Map, Mapped, Pointer, Reader, find, name, time};

/// Messages of a list that are looked at.
const SAMPLE: usize = 100;

impl Mapped {
    /// How far a document can be read.
    pub(crate) fn verdict(&self, bytes: &[u8]) -> Verdict {
        let bytes = bytes.trim_ascii();
        if bytes.is_empty() {
            return Verdict::Nothing;
        }
        let text = std::str::from_utf8(bytes).ok().filter(|text| whole(text).is_ok());
        let Some(text) = text else { return Verdict::Unread(Unread::NoJson) };
        match (self.of_document(text), whose(text)) {
            (Verdict::Unread(_), Some(feed)) => Verdict::Unread(Unread::Of(feed)),
            (verdict, _) => verdict,
        }
    }

    fn of_document(&self, text: &str) -> Verdict {
        let Some(items) = &self.map.items else { return self.of_list_or_message(text) };
        match items.find(text) {
            Ok(Some("null")) => Verdict::Read { messages: 0, lacking: Vec::new() },
            Ok(Some(found)) => self.of_list_or_message(found),
            // It may be a message that stands alone.
            _ => match self.of_message(text) {
                read @ Verdict::Read { .. } => read,
                _ => Verdict::Unread(Unread::Lacking(place("items", items))),
            },
        }
    }

    fn of_list_or_message(&self, text: &str) -> Verdict {
        if !text.starts_with('[') {
            return self.of_message(text);
        }
        let mut items = Vec::new();
        let mut reader = Reader::new(text);
        let _whole_as_it_was_read_before = reader.array(|reader| {
            items.push(reader.skip()?);
            Ok(())
        });
        let read = Verdict::of_all(items.iter().take(SAMPLE).map(|item| self.of_message(item)));
        match read {
            Verdict::Nothing => Verdict::Read { messages: 0, lacking: Vec::new() },
            Verdict::Read { lacking, messages } if items.len() <= SAMPLE => {
                Verdict::Read { messages, lacking }
            }
            Verdict::Read { lacking, .. } => Verdict::Read { messages: items.len(), lacking },
            unread @ Verdict::Unread(_) => unread,
        }
    }

    fn of_message(&self, text: &str) -> Verdict {
        match self.lacking(text) {
            Ok(lacking) => Verdict::Read { messages: 1, lacking },
            Err(unread) => Verdict::Unread(unread),
        }
    }

    /// What the map points at and a message does not have, if it can be read all the same.
    fn lacking(&self, text: &str) -> Result<Vec<Place>, Unread> {
        let broken = |invalid: Invalid| Unread::Broken(invalid.0);
        let map = &self.map;
        let found = |pointer: &Option<Pointer>| find(pointer.as_ref(), text).map_err(broken);
        let at = found(&map.at)?;
        at.map(time).transpose().map_err(broken)?;
        if name(map.delete.as_ref(), text).map_err(broken)?.is_some() {
            return Ok(Vec::new());
        }
        match (found(&map.hashtags)?, found(&map.text)?) {
            (Some(hashtags), _) => drop(self.side(hashtags).map_err(broken)?),
            (None, Some(text)) if text.starts_with('"') => {}
            (None, Some(_)) => return Err(Unread::Broken("what `text` points at is no text")),
            (None, None) => {
                let keys = [("text", &map.text), ("hashtags", &map.hashtags)];
                let first =
                    keys.into_iter().find_map(|(key, pointer)| Some((key, pointer.as_ref()?)));
                return Err(match first {
                    Some((key, pointer)) => Unread::Lacking(place(key, pointer)),
                    None => Unread::Broken("the map has neither `text` nor `hashtags`"),
                });
            }
        }
        // Of hashtug's own posts only the hashtags are needed.
        if *map == Map::default() {
            return Ok(Vec::new());
        }
        let mut lacking = Vec::new();
        for (key, pointer) in [("id", &map.id), ("author", &map.author)] {
            let is_there = name(pointer.as_ref(), text).map_err(broken)?.is_some();
            lacking.extend(pointer.as_ref().filter(|_| !is_there).map(|it| place(key, it)));
        }
        lacking.extend(map.at.as_ref().filter(|_| at.is_none()).map(|it| place("at", it)));
        Ok(lacking)
    }
}

fn place(key: &'static str, pointer: &Pointer) -> Place {
    Place { key, pointer: pointer.to_string() }
}

#[cfg(test)]
mod tests {
    use crate::contest::{Contest, PALETTE, Reposts, Team, Vote};
    use crate::decode::Feed;
    use crate::post::Hasher;

    use super::*;

    fn mapped(map: Map) -> Mapped {
        let team = |name: &str, place: usize| Team {
            name: name.to_owned(),
            hashtags: vec![name.to_owned()],
            color: PALETTE[place],
            size: 1.0,
        };
        let minute = std::time::Duration::from_mins(1);
        let teams = vec![team("tabs", 0), team("spaces", 1)];
        let contest = Contest::new(String::new(), minute, Vote::Latest, Reposts::Ignore, teams);
        Mapped::new(&contest.unwrap().into(), map, Hasher::default(), "room")
    }

    fn map() -> Map {
        let pointer = |text: &str| text.parse().ok();
        Map {
            items: pointer("/list"),
            text: pointer("/body/text"),
            hashtags: None,
            id: pointer("/id"),
            author: pointer("/from"),
            at: pointer("/sent"),
            delete: None,
        }
    }

    #[track_caller]
    fn is_read(map: Map, document: &str, messages: usize, lacking: &[&str]) {
        match mapped(map).verdict(document.as_bytes()) {
            Verdict::Read { messages: read, lacking: without } => {
                let without: Vec<_> = without.iter().map(|place| place.key).collect();
                assert_eq!((read, &without[..]), (messages, lacking), "{document}");
            }
            other => panic!("{document}: {other:?}"),
        }
    }

    #[track_caller]
    fn is_unread(map: Map, document: &str, expected: Unread) {
        let verdict = mapped(map).verdict(document.as_bytes());
        assert_eq!(verdict, Verdict::Unread(expected), "{document}");
    }

    fn lacks(key: &'static str, pointer: &str) -> Unread {
        Unread::Lacking(Place { key, pointer: pointer.to_owned() })
    }

    #[test]
    fn what_the_map_finds_is_read() {
        let whole = r#"{"body":{"text":"x"},"id":1,"from":"ada","sent":1795287841}"#;
        is_read(map(), &format!("{{\"list\":[{whole},{whole}]}}"), 2, &[]);
        is_read(map(), r#"{"list":[]}"#, 0, &[]);
        is_read(map(), r#"{"list":null}"#, 0, &[]);
        is_read(map(), whole, 1, &[]);
        is_read(Map { items: None, ..map() }, &format!("[{whole}]"), 1, &[]);
        is_read(Map::default(), r##"{"text":"#tabs"}"##, 1, &[]);
        is_read(Map::default(), r#"{"delete":"7"}"#, 1, &[]);
        assert_eq!(mapped(map()).verdict(b" \n"), Verdict::Nothing);
    }

    #[test]
    fn a_pointer_that_finds_nothing_is_named() {
        is_unread(map(), r#"{"rows":[{"body":{"text":"x"}}]}"#, lacks("items", "/list"));
        is_unread(map(), r#"{"list":[{"text":"x"}]}"#, lacks("text", "/body/text"));
        is_unread(map(), r#"{"list":[{"body":{"text":null}}]}"#, lacks("text", "/body/text"));
        let hashtags = Map { text: None, hashtags: "/tags".parse().ok(), ..map() };
        is_unread(hashtags, r#"{"list":[{"body":{"text":"x"}}]}"#, lacks("hashtags", "/tags"));
        is_read(map(), r#"{"list":[{"body":{"text":"x"},"id":1}]}"#, 1, &["author", "at"]);
        // What any of the posts has is not lacking.
        is_read(
            map(),
            r#"{"list":[{"body":{"text":"x"},"from":"ada"},{"body":{"text":"x"},"sent":7}]}"#,
            2,
            &["id"],
        );
    }

    #[test]
    fn what_stands_there_and_cannot_be_read_is_told() {
        let broken = |why: &'static str| Unread::Broken(why);
        is_unread(map(), r#"{"body":{"text":7}}"#, lacks("items", "/list"));
        is_unread(
            map(),
            r#"{"list":[{"body":{"text":7}}]}"#,
            broken("what `text` points at is no text"),
        );
        is_unread(
            map(),
            r#"{"list":[{"body":{"text":"x"},"sent":"yesterday"}]}"#,
            broken("`at` is neither a time in RFC 3339 nor a Unix time"),
        );
        is_unread(map(), "hello", Unread::NoJson);
    }

    #[test]
    fn messages_of_a_network_are_named() {
        let event =
            r#"{"id":"7","pubkey":"a","kind":1,"created_at":1795287841,"tags":[],"content":"x"}"#;
        is_unread(map(), event, Unread::Of(Feed::Nostr));
        is_unread(map(), &format!("[\"EVENT\",\"s\",{event}]"), Unread::Of(Feed::Nostr));
        is_unread(map(), r#"{"at":"2026-11-21T19:04:01Z","text":"x"}"#, Unread::Of(Feed::Post));
        // A member that all the world has makes no message of X.
        is_unread(map(), r#"{"data":{"body":"x"}}"#, lacks("items", "/list"));
    }
}
