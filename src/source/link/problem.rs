//! What a source shows as its problem: what keeps it from being live, and what comes and cannot be read.
//!
//! The two are independent of one another: a server that sends what nobody can read and hangs up is
//! told of with both. What could be read is `reading`'s to say.

use std::sync::Arc;

use tracing::warn;

use crate::event::News;
use crate::timestamp::Timestamp;

use super::Link;
use super::failure::Failure;
use super::reading::{Reading, Told};
use super::what_came::What;

impl Link {
    /// Looks at a message as a whole, as long as it is not known whether such can be read.
    pub(super) fn look(&mut self, message: &[u8], now: Timestamp) {
        if self.reading.is_due(now) {
            let verdict = self.delivery.verdict(message);
            self.reading.hear(verdict, message, now);
        }
    }

    /// The messages that follow are those of one document.
    pub(in crate::source) fn begin_document(&mut self) {
        self.reading.begin_document();
    }

    /// What the document at hand is, if nothing in it could be read.
    pub(in crate::source) fn unread_document(&self) -> Option<&What> {
        self.reading.unread_document()
    }

    /// A message was read that is not delivered.
    pub(in crate::source) fn note_read(&mut self) {
        let now = self.now();
        self.reading.hear_read(now);
    }

    /// Something came that is no message, and cannot be read.
    pub(in crate::source) fn note_unread(&mut self, what: What) {
        let now = self.now();
        self.reading.hear_unread(what, now);
    }

    /// Nothing that this connection brings is what it should be.
    pub(in crate::source) fn note_all_unread(&mut self, what: What) {
        self.reading.give_up(what);
    }

    /// What could be read so far.
    pub(in crate::source) fn reading(&self) -> &Reading {
        &self.reading
    }

    /// Shows what cannot be read, if that is not what is shown. Cancel-safe.
    pub(super) async fn show_reading(&mut self) -> Result<(), Failure> {
        let (now, wait) = (self.now(), self.times().silence);
        if let Some(Told { said, hint, .. }) = self.reading.take_new(now, wait)
            && self.may_log()
        {
            warn!(hint, "{said}");
        }
        self.show().await
    }

    /// What keeps the source from being live, or is wrong with it otherwise; `None`: nothing any more.
    pub(super) async fn set_problem(&mut self, problem: Option<String>) -> Result<(), Failure> {
        self.problem = problem;
        self.show().await
    }

    /// Sends all that is wrong, if that is not what is shown.
    async fn show(&mut self) -> Result<(), Failure> {
        let unread = self.reading.tell().map(|told| (told.to_string(), told.what));
        let text = match (unread, &self.problem) {
            // A failure may say the same.
            (Some((_, what)), Some(problem)) if problem.contains(&what) => Some(problem.clone()),
            (Some((unread, _)), Some(problem)) => Some(format!("{unread}; {problem}")),
            (Some((unread, _)), None) => Some(unread),
            (None, problem) => problem.clone(),
        };
        if text == self.shown {
            return Ok(());
        }
        self.send(News::Problem(text.as_deref().map(Arc::from))).await?;
        self.shown = text;
        Ok(())
    }
}
