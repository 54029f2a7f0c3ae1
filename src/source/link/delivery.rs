//! What a session brings to the show: messages are decoded, placed in time and sent, and what finds
//! no room is counted.
//!
//! Knows nothing of connections: whether there is one, and when there is another, is the business of
//! the [`Link`] itself. Two ways lead out: a message or a sign of life that finds no room is dropped
//! and counted (a live source does not wait), and what must not be lost waits for room.

use std::borrow::Cow;
use std::time::Duration;

use tokio::sync::mpsc::error::TrySendError;
use tracing::warn;

use crate::decode::documents::Documents;
use crate::decode::verdict::{self, Verdict};
use crate::decode::{self, Decoder};
use crate::event::{Message, News};
use crate::failpoint;
use crate::recorder::Raw;
use crate::timestamp::Timestamp;

use super::super::framing::text::bare;
use super::super::skew::Skew;
use super::super::{Over, SourceContext};
use super::Link;
use super::failure::Failure;
use super::http::Dated;
use super::what_came::What;

/// How messages become events.
pub(in crate::source) enum Decoding {
    /// They are of a network that is known.
    Feed(Box<Decoder>),
    /// They are what the config says.
    Documents(Documents),
    /// The next life of the source has the reader.
    Left,
}

/// The state of a link's delivery.
pub(super) struct Delivery {
    decoding: Decoding,
    /// How far the show's clock is ahead of the network's.
    skew: Skew,
    /// Messages that concern nobody and were not sent yet: one event is enough for many of them.
    unmatched: u64,
    /// Messages that found no room and were not reported yet.
    dropped: u64,
    /// A message was sent since the last sign of life.
    pub(super) has_sent: bool,
    /// A sign of life has come that the show has not heard of.
    pub(super) owes_alive: bool,
    /// A message is being read: if nothing comes of it, it is lost.
    is_reading: bool,
    /// When the oldest post of this poll was made.
    oldest: Option<Timestamp>,
}

impl Delivery {
    /// For posts that count for `window`.
    pub(super) fn new(decoding: Decoding, window: Duration) -> Delivery {
        Delivery {
            decoding,
            skew: Skew::new(window),
            unmatched: 0,
            dropped: 0,
            has_sent: false,
            owes_alive: false,
            is_reading: false,
            oldest: None,
        }
    }

    /// How far a message can be read; counts nothing.
    pub(super) fn verdict(&self, message: &[u8]) -> Verdict {
        match &self.decoding {
            Decoding::Feed(decoder) => {
                decoder.feed().map_or(Verdict::Nothing, |feed| verdict::of_feed(feed, message))
            }
            Decoding::Documents(documents) => documents.verdict(message),
            Decoding::Left => Verdict::Nothing,
        }
    }

    /// A message that is one document over several lines, on one: where messages are a line each that
    /// would be several.
    fn on_one_line<'m>(&self, message: &'m [u8]) -> Cow<'m, [u8]> {
        let is_line = matches!(self.decoding, Decoding::Documents(_))
            || memchr::memchr(b'\n', message.trim_ascii_end()).is_none()
            || !verdict::is_one(message);
        if is_line {
            return Cow::Borrowed(message);
        }
        // What is in quotes has no line feeds.
        let spaced = message.iter().map(|&byte| if byte == b'\n' { b' ' } else { byte });
        Cow::Owned(spaced.collect())
    }
}

impl Link {
    /// What the show's clock shows.
    pub(in crate::source) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// What the network's own clock shows at this moment, as far as that is known.
    pub(in crate::source) fn network_now(&self) -> Timestamp {
        self.delivery.skew.network(self.now())
    }

    /// Where something that the network dates `network` belongs on the show's clock.
    pub(in crate::source) fn place(&self, network: Timestamp) -> Timestamp {
        self.delivery.skew.place(network, self.now())
    }

    /// How far the show's clock is ahead of the network's, in milliseconds, once that has said
    /// anything of it.
    pub(in crate::source) fn skew_ms(&self) -> Option<i64> {
        self.delivery.skew.observed(self.now())
    }

    /// Whether it is open if the machine's clock is wrong or what the network says of its own.
    pub(in crate::source) fn is_time_undecided(&self) -> bool {
        self.delivery.skew.is_undecided(self.now())
    }

    /// The network said what its own clock shows. Gives what that shows, as far as it is known.
    pub(in crate::source) fn observe_time(&mut self, network: Timestamp) -> Timestamp {
        let now = self.clock.now();
        self.delivery.skew.observe(network, now);
        self.delivery.skew.network(now)
    }

    /// An answer of the network is dated. To be called once it is known to be of the network itself:
    /// it has the status, and the content, that was asked for.
    pub(in crate::source) fn observe_date(&mut self, dated: Option<Dated>) {
        if let Some(Dated { date, arrival }) = dated {
            self.delivery.skew.observe_date(date, arrival);
        }
    }

    /// The clock that stamps the messages is another one than that which dates the answers, and is
    /// the one to go by.
    pub(in crate::source) fn trust_stamps(&mut self) {
        self.delivery.skew = Skew::by_stamps(self.questions().window());
    }

    /// What the network's clock showed at a time of the show's clock, as far as that is known.
    pub(in crate::source) fn network_at(&self, time: Timestamp) -> Timestamp {
        self.delivery.skew.network(time)
    }

    /// Decodes a message that has just come, and sends what it says.
    pub(in crate::source) fn deliver(&mut self, message: &[u8]) -> Result<(), Failure> {
        self.deliver_if(message, |_| Ok(()))
    }

    /// The same, where a message is not to be trusted unseen: `check` sees each post and deletion
    /// before it is sent, and says what is wrong with it.
    pub(in crate::source) fn deliver_if(
        &mut self,
        message: &[u8],
        mut check: impl FnMut(&Message) -> Result<(), &'static str>,
    ) -> Result<(), Failure> {
        let message = bare(message);
        let arrival = self.clock.now();
        self.look(message, arrival);
        let line = self.delivery.on_one_line(message);
        self.delivery.is_reading = true;
        let result = self.deliver_now(&line, arrival, &mut check);
        self.delivery.is_reading = false;
        result
    }

    fn deliver_now(
        &mut self,
        message: &[u8],
        arrival: Timestamp,
        check: &mut impl FnMut(&Message) -> Result<(), &'static str>,
    ) -> Result<(), Failure> {
        let recorder =
            self.context.recorder.clone().filter(|recorder| recorder.is_raw(self.context.id));
        let Some(recorder) = recorder else {
            return self.decode(message, arrival, check, |_, _| {});
        };
        let mut result = Ok(());
        for message in decode::split(message) {
            let mut raw = Raw::new(self.context.id, arrival);
            let decoded = self.decode(message, arrival, check, |message, is_refused| {
                raw.note(message, is_refused);
            });
            recorder.raw(&raw, message);
            result = result.and(decoded);
        }
        result
    }

    /// Decodes messages that came at `arrival`, and sends what they say. `note` gets it first, and
    /// whether `check` has refused it.
    fn decode(
        &mut self,
        message: &[u8],
        arrival: Timestamp,
        check: &mut impl FnMut(&Message) -> Result<(), &'static str>,
        mut note: impl FnMut(&Message, bool),
    ) -> Result<(), Failure> {
        let mut result = Ok(());
        let Delivery { decoding, skew, unmatched, dropped, has_sent, owes_alive, oldest, .. } =
            &mut self.delivery;
        let before = *dropped;
        let mut sent = 0_u64;
        let context = &self.context;
        let network_now = skew.network(arrival);
        let mut report = |mut message| {
            let mut is_refused = false;
            // Nobody steers a show through the posts of a network.
            if matches!(message, Message::Recorded(_) | Message::Command(_) | Message::Clock(..)) {
                message = Message::Malformed("only a recording has that");
                is_refused = true;
            }
            if matches!(message, Message::Post(_) | Message::Deletion(_))
                && let Err(reason) = check(&message)
            {
                message = Message::Malformed(reason);
                is_refused = true;
            }
            match &mut message {
                Message::Unmatched(count) => return *unmatched += *count,
                Message::Post(post) => {
                    post.at = skew.place(post.at, arrival);
                    *oldest = Some(oldest.map_or(post.at, |oldest| oldest.min(post.at)));
                }
                Message::Deletion(deletion) => {
                    deletion.at = Some(deletion.at.map_or(arrival, |at| skew.place(at, arrival)));
                }
                Message::Malformed(_)
                | Message::Dropped(_)
                | Message::Recorded(_)
                | Message::Command(_)
                | Message::Clock(..) => {}
            }
            note(&message, is_refused);
            if *unmatched > 0 && result.is_ok() {
                let count = std::mem::take(unmatched);
                result = try_send(context, Message::Unmatched(count).into(), dropped);
            }
            if result.is_ok() {
                result = try_send(context, message.into(), dropped);
                sent += 1;
            }
        };
        failpoint::reach("message");
        match decoding {
            Decoding::Feed(decoder) => decoder.block(message, |_, message| report(message)),
            // What has no time of its own is of now, as the network has it.
            Decoding::Documents(documents) => documents.document(message, network_now, report),
            Decoding::Left => {}
        }
        if sent > 0 && *dropped == before {
            // Who hears a message hears that the source is alive.
            (*has_sent, *owes_alive) = (true, false);
        }
        result
    }

    /// Counts a message that was too long to be read.
    pub(in crate::source) fn deliver_too_long(&mut self) -> Result<(), Failure> {
        self.deliver_unread(What::TooLong, "longer than any message")
    }

    /// Counts a message that could not be read at all.
    pub(super) fn deliver_unread(
        &mut self,
        what: What,
        reason: &'static str,
    ) -> Result<(), Failure> {
        self.note_unread(what);
        self.try_send(Message::Malformed(reason).into())?;
        (self.delivery.has_sent, self.delivery.owes_alive) = (true, false);
        Ok(())
    }

    /// The documents that follow are those of one poll.
    pub(in crate::source) fn begin_poll(&mut self) {
        self.delivery.oldest = None;
        if let Decoding::Documents(documents) = &mut self.delivery.decoding {
            documents.begin_poll();
        }
    }

    /// How many messages of this poll were new, and how many had stood in the poll before.
    pub(in crate::source) fn polled(&self) -> (usize, usize) {
        match &self.delivery.decoding {
            Decoding::Feed(_) | Decoding::Left => (0, 0),
            Decoding::Documents(documents) => documents.polled(),
        }
    }

    /// When the oldest post of this poll was made, of those that name a team.
    pub(in crate::source) fn oldest_polled(&self) -> Option<Timestamp> {
        self.delivery.oldest
    }

    /// Whether what is read are sums, of which only what they grow by counts.
    pub(in crate::source) fn reads_numbers(&self) -> bool {
        matches!(self.delivery.decoding, Decoding::Documents(Documents::Numbers(_)))
    }

    /// Sends what was counted and not sent yet, and the sign of life that the show has not heard of.
    /// To be called when nothing is waiting to be read.
    pub(in crate::source) async fn flush(&mut self) -> Result<(), Failure> {
        self.log.report_left_out();
        if self.delivery.dropped > 0 {
            let dropped = std::mem::take(&mut self.delivery.dropped);
            if self.may_log() {
                warn!(dropped, "messages were dropped: there was no time for them");
            }
            self.send(Message::Dropped(dropped).into()).await?;
        }
        if self.delivery.unmatched > 0 {
            let unmatched = std::mem::take(&mut self.delivery.unmatched);
            self.send(Message::Unmatched(unmatched).into()).await?;
            (self.delivery.has_sent, self.delivery.owes_alive) = (true, false);
        }
        if std::mem::take(&mut self.delivery.owes_alive) {
            self.alive_sent = self.alive_at;
            self.try_send(News::Alive)?;
        }
        self.show_reading().await
    }

    /// For the end of a link: leaves the reader that knows what the last documents held, which the next
    /// ones are compared with, and sends what was counted and not sent yet without waiting.
    pub(super) fn leave(&mut self) {
        if let Decoding::Documents(documents) =
            std::mem::replace(&mut self.delivery.decoding, Decoding::Left)
        {
            self.context.legacy.leave(documents);
        }
        let Delivery { unmatched, dropped, is_reading, .. } = self.delivery;
        let dropped = dropped + u64::from(is_reading);
        let counted = [Message::Unmatched(unmatched), Message::Dropped(dropped)];
        for (message, count) in counted.into_iter().zip([unmatched, dropped]) {
            if count > 0 {
                let _over = self.context.news.try_send((self.context.id, message.into()));
            }
        }
    }

    /// Sends news that may be dropped if there is no room, and is then counted.
    pub(super) fn try_send(&mut self, news: News) -> Result<(), Failure> {
        try_send(&self.context, news, &mut self.delivery.dropped)
    }

    /// Sends news that must not be lost, and waits for room.
    pub(super) async fn send(&self, news: News) -> Result<(), Failure> {
        self.context.send(news).await.map_err(|Over| Failure::Over)
    }
}

/// A live source does not wait: what finds no room is counted.
fn try_send(context: &SourceContext, news: News, dropped: &mut u64) -> Result<(), Failure> {
    match context.news.try_send((context.id, news)) {
        Ok(()) => Ok(()),
        Err(TrySendError::Full((_, news))) => {
            *dropped += match news {
                News::Message(Message::Unmatched(count)) => count,
                News::Alive => 0,
                _ => 1,
            };
            Ok(())
        }
        Err(TrySendError::Closed(_)) => Err(Failure::Over),
    }
}
