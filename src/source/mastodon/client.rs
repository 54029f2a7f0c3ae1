//! What is known of one server and remembered from one connection to the next, and the way that is
//! taken to its posts.
//!
//! The ways themselves are `streams` and `answers`.

use std::collections::BTreeSet;
use std::convert::Infallible;

use tokio::time::Instant;

use crate::timestamp::Timestamp;

use super::super::link::Link;
use super::super::link::failure::Failure;
use super::api::Api;
use super::ledger::Ledger;
use super::names::{Name, Names};
use super::notes::{Notes, Topic};
use super::server::{Facts, Server};
use super::silence::Silence;
use super::timelines::{Purpose, Timelines};
use super::way::{Choice, Verdict, Way};
use super::{Mode, Settings, pages, visibility};

/// A client of one server that was asked what it is.
pub(super) struct Client {
    pub(super) server: Server,
    pub(super) choice: Choice,
    /// The way has opened.
    pub(super) is_open: bool,
    pub(super) timelines: Timelines,
    pub(super) names: Names,
    pub(super) ledger: Ledger,
    /// Posts that were not there when the timelines were looked at last.
    pub(super) gone: BTreeSet<Name>,
    /// The timelines have shown a post: what they do not show may have been deleted.
    pub(super) timelines_show: bool,
    /// What a timeline has from before that is not sent.
    pub(super) since: Timestamp,
    pub(super) notes: Notes,
    pub(super) silence: Silence,
}

impl Client {
    /// Reads the token, asks the server what it is, and looks for what would make a show fail.
    pub(super) async fn new(settings: &Settings, link: &mut Link) -> Result<Client, Failure> {
        let token = match &settings.token {
            None if settings.mode == Mode::Stream => {
                let why = "Mastodon streams to accounts only: name the environment variable of an \
                           access token with `token_env`, or leave `mode` out";
                return Err(Failure::Setup(why.to_owned()));
            }
            None => None,
            Some(variable) => {
                let token = variable.read().map_err(|missing| {
                    Failure::Setup(format!(
                        "{missing}: set it to an access token of your account and start again, or \
                         leave `token_env` out to read what is public"
                    ))
                })?;
                if !token.reveal().bytes().all(|byte| byte.is_ascii_graphic()) {
                    let why = format!("the value of `{variable}` cannot be an access token");
                    return Err(Failure::Setup(why));
                }
                Some(token)
            }
        };
        let has_token = token.is_some();
        let api = Api::new(&settings.server, token)?;
        let facts = Facts::ask(&api, link).await?;
        let hashtags = link.contest().teams().iter().flat_map(|team| team.hashtags.clone());
        let (streamed, unstreamed) = pages::split_by_stream(hashtags);
        let (step, window) = (link.times().poll, link.contest().window());
        let tags = (&streamed[..], &unstreamed[..]);
        let timelines = Timelines::new(tags, facts.is_mastodon, step, window);
        let mut notes = Notes::default();
        notes.set(Topic::Feeds, visibility::hidden_feeds(&facts, has_token));
        let hidden = visibility::hidden_from_account(link, &api, &facts, &streamed).await;
        notes.set(Topic::Account, hidden);
        Ok(Client {
            server: Server { api, facts, streamed, unstreamed },
            choice: Choice::new(settings.mode, has_token),
            is_open: false,
            timelines,
            names: Names::default(),
            ledger: Ledger::default(),
            gone: BTreeSet::new(),
            timelines_show: false,
            since: link.now(),
            notes,
            silence: Silence::default(),
        })
    }

    /// Reads the server until something fails. What was posted since `missing` may not have come.
    pub(super) async fn run(
        &mut self,
        link: &mut Link,
        missing: Option<Timestamp>,
    ) -> Result<Infallible, Failure> {
        if self.choice.is_detour_over(Instant::now()) {
            self.take_first_way();
        }
        self.timelines.restart(self.purpose(), missing);
        loop {
            self.is_open = false;
            let failure = match self.choice.way() {
                Way::Socket => self.by_socket(link).await,
                Way::Events => self.by_events(link).await,
                Way::Timeline => match self.by_timelines(link).await {
                    Ok(()) => {
                        self.take_first_way();
                        continue;
                    }
                    Err(failure) => Err(failure),
                },
            };
            let Err(failure) = failure;
            if self.is_open {
                self.choice.opened();
                return Err(failure);
            }
            self.take_next_way(link, failure).await?;
        }
    }

    /// A way did not open: takes the next one if that may help, or fails.
    async fn take_next_way(&mut self, link: &mut Link, failure: Failure) -> Result<(), Failure> {
        let next = match self.choice.judge(&failure) {
            Verdict::Fail => return Err(failure),
            Verdict::Take(next) => next,
            Verdict::TakeIfServerAnswers(next) => {
                Facts::ask(&self.server.api, link).await?;
                next
            }
        };
        self.choice.take(next, Instant::now());
        let instead = match next {
            Way::Events => None,
            _ => Some(format!(
                "the server does not stream ({failure}): its timelines are asked again and again \
                 instead"
            )),
        };
        if link.may_log() {
            tracing::warn!(way = ?next, "another way is tried: {failure}");
        }
        self.notes.set(Topic::Way, instead);
        self.timelines.restart(self.purpose(), None);
        Ok(())
    }

    /// Back to the first way.
    fn take_first_way(&mut self) {
        self.choice.take_first();
        self.notes.set(Topic::Way, None);
        self.timelines.restart(self.purpose(), None);
    }

    /// What the timelines are for on this way.
    pub(super) fn purpose(&self) -> Purpose {
        match self.choice.way() {
            Way::Timeline => Purpose::Alone,
            Way::Socket | Way::Events => Purpose::BesideStream,
        }
    }

    /// The stream is connected and does not bring what it should.
    pub(super) fn note_silence(&mut self, sign: &str) {
        let note = format!(
            "the stream is connected, and {sign}: the server may have switched its hashtag feeds \
             off, or the account of the token may have chosen languages; use an account without \
             them, or another server (the timelines are asked meanwhile)"
        );
        self.notes.set(Topic::Silence, Some(note));
        self.timelines.set_purpose(Purpose::BesideSilence);
    }

    /// Shows what there is to say, if that has changed.
    pub(super) async fn show_notes(&mut self, link: &mut Link) -> Result<(), Failure> {
        match self.notes.take_changed() {
            None => Ok(()),
            Some(notes) => link.report_problem(Some(&*notes).filter(|it| !it.is_empty())).await,
        }
    }
}
