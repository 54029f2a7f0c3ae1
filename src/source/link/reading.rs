//! Whether anything that comes can be read, and what it is if not. Pure: verdicts and times come in
//! as arguments.
//!
//! Until a message is read each one is looked at as a whole. After that one in a second is, since what
//! is read once is seldom another thing later, and a look costs more than decoding does. As soon as one
//! cannot be read all are looked at again, so that the first that can ends the matter.
//! A few messages of many that cannot be read are no trouble of the source: they are counted.

use std::fmt;
use std::time::Duration;

use crate::decode::verdict::{Place, Verdict};
use crate::timestamp::Timestamp;

use super::what_came::What;

/// Messages in a row that cannot be read and tell nothing for certain, at the beginning of a
/// connection: greetings and remarks are often fewer.
const FEW: u32 = 3;

/// The same once a message was read.
const MANY: u32 = 20;

/// Between two looks while messages are read.
const STEP: Duration = Duration::from_secs(1);

/// What a source has been able to read.
#[derive(Debug)]
pub(in crate::source) struct Reading {
    /// Messages that were looked at and read, in all connections.
    read: u64,
    /// What could not be read since the last that was: how many, and what they are.
    unread: u32,
    what: Option<What>,
    /// When the first of them came.
    since: Option<Timestamp>,
    /// How many of them are not waited for any longer.
    patience: u32,
    /// What the map points at and no post has had so far, of `posts` that were looked at.
    lacking: Option<Vec<Place>>,
    posts: u64,
    /// The messages are parts of one document: whether any of them was read.
    in_document: Option<bool>,
    /// All of this connection is something that cannot be read, whatever single messages look like.
    is_hopeless: bool,
    next_look: Option<Timestamp>,
    /// What was told last.
    told: Option<Told>,
}

/// What there is to say.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::source) struct Told {
    pub(in crate::source) said: String,
    /// What came, as it stands in `said`.
    pub(in crate::source) what: String,
    pub(in crate::source) hint: &'static str,
    /// Nothing can be read; otherwise something of each post is missing.
    pub(in crate::source) is_unread: bool,
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.said, self.hint)
    }
}

impl Default for Reading {
    fn default() -> Reading {
        Reading {
            read: 0,
            unread: 0,
            what: None,
            since: None,
            patience: FEW,
            lacking: None,
            posts: 0,
            in_document: None,
            is_hopeless: false,
            next_look: None,
            told: None,
        }
    }
}

impl Reading {
    /// A connection begins. What was not read before it is still not read.
    pub(super) fn begin_connection(&mut self) {
        self.patience = FEW;
        self.is_hopeless = false;
        self.in_document = None;
        self.since = None;
        self.next_look = None;
    }

    /// The messages that follow are those of one document, or of its pages.
    pub(super) fn begin_document(&mut self) {
        self.in_document = Some(false);
        self.unread = 0;
        self.what = None;
        self.patience = 1;
        self.next_look = None;
    }

    /// Whether the message that has come at `now` is to be looked at.
    pub(super) fn is_due(&self, now: Timestamp) -> bool {
        self.unread > 0
            || self.in_document.is_some()
            || self.next_look.is_none_or(|next| next <= now)
    }

    /// A message was looked at.
    pub(super) fn hear(&mut self, verdict: Verdict, message: &[u8], now: Timestamp) {
        match verdict {
            Verdict::Nothing if self.in_document != Some(false) => {}
            Verdict::Nothing => self.hear_unread(What::Empty, now),
            Verdict::Unread(unread) => self.hear_unread(What::of(unread, message), now),
            Verdict::Read { .. } if self.is_hopeless => {}
            Verdict::Read { messages, lacking } => {
                self.hear_read(now);
                if messages > 0 {
                    self.posts += messages as u64;
                    match &mut self.lacking {
                        Some(known) => known.retain(|place| lacking.contains(place)),
                        none => *none = Some(lacking),
                    }
                }
            }
        }
    }

    /// A message was read that is not looked at here.
    pub(super) fn hear_read(&mut self, now: Timestamp) {
        if self.is_hopeless {
            return;
        }
        self.read += 1;
        self.unread = 0;
        self.what = None;
        self.since = None;
        self.next_look = Some(now.saturating_add(STEP));
        match &mut self.in_document {
            Some(is_read) => *is_read = true,
            None => self.patience = MANY,
        }
    }

    /// Something came that cannot be read.
    pub(super) fn hear_unread(&mut self, what: What, now: Timestamp) {
        // A document is read as soon as anything in it is.
        if self.in_document == Some(true) {
            return;
        }
        self.unread = self.unread.saturating_add(1);
        self.since.get_or_insert(now);
        let is_surer = |known: &What| what.is_certain() && !known.is_certain();
        if self.what.as_ref().is_none_or(is_surer) {
            self.what = Some(what);
        }
    }

    /// All that this connection brings is `what`.
    pub(super) fn give_up(&mut self, what: What) {
        self.unread = self.unread.max(1);
        self.what = Some(what);
        self.is_hopeless = true;
    }

    /// How many messages were read, and posts in them.
    pub(in crate::source) fn read(&self) -> (u64, u64) {
        (self.read, self.posts)
    }

    /// What the document at hand is, if nothing in it could be read.
    pub(super) fn unread_document(&self) -> Option<&What> {
        self.what.as_ref().filter(|_| self.in_document == Some(false))
    }

    /// What there is to say as it stands.
    pub(in crate::source) fn tell(&self) -> Option<Told> {
        let is_enough = |what: &What| self.unread >= self.patience || self.is_certain(what);
        if let Some(what) = self.what.as_ref().filter(|what| is_enough(what)) {
            return Some(self.unreadable(what));
        }
        let enough = if self.in_document.is_some() { 1 } else { u64::from(FEW) };
        let place = self.lacking.as_ref()?.first().filter(|_| self.posts >= enough)?;
        let what = What::Lacking(place.clone());
        let said = format!("the posts can be read, and {what}");
        Some(Told { said, what: what.to_string(), hint: what.hint(), is_unread: false })
    }

    /// What could not be read so far, however little that says.
    pub(in crate::source) fn suspicion(&self) -> Option<Told> {
        self.what.as_ref().map(|what| self.unreadable(what))
    }

    fn unreadable(&self, what: &What) -> Told {
        let said = if self.read == 0 {
            format!("nothing that came can be read: {what}")
        } else {
            format!("what comes can be read no longer: {what}")
        };
        Told { said, what: what.to_string(), hint: what.hint(), is_unread: true }
    }

    /// What is certain is told at once, unless messages were read before it on this connection.
    fn is_certain(&self, what: &What) -> bool {
        self.is_hopeless || what.is_certain() && self.patience < MANY
    }

    /// What there is to say at `now` that was not said before. A message that may be a greeting is told
    /// when none that is read has followed for as long as `wait`.
    pub(super) fn take_new(&mut self, now: Timestamp, wait: Duration) -> Option<Told> {
        let waited = self.since.is_some_and(|since| now.saturating_since(since) >= wait);
        if waited && self.patience == FEW {
            self.patience = 1;
        }
        let told = self.tell();
        if told == self.told {
            return None;
        }
        self.told.clone_from(&told);
        told
    }
}

#[cfg(test)]
mod tests {
    use crate::decode::verdict::Unread;

    use super::*;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millis(1_795_287_841_000 + ms).unwrap()
    }

    fn read(reading: &mut Reading, lacking: &[&'static str]) {
        let place = |key: &&'static str| Place { key, pointer: format!("/{key}") };
        let lacking = lacking.iter().map(place).collect();
        reading.hear(Verdict::Read { messages: 1, lacking }, b"", at(0));
    }

    fn unread(reading: &mut Reading, message: &[u8]) {
        reading.hear(Verdict::Unread(Unread::NoJson), message, at(0));
    }

    fn said(reading: &Reading) -> String {
        reading.tell().map(|told| told.said).unwrap_or_default()
    }

    #[test]
    fn what_is_certain_is_told_at_once_and_the_rest_after_a_few() {
        let mut certain = Reading::default();
        unread(&mut certain, b"\x1f\x8b\x08");
        assert!(said(&certain).contains("gzip"));
        let mut words = Reading::default();
        for _ in 1..FEW {
            unread(&mut words, b"hello");
            assert_eq!(said(&words), "");
            assert!(words.suspicion().is_some());
        }
        unread(&mut words, b"hello");
        assert_eq!(said(&words), "nothing that came can be read: it is plain words, not JSON");
    }

    #[test]
    fn the_first_message_that_is_read_ends_it() {
        let mut reading = Reading::default();
        unread(&mut reading, b"<html>");
        let wait = Duration::from_secs(10);
        assert!(reading.take_new(at(0), wait).is_some());
        assert_eq!(reading.take_new(at(1), wait), None);
        read(&mut reading, &[]);
        assert_eq!((reading.take_new(at(2), wait), reading.tell()), (None, None));
        // The same is news again.
        reading.begin_connection();
        unread(&mut reading, b"<html>");
        assert!(reading.take_new(at(3), wait).is_some());
    }

    #[test]
    fn a_single_word_that_nothing_follows_is_told_after_a_while() {
        let wait = Duration::from_secs(10);
        let mut reading = Reading::default();
        unread(&mut reading, b"hello");
        assert_eq!(reading.take_new(at(9999), wait), None);
        assert!(reading.take_new(at(10_000), wait).is_some());
        // After a message that was read it is one of many.
        read(&mut reading, &[]);
        assert_eq!(reading.take_new(at(10_000), wait), None);
        unread(&mut reading, b"hello");
        assert_eq!((reading.take_new(at(100_000), wait), reading.tell()), (None, None));
    }

    #[test]
    fn some_that_cannot_be_read_among_others_are_only_counted() {
        let mut reading = Reading::default();
        for _ in 0..100 {
            read(&mut reading, &[]);
            for _ in 1..MANY {
                unread(&mut reading, b"\x1f\x8b");
            }
            assert_eq!(said(&reading), "");
        }
        // A source that brings nothing else any more is in trouble all the same.
        unread(&mut reading, b"\x1f\x8b");
        unread(&mut reading, b"\x1f\x8b");
        assert!(said(&reading).starts_with("what comes can be read no longer: it is compressed"));
    }

    #[test]
    fn after_a_break_what_came_before_is_not_forgotten() {
        let mut reading = Reading::default();
        unread(&mut reading, b"\x1f\x8b");
        reading.begin_connection();
        assert!(said(&reading).contains("gzip"));
        read(&mut reading, &[]);
        reading.begin_connection();
        unread(&mut reading, b"<html>");
        assert!(said(&reading).ends_with("it is a web page"), "{}", said(&reading));
    }

    #[test]
    fn the_surest_word_is_told() {
        let mut reading = Reading::default();
        unread(&mut reading, b"hello");
        unread(&mut reading, b"\x1f\x8b\x08\x00");
        unread(&mut reading, b"\x00\x01\x02");
        assert!(said(&reading).contains("gzip"), "{}", said(&reading));
    }

    #[test]
    fn a_document_is_judged_as_a_whole() {
        let mut reading = Reading::default();
        reading.begin_document();
        unread(&mut reading, b"hello");
        assert!(said(&reading).contains("plain words"));
        assert_eq!(reading.unread_document(), Some(&What::Words));
        reading.begin_document();
        read(&mut reading, &[]);
        unread(&mut reading, b"hello");
        assert_eq!((said(&reading).as_str(), reading.unread_document()), ("", None));
        reading.begin_document();
        reading.hear(Verdict::Nothing, b"", at(0));
        assert!(said(&reading).ends_with("it is empty"));
    }

    #[test]
    fn what_no_post_has_is_told_until_one_has_it() {
        let mut reading = Reading::default();
        read(&mut reading, &["author", "at"]);
        read(&mut reading, &["author"]);
        assert_eq!(said(&reading), "", "three posts are the least");
        read(&mut reading, &["author", "id"]);
        assert!(
            said(&reading).contains("nothing is at `/author`, where `[source.map]` has `author`")
        );
        assert!(!reading.tell().unwrap().is_unread);
        read(&mut reading, &[]);
        assert_eq!(said(&reading), "");
    }

    #[test]
    fn while_messages_are_read_one_in_a_second_is_looked_at() {
        let mut reading = Reading::default();
        assert!(reading.is_due(at(0)));
        read(&mut reading, &[]);
        assert!(!reading.is_due(at(999)) && reading.is_due(at(1000)));
        unread(&mut reading, b"hello");
        assert!(reading.is_due(at(1)));
        reading.begin_connection();
        assert!(reading.is_due(at(1)));
    }

    #[test]
    fn a_connection_that_is_given_up_is_read_by_chance_only() {
        let mut reading = Reading::default();
        reading.give_up(What::OverLines);
        read(&mut reading, &[]);
        assert!(said(&reading).contains("over several lines"));
        reading.begin_connection();
        read(&mut reading, &[]);
        assert_eq!(said(&reading), "");
    }
}
