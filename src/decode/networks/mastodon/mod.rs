//! Mastodon: statuses, and the events of its streaming API.
//!
//! An event is `{"stream":[…],"event":"update","payload":"…"}` with the status as JSON in a string;
//! a `delete` carries a bare id. The hashtags are those of `tags`, complete and folded by the
//! server; only a status without that member is read as text, from its HTML. Posts are named by
//! `uri`, the same on every server, and deletions by the `id` of this one.
//! Source: the Mastodon documentation, entities Status and Tag, methods/streaming.

pub(crate) mod mark;

use std::borrow::Cow;

use crate::post::{Deletion, Version};
use crate::timestamp::Timestamp;

use crate::decode::draft::{Content, Context, Draft};
use crate::decode::html;
use crate::decode::json::{Invalid, Kind, Reader};
use crate::decode::matcher::{Folding, Found};
use crate::decode::network::{Claim, Decode, Members, Network};
use crate::decode::optional::{optional_text, time};
use crate::decode::page::Array;
use crate::decode::prefilter::words::{Follows, Word};

pub(super) const NETWORK: Network = Network {
    name: NAME,
    title: "Mastodon",
    source: Some("mastodon"),
    claim,
    array: Array::Page,
    folding: Folding::Latin,
    changes: &[
        Word::new("\"delete\"", Follows::Anything),
        Word::new("\"status.update\"", Follows::Anything),
    ],
    framing: &[],
    decode: Decode::One(decode),
};

const NAME: &str = "mastodon";

/// Events that concern no post.
const OTHERS: [&str; 8] = [
    "notification",
    "notifications_merged",
    "filters_changed",
    "conversation",
    "announcement",
    "announcement.reaction",
    "announcement.delete",
    "encrypted_message",
];

/// Ids that hold on one server only.
const LOCAL: (&str, &str) = (NAME, "local");

fn claim(members: &Members) -> Option<Claim> {
    let is_event = members.has("event") && members.has_any(&["payload", "stream"]);
    let is_status = members.has("account") && members.has("uri");
    (is_event || is_status).then_some(Claim::Likely)
}

fn decode(context: &Context, text: &str) -> Result<Content, Invalid> {
    let mut event = None;
    let mut payload = None;
    let mut status = Status::default();
    let mut reader = Reader::new(text);
    reader.object(|reader, name| {
        match &*name.value() {
            "event" => event = optional_text(reader)?,
            "payload" => {
                payload = Some(match reader.peek()? {
                    Kind::String => reader.string()?.value(),
                    _ => Cow::Borrowed(reader.skip()?),
                });
            }
            name => status.member(context, reader, name)?,
        }
        Ok(())
    })?;
    reader.end()?;
    let Some(event) = event else {
        return status.message(context, Version::First);
    };
    let payload = payload.unwrap_or_default();
    match &*event {
        "update" => Status::read(context, &payload)?.message(context, Version::First),
        "status.update" => Status::read(context, &payload)?.message(context, Version::Edit),
        "delete" => {
            // A bare id, which is a string here and a number in very old recordings.
            let id = payload.trim().trim_matches('"');
            if id.is_empty() || id == "null" {
                return Err(Invalid("deletion without an id"));
            }
            let posts = vec![context.hasher.post(LOCAL, id)];
            Ok(Content::Deletion(Deletion { posts, author: None, at: None }))
        }
        event if OTHERS.contains(&event) || event.starts_with("pleroma:") => Ok(Content::Other),
        _ => Ok(Content::Unknown),
    }
}

#[derive(Default)]
struct Status<'a> {
    id: Option<Cow<'a, str>>,
    uri: Option<Cow<'a, str>>,
    at: Option<Timestamp>,
    author: Option<Cow<'a, str>>,
    tags: Option<Found>,
    content: Option<Cow<'a, str>>,
    /// The side of the status that this one boosts.
    reblog: Option<Found>,
}

impl<'a> Status<'a> {
    fn read(context: &Context, text: &'a str) -> Result<Status<'a>, Invalid> {
        let mut status = Status::default();
        let mut reader = Reader::new(text);
        reader.object(|reader, name| status.member(context, reader, &name.value()))?;
        reader.end()?;
        Ok(status)
    }

    fn member(
        &mut self,
        context: &Context,
        reader: &mut Reader<'a>,
        name: &str,
    ) -> Result<(), Invalid> {
        match name {
            "id" if reader.peek()? == Kind::String => self.id = Some(reader.string()?.value()),
            "uri" => self.uri = optional_text(reader)?,
            "created_at" => self.at = time(reader, Timestamp::parse_rfc3339)?,
            "content" => self.content = optional_text(reader)?,
            "tags" if reader.peek()? != Kind::Null => self.tags = Some(tags(context, reader)?),
            "account" if reader.peek()? == Kind::Object => reader.object(|reader, name| {
                if name.is("acct") {
                    self.author = optional_text(reader)?;
                    return Ok(());
                }
                reader.skip().map(drop)
            })?,
            "reblog" if reader.peek()? == Kind::Object => {
                let mut status = Status::default();
                reader.object(|reader, name| status.member(context, reader, &name.value()))?;
                self.reblog = Some(status.side(context));
            }
            _ => drop(reader.skip()?),
        }
        Ok(())
    }

    fn side(&mut self, context: &Context) -> Found {
        self.tags.take().unwrap_or_else(|| {
            let text = html::text(self.content.as_deref().unwrap_or_default());
            context.matcher.side_of_text(&text, Folding::Latin)
        })
    }

    fn message(mut self, context: &Context, version: Version) -> Result<Content, Invalid> {
        let found = match (self.reblog.take(), context.reposts) {
            (Some(_), crate::contest::Reposts::Ignore) => return Ok(Content::Other),
            (Some(found), crate::contest::Reposts::Count) => found,
            (None, _) => self.side(context),
        };
        let uri = self.uri.ok_or(Invalid("status without `uri`"))?;
        let author = self.author.ok_or(Invalid("status without `account.acct`"))?;
        Ok(Content::Post(Draft {
            id: Some(context.hasher.post(NAME, &uri)),
            alias: self.id.map(|id| context.hasher.post(LOCAL, &id)),
            author: Some(context.hasher.author(NAME, &author)),
            at: self.at,
            found,
            version,
        }))
    }
}

/// The side of `[{"name":…,"url":…},…]`.
fn tags(context: &Context, reader: &mut Reader<'_>) -> Result<Found, Invalid> {
    let mut names = Vec::new();
    reader.array(|reader| {
        reader.object(|reader, name| {
            if name.is("name") {
                names.extend(optional_text(reader)?);
                return Ok(());
            }
            reader.skip().map(drop)
        })
    })?;
    Ok(context.matcher.side(names, Folding::Latin))
}
