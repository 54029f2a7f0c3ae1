//! What is known of one server and remembered from one connection to the next, and the way that is
//! taken to its posts.
//!
//! The ways themselves are `streams` and `answers`.

use std::collections::BTreeSet;
use std::convert::Infallible;

use tokio::time::Instant;

use crate::finding::{Finding, Verdict};
use crate::timestamp::Timestamp;

use super::super::link::Link;
use super::super::link::failure::Failure;
use super::api::{self, Api};
use super::ledger::Ledger;
use super::names::{Name, Names};
use super::notes::{Notes, Topic};
use super::pages::{self, Cursor};
use super::server::{self, Server};
use super::silence::Silence;
use super::survey::{self, Survey};
use super::timelines::{Purpose, Timelines};
use super::way::{self, Choice, Way};
use super::{Mode, Settings};

/// A client of one server that was asked what it is.
pub(super) struct Client {
    pub(super) server: Server,
    pub(super) survey: Survey,
    pub(super) choice: Choice,
    /// The way has opened.
    pub(super) is_open: bool,
    /// A way has opened once.
    has_opened: bool,
    pub(super) timelines: Timelines,
    /// What the timelines have shown so far.
    pub(super) shown: Shown,
    /// Timelines in a row that were not there, before any was.
    pub(super) absent: usize,
    pub(super) names: Names,
    pub(super) ledger: Ledger,
    /// Posts that were not there when the timelines were looked at last.
    pub(super) gone: BTreeSet<Name>,
    /// What a timeline has from before that is not sent.
    pub(super) since: Timestamp,
    /// When the show began to go on with another, which knows posts that this client does not.
    pub(super) resumed: Option<Timestamp>,
    pub(super) notes: Notes,
    pub(super) silence: Silence,
}

/// What the timelines of a server have shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Shown {
    /// Not even that they are there.
    Nothing,
    /// That they are there.
    Themselves,
    /// A post: what they do not show may have been deleted.
    Posts,
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
            Some(variable) => Some(variable.read_token().map_err(|missing| {
                Failure::Setup(format!(
                    "{missing}: set it to an access token of your account and start again, or \
                     leave `token_env` out to read what is public"
                ))
            })?),
        };
        let has_token = token.is_some();
        let api = Api::new(&settings.server, token)?;
        let hashtags = link.questions().hashtags().iter().cloned();
        let (streamed, unstreamed) = pages::split_by_stream(hashtags);
        let survey = Survey::of(link, &api, &streamed).await?;
        let timelines = timelines(link, (&streamed, &unstreamed), &survey);
        let streaming = survey.facts.streaming.clone();
        let mut client = Client {
            server: Server { api, streaming, streamed, unstreamed },
            survey,
            choice: Choice::new(settings.mode, has_token),
            is_open: false,
            has_opened: false,
            timelines,
            shown: Shown::Nothing,
            absent: 0,
            names: Names::default(),
            ledger: Ledger::default(),
            gone: BTreeSet::new(),
            since: link.began_before().unwrap_or_else(|| link.now()),
            resumed: link.since().map(|_| link.now()),
            notes: Notes::default(),
            silence: Silence::default(),
        };
        client.survey.log();
        client.note_survey();
        Ok(client)
    }

    /// Asks a server again that has said nothing yet, and has opened no way.
    async fn ask_again(&mut self, link: &mut Link) -> Result<(), Failure> {
        self.survey = Survey::of(link, &self.server.api, &self.server.streamed).await?;
        self.server.streaming.clone_from(&self.survey.facts.streaming);
        let tags = (&self.server.streamed[..], &self.server.unstreamed[..]);
        self.timelines = timelines(link, tags, &self.survey);
        self.note_survey();
        Ok(())
    }

    /// Notes what the survey has found that is a problem of the show.
    pub(super) fn note_survey(&mut self) {
        self.notes.set(Topic::Feeds, self.survey.feeds.as_ref().map(survey::note));
        self.notes.set(Topic::Account, self.survey.of_account().as_ref().map(survey::note));
    }

    /// Reads the server until something fails. What was posted since `missing` may not have come.
    pub(super) async fn run(
        &mut self,
        link: &mut Link,
        missing: Option<Timestamp>,
    ) -> Result<Infallible, Failure> {
        if missing.is_some() && !self.has_opened && !self.survey.facts.is_known {
            self.ask_again(link).await?;
        }
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
                self.has_opened = true;
                self.choice.opened();
                return Err(self.explain(failure));
            }
            if self.choice.way() != Way::Timeline && self.server.take_other_address(&failure) {
                continue;
            }
            self.take_next_way(link, failure).await?;
        }
    }

    /// A way did not open: takes the next one if that may help, or fails.
    async fn take_next_way(&mut self, link: &mut Link, failure: Failure) -> Result<(), Failure> {
        let next = match self.choice.judge(&failure) {
            way::Verdict::Fail => return Err(self.explain(failure)),
            way::Verdict::Take(next) => next,
            way::Verdict::TakeIfServerAnswers(next) => {
                expect_answer(&self.server, link).await?;
                next
            }
        };
        if link.may_log() {
            tracing::warn!(way = ?next, "another way is tried: {failure}");
        }
        let no_stream = survey::note(&self.no_stream(&failure));
        self.choice.take(next, Instant::now());
        self.notes.set(Topic::Way, (next == Way::Timeline).then_some(no_stream));
        self.timelines.restart(self.purpose(), None);
        Ok(())
    }

    /// What to say if the stream is refused and the timelines are taken instead.
    pub(super) fn no_stream(&self, failure: &Failure) -> Finding {
        Finding {
            what: "stream",
            verdict: Verdict::Warn,
            hint: self.survey.account.hint(failure, true).map(str::to_owned),
            said: format!(
                "the server does not stream ({failure}): its timelines are asked again and again \
                 instead"
            ),
        }
    }

    /// A failure with what to mend, as far as that depends on the token or on the server's address.
    pub(super) fn explain(&self, failure: Failure) -> Failure {
        let is_of_stream = self.choice.way() != Way::Timeline;
        let failure = self.survey.account.explain(failure, is_of_stream);
        if is_of_stream { failure } else { server::explain_move(failure) }
    }

    /// Back to the first way.
    fn take_first_way(&mut self) {
        self.choice.take_first();
        self.server.streaming.clone_from(&self.survey.facts.streaming);
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

/// The timelines of a server that no connection has stood to; they go on from where the show before was.
fn timelines(link: &Link, tags: (&[String], &[String]), survey: &Survey) -> Timelines {
    let mut timelines =
        Timelines::new(tags, survey.facts.software, link.times().poll, link.reach());
    if let Some(since) = link.since() {
        timelines.go_on(since);
    }
    timelines
}

/// Fails if the server as a whole is down. What it answers does not matter.
async fn expect_answer(server: &Server, link: &mut Link) -> Result<(), Failure> {
    let Server { api, streamed, unstreamed, .. } = server;
    let Some(tag) = streamed.first().or(unstreamed.first()) else { return Ok(()) };
    let url = pages::url(api, std::slice::from_ref(tag), &Cursor::Newest);
    match pages::list(api::ask(link, api.get(&url)).await) {
        Ok(_) | Err(Failure::Status { status: ..=499 | 501, .. }) => Ok(()),
        Err(failure) => Err(failure),
    }
}
