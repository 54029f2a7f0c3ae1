//! Posts of any service, found in its JSON documents by pointers.
//!
//! Like the known networks: a message in which no team's hashtag can occur, and which takes no post
//! back, is counted without being read, and that changes no count.

mod repeats;
mod verdict;

use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};

use memchr::memmem::Finder;

use crate::event::Message;
use crate::post::{AuthorId, Deletion, Hasher, Post, PostId, Version};
use crate::questions::Questions;
use crate::timestamp::Timestamp;

use repeats::Repeats;

use super::boundary::is_short;
use super::decoder::STEERS;
use super::json::{self, Invalid, Kind, Reader};
use super::matcher::{Folding, Found, Matcher};
use super::networks::{STEERING, steers};
use super::pointer::Pointer;
use super::prefilter::{Prefilter, Scan};
use super::verdict::whole;

/// Where in a message the parts of a post are. What has no pointer is not looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Map {
    /// The list of messages in a document. Without it a list is its messages, and anything else is
    /// one message.
    pub items: Option<Pointer>,
    /// The text, from which hashtags are taken where there is no `hashtags`.
    pub text: Option<Pointer>,
    /// The hashtags: a list of texts, or of objects with a `name`, `tag`, `text` or `hashtag`, or
    /// one text, separated by spaces or commas.
    pub hashtags: Option<Pointer>,
    /// What the service calls the post, as text or number. Without it each post is its own.
    pub id: Option<Pointer>,
    /// Who posted it, as text or number. Without it each post is by an author of its own.
    pub author: Option<Pointer>,
    /// When: RFC 3339, or seconds, milliseconds or microseconds since 1970. Without it, when it
    /// arrived first.
    pub at: Option<Pointer>,
    /// The id of a post that the message takes back.
    pub delete: Option<Pointer>,
}

impl Default for Map {
    /// hashtug's own posts.
    fn default() -> Map {
        let pointer = |text: &str| text.parse().ok();
        Map {
            items: None,
            text: pointer("/text"),
            hashtags: pointer("/hashtags"),
            id: pointer("/id"),
            author: pointer("/author"),
            at: pointer("/at"),
            delete: pointer("/delete"),
        }
    }
}

/// Bytes of a document. A longer one is refused before it is read.
pub const MAX_DOCUMENT: usize = 4 * 1024 * 1024;

/// Bytes of a message in a document, or of one that is a document. A longer one is refused.
pub const MAX_MESSAGE: usize = 256 * 1024;

/// Decodes the documents of one service.
pub struct Mapped {
    matcher: Matcher,
    /// `None` where it could miss a hashtag.
    prefilter: Option<Prefilter>,
    /// Stands in each message that takes a post back; `None` if there is no such word.
    delete_word: Option<Finder<'static>>,
    hasher: Hasher,
    map: Map,
    /// Ids and authors are those of this source alone.
    scope: String,
    arrivals: Arrivals,
    /// Where documents are asked for again and again.
    repeats: Option<Repeats>,
}

/// When posts without a time of their own arrived first: a document that is asked for again and
/// again has old posts in it, and they must not be new once the window has passed.
#[derive(Default)]
struct Arrivals {
    first: BTreeMap<PostId, Timestamp>,
    /// The oldest leaves when there are too many.
    order: VecDeque<PostId>,
}

/// Posts of one source that name a team, have no time, and are known again. The next one takes the
/// place of the oldest, which would be new if it came again after a window.
const MAX_ARRIVALS: usize = 10_000;

impl Arrivals {
    /// When the post arrived first, which may be now.
    fn first(&mut self, id: PostId, now: Timestamp) -> Timestamp {
        if let Some(&first) = self.first.get(&id) {
            return first;
        }
        if self.order.len() == MAX_ARRIVALS
            && let Some(oldest) = self.order.pop_front()
        {
            self.first.remove(&oldest);
        }
        self.order.push_back(id);
        self.first.insert(id, now);
        now
    }
}

impl Mapped {
    /// A decoder of what the source named `scope` receives.
    #[must_use]
    pub fn new(questions: &Questions, map: Map, hasher: Hasher, scope: &str) -> Mapped {
        // Words of one text need nothing before them by which a short hashtag could be found.
        let hidden = map.hashtags.is_some() && questions.hashtags().iter().any(|tag| is_short(tag));
        Mapped {
            matcher: Matcher::new(questions),
            prefilter: (!hidden).then(|| Prefilter::new(questions, Folding::Plain, STEERING)),
            delete_word: map
                .delete
                .as_ref()
                .and_then(Pointer::member)
                .map(|name| Finder::new(&format!("\"{name}\"")).into_owned()),
            hasher,
            map,
            scope: scope.to_owned(),
            arrivals: Arrivals::default(),
            repeats: None,
        }
    }

    /// The documents that follow are those of one poll: a message that stood in the last one, byte
    /// for byte, is not counted as a message again.
    pub fn begin_poll(&mut self) {
        self.repeats.get_or_insert_default().begin();
    }

    /// Messages of this poll that were new, and those that were there before.
    #[must_use]
    pub fn polled(&self) -> (usize, usize) {
        self.repeats.as_ref().map_or((0, 0), Repeats::counts)
    }

    /// Decodes one document, which may hold many messages. Those without a time of their own were
    /// posted when it arrived, and if they come again, when they arrived first.
    pub fn document(&mut self, bytes: &[u8], arrived: Timestamp, mut report: impl FnMut(Message)) {
        let mut unmatched = 0;
        self.messages(bytes.trim_ascii(), arrived, &mut |event| match event {
            Message::Unmatched(count) => unmatched += count,
            event => {
                if unmatched > 0 {
                    report(Message::Unmatched(std::mem::take(&mut unmatched)));
                }
                report(event);
            }
        });
        if unmatched > 0 {
            report(Message::Unmatched(unmatched));
        }
    }

    fn messages(&mut self, bytes: &[u8], arrived: Timestamp, report: &mut impl FnMut(Message)) {
        let is_list = self.map.items.is_none() && bytes.first() == Some(&b'[');
        let max = if is_list || self.map.items.is_some() { MAX_DOCUMENT } else { MAX_MESSAGE };
        let Ok(text) = std::str::from_utf8(bytes) else {
            return self.refuse(&String::from_utf8_lossy(bytes), Invalid("not UTF-8"), report);
        };
        if text.is_empty() {
            return;
        }
        if text.len() > max {
            return self.refuse(text, TOO_LONG, report);
        }
        if is_list {
            return self.list(text, text, arrived, report);
        }
        let Some(items) = &self.map.items else { return self.message(text, arrived, report) };
        match whole(text).and_then(|()| items.find(text)) {
            Err(invalid) => self.refuse(text, invalid, report),
            Ok(Some("null")) => {}
            Ok(Some(list)) if list.starts_with('[') => self.list(list, text, arrived, report),
            Ok(Some(message)) => self.message(message, arrived, report),
            Ok(None) => self.message(text, arrived, report),
        }
    }

    /// The messages of a list in a document, if the list is not broken.
    fn list(
        &mut self,
        list: &str,
        text: &str,
        arrived: Timestamp,
        report: &mut impl FnMut(Message),
    ) {
        let mut reader = Reader::new(list);
        let mut items = Vec::new();
        let read = reader.array(|reader| {
            items.push(reader.skip()?);
            Ok(())
        });
        if let Err(invalid) = read.and_then(|()| reader.end()) {
            return self.refuse(text, invalid, report);
        }
        for item in items {
            self.message(item, arrived, report);
        }
    }

    fn message(&mut self, text: &str, arrived: Timestamp, report: &mut impl FnMut(Message)) {
        let hash = |repeats: &mut Repeats| repeats.is_new(self.hasher.post("message", text).0);
        if !self.repeats.as_mut().is_none_or(hash) {
            return;
        }
        if text.len() > MAX_MESSAGE {
            return self.refuse(text, TOO_LONG, report);
        }
        if let Some(prefilter) = &self.prefilter
            && prefilter.next(&mut Scan::new(text.as_bytes()), 0) == text.len()
            && !self.may_delete(text)
        {
            return report(Message::Unmatched(1));
        }
        match self.decode(text, arrived) {
            Ok(event) => report(event),
            Err(invalid) => self.refuse(text, invalid, report),
        }
    }

    fn decode(&mut self, text: &str, arrived: Timestamp) -> Result<Message, Invalid> {
        whole(text)?;
        let map = &self.map;
        let at = find(map.at.as_ref(), text)?.map(time).transpose()?;
        if let Some(id) = name(map.delete.as_ref(), text)? {
            let posts = vec![self.post(&id)];
            return Ok(Message::Deletion(Deletion {
                posts,
                author: None,
                at: at.or(Some(arrived)),
            }));
        }
        let Found { side, tags } = match find(map.hashtags.as_ref(), text)? {
            Some(hashtags) => self.side(hashtags)?,
            None => match find(map.text.as_ref(), text)? {
                Some(text) if text.starts_with('"') => {
                    let text = Reader::new(text).string()?.value();
                    self.matcher.side_of_text(&text, Folding::Plain)
                }
                _ => return Err(Invalid("no hashtags and no text where the map has them")),
            },
        };
        if tags.is_empty() {
            return Ok(Message::Unmatched(1));
        }
        let id = name(map.id.as_ref(), text)?.map(|id| self.post(&id));
        let author = name(map.author.as_ref(), text)?.map(|author| self.author(&author));
        let at = match (at, id) {
            (Some(at), _) => at,
            (None, Some(id)) => self.arrivals.first(id, arrived),
            (None, None) => arrived,
        };
        Ok(Message::Post(Post { id, alias: None, author, at, side, tags, version: Version::First }))
    }

    /// What hashtags say, however the service lists them.
    fn side(&self, hashtags: &str) -> Result<Found, Invalid> {
        let mut reader = Reader::new(hashtags);
        let mut tags: Vec<Cow<'_, str>> = Vec::new();
        match reader.peek()? {
            Kind::String => {
                let text = reader.string()?.value();
                let words = text.split(|c: char| c == ',' || c.is_whitespace());
                return Ok(self.matcher.side(words, Folding::Plain));
            }
            Kind::Array => reader.array(|reader| {
                match reader.peek()? {
                    Kind::String => tags.push(reader.string()?.value()),
                    Kind::Object => tags.extend(tag_of(reader)?),
                    _ => drop(reader.skip()?),
                }
                Ok(())
            })?,
            _ => return Err(Invalid("`hashtags` is neither a list nor a text")),
        }
        Ok(self.matcher.side(tags, Folding::Plain))
    }

    fn post(&self, id: &str) -> PostId {
        self.hasher.post(("source", &self.scope), id)
    }

    fn author(&self, name: &str) -> AuthorId {
        self.hasher.author(("source", &self.scope), name)
    }

    /// Whether a message may take a post back.
    fn may_delete(&self, text: &str) -> bool {
        let stands_in = |text: &str| {
            let word = self.delete_word.as_ref();
            word.is_none_or(|word| word.find(text.as_bytes()).is_some())
        };
        self.map.delete.is_some()
            && (stands_in(text) || text.contains('\\') && stands_in(&json::unescape(text)))
    }

    /// A message that cannot be read is malformed if it could have mattered, or else unmatched.
    fn refuse(&self, text: &str, invalid: Invalid, report: &mut impl FnMut(Message)) {
        // What can be read and has nothing where the map has deletions is not a deletion.
        let is_deletion =
            || whole(text).is_err() || !matches!(find(self.map.delete.as_ref(), text), Ok(None));
        if steers(text) {
            return report(Message::Malformed(STEERS));
        }
        let matters = self.may_delete(text) && is_deletion()
            || self.matcher.occurs_in(&json::unescape(text), Folding::Plain);
        report(if matters { Message::Malformed(invalid.0) } else { Message::Unmatched(1) });
    }
}

const TOO_LONG: Invalid = Invalid("longer than any message");

/// What a pointer of the map points at; `null` is nothing.
fn find<'a>(pointer: Option<&Pointer>, text: &'a str) -> Result<Option<&'a str>, Invalid> {
    let found = pointer.map(|pointer| pointer.find(text)).transpose()?.flatten();
    Ok(found.filter(|found| *found != "null"))
}

/// An id or a name, as text or number; `None` also if it is empty.
fn name<'a>(pointer: Option<&Pointer>, text: &'a str) -> Result<Option<Cow<'a, str>>, Invalid> {
    let Some(found) = find(pointer, text)? else { return Ok(None) };
    let mut reader = Reader::new(found);
    let name = match reader.peek()? {
        Kind::String => reader.string()?.value(),
        Kind::Number => Cow::Borrowed(reader.number()?),
        _ => return Err(Invalid("an id or an author is neither text nor number")),
    };
    Ok(Some(name).filter(|name| !name.is_empty()))
}

/// The hashtag that an object of a list stands for, by the first of the usual names that it has.
fn tag_of<'a>(reader: &mut Reader<'a>) -> Result<Option<Cow<'a, str>>, Invalid> {
    const NAMES: [&str; 4] = ["name", "tag", "text", "hashtag"];
    let mut tags: [Option<Cow<'a, str>>; 4] = Default::default();
    reader.object(|reader, name| {
        match NAMES.iter().position(|known| name.is(known)) {
            Some(index) if reader.peek()? == Kind::String => {
                tags[index] = Some(reader.string()?.value());
            }
            _ => drop(reader.skip()?),
        }
        Ok(())
    })?;
    Ok(tags.into_iter().flatten().next())
}

/// RFC 3339, or a Unix time in whatever unit makes sense of its size, as number or text.
fn time(value: &str) -> Result<Timestamp, Invalid> {
    let mut reader = Reader::new(value);
    let time = match reader.peek()? {
        Kind::Number => unix_time(reader.number()?),
        Kind::String => {
            let text = reader.string()?.value();
            Timestamp::parse_rfc3339(text.trim()).or_else(|| unix_time(text.trim()))
        }
        _ => None,
    };
    time.ok_or(Invalid("`at` is neither a time in RFC 3339 nor a Unix time"))
}

/// Seconds below 10^11, milliseconds below 10^14, else microseconds: each is good to the year 5138,
/// and none reaches the years before 1973 of the next.
fn unix_time(text: &str) -> Option<Timestamp> {
    const SECONDS: u64 = 100_000_000_000;
    if let Ok(whole) = text.parse::<i64>() {
        return match whole.unsigned_abs() {
            ..SECONDS => Timestamp::from_secs(whole),
            SECONDS..100_000_000_000_000 => Timestamp::from_millis(whole),
            _ => Timestamp::from_micros(whole),
        };
    }
    let number: f64 = text.parse().ok().filter(|number: &f64| number.is_finite())?;
    let millis = match number.abs() {
        ..1e11 => number * 1000.0,
        1e11..1e14 => number,
        _ => number / 1000.0,
    };
    // Far less than 2^63, or else the years are out of range all the same.
    #[expect(clippy::cast_possible_truncation, reason = "a cast saturates, and that has no time")]
    Timestamp::from_millis(millis.round() as i64)
}

#[cfg(test)]
mod tests;
