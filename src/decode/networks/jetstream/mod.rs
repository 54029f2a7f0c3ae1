//! Bluesky's Jetstream: one JSON object an event, in both generations of the protocol.
//!
//! The first says `{"did","time_us","kind":"commit","commit":{"operation","collection","rkey",
//! "record"}}`, the second wraps all of that in `{"$type":"message","payload":{…}}` with `time` as
//! text. A post's hashtags are those of its facets and of `tags`; a post that has neither is read
//! as text. `createdAt` is the author's own claim, off by a minute either way, and not used.
//! Source: the Jetstream README and the lexicons `app.bsky.feed.post`, `app.bsky.richtext.facet`.

pub(crate) mod mark;

use std::borrow::Cow;

use crate::post::{Deletion, Version};
use crate::timestamp::Timestamp;

use crate::decode::draft::{Content, Context, Draft};
use crate::decode::json::{Invalid, Kind, Reader};
use crate::decode::matcher::Folding;
use crate::decode::network::{Claim, Decode, Members, Network};
use crate::decode::optional::{optional_text, time, time_number};
use crate::decode::page::Array;
use crate::decode::prefilter::words::{Follows, Word};

pub(super) const NETWORK: Network = Network {
    name: NAME,
    title: "Bluesky's Jetstream",
    source: Some("bluesky"),
    claim,
    array: Array::Page,
    folding: Folding::Plain,
    changes: &[
        Word::new("\"delete\"", Follows::Anything),
        Word::new("\"update\"", Follows::Anything),
    ],
    framing: &[],
    decode: Decode::One(decode),
};

const NAME: &str = "jetstream";

/// What posts are called there.
pub(crate) const POSTS: &str = "app.bsky.feed.post";

fn claim(members: &Members) -> Option<Claim> {
    let is_first = members.has("time_us") || members.has("did") && members.has("kind");
    let is_second = members.has("$type") && members.has("payload");
    (is_first || is_second).then_some(Claim::Certain)
}

/// The members that both generations have, wherever they stand.
#[derive(Default)]
struct Commit<'a> {
    did: Option<Cow<'a, str>>,
    at: Option<Timestamp>,
    operation: Option<Cow<'a, str>>,
    collection: Option<Cow<'a, str>>,
    rkey: Option<Cow<'a, str>>,
    record: Option<Record<'a>>,
}

#[derive(Default)]
struct Record<'a> {
    text: Option<Cow<'a, str>>,
    /// Those of facets and `tags`; `None` if the record has neither.
    tags: Option<Vec<Cow<'a, str>>>,
    /// What would be wrong with it as a post. Records of other collections look as they like.
    wrong: Option<Invalid>,
}

fn decode(context: &Context, text: &str) -> Result<Content, Invalid> {
    let mut commit = Commit::default();
    let mut reader = Reader::new(text);
    members(&mut reader, &mut commit)?;
    reader.end()?;
    if commit.collection.as_deref() != Some(POSTS) {
        return Ok(Content::Other);
    }
    let version = match commit.operation.as_deref() {
        Some("create") => Some(Version::First),
        Some("update") => Some(Version::Edit),
        Some("delete") => None,
        _ => return Err(Invalid("commit with an unknown `operation`")),
    };
    let did = commit.did.ok_or(Invalid("commit without `did`"))?;
    let rkey = commit.rkey.ok_or(Invalid("commit without `rkey`"))?;
    let id = context.hasher.post((NAME, &*did, POSTS), &rkey);
    let Some(version) = version else {
        let deletion = Deletion { posts: vec![id], author: None, at: commit.at };
        return Ok(Content::Deletion(deletion));
    };
    let record = commit.record.ok_or(Invalid("commit without `record`"))?;
    if let Some(wrong) = record.wrong {
        return Err(wrong);
    }
    let found = match record.tags {
        Some(tags) => context.matcher.side(tags, Folding::Plain),
        None => context.matcher.side_of_text(&record.text.unwrap_or_default(), Folding::Plain),
    };
    Ok(Content::Post(Draft {
        id: Some(id),
        alias: None,
        author: Some(context.hasher.author(NAME, &did)),
        at: commit.at,
        found,
        version,
    }))
}

/// Reads an event, its `commit`, or the `payload` that holds both in one.
fn members<'a>(reader: &mut Reader<'a>, commit: &mut Commit<'a>) -> Result<(), Invalid> {
    reader.object(|reader, name| {
        match &*name.value() {
            "did" => commit.did = optional_text(reader)?,
            "time_us" => commit.at = time_number(reader, Timestamp::from_micros)?,
            "time" => commit.at = time(reader, Timestamp::parse_rfc3339)?,
            "operation" => commit.operation = optional_text(reader)?,
            "collection" => commit.collection = optional_text(reader)?,
            "rkey" => commit.rkey = optional_text(reader)?,
            "record" if reader.peek()? == Kind::Object => commit.record = Some(record(reader)?),
            "commit" | "payload" if reader.peek()? == Kind::Object => members(reader, commit)?,
            _ => drop(reader.skip()?),
        }
        Ok(())
    })
}

fn record<'a>(reader: &mut Reader<'a>) -> Result<Record<'a>, Invalid> {
    let mut record = Record::default();
    reader.object(|reader, name| {
        match (&*name.value(), reader.peek()?) {
            ("text" | "tags" | "facets", Kind::Null) => drop(reader.skip()?),
            ("text", Kind::String) => record.text = Some(reader.string()?.value()),
            ("tags", Kind::Array) => {
                record.tags.get_or_insert_default();
                reader.array(|reader| record.tag(reader))?;
            }
            ("facets", Kind::Array) => {
                record.tags.get_or_insert_default();
                reader.array(|reader| record.facet(reader))?;
            }
            ("text" | "tags" | "facets", _) => record.mistyped(reader)?,
            _ => drop(reader.skip()?),
        }
        Ok(())
    })?;
    Ok(record)
}

impl<'a> Record<'a> {
    /// Reads a facet: `{"index":…,"features":[{"$type":"…#tag","tag":…}]}`.
    fn facet(&mut self, reader: &mut Reader<'a>) -> Result<(), Invalid> {
        if reader.peek()? != Kind::Object {
            return self.mistyped(reader);
        }
        reader.object(|reader, name| {
            if !name.is("features") {
                return reader.skip().map(drop);
            }
            if reader.peek()? != Kind::Array {
                return self.mistyped(reader);
            }
            reader.array(|reader| self.feature(reader))
        })
    }

    fn feature(&mut self, reader: &mut Reader<'a>) -> Result<(), Invalid> {
        if reader.peek()? != Kind::Object {
            return self.mistyped(reader);
        }
        let mut is_tag = false;
        let mut tag = None;
        reader.object(|reader, name| {
            match &*name.value() {
                "$type" => {
                    is_tag = optional_text(reader)?
                        .is_some_and(|kind| kind == "app.bsky.richtext.facet#tag");
                }
                "tag" => tag = Some(reader.skip()?),
                _ => drop(reader.skip()?),
            }
            Ok(())
        })?;
        match tag.filter(|_| is_tag) {
            Some(tag) => self.tag(&mut Reader::new(tag)),
            None => Ok(()),
        }
    }

    fn tag(&mut self, reader: &mut Reader<'a>) -> Result<(), Invalid> {
        if reader.peek()? != Kind::String {
            return self.mistyped(reader);
        }
        let tag = reader.string()?.value();
        self.tags.get_or_insert_default().push(tag);
        Ok(())
    }

    fn mistyped(&mut self, reader: &mut Reader<'a>) -> Result<(), Invalid> {
        self.wrong = Some(Invalid("`text`, `tags` or `facets` of the wrong kind"));
        reader.skip().map(drop)
    }
}
