//! An answer that never ends, a document a line. Empty lines are heartbeats.

use std::convert::Infallible;

use crate::decode::mapped::MAX_DOCUMENT;
use crate::source::framing::lines;
use crate::source::link::failure::{Failure, content_type};
use crate::source::link::http::{self, Dated};
use crate::source::link::{Link, Resume, Session};

use super::{Rhythm, Service, expect_json};

/// Reads one such answer after the other.
pub(super) struct Lines {
    service: Service,
}

impl Lines {
    pub(super) fn new(service: Service) -> Lines {
        Lines { service }
    }
}

impl Session for Lines {
    async fn run(&mut self, link: &mut Link) -> Result<Infallible, Failure> {
        let url = self.service.url().clone();
        let request = self.service.get(&url)?;
        let mut answer = http::send(link, request, link.times().silence).await?;
        let dated = Dated::of(answer.headers(), link.now());
        if content_type(answer.headers()).is_some_and(|kind| kind == "text/html") {
            return Err(Failure::Page);
        }
        // Nobody sends again what was missed.
        link.connected(Resume::Lost).await?;
        let mut lines = lines::Lines::new(MAX_DOCUMENT);
        let mut rhythm = Rhythm::new();
        let mut is_first = true;
        loop {
            link.flush().await?;
            let chunk = link.watch(rhythm.limit(link), answer.chunk()).await?;
            let chunk = chunk.map_err(|error| Failure::from_stream(&error))?;
            let mut result = Ok(());
            let mut report = |link: &mut Link, line: lines::Line<'_>| {
                if result.is_ok() {
                    result = match line {
                        lines::Line::Message(message) => link.deliver(message),
                        lines::Line::TooLong => link.deliver_too_long(),
                    };
                }
            };
            let Some(chunk) = chunk else {
                lines.end(|line| report(link, line));
                result?;
                return Err(Failure::Closed(String::new()));
            };
            if std::mem::take(&mut is_first) {
                expect_json(&chunk)?;
                link.observe_date(dated);
            }
            link.alive().await?;
            rhythm.hear(link, chunk.trim_ascii().is_empty());
            lines.push(&chunk, |line| report(link, line));
            result?;
        }
    }
}
