//! An answer that never ends, a document a line. Empty lines are heartbeats.

use std::convert::Infallible;

use reqwest::header::HeaderMap;

use crate::decode::mapped::MAX_DOCUMENT;
use crate::source::framing::lines;
use crate::source::framing::text::{Charset, is_bracketed};
use crate::source::link::encoding::{charset, expect_plain};
use crate::source::link::failure::Failure;
use crate::source::link::headers::content_type;
use crate::source::link::http::{self, Dated};
use crate::source::link::what_came::{OverLines, What};
use crate::source::link::{Link, Resume, Session};

use super::{Rhythm, Service};

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
        let mut dated = Dated::of(answer.headers(), link.now());
        let mut lines = Answer::new(answer.headers())?;
        // Nobody sends again what was missed.
        link.connected(Resume::Lost).await?;
        let mut rhythm = Rhythm::new();
        loop {
            link.flush().await?;
            let chunk = link.watch(rhythm.limit(link), answer.chunk()).await?;
            let chunk = chunk.map_err(|error| Failure::from_stream(&error))?;
            let Some(chunk) = chunk else {
                lines.end(link)?;
                return Err(Failure::Closed(String::new()));
            };
            // Posts are placed by the date of an answer that can have some.
            if is_bracketed(&chunk) {
                link.observe_date(dated.take());
            }
            link.alive().await?;
            rhythm.hear(link, chunk.trim_ascii().is_empty());
            lines.push(link, &chunk)?;
        }
    }
}

/// One answer, whose lines are delivered.
pub(super) struct Answer {
    lines: lines::Lines,
    charset: Charset,
    over_lines: OverLines,
}

impl Answer {
    /// Reads the head of the answer.
    pub(super) fn new(headers: &HeaderMap) -> Result<Answer, Failure> {
        if content_type(headers).is_some_and(|kind| kind == "text/html") {
            return Err(Failure::Page);
        }
        expect_plain(headers)?;
        let lines = lines::Lines::new(MAX_DOCUMENT);
        Ok(Answer { lines, charset: charset(headers), over_lines: OverLines::default() })
    }

    /// Takes the next bytes.
    pub(super) fn push(&mut self, link: &mut Link, bytes: &[u8]) -> Result<(), Failure> {
        self.read(link, |lines, report| lines.push(bytes, report))
    }

    /// The answer has ended.
    pub(super) fn end(&mut self, link: &mut Link) -> Result<(), Failure> {
        self.read(link, |lines, report| lines.end(report))
    }

    fn read(
        &mut self,
        link: &mut Link,
        take: impl FnOnce(&mut lines::Lines, &mut dyn FnMut(lines::Line<'_>)),
    ) -> Result<(), Failure> {
        let Answer { lines, charset, over_lines } = self;
        let mut result = Ok(());
        let mut report = |line: lines::Line<'_>| {
            if result.is_err() {
                return;
            }
            result = match line {
                lines::Line::Message(message) => {
                    let message = charset.decode_line(message);
                    let delivered = link.deliver(&message);
                    if over_lines.take(&message) {
                        link.note_all_unread(What::OverLines);
                    }
                    delivered
                }
                lines::Line::TooLong => link.deliver_too_long(),
            };
        };
        take(lines, &mut report);
        result
    }
}
