//! What comes over the streams and from the timelines, and what of it is told: each post once, its
//! changes and its end; and whether a stream brings what it should.

use std::collections::BTreeSet;

use tokio::time::Instant;

use crate::timestamp::Timestamp;

use super::super::link::failure::{Class, Failure};
use super::super::link::http::Document;
use super::super::link::{Link, Resume};
use super::instance;
use super::mark::{self, Mark};
use super::seen::Tell;
use super::timeline::{self, Use};
use super::{Mastodon, Topic, Way, view};

/// A timeline that may not be read is left alone for so many steps.
const REFUSED_STEPS: u32 = 60;

/// So many deletions and no posts are no accident.
const ONLY_DELETIONS: usize = 3;

/// So many steps pass before a post that the stream has not brought is missed, and before one that
/// has gone is taken for deleted.
const MISSED_STEPS: u32 = 2;
const GONE_STEPS: u32 = 6;

/// What tells a stream that is silent from one with nothing to say.
#[derive(Default)]
pub(super) struct Silence {
    /// When the connection was made, on the show's clock.
    since: Option<Timestamp>,
    /// Posts that this connection has brought.
    posts: u64,
    /// Deletions of posts that nobody has heard of.
    deletions: usize,
}

impl Mastodon {
    /// A connection to a stream stands.
    pub(super) async fn streaming(&mut self, link: &mut Link) -> Result<(), Failure> {
        link.connected(Resume::Complete).await?;
        self.is_open = true;
        self.notes_told = false;
        self.silence = Silence { since: Some(link.now()), ..Silence::default() };
        self.note(Topic::Silence, None);
        self.note(Topic::Tags, None);
        let usage = self.way.usage();
        self.timeline().restart(usage, None);
        self.tell_notes(link).await
    }

    /// A message of a stream.
    pub(super) async fn streamed(
        &mut self,
        link: &mut Link,
        message: &[u8],
    ) -> Result<(), Failure> {
        let now = Instant::now();
        match mark::mark(message) {
            Mark::Status { id, edited_at, is_edit } => {
                if !is_edit {
                    self.silence.posts += 1;
                    if self.notes.contains_key(&Topic::Silence) {
                        self.note(Topic::Silence, None);
                        self.timeline().set_use(Use::BesideStream);
                    }
                }
                if self.seen.status(self.names.name(&id), edited_at, now) != Tell::Nothing {
                    link.deliver(message)?;
                }
            }
            Mark::Delete(id) => {
                let name = self.names.name(&id);
                if !self.seen.knows(name) {
                    self.silence.deletions += 1;
                }
                if self.seen.delete(name, now) {
                    link.deliver(message)?;
                }
                if self.silence.posts == 0 && self.silence.deletions >= ONLY_DELETIONS {
                    self.silent("only deletions have come over it");
                }
            }
            Mark::Error(said) => {
                self.note(
                    Topic::Tags,
                    Some(format!(
                        "the server refuses to stream a hashtag ({said}): the timelines are asked \
                         as well"
                    )),
                );
                self.timeline().set_use(Use::BesideSilence);
            }
            Mark::Other => link.deliver(message)?,
        }
        self.tell_notes(link).await
    }

    /// The stream is connected and does not bring what it should.
    fn silent(&mut self, sign: &str) {
        let note = format!(
            "the stream is connected, and {sign}: the server may have switched its hashtag feeds \
             off, or the account of the token may have chosen languages; use an account without \
             them, or another server (the timelines are asked meanwhile)"
        );
        self.note(Topic::Silence, Some(note));
        self.timeline().set_use(Use::BesideSilence);
    }

    /// An answer of a timeline beside a stream, which must not end it.
    pub(super) async fn beside(
        &mut self,
        link: &mut Link,
        document: Document,
    ) -> Result<(), Failure> {
        let failure = match self.answered(link, document) {
            Ok((page, streamed)) => match self.page(link, &page, streamed).await {
                Ok(()) => return self.tell_notes(link).await,
                Err(Failure::Over) => return Err(Failure::Over),
                Err(failure) => failure,
            },
            Err(failure) => failure,
        };
        let step = link.times().poll;
        let class = failure.class(true);
        let pause = match class {
            Class::Refused => step * REFUSED_STEPS,
            Class::RateLimit(asked) | Class::Server(asked) => asked.unwrap_or(step * GONE_STEPS),
            Class::Broken | Class::Network => step * MISSED_STEPS,
        };
        if class == Class::Refused && !self.server().unstreamed.is_empty() {
            let note = format!(
                "the hashtags {} come over no stream, and the timelines cannot be read ({failure})",
                self.server().unstreamed.join(", ")
            );
            self.note(Topic::Tags, Some(note));
        }
        tracing::warn!(?pause, "the timelines cannot be read beside the stream: {failure}");
        self.timeline().failed(pause);
        self.tell_notes(link).await?;
        let (now, window) = (link.now(), link.contest().window());
        let connected = self.silence.since.unwrap_or(now);
        let is_lost = |missing: Timestamp| {
            class == Class::Refused || now.saturating_since(missing) + pause > window
        };
        if self.timeline().missing().is_some_and(is_lost)
            && let Some(missing) = self.timeline().give_up()
        {
            link.report_gap(missing, connected.max(missing)).await?;
        }
        Ok(())
    }

    /// Takes an answer of a timeline: the page, and whether a stream brings its hashtags.
    pub(super) fn answered(
        &mut self,
        link: &mut Link,
        document: Document,
    ) -> Result<(Vec<u8>, bool), Failure> {
        if let Some(date) = timeline::date(&document) {
            link.observe_time(date);
        }
        let is_absent = matches!(document.body, Err(Failure::Status { status: 404 | 410, .. }));
        if is_absent && self.server().facts.is_unknown && !self.timelines_show {
            return Err(instance::no_mastodon());
        }
        let view = view(link);
        let timeline = self.timeline();
        let page = timeline.answered(document, view)?;
        Ok((page, timeline.is_of_streamed()))
    }

    /// A page of a timeline: tells what is new on it, the oldest post first.
    pub(super) async fn page(
        &mut self,
        link: &mut Link,
        page: &[u8],
        is_of_streamed: bool,
    ) -> Result<(), Failure> {
        let not_statuses = |why: &str| Failure::Protocol(format!("a timeline is {why}"));
        let text = std::str::from_utf8(page).map_err(|_| not_statuses("not UTF-8"))?;
        let statuses = mark::page(text).map_err(|_| not_statuses("no list of posts"))?;
        self.timelines_show |= !statuses.is_empty();
        let now = Instant::now();
        for (head, text) in statuses.iter().rev() {
            let text = text.replace(['\n', '\r'], " ");
            let Some(head) = head else {
                link.deliver(text.as_bytes())?;
                continue;
            };
            let name = self.names.name(&head.id);
            let posted = head.created_at.map(|at| link.place(at));
            if posted < self.since && !self.seen.knows(name) {
                self.seen.pass_over(name, head.edited_at, now);
                continue;
            }
            match self.seen.status(name, head.edited_at, now) {
                Tell::Nothing => {}
                Tell::Edit => link.deliver(mark::message("status.update", &text).as_bytes())?,
                Tell::Post => {
                    link.deliver(text.as_bytes())?;
                    if is_of_streamed && self.is_missed(link, posted) {
                        self.silent("nothing has come over it that the timelines have");
                    }
                }
            }
        }
        let heads: Vec<_> = statuses
            .iter()
            .filter_map(|(head, _)| head.clone())
            .map(|head| (head.clone(), self.names.name(&head.id)))
            .collect();
        let view = view(link);
        let Some(finished) = self.timeline().walked(&heads, statuses.len(), view) else {
            return Ok(());
        };
        if let Some((from, to)) = finished.lost {
            link.report_gap(from, to).await?;
        }
        if let Some((from, found)) = finished.complete.filter(|_| self.timelines_show) {
            self.vanished(link, from, &found)?;
        }
        Ok(())
    }

    /// Whether a stream that works would have brought a post of that time.
    fn is_missed(&self, link: &Link, posted: Option<Timestamp>) -> bool {
        let (Some(since), Some(posted)) = (self.silence.since, posted) else { return false };
        let step = link.times().poll;
        self.way != Way::Timeline
            && self.silence.posts == 0
            && posted > since.saturating_add(step)
            && link.now().saturating_since(posted) > step * MISSED_STEPS
    }

    /// Tells the end of posts that are in no timeline any more.
    fn vanished(
        &mut self,
        link: &mut Link,
        from: mark::Name,
        found: &BTreeSet<mark::Name>,
    ) -> Result<(), Failure> {
        let now = Instant::now();
        for name in self.seen.vanished(from, found, link.times().poll * GONE_STEPS, now) {
            self.seen.delete(name, now);
            link.deliver(mark::message("delete", &name.to_string()).as_bytes())?;
        }
        Ok(())
    }
}
