//! Nostr: events, bare or as a relay sends them, `["EVENT",subscription,{…}]`.
//!
//! Text notes (kind 1) are posts; their hashtags are their `t` tags and nothing else. Kinds 6 and
//! 16 are reposts, with the reposted event as JSON in `content`; kind 5 deletes the events of its
//! `e` tags, if they are by the same author. What else a relay says concerns no post.
//! Source: NIP-01, NIP-09, NIP-18, NIP-24.

pub(crate) mod message;
pub mod signature;

use std::borrow::Cow;

use crate::contest::Reposts;
use crate::post::{Deletion, Version};
use crate::timestamp::Timestamp;

use crate::decode::draft::{Content, Context, Draft};
use crate::decode::json::{Invalid, Kind, Reader};
use crate::decode::matcher::Folding;
use crate::decode::network::{Claim, Decode, Members, Network};
use crate::decode::optional::{optional_text, time_number};
use crate::decode::page::Array;
use crate::decode::prefilter::words::{Follows, Word};

pub(super) const NETWORK: Network = Network {
    name: NAME,
    title: "Nostr",
    source: Some("nostr"),
    claim,
    // What a relay sends begins with a word.
    array: Array::MessageIfTextFirst,
    folding: Folding::Plain,
    changes: &[Word::new("\"kind\"", Follows::Five)],
    framing: &[],
    decode: Decode::One(decode),
};

const NAME: &str = "nostr";

/// How messages of a relay begin that hold no event.
const WORDS: [&str; 8] = ["EOSE", "NOTICE", "CLOSED", "OK", "AUTH", "COUNT", "NEG-MSG", "NEG-ERR"];

fn claim(members: &Members) -> Option<Claim> {
    members.has("pubkey").then_some(Claim::Certain)
}

fn decode(context: &Context, text: &str) -> Result<Content, Invalid> {
    let mut reader = Reader::new(text);
    let mut event = None;
    let mut is_known = false;
    if reader.peek()? == Kind::Array {
        let mut place = 0;
        let mut is_event = false;
        reader.array(|reader| {
            match (place, reader.peek()?) {
                (0, Kind::String) => {
                    let word = reader.string()?;
                    is_event = word.is("EVENT");
                    is_known = !is_event && WORDS.iter().any(|known| word.is(known));
                }
                // A client's own form has no subscription in between.
                (1 | 2, Kind::Object) if is_event && event.is_none() => {
                    event = Some(Event::read(reader)?);
                }
                _ => drop(reader.skip()?),
            }
            place += 1;
            Ok(())
        })?;
        if is_event && event.is_none() {
            return Err(Invalid("`EVENT` without an event"));
        }
    } else {
        event = Some(Event::read(&mut reader)?);
    }
    reader.end()?;
    match event {
        Some(event) => event.message(context),
        None if is_known => Ok(Content::Other),
        None => Ok(Content::Unknown),
    }
}

#[derive(Default)]
struct Event<'a> {
    id: Option<Cow<'a, str>>,
    pubkey: Option<Cow<'a, str>>,
    at: Option<Timestamp>,
    kind: Option<i64>,
    content: Option<Cow<'a, str>>,
    /// The values of `t` tags.
    hashtags: Vec<Cow<'a, str>>,
    /// The values of `e` tags.
    events: Vec<Cow<'a, str>>,
}

impl<'a> Event<'a> {
    fn read(reader: &mut Reader<'a>) -> Result<Event<'a>, Invalid> {
        let mut event = Event::default();
        reader.object(|reader, name| {
            match &*name.value() {
                "id" => event.id = optional_text(reader)?,
                "pubkey" => event.pubkey = optional_text(reader)?,
                "created_at" => event.at = time_number(reader, Timestamp::from_secs)?,
                "kind" => event.kind = Some(reader.integer()?),
                "content" => event.content = optional_text(reader)?,
                "tags" => reader.array(|reader| event.tag(reader))?,
                _ => drop(reader.skip()?),
            }
            Ok(())
        })?;
        Ok(event)
    }

    /// Reads `["t","tabs"]` or `["e","…"]`; other tags are passed over.
    fn tag(&mut self, reader: &mut Reader<'a>) -> Result<(), Invalid> {
        let mut place = 0;
        let mut name = None;
        let mut value = None;
        reader.array(|reader| {
            match (place, reader.peek()?) {
                (0, Kind::String) => name = Some(reader.string()?),
                (1, Kind::String) => value = Some(reader.string()?.value()),
                _ => drop(reader.skip()?),
            }
            place += 1;
            Ok(())
        })?;
        if let (Some(name), Some(value)) = (name, value) {
            if name.is("t") {
                self.hashtags.push(value);
            } else if name.is("e") {
                self.events.push(value);
            }
        }
        Ok(())
    }

    fn message(mut self, context: &Context) -> Result<Content, Invalid> {
        match self.kind.ok_or(Invalid("event without `kind`"))? {
            1 => {}
            5 => return self.deletion(context),
            6 | 16 if context.reposts == Reposts::Count => {
                let inner = self.content.take().unwrap_or_default();
                // An empty content leaves the reposted event to be fetched, which nobody does here.
                if inner.trim().is_empty() {
                    return Ok(Content::Other);
                }
                let mut reader = Reader::new(&inner);
                let reposted = Event::read(&mut reader)?;
                reader.end()?;
                self.hashtags =
                    reposted.hashtags.into_iter().map(|tag| Cow::Owned(tag.into_owned())).collect();
            }
            _ => return Ok(Content::Other),
        }
        let id = self.id.ok_or(Invalid("event without `id`"))?;
        let author = self.pubkey.ok_or(Invalid("event without `pubkey`"))?;
        Ok(Content::Post(Draft {
            id: Some(context.hasher.post(NAME, &id)),
            alias: None,
            author: Some(context.hasher.author(NAME, &author)),
            at: self.at,
            found: context.matcher.side(&self.hashtags, Folding::Plain),
            version: Version::First,
        }))
    }

    fn deletion(self, context: &Context) -> Result<Content, Invalid> {
        let author = self.pubkey.ok_or(Invalid("event without `pubkey`"))?;
        let posts: Vec<_> = self.events.iter().map(|id| context.hasher.post(NAME, id)).collect();
        if posts.is_empty() {
            return Ok(Content::Other);
        }
        let author = Some(context.hasher.author(NAME, &author));
        Ok(Content::Deletion(Deletion { posts, author, at: self.at }))
    }
}
