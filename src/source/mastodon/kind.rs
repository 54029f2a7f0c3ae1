//! Mastodon as a kind of source: its keys, and what the rest of the program asks of it.

use serde_json::Value;

use crate::contest::Contest;
use crate::decode::Feed;
use crate::finding::Finding;
use crate::keys::endpoint::{self, HTTP};
use crate::keys::table::Table;
use crate::source::SourceContext;
use crate::source::kind::Source;
use crate::source::link::failure::{Failure, quoted};
use crate::source::link::net;
use crate::source::probe::{ProbeContext, Prober};
use crate::source::secret::{self, Variable};

use super::api::Api;
use super::{Mode, Settings};

const MODES: [(&str, Mode); 3] =
    [("auto", Mode::Auto), ("stream", Mode::Stream), ("poll", Mode::Poll)];

impl Source for Settings {
    const KIND: &'static str = "mastodon";

    fn read(table: &Table<'_>, _: Option<&Contest>) -> Option<Settings> {
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

    fn variables(&self) -> Vec<&Variable> {
        self.token.iter().collect()
    }

    fn feed(&self) -> Option<Feed> {
        Some(Feed::Mastodon)
    }

    fn describe(&self, _: &Contest) -> String {
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
        let mut prober = context.prober();
        let _ended_early = probe(&mut prober, self).await;
        prober.end()
    }

    async fn run(self, _: &str, context: SourceContext) {
        super::run(self, context).await;
    }
}

/// What may be read here, with the token and without?
async fn probe(prober: &mut Prober, settings: &Settings) -> Option<()> {
    let token = settings.token.as_ref().and_then(|variable| variable.read().ok());
    let has_token = token.is_some();
    prober.reach(&settings.server).await?;
    let api = prober.keep("instance", Api::new(&settings.server, token))?;
    let instance = prober.ask_json(api.get_anonymously(&api.url("/api/v2/instance"))).await;
    let (_, instance) = prober.keep("instance", instance)?;
    let version = instance["version"].as_str().map(quoted).unwrap_or_default();
    prober.ok("instance", format!("it runs version {version}"));
    if has_token {
        let account = api.url("/api/v1/accounts/verify_credentials");
        match prober.ask(api.get(&account)).await {
            Ok(_) => prober.ok("token", "the server knows it"),
            // Known, and without the right to read the account, which is not needed.
            Err(Failure::Status { status: 403, .. }) => {
                prober.ok("token", "the server knows it, and it reads nothing of the account");
            }
            Err(failure) => {
                prober.fail("token", &failure);
                return None;
            }
        }
    }
    if let Some(finding) = access(&instance, has_token) {
        prober.report(finding);
    }
    let hashtag = prober.contest().hashtags().next().map(|(_, tag)| tag.to_owned())?;
    let mut timeline = api.url("/api/v1/timelines/tag/");
    timeline.path_segments_mut().ok()?.pop_if_empty().push(&hashtag);
    timeline.query_pairs_mut().append_pair("limit", "1");
    let answer = prober.ask_json(api.get(&timeline)).await;
    let (headers, _) = prober.keep("timeline", answer)?;
    prober.ok("timeline", format!("posts with #{hashtag} can be read"));
    prober.room(&headers);
    Some(())
}

/// Who may read hashtag timelines, where the server says so (Mastodon 4.5 and later).
fn access(instance: &Value, has_token: bool) -> Option<Finding> {
    let feeds = &instance["configuration"]["timelines_access"]["hashtag_feeds"];
    let words = ["local", "remote"].map(|side| feeds[side].as_str().unwrap_or_default());
    if words.contains(&"disabled") {
        return Some(Finding::fail(
            "hashtags",
            "the server has switched hashtag timelines off",
            Some("a stream of it would be silent: choose another server"),
        ));
    }
    if words.contains(&"authenticated") && !has_token {
        return Some(Finding::fail(
            "hashtags",
            "the server shows hashtag timelines to its users alone",
            Some("make an access token with the scope read:statuses, and name it in `token_env`"),
        ));
    }
    None
}
