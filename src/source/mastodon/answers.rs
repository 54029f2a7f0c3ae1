//! Answers of the timelines, and what of them is sent: each post once, its changes and its end.
//!
//! The timelines are all there is to read, or are asked beside a stream, which a request never stops:
//! its failure leaves the timelines alone for a while, and what cannot be made up for is a gap.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::Instant;

use crate::timestamp::Timestamp;

use super::super::link::failure::{Class, Failure};
use super::super::link::http::{Dated, Document};
use super::super::link::{Link, Resume};
use super::api::PATIENCE;
use super::client::{Client, Shown};
use super::clocks::Clocks;
use super::ledger::Change;
use super::names::Name;
use super::notes::Topic;
use super::way::Way;
use super::{mark, server};

/// Steps of [`super::super::link::Times::poll`] for which the timelines are left alone beside a stream:
/// after a refusal, while the server is in trouble, and after a failure of the connection.
const REFUSED_STEPS: u32 = 60;
const TROUBLED_STEPS: u32 = 6;
const BROKEN_STEPS: u32 = 2;

/// Steps after which a post that is in no timeline any more is taken for deleted.
const GONE_STEPS: u32 = 6;

/// No server is believed to want more, whatever number it says.
const LONGEST_PAUSE: Duration = Duration::from_mins(15);

/// What a server answers that does not know the address.
const ABSENT: [u16; 6] = [400, 404, 405, 406, 410, 501];

/// A page of a timeline.
pub(super) struct Page {
    bytes: Vec<u8>,
    /// What its answer says of the time.
    pub(super) dated: Option<Dated>,
    /// A stream brings its hashtags.
    is_of_streamed: bool,
}

impl Client {
    /// Asks for the timelines; returns when it is time to try the first way again.
    pub(super) async fn by_timelines(&mut self, link: &mut Link) -> Result<(), Failure> {
        loop {
            if self.choice.is_detour_over(Instant::now()) {
                return Ok(());
            }
            link.flush().await?;
            let due = self.timelines.due_in();
            let answer = self.timelines.next(&self.server.api, Clocks::of(link));
            let document = if self.is_open {
                link.expect_silence_of(due);
                link.watch(due + PATIENCE * 2, answer).await?
            } else {
                answer.await
            };
            let Some(page) = self.take_answer(link, document)? else { continue };
            if !self.is_open {
                link.connected(Resume::Complete).await?;
                self.is_open = true;
                self.notes.show_again();
            }
            link.alive().await?;
            self.take_page(link, &page).await?;
            self.show_notes(link).await?;
        }
    }

    /// An answer of a timeline beside a stream, which must not end it.
    pub(super) async fn take_beside_stream(
        &mut self,
        link: &mut Link,
        document: Document,
    ) -> Result<(), Failure> {
        let failure = match self.take_answer(link, document) {
            Ok(None) => return Ok(()),
            Ok(Some(page)) => match self.take_page(link, &page).await {
                Ok(()) => return self.show_notes(link).await,
                Err(Failure::Over) => return Err(Failure::Over),
                Err(failure) => failure,
            },
            Err(failure) => self.survey.account.explain(failure, false),
        };
        let step = link.times().poll;
        let class = failure.class(true);
        let pause = match class {
            Class::Refused => step * REFUSED_STEPS,
            // Who asks for no pause is left alone for one all the same.
            Class::RateLimit(asked) | Class::Server(asked) => {
                asked.unwrap_or(step * TROUBLED_STEPS).max(step * BROKEN_STEPS)
            }
            Class::Broken | Class::Network => step * BROKEN_STEPS,
        };
        let pause = pause.min(LONGEST_PAUSE);
        if class == Class::Refused && !self.server.unstreamed.is_empty() {
            let note = format!(
                "the hashtags {} come over no stream, and the timelines cannot be read ({failure})",
                self.server.unstreamed.join(", ")
            );
            self.notes.set(Topic::Tags, Some(note));
        }
        if link.may_log() {
            tracing::warn!(?pause, "the timelines cannot be read beside the stream: {failure}");
        }
        self.timelines.pause(pause);
        self.show_notes(link).await?;
        let (now, reach) = (link.now(), link.reach());
        let connected = self.silence.since().unwrap_or(now);
        let is_lost = |missing: Timestamp| {
            class == Class::Refused || now.saturating_since(missing) + pause > reach
        };
        if self.timelines.missing().is_some_and(is_lost)
            && let Some(missing) = self.timelines.give_up()
        {
            link.report_gap(missing, connected.max(missing)).await?;
        }
        Ok(())
    }

    /// Takes an answer of a timeline: its page. `None` if there is no such timeline, and there may be
    /// others: a server that is unknown may have timelines of those hashtags alone that were used.
    pub(super) fn take_answer(
        &mut self,
        link: &Link,
        document: Document,
    ) -> Result<Option<Page>, Failure> {
        let dated = document.dated(link.now()).filter(|_| document.body.is_ok());
        let status = match &document.body {
            Err(Failure::Status { status, .. }) => *status,
            _ => 0,
        };
        if ABSENT.contains(&status) && !self.survey.facts.is_known && self.shown == Shown::Nothing {
            self.absent += 1;
            if self.absent >= self.timelines.groups() {
                self.absent = 0;
                return Err(server::no_mastodon());
            }
            self.timelines.take_page(&[], 0, Clocks::of(link));
            return Ok(None);
        }
        if matches!(status, 404 | 410) && self.timelines.has_shown() {
            // Were it taken for a timeline without posts, all of them would be deleted.
            return Err(Failure::Said {
                message: "the server does not know a hashtag that it has shown posts of".to_owned(),
                class: Class::Server(None),
                hint: None,
            });
        }
        let bytes = self.timelines.take_answer(document, Clocks::of(link))?;
        self.shown = self.shown.max(Shown::Themselves);
        Ok(Some(Page { bytes, dated, is_of_streamed: self.timelines.is_of_streamed() }))
    }

    /// A page of a timeline: sends what is new on it, the oldest post first.
    async fn take_page(&mut self, link: &mut Link, page: &Page) -> Result<(), Failure> {
        let Page { bytes, dated, is_of_streamed } = page;
        let statuses = mark::page(bytes).unwrap_or_default();
        link.observe_date(*dated);
        if !statuses.is_empty() {
            self.shown = Shown::Posts;
        }
        let (now, server_now) = (Instant::now(), link.network_now());
        for (head, text) in statuses.iter().rev() {
            let Some(head) = head else {
                self.take_odd(link, text, now)?;
                continue;
            };
            let name = self.names.name(&head.id);
            let posted = head.created_at.map(|at| link.place(at));
            if self.is_from_before(posted) && !self.ledger.knows(name) {
                self.ledger.pass_over(name, head.edited_at, now);
                continue;
            }
            let text = on_one_line(text);
            let change = self.ledger.post(name, head.edited_at, (now, server_now));
            // The show before may have counted it as it was.
            let may_be_known = head.edited_at.is_some()
                && self.resumed.is_some_and(|resumed| posted <= Some(resumed));
            match change {
                Change::None => {}
                Change::Edited => deliver_edit(link, &text)?,
                Change::New if may_be_known => deliver_edit(link, &text)?,
                Change::New => {
                    link.deliver(&text)?;
                    if *is_of_streamed && self.is_missed(link, posted) {
                        self.note_silence("nothing has come over it that the timelines have");
                    }
                }
            }
        }
        let heads: Vec<_> = statuses
            .iter()
            .filter_map(|(head, _)| head.clone())
            .map(|head| (head.clone(), self.names.name(&head.id)))
            .collect();
        let finished = self.timelines.take_page(&heads, statuses.len(), Clocks::of(link));
        let Some(finished) = finished else { return Ok(()) };
        if let Some((from, to)) = finished.lost {
            link.report_gap(from, to).await?;
        }
        if let Some((from, found)) = finished.complete.filter(|_| self.shown == Shown::Posts) {
            self.vanished(link, from, &found)?;
            if let Some(from) = finished.from.filter(|_| !self.gone.is_empty()) {
                self.timelines.look_again(from);
            }
        }
        Ok(())
    }

    /// Something on a page that is no post: the decoder judges it, once.
    fn take_odd(&mut self, link: &mut Link, text: &[u8], now: Instant) -> Result<(), Failure> {
        let name = self.names.name_of_text(text);
        if self.ledger.knows(name) {
            return Ok(());
        }
        self.ledger.pass_over(name, None, now);
        link.deliver(&on_one_line(text))
    }

    /// Whether a post is from before the show. One without a time is, if it was there at the first
    /// look.
    fn is_from_before(&self, posted: Option<Timestamp>) -> bool {
        posted.map_or(!self.timelines.has_walked(), |posted| posted < self.since)
    }

    /// Whether a stream that works would have brought a post of that time.
    fn is_missed(&self, link: &Link, posted: Option<Timestamp>) -> bool {
        self.choice.way() != Way::Timeline
            && self.silence.has_missed(posted, link.now(), link.times().poll)
    }

    /// Sends the end of posts that are in no timeline any more, nor were when they were looked for last:
    /// a page may be empty for once.
    fn vanished(
        &mut self,
        link: &mut Link,
        from: Name,
        found: &BTreeSet<Name>,
    ) -> Result<(), Failure> {
        let now = Instant::now();
        let gone = self.ledger.vanished(from, found, link.times().poll * GONE_STEPS, now);
        let gone_before = std::mem::take(&mut self.gone);
        for name in gone {
            if !gone_before.contains(&name) {
                self.gone.insert(name);
                continue;
            }
            self.ledger.delete(name, now);
            link.deliver(mark::message("delete", &name.to_string()).as_bytes())?;
        }
        Ok(())
    }
}

/// Sends what a post was changed to.
fn deliver_edit(link: &mut Link, text: &[u8]) -> Result<(), Failure> {
    let text = String::from_utf8_lossy(text);
    link.deliver(mark::message("status.update", &text).as_bytes())
}

/// A message is a line, and line feeds in JSON stand between its words only.
fn on_one_line(text: &[u8]) -> Vec<u8> {
    text.iter().map(|&byte| if matches!(byte, b'\n' | b'\r') { b' ' } else { byte }).collect()
}
