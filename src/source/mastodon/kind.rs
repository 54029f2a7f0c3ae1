//! Mastodon as a kind of source: its keys, and what the rest of the program asks of it.

use std::time::Duration;

use tokio::time::timeout;

use crate::decode::Feed;
use crate::finding::{Finding, Verdict};
use crate::hint::Hint;
use crate::keys::endpoint::{self, HTTP};
use crate::keys::table::Table;
use crate::questions::Questions;
use crate::source::SourceContext;
use crate::source::kind::Source;
use crate::source::link::failure::Failure;
use crate::source::link::{Times, net};
use crate::source::probe::{ProbeContext, Prober};
use crate::source::secret::{self, Missing, Variable};

use super::client::Client;
use super::pages;
use super::server::Software;
use super::streams::MAX_CONNECTIONS;
use super::walk::Group;
use super::way::{Choice, Way};
use super::{Mode, Settings};

const MODES: [(&str, Mode); 3] =
    [("auto", Mode::Auto), ("stream", Mode::Stream), ("poll", Mode::Poll)];

impl Source for Settings {
    const KIND: &'static str = "mastodon";

    fn read(table: &Table<'_>, _: Option<&Questions>) -> Option<Settings> {
        if !table.has("server") {
            let hint = "add the server: `server = \"https://mastodon.example\"`";
            table.report_missing("server", hint.to_owned());
        }
        let server = endpoint::server(table, "server", HTTP);
        let token = secret::variable(table, "token_env");
        let mode = table.choice("mode", &MODES).unwrap_or_default();
        Some(Settings { server: server?, token, mode })
    }

    fn is_live(&self) -> bool {
        true
    }

    /// A stream for each hashtag, where the server has no socket for all.
    fn links(&self, questions: &Questions) -> usize {
        questions.hashtags().len().min(MAX_CONNECTIONS)
    }

    /// A request for each group of hashtags, as a Mastodon server groups them; beside a stream, only for
    /// those that it cannot bring.
    fn cycle(&self, questions: &Questions) -> Duration {
        let hashtags = questions.hashtags().iter().cloned();
        let (mut streamed, unstreamed) = pages::split_by_stream(hashtags);
        if Choice::new(self.mode, self.token.is_some()).way() != Way::Timeline {
            streamed.clear();
        }
        let at_once = pages::tags_at_once(Software::Mastodon);
        let groups = Group::all(&streamed, &unstreamed, at_once).len();
        Times::default().poll * u32::try_from(groups).unwrap_or(u32::MAX)
    }

    fn variables(&self) -> Vec<&Variable> {
        self.token.iter().collect()
    }

    fn missing(&self) -> Vec<Missing> {
        self.token.iter().filter_map(|token| token.read_token().err()).collect()
    }

    fn feed(&self) -> Option<Feed> {
        Some(Feed::Mastodon)
    }

    fn describe(&self) -> String {
        let how = match (self.mode, &self.token) {
            (Mode::Auto, Some(_)) => "its stream, or else its timeline",
            (Mode::Stream, _) => "its stream",
            (Mode::Auto | Mode::Poll, _) => "its timeline",
        };
        let token = match &self.token {
            Some(token) => format!("with the token in {token}"),
            None => "without a token".to_owned(),
        };
        format!("mastodon at {}, {how}, {token}", net::host(&self.server))
    }

    async fn probe(&self, context: &ProbeContext) -> Vec<Finding> {
        let mut prober = context.prober(Feed::Mastodon);
        let _ended_early = probe(&mut prober, self).await;
        prober.end()
    }

    async fn run(self, _: &str, context: SourceContext) {
        super::run(self, context).await;
    }
}

/// What may be read here, with the token and without? A show goes the same way.
async fn probe(prober: &mut Prober, settings: &Settings) -> Option<()> {
    prober.reach(&settings.server).await?;
    let no_answer = || Failure::NoAnswer { host: net::host(&settings.server) };
    let client = timeout(prober.rest(), Client::new(settings, prober.link())).await;
    let mut client = prober.keep("server", client.unwrap_or_else(|_| Err(no_answer())))?;
    let (limit, rest) = (prober.limit(), prober.rest());
    let stream = timeout(rest, client.try_stream(prober.link(), limit)).await;
    let too_late = |_| Some(Finding::fail("stream", no_answer().to_string(), no_answer().hint()));
    for finding in client.survey.findings().chain(stream.unwrap_or_else(too_late)) {
        prober.report(finding);
    }
    let limit = prober.limit();
    let asked = timeout(limit, client.try_timelines(prober.link())).await;
    match asked.unwrap_or_else(|_| Err(no_answer())) {
        Ok((tags, headers)) => {
            prober.ok("timeline", format!("posts with #{} can be read", tags.join(" or #")));
            prober.room(&headers);
        }
        // They only make up for what the stream has not brought.
        Err(failure) if client.choice.way() != Way::Timeline => {
            let mut finding = Finding::fail("timeline", failure.to_string(), failure.hint());
            finding.verdict = Verdict::Warn;
            prober.report(finding);
        }
        Err(failure) => prober.fail("timeline", &failure),
    }
    Some(())
}
