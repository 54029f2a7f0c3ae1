//! What a server says before the show: of itself, of the token, and of what both may see. A show and
//! `doctor` ask the same and judge alike; the one makes notes of it, the other findings.
//!
//! All of it is a nicety. Each answer is waited for briefly, and none is needed to read posts.

use tokio::time::timeout;

use crate::finding::{Finding, Verdict};

use super::super::link::Link;
use super::super::link::failure::Failure;
use super::account::{self, Account};
use super::api::Api;
use super::server::Facts;
use super::{instance, visibility};

/// The answers.
pub(super) struct Survey {
    pub(super) facts: Facts,
    pub(super) account: Account,
    /// Whom the hashtag feeds are hidden from.
    pub(super) feeds: Option<Finding>,
    /// The account of the token sees less than anybody does.
    pub(super) sees_less: Option<Finding>,
}

impl Survey {
    /// Asks the server; fails only if it cannot be reached.
    pub(super) async fn of(link: &mut Link, api: &Api, tags: &[String]) -> Result<Survey, Failure> {
        let now = link.now();
        let (facts, account) = tokio::join!(instance::ask(api, now), account::ask(api, now));
        let facts = facts?;
        let feeds = visibility::hidden_feeds(&facts, account.is_somebody());
        let mut sees_less = None;
        if account.is_somebody() {
            let compared = visibility::hidden_from_account(link, api, &facts, tags);
            sees_less = timeout(instance::PATIENCE, compared).await.unwrap_or_default();
        }
        Ok(Survey { facts, account, feeds, sees_less })
    }

    /// All that there is to say, good or bad.
    pub(super) fn findings(&self) -> impl Iterator<Item = Finding> {
        let told = [self.account.finding(), self.feeds.clone(), self.sees_less.clone()];
        std::iter::once(instance::finding(&self.facts)).chain(told.into_iter().flatten())
    }

    /// What a show has to say of the token.
    pub(super) fn of_account(&self) -> Option<Finding> {
        let refused = self.account.finding().filter(|finding| finding.verdict == Verdict::Fail);
        refused.or_else(|| self.sees_less.clone())
    }

    /// Writes down what is odd and no problem.
    pub(super) fn log(&self) {
        for finding in self.findings().filter(|finding| finding.verdict == Verdict::Warn) {
            tracing::info!(hint = finding.hint, "{}", finding.said);
        }
    }
}

/// A finding as a note.
pub(super) fn note(finding: &Finding) -> String {
    match &finding.hint {
        Some(hint) => format!("{}: {hint}", finding.said),
        None => finding.said.clone(),
    }
}
