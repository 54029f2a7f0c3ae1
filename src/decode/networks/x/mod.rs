//! X: API v2, as lines of its stream or pages of a search, and the older version 1.1.
//!
//! Version 2 says `{"data":{…},"includes":{"tweets":[…]}}`, a page has a list in `data`
//! (version 1.1: in `statuses`); bare objects read too. Version 1.1 is known by `id_str`. An edit has an id of its own, and the id of
//! the first version leads `edit_history_tweet_ids`. A retweet's own text and entities are cut
//! off: what it retweets is found through `includes`, or in version 1.1 inside.
//! Source: the X API documentation, data dictionary, and its version 1.1 predecessor.

pub(crate) mod mark;

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::contest::Reposts;
use crate::post::{Deletion, Version};
use crate::timestamp::Timestamp;

use crate::decode::draft::{Content, Context, Draft};
use crate::decode::json::{Invalid, Kind, Reader};
use crate::decode::matcher::{Folding, Found};
use crate::decode::network::{Claim, Decode, Each, Members, Network};
use crate::decode::optional::{optional_text, time};
use crate::decode::page::Array;
use crate::decode::prefilter::words::{Follows, Word};

pub(super) const NETWORK: Network = Network {
    name: NAME,
    title: "X",
    source: Some("x"),
    claim,
    array: Array::Page,
    folding: Folding::Plain,
    changes: &[
        Word::new("\"delete\"", Follows::Anything),
        Word::new("\"edit_history_tweet_ids\"", Follows::TwoItems),
    ],
    framing: &[
        Word::new("\"data\"", Follows::Array),
        Word::new("\"statuses\"", Follows::Array),
        Word::new("\"meta\"", Follows::Colon),
    ],
    decode: Decode::Several(decode),
};

const NAME: &str = "x";

fn claim(members: &Members) -> Option<Claim> {
    let names = ["data", "statuses", "id_str", "edit_history_tweet_ids", "author_id"];
    let is_post = members.has_any(&names) || members.has("created_at") && members.has("text");
    let is_deletion = members.kind("delete") == Some(Kind::Object);
    (is_post || is_deletion).then_some(Claim::Likely)
}

/// Reads one object. Each post in it is a message, with its own text, and broken by itself.
fn decode<'a>(context: &Context, text: &'a str, report: &mut Each<'_, 'a>) {
    let object = match Object::read(context, text) {
        Ok(object) => object,
        Err(invalid) => return report(text, Err(invalid)),
    };
    if let Some(id) = object.deleted {
        let posts = vec![context.hasher.post(NAME, &id)];
        let deletion = Deletion { posts, author: None, at: None };
        return report(text, Ok(Content::Deletion(deletion)));
    }
    let mut tweet = |text| {
        let tweet = Tweet::read(&mut Reader::new(text));
        report(text, tweet.and_then(|tweet| tweet.message(context, &object.included)));
    };
    if object.data.is_none() && object.has_meta {
        return;
    }
    let data = object.data.unwrap_or(text);
    if data.starts_with('[') {
        let items = Reader::new(data).array(|reader| {
            tweet(reader.skip()?);
            Ok(())
        });
        items.expect("it was read before");
    } else {
        tweet(data);
    }
}

/// What stands around the posts.
#[derive(Default)]
struct Object<'a> {
    /// One post or a page of them.
    data: Option<&'a str>,
    /// Pages have it, and an empty one has nothing else.
    has_meta: bool,
    /// The sides of what the posts refer to, by id.
    included: BTreeMap<String, Found>,
    deleted: Option<Cow<'a, str>>,
}

impl<'a> Object<'a> {
    fn read(context: &Context, text: &'a str) -> Result<Object<'a>, Invalid> {
        let mut object = Object::default();
        let mut reader = Reader::new(text);
        reader.object(|reader, name| {
            match &*name.value() {
                "data" => object.data = Some(reader.skip()?),
                "statuses" if reader.peek()? == Kind::Array => object.data = Some(reader.skip()?),
                "meta" => {
                    object.has_meta = true;
                    reader.skip()?;
                }
                "includes" if reader.peek()? == Kind::Object => {
                    includes(context, reader, &mut object.included)?;
                }
                "delete" if reader.peek()? == Kind::Object => object.deleted = deletion(reader)?,
                _ => drop(reader.skip()?),
            }
            Ok(())
        })?;
        reader.end()?;
        Ok(object)
    }
}

/// The id in `{"status":{"id_str":…}}`.
fn deletion<'a>(reader: &mut Reader<'a>) -> Result<Option<Cow<'a, str>>, Invalid> {
    let mut id = None;
    reader.object(|reader, name| {
        if !name.is("status") || reader.peek()? != Kind::Object {
            return reader.skip().map(drop);
        }
        reader.object(|reader, name| {
            match &*name.value() {
                "id_str" => id = optional_text(reader)?,
                "id" if id.is_none() => id = Some(Cow::Borrowed(reader.skip()?.trim_matches('"'))),
                _ => drop(reader.skip()?),
            }
            Ok(())
        })
    })?;
    Ok(id)
}

/// Collects the sides of the posts in `{"tweets":[…]}`.
fn includes(
    context: &Context,
    reader: &mut Reader<'_>,
    included: &mut BTreeMap<String, Found>,
) -> Result<(), Invalid> {
    reader.object(|reader, name| {
        if !name.is("tweets") || reader.peek()? != Kind::Array {
            return reader.skip().map(drop);
        }
        reader.array(|reader| {
            // A broken one is of no use, and does no harm.
            if let Ok(tweet) = Tweet::read(&mut Reader::new(reader.skip()?))
                && let Some(id) = &tweet.id
            {
                included.insert(id.clone().into_owned(), tweet.side(context));
            }
            Ok(())
        })
    })
}

#[derive(Default)]
struct Tweet<'a> {
    /// `id` in version 2, `id_str` in version 1.1.
    id: Option<Cow<'a, str>>,
    first_version: Option<Cow<'a, str>>,
    /// How many there are, if that is said.
    versions: usize,
    author: Option<Cow<'a, str>>,
    at: Option<Timestamp>,
    text: Option<Cow<'a, str>>,
    /// `None` if there is no list of hashtags.
    hashtags: Option<Vec<Cow<'a, str>>>,
    /// Version 2: the id of what this retweets.
    retweeted: Option<Cow<'a, str>>,
    /// Version 1.1: what this retweets.
    retweeted_status: Option<Box<Tweet<'a>>>,
}

impl<'a> Tweet<'a> {
    fn read(reader: &mut Reader<'a>) -> Result<Tweet<'a>, Invalid> {
        let mut tweet = Tweet::default();
        let mut full_text = None;
        reader.object(|reader, name| {
            match &*name.value() {
                // A number in version 1.1, too large for many a reader.
                "id" if reader.peek()? != Kind::String => drop(reader.skip()?),
                "id" | "id_str" => tweet.id = optional_text(reader)?,
                "edit_history_tweet_ids" if reader.peek()? == Kind::Array => {
                    tweet.versions = 0;
                    reader.array(|reader| {
                        tweet.versions += 1;
                        if tweet.versions == 1 {
                            tweet.first_version = optional_text(reader)?;
                            return Ok(());
                        }
                        reader.skip().map(drop)
                    })?;
                }
                "author_id" => tweet.author = optional_text(reader)?,
                "user" if reader.peek()? == Kind::Object => reader.object(|reader, name| {
                    if name.is("id_str") {
                        tweet.author = optional_text(reader)?;
                        return Ok(());
                    }
                    reader.skip().map(drop)
                })?,
                "created_at" => tweet.at = time(reader, either_time)?,
                "text" => tweet.text = optional_text(reader)?,
                "full_text" => full_text = optional_text(reader)?,
                "entities" if reader.peek()? == Kind::Object => {
                    entities(reader, &mut tweet.hashtags)?;
                }
                // A long post: its text and entities stand apart, and the others are cut off.
                "note_tweet" | "extended_tweet" if reader.peek()? == Kind::Object => {
                    reader.object(|reader, name| {
                        match &*name.value() {
                            "text" | "full_text" => full_text = optional_text(reader)?,
                            "entities" if reader.peek()? == Kind::Object => {
                                entities(reader, &mut tweet.hashtags)?;
                            }
                            _ => drop(reader.skip()?),
                        }
                        Ok(())
                    })?;
                }
                "referenced_tweets" if reader.peek()? == Kind::Array => {
                    reader.array(|reader| tweet.reference(reader))?;
                }
                "retweeted_status" if reader.peek()? == Kind::Object => {
                    tweet.retweeted_status = Some(Box::new(Tweet::read(reader)?));
                }
                _ => drop(reader.skip()?),
            }
            Ok(())
        })?;
        tweet.text = full_text.or(tweet.text);
        Ok(tweet)
    }

    fn reference(&mut self, reader: &mut Reader<'a>) -> Result<(), Invalid> {
        let mut is_retweet = false;
        let mut id = None;
        reader.object(|reader, name| {
            match &*name.value() {
                "type" => is_retweet = optional_text(reader)?.is_some_and(|t| t == "retweeted"),
                "id" => id = optional_text(reader)?,
                _ => drop(reader.skip()?),
            }
            Ok(())
        })?;
        if is_retweet {
            self.retweeted = id;
        }
        Ok(())
    }

    /// What its own hashtags say.
    fn side(&self, context: &Context) -> Found {
        match (&self.hashtags, &self.text) {
            (Some(hashtags), _) => context.matcher.side(hashtags, Folding::Plain),
            (None, Some(text)) => context.matcher.side_of_text(text, Folding::Plain),
            (None, None) => Found::default(),
        }
    }

    fn message(
        self,
        context: &Context,
        included: &BTreeMap<String, Found>,
    ) -> Result<Content, Invalid> {
        let is_repost = self.retweeted.is_some() || self.retweeted_status.is_some();
        if is_repost && context.reposts == Reposts::Ignore {
            return Ok(Content::Other);
        }
        let found = if let Some(inner) = &self.retweeted_status {
            inner.side(context)
        } else {
            self.retweeted
                .as_ref()
                .and_then(|id| included.get(&**id))
                .cloned()
                .unwrap_or_else(|| self.side(context))
        };
        // Errors and rules come in objects too. They have no text.
        if self.text.is_none() {
            return Ok(Content::Unknown);
        }
        let id = self.id.ok_or(Invalid("post without an id"))?;
        let version = match &self.first_version {
            Some(first) if *first != id && self.versions > 1 => Version::Edit,
            _ => Version::First,
        };
        let own = context.hasher.post(NAME, &id);
        let first = self.first_version.map_or(own, |first| context.hasher.post(NAME, &first));
        Ok(Content::Post(Draft {
            id: Some(first),
            alias: (first != own).then_some(own),
            author: self.author.map(|author| context.hasher.author(NAME, &author)),
            at: self.at,
            found,
            version,
        }))
    }
}

/// Adds the hashtags of `{"hashtags":[{"tag":…}]}`, which version 1.1 calls `text`.
fn entities<'a>(
    reader: &mut Reader<'a>,
    hashtags: &mut Option<Vec<Cow<'a, str>>>,
) -> Result<(), Invalid> {
    reader.object(|reader, name| {
        if !name.is("hashtags") || reader.peek()? != Kind::Array {
            return reader.skip().map(drop);
        }
        let hashtags = hashtags.get_or_insert_default();
        reader.array(|reader| {
            reader.object(|reader, name| {
                if name.is("tag") || name.is("text") {
                    hashtags.extend(optional_text(reader)?);
                    return Ok(());
                }
                reader.skip().map(drop)
            })
        })
    })
}

/// Either version's way to write a time.
fn either_time(text: &str) -> Option<Timestamp> {
    Timestamp::parse_rfc3339(text).or_else(|| Timestamp::parse_x_v1(text))
}
