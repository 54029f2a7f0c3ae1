//! hashtug's own recordings, a line each: posts, deletions, raw messages, and remarks.
//!
//! `{"at":…,"id":…,"author":…,"hashtags":[…],"text":…}`, `{"at":…,"delete":ID}`,
//! `{"at":…,"source":…,"kind":…,"raw":…}` and `{"at":…,"note":…}`. Times are RFC 3339 or Unix milliseconds.

use std::borrow::Cow;

use crate::post::{Deletion, Version};
use crate::timestamp::Timestamp;

use crate::decode::draft::{Content, Context, Draft, Line, Raw};
use crate::decode::json::{Invalid, Kind, Reader};
use crate::decode::matcher::{Folding, Found};
use crate::decode::network::{Claim, Decode, Members, Network};
use crate::decode::optional::optional_text;
use crate::decode::page::Array;
use crate::decode::prefilter::words::{Follows, Word};

pub(super) const NETWORK: Network = Network {
    name: NAME,
    title: "hashtug itself",
    source: None,
    claim,
    array: Array::Page,
    folding: Folding::Plain,
    changes: &[Word::new("\"delete\"", Follows::Anything)],
    framing: &[
        Word::new("\"note\"", Follows::Colon),
        Word::new("\"raw\"", Follows::String),
        Word::new("\"raw\"", Follows::Array),
    ],
    decode: Decode::Recording(decode),
};

const NAME: &str = "post";

fn claim(members: &Members) -> Option<Claim> {
    let delete = members.kind("delete");
    let is_line = members.has_any(&["hashtags", "text", "note", "raw"]) || delete.is_some();
    if members.has("at") && is_line {
        Some(Claim::Certain)
    } else {
        (delete == Some(Kind::String)).then_some(Claim::Possible)
    }
}

fn decode<'a>(context: &Context, text: &'a str) -> Result<Line<'a>, Invalid> {
    let mut at = None;
    let mut id = None;
    let mut author = None;
    let mut hashtags: Option<Found> = None;
    let mut body = None;
    let mut delete = None;
    let mut source = None;
    let mut kind = None;
    let mut raw = None;
    let mut note = false;
    let mut reader = Reader::new(text);
    reader.object(|reader, name| {
        match &*name.value() {
            "at" => at = Some(time(reader)?),
            "id" => id = name_of(reader)?,
            "author" => author = name_of(reader)?,
            "hashtags" => hashtags = side(context, reader)?,
            "text" if reader.peek()? == Kind::String => body = Some(reader.string()?.value()),
            "delete" => delete = name_of(reader)?,
            "source" => source = optional_text(reader)?,
            "kind" => kind = optional_text(reader)?,
            "raw" if reader.peek()? == Kind::String => raw = Some(reader.string()?.value()),
            "raw" => raw = Some(Cow::Borrowed(reader.skip()?)),
            "note" => note = reader.skip()? != "null",
            _ => drop(reader.skip()?),
        }
        Ok(())
    })?;
    reader.end()?;
    if note {
        return Ok(Line::Content(Content::Nothing));
    }
    if let Some(message) = raw {
        let heartbeat = message.trim().is_empty() || message.starts_with(':');
        return Ok(if heartbeat {
            Line::Content(Content::Nothing)
        } else {
            Line::Raw(Raw { at, kind, source, message })
        });
    }
    if let Some(id) = delete {
        let posts = vec![context.hasher.post(NAME, &id)];
        return Ok(Line::Content(Content::Deletion(Deletion { posts, author: None, at })));
    }
    let found = match (hashtags, body) {
        (Some(found), _) => found,
        (None, Some(body)) => context.matcher.side_of_text(&body, Folding::Plain),
        (None, None) => return Err(Invalid("neither `hashtags` nor `text`")),
    };
    Ok(Line::Content(Content::Post(Draft {
        id: id.map(|id| context.hasher.post(NAME, &id)),
        alias: None,
        author: author.map(|author| context.hasher.author(NAME, &author)),
        at,
        found,
        version: Version::First,
    })))
}

fn time(reader: &mut Reader<'_>) -> Result<Timestamp, Invalid> {
    match reader.peek()? {
        Kind::Number => Timestamp::from_millis(reader.integer()?),
        _ => Timestamp::parse_rfc3339(&reader.string()?.value()),
    }
    .ok_or(Invalid("`at` is neither a time in RFC 3339 nor Unix milliseconds"))
}

/// An id or a name; people who write recordings by hand use numbers too.
fn name_of<'a>(reader: &mut Reader<'a>) -> Result<Option<Cow<'a, str>>, Invalid> {
    match reader.peek()? {
        Kind::Number => reader.number().map(|number| Some(Cow::Borrowed(number))),
        _ => optional_text(reader),
    }
}

/// The side that a list of hashtags takes; `None` for `null`.
fn side(context: &Context, reader: &mut Reader<'_>) -> Result<Option<Found>, Invalid> {
    if reader.null() {
        return Ok(None);
    }
    let mut tags = Vec::new();
    reader.array(|reader| {
        tags.push(reader.string()?.value());
        Ok(())
    })?;
    Ok(Some(context.matcher.side(tags, Folding::Plain)))
}
