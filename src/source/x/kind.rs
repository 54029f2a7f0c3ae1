//! X as a kind of source: its keys, and what the rest of the program asks of it.

use crate::decode::Feed;
use crate::finding::Finding;
use crate::keys::endpoint::{self, HTTP};
use crate::keys::table::Table;
use crate::questions::Questions;
use crate::source::SourceContext;
use crate::source::kind::Source;
use crate::source::link::net;
use crate::source::probe::{ProbeContext, Prober};
use crate::source::secret::{self, Missing, Variable};

use super::api::{self, Api};
use super::{ENDPOINT, MAX_POSTS, MOST_POSTS, Settings, rules};

impl Source for Settings {
    const KIND: &'static str = "x";

    fn read(table: &Table<'_>, _: Option<&Questions>) -> Option<Settings> {
        let public = || ENDPOINT.parse().expect("a test reads the public endpoint");
        let endpoint = endpoint::server(table, "endpoint", HTTP).unwrap_or_else(public);
        if !table.has("token_env") {
            let hint =
                "name the environment variable of the bearer token: `token_env = \"X_TOKEN\"`";
            table.report_missing("token_env", hint.to_owned());
        }
        let token = secret::variable(table, "token_env");
        let max_posts = table.whole("max_posts", 1..=MOST_POSTS).unwrap_or(MAX_POSTS);
        let backfill = table.flag("backfill").unwrap_or(false);
        Some(Settings { endpoint, token: token?, max_posts, backfill })
    }

    fn is_live(&self) -> bool {
        true
    }

    fn variables(&self) -> Vec<&Variable> {
        vec![&self.token]
    }

    fn missing(&self) -> Vec<Missing> {
        api::token(&self.token).err().into_iter().collect()
    }

    fn feed(&self) -> Option<Feed> {
        Some(Feed::X)
    }

    fn describe(&self) -> String {
        let Settings { endpoint, token, max_posts, backfill } = self;
        let endpoint = net::host(endpoint);
        let with = if *backfill { ", with backfill" } else { "" };
        format!("x at {endpoint}, with the token in {token}, at most {max_posts} posts{with}")
    }

    async fn probe(&self, context: &ProbeContext) -> Vec<Finding> {
        let mut prober = context.prober(Feed::X);
        let _ended_early = probe(&mut prober, self).await;
        prober.end()
    }

    async fn run(self, _: &str, context: SourceContext) {
        super::run(self, context).await;
    }
}

/// Does the token read the rules of the stream? They are not changed.
async fn probe(prober: &mut Prober, settings: &Settings) -> Option<()> {
    prober.reach(&settings.endpoint).await?;
    let api = prober.keep("rules", Api::new(settings))?;
    let request = api.get(&api.url(rules::PATH));
    let answer = prober.ask_json(request).await;
    let (headers, document) = prober.keep("rules", answer)?;
    let rules = document["data"].as_array().map_or(0, Vec::len);
    prober.ok("token", "the server takes it");
    prober.ok("rules", {
        let s = if rules == 1 { "" } else { "s" };
        format!("the stream has {rules} rule{s}; a show sets up those it needs")
    });
    prober.room(&headers);
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_public_endpoint_is_a_url() {
        let url: url::Url = ENDPOINT.parse().expect("a URL");
        assert_eq!(url.scheme(), "https");
    }
}
