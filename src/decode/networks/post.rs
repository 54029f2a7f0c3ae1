//! hashtug's own recordings, a line each: posts, deletions, raw messages, and remarks.
//!
//! `{"at":…,"id":…,"author":…,"hashtags":[…],"text":…}`, `{"at":…,"delete":ID}`,
//! `{"at":…,"source":…,"kind":…,"raw":…}` and `{"at":…,"note":…}`. Times are RFC 3339 or Unix milliseconds.
//! A journal says more of its messages: when and from where they came (`seen`, `source`), a second name
//! (`alias`), whose posts alone are deleted (`by`), and what is an edit (`edit`). What steers a show is
//! read in `steering`.

mod steering;

use std::borrow::Cow;

use smallvec::SmallVec;

use crate::post::{Deletion, Version};
use crate::timestamp::Timestamp;

use crate::decode::draft::{Arrival, Content, Context, Draft, Line, Raw};
use crate::decode::json::{Invalid, Kind, Reader};
use crate::decode::matcher::{Folding, Found};
use crate::decode::network::{Claim, Decode, Members, Network};
use crate::decode::optional::optional_text;
use crate::decode::page::Array;
use crate::decode::prefilter::words::{Follows, Word};

use steering::Steering;
pub(in crate::decode) use steering::{WORDS as STEERING, steers};

pub(super) const NETWORK: Network = Network {
    name: NAME,
    title: "hashtug itself",
    source: None,
    claim,
    array: Array::Page,
    folding: Folding::Plain,
    changes: &[Word::new("\"delete\"", Follows::Anything), STEERING[0], STEERING[1]],
    framing: &[
        Word::new("\"result\"", Follows::Colon),
        Word::new("\"unmatched\"", Follows::Colon),
        Word::new("\"note\"", Follows::Colon),
        Word::new("\"raw\"", Follows::String),
        Word::new("\"raw\"", Follows::Array),
    ],
    decode: Decode::Recording(decode),
};

const NAME: &str = "post";

fn claim(members: &Members) -> Option<Claim> {
    let is_a = |name, kind| members.kind(name) == Some(kind);
    let is_line = members.has_any(&["hashtags", "text", "note", "raw"])
        || members.kind("delete").is_some()
        || is_a("command", Kind::String)
        || is_a("phase", Kind::String);
    if members.has("at") && is_line {
        return Some(Claim::Certain);
    }
    let is_possible = is_a("delete", Kind::String)
        || is_a("result", Kind::Object)
        || is_a("unmatched", Kind::Number);
    is_possible.then_some(Claim::Possible)
}

fn decode<'a>(context: &Context, text: &'a str) -> Result<Line<'a>, Invalid> {
    let mut at = None;
    let mut id = None;
    let mut alias = None;
    let mut author = None;
    let mut hashtags: Option<Found> = None;
    let mut body = None;
    let mut delete = None;
    let mut by = None;
    let mut is_edit = false;
    let mut seen = None;
    let mut source = None;
    let mut kind = None;
    let mut raw = None;
    let mut note = false;
    let mut steering = Steering::default();
    let mut reader = Reader::new(text);
    reader.object(|reader, name| {
        match &*name.value() {
            "at" => at = Some(time(reader)?),
            "id" => id = name_of(reader)?,
            "alias" => alias = name_of(reader)?,
            "author" => author = name_of(reader)?,
            "hashtags" => hashtags = side(context, reader)?,
            "text" if reader.peek()? == Kind::String => body = Some(reader.string()?.value()),
            "delete" => delete = names_of(reader)?,
            "by" => by = name_of(reader)?,
            "edit" => is_edit = reader.skip()? == "true",
            "seen" => seen = if reader.null() { None } else { Some(time(reader)?) },
            "source" => source = optional_text(reader)?,
            "kind" => kind = optional_text(reader)?,
            "raw" if reader.peek()? == Kind::String => raw = Some(reader.string()?.value()),
            "raw" => raw = Some(Cow::Borrowed(reader.skip()?)),
            "note" => note = reader.skip()? != "null",
            name => steering.member(reader, name)?,
        }
        Ok(())
    })?;
    reader.end()?;
    if note {
        return Ok(Line::Content(Content::Nothing));
    }
    if let Some(of_file) = steering.line(at, text)? {
        return Ok(Line::OfFile(of_file));
    }
    if let Some(message) = raw {
        let heartbeat = message.trim().is_empty() || message.starts_with(':');
        return Ok(if heartbeat {
            Line::Content(Content::Nothing)
        } else {
            Line::Raw(Raw { seen, at, kind, source, message })
        });
    }
    let post = |id: &Cow<'_, str>| context.post(NAME, id);
    let said = match (delete, hashtags, body) {
        (Some(ids), ..) if !is_edit => {
            let posts = ids.iter().map(post).collect();
            let author = by.map(|author| context.author(NAME, &author));
            Content::Deletion(Deletion { posts, author, at })
        }
        (delete, hashtags, body) => {
            let found = match (&delete, hashtags, body) {
                // An edit that leaves nothing of a post takes it back.
                (Some(_), ..) => Found::default(),
                (None, Some(found), _) => found,
                (None, None, Some(body)) => context.matcher.side_of_text(&body, Folding::Plain),
                (None, None, None) => return Err(Invalid("neither `hashtags` nor `text`")),
            };
            let is_edit = is_edit && (delete.is_some() || !found.tags.is_empty());
            let id = delete.and_then(|ids| ids.into_iter().next()).or(id);
            Content::Post(Draft {
                id: id.as_ref().map(post),
                alias: alias.as_ref().map(post),
                author: author.map(|author| context.author(NAME, &author)),
                at,
                found,
                version: if is_edit { Version::Edit } else { Version::First },
            })
        }
    };
    Ok(if seen.is_some() || source.is_some() {
        Line::Recorded(said, Arrival { seen, source })
    } else {
        Line::Content(said)
    })
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

/// One id, or a list of them.
fn names_of<'a>(reader: &mut Reader<'a>) -> Result<Option<Vec<Cow<'a, str>>>, Invalid> {
    if reader.peek()? != Kind::Array {
        return Ok(name_of(reader)?.map(|name| vec![name]));
    }
    let mut names = Vec::new();
    reader.array(|reader| {
        names.extend(name_of(reader)?);
        Ok(())
    })?;
    Ok(Some(names).filter(|names| !names.is_empty()))
}

/// Hashtags of a post that are read without memory of their own; few posts have more.
const HASHTAGS_INSIDE: usize = 4;

/// The side that a list of hashtags takes; `None` for `null`.
fn side(context: &Context, reader: &mut Reader<'_>) -> Result<Option<Found>, Invalid> {
    if reader.null() {
        return Ok(None);
    }
    let mut tags: SmallVec<[_; HASHTAGS_INSIDE]> = SmallVec::new();
    reader.array(|reader| {
        tags.push(reader.string()?.value());
        Ok(())
    })?;
    Ok(Some(context.matcher.side(&tags, Folding::Plain)))
}

#[cfg(test)]
mod tests;
