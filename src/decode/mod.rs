//! Bytes to events: which posts name a team, in the shapes of the networks.
//!
//! Pure: no clock, no files, no sockets, and nothing here can fail; what cannot be read is an
//! event that says so. A message is refused by a scan of its bytes ([`prefilter`]) before any JSON
//! is read if no team's hashtag can occur in it and it changes no post, and what is counted does
//! not depend on whether the scan was there.

pub mod documents;
pub mod html;
mod jetstream;
pub mod json;
pub mod mapped;
mod mastodon;
mod matcher;
mod nostr;
pub mod numbers;
pub mod pointer;
mod post;
pub mod prefilter;
pub mod signature;
mod x;

use std::fmt;
use std::str::FromStr;

use crate::contest::{Contest, Reposts};
use crate::event::Message;
use crate::post::{AuthorId, Deletion, Hasher, Post, PostId, Side, Version};
use crate::timestamp::Timestamp;

use json::{Invalid, Kind, Reader};
use matcher::{Folding, Found, Matcher};
use prefilter::{Prefilter, Scan};

/// What the documents of a service that is none of the known networks hold.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// Posts, and where in a document each part of them is.
    Posts(mapped::Map),
    /// Numbers that pull the rope as they grow.
    Numbers(numbers::Fields),
}

impl Default for Shape {
    /// hashtug's own posts.
    fn default() -> Shape {
        Shape::Posts(mapped::Map::default())
    }
}

/// The shape of the messages of one network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Feed {
    /// hashtug's own recordings; also what people write by hand.
    Post,
    /// Bluesky's Jetstream, both generations of its protocol.
    Jetstream,
    /// Mastodon: statuses, and the events of its streaming API.
    Mastodon,
    /// X: API v2, lines of the stream or pages, and version 1.1.
    X,
    /// Nostr: events, bare or as a relay sends them.
    Nostr,
}

impl Feed {
    /// All feeds, in the order in which help texts list them.
    pub const ALL: [Feed; 5] = [Feed::Post, Feed::Jetstream, Feed::Mastodon, Feed::X, Feed::Nostr];

    /// As it is written in the config and on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Feed::Post => "post",
            Feed::Jetstream => "jetstream",
            Feed::Mastodon => "mastodon",
            Feed::X => "x",
            Feed::Nostr => "nostr",
        }
    }

    /// The feed of a source of this kind, as recordings name it.
    fn of_source(kind: &str) -> Option<Feed> {
        match kind {
            "bluesky" => Some(Feed::Jetstream),
            "replay" => None,
            _ => kind.parse().ok(),
        }
    }

    /// Tells by its members which network's message this is; `None` if it could be any, or none.
    #[must_use]
    pub fn sniff(message: &str) -> Option<Feed> {
        let mut reader = Reader::new(message);
        match reader.peek().ok()? {
            Kind::Object => sniff_object(&mut reader),
            Kind::Array => {
                let mut feed = None;
                let mut first = true;
                let _ = reader.array(|reader| {
                    if std::mem::take(&mut first) {
                        feed = match reader.peek()? {
                            Kind::String => Some(Feed::Nostr),
                            Kind::Object | Kind::Array => Feed::sniff(reader.skip()?),
                            _ => None,
                        };
                    }
                    Err(Invalid("seen enough"))
                });
                feed
            }
            _ => None,
        }
    }
}

fn sniff_object(reader: &mut Reader<'_>) -> Option<Feed> {
    let mut names: Vec<String> = Vec::new();
    let mut delete = None;
    // A broken end does not matter here: the members before it may report.
    let _ = reader.object(|reader, name| {
        if name.is("delete") {
            delete = Some(reader.peek()?);
        }
        names.push(name.value().into_owned());
        reader.skip().map(drop)
    });
    let has = |name: &str| names.iter().any(|known| known == name);
    if has("at") && ["hashtags", "text", "delete", "note", "raw"].into_iter().any(has) {
        Some(Feed::Post)
    } else if has("time_us") || has("did") && has("kind") || has("$type") && has("payload") {
        Some(Feed::Jetstream)
    } else if has("pubkey") {
        Some(Feed::Nostr)
    } else if has("event") && (has("payload") || has("stream")) || has("account") && has("uri") {
        Some(Feed::Mastodon)
    } else if ["data", "statuses", "id_str", "edit_history_tweet_ids", "author_id"]
        .into_iter()
        .any(has)
        || has("created_at") && has("text")
        || delete == Some(Kind::Object)
    {
        Some(Feed::X)
    } else if delete == Some(Kind::String) {
        Some(Feed::Post)
    } else {
        None
    }
}

impl fmt::Display for Feed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Feed {
    type Err = String;

    fn from_str(name: &str) -> Result<Feed, String> {
        Feed::ALL.into_iter().find(|feed| feed.name() == name).ok_or_else(|| {
            format!("`{name}` is not a feed; it is one of post, jetstream, mastodon, x, nostr")
        })
    }
}

const NO_FEED: Invalid = Invalid("not a message of any network known here");

/// Longer than any hashtag, however it is written.
const OVERLAP: usize = 2048;

/// What one message of a network turned out to hold.
enum Content {
    /// It carries a post.
    Post(Draft),
    /// It takes posts back.
    Deletion(Deletion),
    /// It concerns no post, or none that could count.
    Other,
    /// A heartbeat or a remark: not even received.
    Nothing,
}

/// A post as far as its message describes it.
struct Draft {
    id: Option<PostId>,
    alias: Option<PostId>,
    author: Option<AuthorId>,
    at: Option<Timestamp>,
    found: Found,
    version: Version,
}

/// What decoding needs beside the bytes.
struct Context {
    matcher: Matcher,
    reposts: Reposts,
    hasher: Hasher,
}

/// Decodes the messages of one recording or connection, in order.
///
/// Give it whole lines; it tells the events to a closure, with the number of the line that each is
/// from. Runs of messages that concern nobody arrive as one [`Message::Unmatched`].
pub struct Decoder {
    context: Context,
    contest: Contest,
    feed: Option<Feed>,
    /// Made when the feed is known, which it depends on.
    prefilter: Option<Prefilter>,
    line: u64,
    /// The end of the last piece of a line that is too long.
    seam: Vec<u8>,
    /// Whether any piece of it could matter.
    may_matter: bool,
}

impl Decoder {
    /// A decoder of `feed`, or of whatever the first message that can be read apart belongs to.
    #[must_use]
    pub fn new(contest: &Contest, feed: Option<Feed>, hasher: Hasher) -> Decoder {
        Decoder {
            context: Context { matcher: Matcher::new(contest), reposts: contest.reposts(), hasher },
            contest: contest.clone(),
            feed,
            prefilter: feed.map(|feed| Prefilter::new(contest, feed)),
            line: 0,
            seam: Vec::new(),
            may_matter: false,
        }
    }

    /// The feed, once it is known.
    #[must_use]
    pub fn feed(&self) -> Option<Feed> {
        self.feed
    }

    /// How many lines were read so far.
    #[must_use]
    pub fn lines(&self) -> u64 {
        self.line
    }

    /// Decodes `block`, which is whole lines; the last one may lack its line feed.
    pub fn block(&mut self, block: &[u8], mut report: impl FnMut(u64, Message)) {
        let mut scan = Scan::new(block);
        let mut unmatched = 0;
        let mut start = 0;
        while start < block.len() {
            let end = memchr::memchr(b'\n', &block[start..]).map_or(block.len(), |at| start + at);
            let line = &block[start..end];
            self.line += 1;
            // A page is split even if it names nobody, since each message in it is counted.
            if line.first().is_some_and(|&first| first > b' ')
                && !is_page(self.feed, line)
                && self.feed.is_some()
                && let Some(prefilter) = &self.prefilter
                && prefilter.next(&mut scan, start) >= end
            {
                unmatched += u64::from(!is_heartbeat(line));
                start = end + 1;
                continue;
            }
            start = end + 1;
            let line = line.trim_ascii();
            if line.is_empty() || is_heartbeat(line) {
                continue;
            }
            let number = self.line;
            self.message(line, &mut |event| match event {
                Message::Unmatched(count) => unmatched += count,
                event => {
                    if unmatched > 0 {
                        report(number, Message::Unmatched(std::mem::take(&mut unmatched)));
                    }
                    report(number, event);
                }
            });
        }
        if unmatched > 0 {
            report(self.line, Message::Unmatched(unmatched));
        }
    }

    /// Passes over a piece of a line that is too long to be held: it is counted at its last piece,
    /// as malformed if it could have mattered.
    pub fn piece(&mut self, bytes: &[u8], last: bool, mut report: impl FnMut(u64, Message)) {
        // What a hashtag at the seam of two pieces needs.
        let overlap = bytes.len().min(OVERLAP);
        self.seam.extend_from_slice(&bytes[..overlap]);
        let prefilter =
            self.prefilter.get_or_insert_with(|| Prefilter::new(&self.contest, Feed::Post));
        let matters = |bytes: &[u8]| prefilter.next(&mut Scan::new(bytes), 0) < bytes.len();
        self.may_matter |= matters(&self.seam) || matters(bytes);
        self.seam.clear();
        self.seam.extend_from_slice(&bytes[bytes.len() - overlap..]);
        if last {
            self.line += 1;
            self.seam.clear();
            let matters = std::mem::take(&mut self.may_matter);
            let too_long = Message::Malformed("longer than any message");
            report(self.line, if matters { too_long } else { Message::Unmatched(1) });
        }
    }

    fn message(&mut self, bytes: &[u8], report: &mut impl FnMut(Message)) {
        let Ok(text) = std::str::from_utf8(bytes) else {
            let text = String::from_utf8_lossy(bytes);
            return self.refuse(self.feed, &text, Invalid("not UTF-8"), report);
        };
        if self.feed.is_none() {
            self.feed = Feed::sniff(text);
            if let Some(feed) = self.feed {
                self.prefilter = Some(Prefilter::new(&self.contest, feed));
            }
        }
        let Some(feed) = self.feed else {
            // A page without messages is none, whosever it is.
            if matches!(page(Feed::Post, text), Ok(Some(items)) if items.is_empty()) {
                return;
            }
            return self.refuse(None, text, NO_FEED, report);
        };
        match page(feed, text) {
            Err(invalid) => self.refuse(Some(feed), text, invalid, report),
            Ok(Some(items)) => {
                for item in items {
                    self.one(feed, item, report);
                }
            }
            Ok(None) => self.one(feed, text, report),
        }
    }

    /// One message, or an object of X, which may hold several.
    fn one(&self, feed: Feed, text: &str, report: &mut impl FnMut(Message)) {
        if feed != Feed::Post {
            return self.network(feed, text, None, report);
        }
        match post::decode(&self.context, text) {
            Ok(post::Line::Content(message)) => self.report(feed, message, None, text, report),
            Ok(post::Line::Raw { at, kind, source, message }) => {
                let feed = kind.or_else(|| Feed::sniff(&message)).or(source);
                self.raw(at, feed, &message, text, report);
            }
            Err(invalid) => self.refuse(Some(feed), text, invalid, report),
        }
    }

    /// A message that a recorder kept as it came, in `line`. Where the recorder does not say whose it
    /// is its shape does, and where that could be anybody's the name of its source.
    fn raw(
        &self,
        at: Option<Timestamp>,
        feed: Option<Feed>,
        message: &str,
        line: &str,
        report: &mut impl FnMut(Message),
    ) {
        let Some(feed) = feed else {
            return self.refuse(None, line, NO_FEED, report);
        };
        match page(feed, message) {
            Ok(Some(items)) => {
                for item in items {
                    self.network(feed, item, at, report);
                }
            }
            Ok(None) => self.network(feed, message, at, report),
            Err(invalid) => self.refuse(Some(feed), line, invalid, report),
        }
    }

    /// A message as it came over the wire; at a time that the recorder knows, if there was one.
    fn network(
        &self,
        feed: Feed,
        text: &str,
        at: Option<Timestamp>,
        report: &mut impl FnMut(Message),
    ) {
        let mut read = |text, decoded| match decoded {
            Ok(message) => self.report(feed, message, at, text, report),
            Err(invalid) => self.refuse(Some(feed), text, invalid, report),
        };
        match feed {
            Feed::Jetstream => read(text, jetstream::decode(&self.context, text)),
            Feed::Mastodon => read(text, mastodon::decode(&self.context, text)),
            Feed::Nostr => read(text, nostr::decode(&self.context, text)),
            Feed::X => x::decode(&self.context, text, read),
            Feed::Post => match post::decode(&self.context, text) {
                Ok(post::Line::Content(message)) => read(text, Ok(message)),
                Ok(post::Line::Raw { .. }) => read(text, Err(Invalid("raw inside of raw"))),
                Err(invalid) => read(text, Err(invalid)),
            },
        }
    }

    fn report(
        &self,
        feed: Feed,
        message: Content,
        at: Option<Timestamp>,
        text: &str,
        report: &mut impl FnMut(Message),
    ) {
        match message {
            Content::Nothing => {}
            Content::Other => report(Message::Unmatched(1)),
            Content::Deletion(deletion) => {
                report(Message::Deletion(Deletion { at: at.or(deletion.at), ..deletion }));
            }
            Content::Post(draft) => match at.or(draft.at) {
                None => self.refuse(
                    Some(feed),
                    text,
                    Invalid("no time, or none that can be read"),
                    report,
                ),
                Some(_) if draft.found.side == Side::None && draft.version == Version::First => {
                    report(Message::Unmatched(1));
                }
                Some(at) => report(Message::Post(Post {
                    id: draft.id,
                    alias: draft.alias,
                    author: draft.author,
                    at,
                    side: draft.found.side,
                    tags: draft.found.tags,
                    version: draft.version,
                })),
            },
        }
    }

    /// A message that cannot be read is malformed if it could have mattered, or else unmatched.
    fn refuse(
        &self,
        feed: Option<Feed>,
        message: &str,
        invalid: Invalid,
        report: &mut impl FnMut(Message),
    ) {
        let unescaped = json::unescape(message);
        let matters = prefilter::may_change(feed, message)
            || prefilter::may_change(feed, &unescaped)
            || self.context.matcher.occurs_in(&unescaped, Folding::of(feed));
        report(if matters { Message::Malformed(invalid.0) } else { Message::Unmatched(1) });
    }
}

/// Message streams are kept open with comments.
fn is_heartbeat(line: &[u8]) -> bool {
    line.first() == Some(&b':')
}

/// Whether a line is a page of messages. What a Nostr relay sends is an array too, and begins with a
/// word.
fn is_page(feed: Option<Feed>, line: &[u8]) -> bool {
    match line.trim_ascii_start() {
        [b'[', rest @ ..] => {
            feed != Some(Feed::Nostr) || rest.trim_ascii_start().first() != Some(&b'"')
        }
        _ => false,
    }
}

/// The messages in a block: its lines, and of those that are pages of messages the parts.
pub(crate) fn split(block: &[u8]) -> Vec<&[u8]> {
    let mut messages = Vec::new();
    for line in block.split(|&byte| byte == b'\n') {
        let line = line.trim_ascii();
        let page = str::from_utf8(line).ok().and_then(|text| page(Feed::Nostr, text).ok()?);
        match page {
            Some(items) => messages.extend(items.into_iter().map(str::as_bytes)),
            None if line.is_empty() => {}
            None => messages.push(line),
        }
    }
    messages
}

/// The messages of a page; `None` if `text` is no page but one message.
fn page(feed: Feed, text: &str) -> Result<Option<Vec<&str>>, Invalid> {
    if !is_page(Some(feed), text.as_bytes()) {
        return Ok(None);
    }
    let mut reader = Reader::new(text);
    let mut items = Vec::new();
    reader.array(|reader| {
        items.push(reader.skip()?);
        Ok(())
    })?;
    reader.end()?;
    Ok(Some(items))
}

/// Reads a text field that may also be missing or `null`.
fn optional_text<'a>(
    reader: &mut Reader<'a>,
) -> Result<Option<std::borrow::Cow<'a, str>>, Invalid> {
    if reader.null() { Ok(None) } else { reader.string().map(|text| Some(text.value())) }
}

/// Reads a time by its text; `None` if it is none, which a recorder's own time makes up for.
fn time(
    reader: &mut Reader<'_>,
    parse: impl Fn(&str) -> Option<Timestamp>,
) -> Result<Option<Timestamp>, Invalid> {
    if reader.peek()? != Kind::String {
        return reader.skip().map(|_| None);
    }
    Ok(parse(&reader.string()?.value()))
}

/// Reads a time by its number; `None` if it is none.
fn time_number(
    reader: &mut Reader<'_>,
    parse: impl Fn(i64) -> Option<Timestamp>,
) -> Result<Option<Timestamp>, Invalid> {
    let text = reader.skip()?;
    Ok(Reader::new(text).integer().ok().and_then(parse))
}

#[cfg(test)]
mod tests;
