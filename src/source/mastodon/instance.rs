//! Asks the server what it is. Whatever comes of that, the timelines are what matters: only a server
//! that cannot be reached at all is a failure.

use std::time::Duration;

use tokio::time::timeout;

use crate::finding::Finding;
use crate::timestamp::Timestamp;

use super::super::link::failure::{Failure, quoted};
use super::super::link::http::document;
use super::super::link::net;
use super::api::Api;
use super::server::Facts;

/// The time for each document, and for whatever else is asked before the posts: they are waited for
/// by a show.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// A longer answer is passed over.
const MAX_BODY: usize = 1 << 20;

/// The newer document first. The older one is asked for if that does not name the software.
const PATHS: [&str; 2] = ["/api/v2/instance", "/api/v1/instance"];

/// What the server says of itself, and what was odd about that.
pub(super) async fn ask(api: &Api, now: Timestamp) -> Result<Facts, Failure> {
    let mut facts = Facts::default();
    let mut has_only_old = false;
    for path in PATHS {
        match brief(api, path, now).await {
            Ok(document) => facts.add(path, &document),
            Err(failure) if is_of_connection(&failure) => return Err(failure),
            Err(Failure::Status { status: 404 | 410, .. }) if path == PATHS[0] => {
                has_only_old = true;
            }
            Err(failure) => {
                facts.note(format!("`{path}`: {failure}"));
                // Who has waited once for nothing, or asks too often, does not ask again.
                let is_hopeless = matches!(
                    failure,
                    Failure::NoAnswer { .. } | Failure::Status { status: 429, .. }
                );
                if is_hopeless {
                    break;
                }
            }
        }
        if facts.version.is_some() {
            break;
        }
    }
    if has_only_old && !facts.is_known {
        facts.odd.insert(0, format!("there is no `{}`", PATHS[0]));
    }
    Ok(facts)
}

/// A document that is not worth waiting for.
pub(super) async fn brief(api: &Api, path: &str, now: Timestamp) -> Result<Vec<u8>, Failure> {
    let document = document(api.get(&api.url(path)), MAX_BODY, PATIENCE, now);
    let answer = timeout(PATIENCE, document).await;
    let no_answer = |_| Err(Failure::NoAnswer { host: net::host(api.base()) });
    answer.map_or_else(no_answer, |document| document.body)
}

/// Whatever else is asked for would fail in the same way.
fn is_of_connection(failure: &Failure) -> bool {
    matches!(
        failure,
        Failure::Resolve { .. }
            | Failure::ConnectionRefused { .. }
            | Failure::Tls(_)
            | Failure::Setup(_)
    )
}

/// What there is to say about it.
pub(super) fn finding(facts: &Facts) -> Finding {
    const WHAT: &str = "instance";
    let odd = facts.odd.join("; ");
    let version = facts.version.as_deref().map(quoted);
    match version {
        Some(version) if odd.is_empty() => Finding::ok(WHAT, format!("it runs version {version}")),
        Some(version) => {
            let said = format!("it runs version {version}, and says odd things of itself: {odd}");
            Finding::warn(WHAT, said, "posts are read all the same")
        }
        None if odd.is_empty() => {
            let said = "it does not say which version it runs";
            Finding::warn(WHAT, said, "posts are read all the same")
        }
        None => Finding::warn(
            WHAT,
            format!("what it says of itself cannot be read: {odd}"),
            "posts are read all the same, if this is a Mastodon server: see `server` of the source",
        ),
    }
}
