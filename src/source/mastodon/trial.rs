//! Tries a server for `doctor`, by the steps that a show takes: the survey, the stream, the first page
//! of a timeline. Reads no posts into anything.

use std::time::Duration;

use reqwest::header::HeaderMap;
use tokio::time::{Instant, timeout};

use crate::finding::Finding;
use crate::hint::Hint;

use super::super::link::Link;
use super::super::link::failure::Failure;
use super::super::link::net;
use super::client::Client;
use super::clocks::Clocks;
use super::way::{ATTEMPTS, Verdict, Way};

const STREAM: &str = "stream";

impl Client {
    /// Opens what a show would read first, each with `limit`. Without a finding nothing is streamed.
    pub(super) async fn try_stream(&mut self, link: &mut Link, limit: Duration) -> Option<Finding> {
        let mut refused = None;
        loop {
            let opened = async {
                match self.choice.way() {
                    Way::Socket => self.server.open_socket(link).await.map(|_| "over a WebSocket"),
                    Way::Events => {
                        self.server.open_events(link).await.map(|_| "as server-sent events")
                    }
                    Way::Timeline => Ok(""),
                }
            };
            let host =
                || net::host(self.server.streaming.as_ref().unwrap_or(self.server.api.base()));
            let opened = timeout(limit, opened).await;
            let failure = match opened.unwrap_or_else(|_| Err(Failure::NoAnswer { host: host() })) {
                Ok("") => return refused,
                Ok(how) => {
                    self.survey.account.has_streamed();
                    return Some(Finding::ok(STREAM, format!("`{}` streams {how}", host())));
                }
                Err(failure) => failure,
            };
            if self.server.take_other_address(&failure) {
                continue;
            }
            let Some(next) = self.next_way(&failure) else {
                let failure = self.explain(failure);
                return Some(Finding::fail(STREAM, failure.to_string(), failure.hint()));
            };
            refused = Some(self.no_stream(&failure));
            self.choice.take(next, Instant::now());
        }
    }

    /// The way that a show comes to in the end, if a failure lasts.
    fn next_way(&mut self, failure: &Failure) -> Option<Way> {
        let way = self.choice.way();
        (0..ATTEMPTS).find_map(|_| match self.choice.judge(failure) {
            Verdict::Take(next) | Verdict::TakeIfServerAnswers(next) => {
                (self.choice.way() == way).then_some(next)
            }
            Verdict::Fail => None,
        })
    }

    /// Asks for the page of a timeline that a show would ask for first: its hashtags, and what was
    /// said beside it.
    pub(super) async fn try_timelines(
        &mut self,
        link: &mut Link,
    ) -> Result<(Vec<String>, HeaderMap), Failure> {
        loop {
            let answer = self.timelines.next(&self.server.api, Clocks::of(link)).await;
            let headers = answer.headers.clone();
            let tags = self.timelines.asked_for().to_vec();
            match self.take_answer(link, answer) {
                Ok(Some(page)) => {
                    link.observe_date(page.dated);
                    return Ok((tags, headers));
                }
                Ok(None) => {}
                Err(failure) => return Err(self.explain(failure)),
            }
        }
    }
}
