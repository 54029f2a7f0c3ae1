//! Decodes the messages of one recording or connection: block by block, line by line.
//!
//! Goes by the table of networks, and knows none of them by name.

use std::borrow::Cow;

use crate::event::{Message, Recorded};
use crate::post::{Deletion, Hasher, Post, Version};
use crate::questions::Questions;
use crate::timestamp::Timestamp;

use super::draft::{Arrival, Content, Context, Line, OfFile, Origin, Raw};
use super::json::{self, Invalid};
use super::matcher::Matcher;
use super::network::Decode;
use super::networks::{self, Feed};
use super::page::{Array, is_heartbeat, is_page, page};
use super::prefilter::{Prefilter, Scan};

const NO_FEED: Invalid = Invalid("not a message of any network known here");

/// Why what would steer a show is malformed anywhere else.
pub(super) const STEERS: &str = "only a file can have a command or a phase";

/// Bytes at the end of a piece of a line that are looked at again with the next: more than any
/// hashtag has, however it is written.
const OVERLAP: usize = 2048;

/// Decodes the messages of one recording or connection, in order.
///
/// Give it whole lines; it reports the events to a closure, with the number of the line that each is
/// from. Runs of messages that concern nobody arrive as one [`Message::Unmatched`].
pub struct Decoder {
    context: Context,
    questions: Questions,
    feed: Option<Feed>,
    /// What an array is in this feed.
    array: Array,
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
    pub fn new(questions: &Questions, feed: Option<Feed>, hasher: Hasher) -> Decoder {
        Decoder {
            context: Context {
                matcher: Matcher::new(questions),
                reposts: questions.reposts(),
                hasher,
                origin: Origin::Anybody,
            },
            questions: questions.clone(),
            feed,
            array: networks::array(feed),
            prefilter: feed.map(|feed| networks::prefilter(Some(feed), questions)),
            line: 0,
            seam: Vec::new(),
            may_matter: false,
        }
    }

    /// It reads a file that the person who runs the program has chosen: commands and what the clock
    /// did are obeyed, which are malformed from anybody else.
    #[must_use]
    pub fn of_a_file(mut self) -> Decoder {
        self.context.origin = Origin::File;
        self
    }

    /// The same, and the file is the journal that the show goes on with: the names in it are those
    /// that its hasher made.
    #[must_use]
    pub fn of_its_own_journal(mut self) -> Decoder {
        self.context.origin = Origin::OwnJournal;
        self
    }

    /// The feed, once it is known.
    #[must_use]
    pub fn feed(&self) -> Option<Feed> {
        self.feed
    }

    /// The lines that were read so far.
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
                && !is_page(self.array, line)
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
            self.prefilter.get_or_insert_with(|| networks::prefilter(None, &self.questions));
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

    pub(super) fn message(&mut self, bytes: &[u8], report: &mut impl FnMut(Message)) {
        let Ok(text) = std::str::from_utf8(bytes) else {
            let text = String::from_utf8_lossy(bytes);
            return self.refuse(self.feed, &text, Invalid("not UTF-8"), report);
        };
        if self.feed.is_none() {
            self.feed = Feed::sniff(text);
            self.array = networks::array(self.feed);
            if self.feed.is_some() {
                self.prefilter = Some(networks::prefilter(self.feed, &self.questions));
            }
        }
        let Some(feed) = self.feed else {
            // An empty page is not a message, whosever it is.
            if matches!(page(Array::Page, text), Ok(Some(items)) if items.is_empty()) {
                return;
            }
            return self.refuse(None, text, NO_FEED, report);
        };
        match page(self.array, text) {
            Err(invalid) => self.refuse(Some(feed), text, invalid, report),
            Ok(Some(items)) => {
                for item in items {
                    self.one(feed, item, report);
                }
            }
            Ok(None) => self.one(feed, text, report),
        }
    }

    /// One message, an object that may hold several, or a line of a recording.
    fn one(&self, feed: Feed, text: &str, report: &mut impl FnMut(Message)) {
        let Decode::Recording(decode) = feed.network().decode else {
            return self.network(feed, text, None, report);
        };
        match decode(&self.context, text) {
            Ok(Line::Content(content)) => self.report(feed, content, None, text, report),
            Ok(Line::Recorded(content, arrival)) => {
                self.recorded(feed, content, arrival, text, report);
            }
            Ok(Line::OfFile(of_file)) => self.of_file(of_file, report),
            Ok(Line::Raw(Raw { seen, at, kind, source, message })) => {
                let of_source = |name: Option<&Cow<'_, str>>| Feed::of_source(name?);
                let feed = of_source(kind.as_ref()).or_else(|| Feed::sniff(&message));
                let feed = feed.or_else(|| of_source(source.as_ref()));
                let arrival = Arrival { seen, source };
                self.raw(at, feed, &message, text, &mut self.with_arrival(arrival, report));
            }
            Err(invalid) => self.refuse(Some(feed), text, invalid, report),
        }
    }

    /// A message of which a recorder says when and from where it came.
    fn recorded(
        &self,
        feed: Feed,
        content: Content,
        arrival: Arrival<'_>,
        text: &str,
        report: &mut impl FnMut(Message),
    ) {
        self.report(feed, content, None, text, &mut self.with_arrival(arrival, report));
    }

    /// Reports with each post and deletion, if it is from a file, when and from where it came.
    fn with_arrival(
        &self,
        Arrival { seen, source }: Arrival<'_>,
        report: &mut impl FnMut(Message),
    ) -> impl FnMut(Message) {
        let is_told = seen.is_some() || source.is_some();
        let is_told = is_told && self.context.origin != Origin::Anybody;
        let source = source.filter(|_| is_told).map(Cow::into_owned);
        move |message| {
            report(match message {
                message @ (Message::Post(_) | Message::Deletion(_)) if is_told => {
                    let source = source.clone();
                    Message::Recorded(Box::new(Recorded { seen, source, message }))
                }
                message => message,
            });
        }
    }

    /// What only a file may say.
    fn of_file(&self, of_file: OfFile, report: &mut impl FnMut(Message)) {
        let is_file = self.context.origin != Origin::Anybody;
        match of_file {
            OfFile::Command(_) | OfFile::Clock(..) if !is_file => {
                report(Message::Malformed(STEERS));
            }
            OfFile::Command(given) => report(Message::Command(given)),
            OfFile::Clock(at, event) => report(Message::Clock(at, event)),
            OfFile::Counted { .. } | OfFile::Result if !is_file => report(Message::Unmatched(1)),
            OfFile::Counted { unmatched, malformed, dropped } => {
                if unmatched > 0 {
                    report(Message::Unmatched(unmatched));
                }
                for _ in 0..malformed {
                    report(Message::Malformed("malformed when it was recorded"));
                }
                if dropped > 0 {
                    report(Message::Dropped(dropped));
                }
            }
            OfFile::Result => {}
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
        match page(feed.network().array, message) {
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
            Ok(Content::Post(post)) if !post.found.tags.is_empty() && post.at.is_some() => {
                self.report(feed, Content::Post(post), at, text, report);
            }
            Ok(Content::Deletion(deletion)) => {
                self.report(feed, Content::Deletion(deletion), at, text, report);
            }
            _ if networks::steers(text) => report(Message::Malformed(STEERS)),
            Ok(content) => self.report(feed, content, at, text, report),
            Err(invalid) => self.refuse(Some(feed), text, invalid, report),
        };
        match feed.network().decode {
            Decode::One(decode) => read(text, decode(&self.context, text)),
            Decode::Several(decode) => decode(&self.context, text, &mut read),
            Decode::Recording(decode) => match decode(&self.context, text) {
                Ok(Line::Content(content) | Line::Recorded(content, _)) => read(text, Ok(content)),
                Ok(Line::Raw(_)) => read(text, Err(Invalid("raw inside of raw"))),
                Ok(Line::OfFile(OfFile::Command(_) | OfFile::Clock(..))) => {
                    read(text, Err(Invalid(STEERS)));
                }
                Ok(Line::OfFile(_)) => read(text, Ok(Content::Other)),
                Err(invalid) => read(text, Err(invalid)),
            },
        }
    }

    fn report(
        &self,
        feed: Feed,
        content: Content,
        at: Option<Timestamp>,
        text: &str,
        report: &mut impl FnMut(Message),
    ) {
        match content {
            Content::Nothing => {}
            Content::Other | Content::Unknown => report(Message::Unmatched(1)),
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
                Some(_) if draft.found.tags.is_empty() && draft.version == Version::First => {
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
        let matters = networks::may_change(feed, message)
            || networks::may_change(feed, &unescaped)
            || self.context.matcher.occurs_in(&unescaped, networks::folding(feed));
        report(if matters { Message::Malformed(invalid.0) } else { Message::Unmatched(1) });
    }
}
