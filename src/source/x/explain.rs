//! What X says when it refuses something, and what that means.
//!
//! Source: X API v2, "Response codes and errors"; the `type`s under `api.twitter.com/2/problems/`.

use serde::Deserialize;

use crate::source::link::failure::{Class, Failure, quoted};
use crate::source::link::http::Refusal;
use crate::timestamp::Timestamp;

use super::refused;

/// A problem as X describes it; which members there are depends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Problem {
    title: Option<String>,
    detail: Option<String>,
    message: Option<String>,
    reason: Option<String>,
    connection_issue: Option<String>,
    details: Vec<String>,
    value: Option<String>,
    errors: Vec<Problem>,
}

impl Problem {
    /// The first problem of a message of the stream that has no post.
    pub(super) fn in_band(message: &[u8]) -> Option<Problem> {
        let outer: Problem = serde_json::from_slice(message).ok()?;
        outer.errors.into_iter().next()
    }

    /// The most that is said.
    pub(super) fn said(&self) -> String {
        let of = |problem: &Problem| {
            let detail = problem.details.first().or(problem.message.as_ref());
            detail.or(problem.detail.as_ref()).or(problem.title.as_ref()).cloned()
        };
        quoted(&self.errors.first().and_then(of).or_else(|| of(self)).unwrap_or_default())
    }

    /// X has said this instead of a post, and hangs up.
    pub(super) fn ends_stream(&self) -> Failure {
        self.of_connection().unwrap_or_else(|| Failure::Said {
            message: format!("X ends the stream: {}", self.said()),
            class: Class::Broken,
            hint: None,
        })
    }

    /// What concerns the stream, whether it was refused or ended.
    fn of_connection(&self) -> Option<Failure> {
        let is = |text: &str| {
            self.title.as_deref() == Some(text) || self.connection_issue.as_deref() == Some(text)
        };
        if is("UsageCapExceeded") {
            return Some(refused(
                "all posts that the account may read are used up",
                "buy more in the developer portal of X, or wait until they are renewed",
            ));
        }
        // The limits of requests, which such an answer carries too, say nothing about this one.
        (is("ConnectionException") || is("TooManyConnections")).then(|| Failure::Said {
            message: "another connection of the app is still open, and X allows no more".to_owned(),
            class: Class::RateLimit(None),
            hint: Some(
                "if no other program uses the app, X lets the old connection go within minutes",
            ),
        })
    }
}

/// What is wrong with the first rule that was not accepted.
pub(super) fn rules(problems: &[Problem]) -> Option<Failure> {
    // One that is there already, by whomever, is as good as ours.
    let is_bad = |problem: &&Problem| {
        problem.value.is_some() && problem.title.as_deref() != Some("DuplicateRule")
    };
    let problem = problems.iter().find(is_bad)?;
    let rule = quoted(problem.value.as_deref().unwrap_or_default());
    Some(refused(
        format!("X does not accept the rule `{rule}`: {}", problem.said()),
        "check the hashtags, and the plan of the account",
    ))
}

/// What a token looks like that is another of the texts which X gives an app.
pub(super) fn looks(token: &str) -> Option<&'static str> {
    let is_key = token.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let user = token.split_once('-').map(|(user, _)| user).unwrap_or_default();
    match token.len() {
        25 if is_key => Some("the API key of the app"),
        50 if is_key => Some("the API key secret of the app"),
        _ if user.len() > 4 && user.bytes().all(|byte| byte.is_ascii_digit()) => {
            Some("the access token of a user")
        }
        _ => None,
    }
}

/// What an answer other than the one asked for means. `looks`: see [`looks`].
pub(super) fn refusal(
    refusal: &Refusal,
    looks: Option<&str>,
    now: impl FnOnce() -> Timestamp,
) -> Failure {
    let Refusal { status, headers, body } = refusal;
    let problem: Problem = serde_json::from_slice(body).unwrap_or_default();
    match status {
        400 if let Some(failure) = rules(&problem.errors) => failure,
        400 => refused(
            format!("X does not accept the request: {}", problem.said()),
            "check the hashtags, and whether the plan of the account includes what the config asks for",
        ),
        401 | 403 if let Some(looks) = looks => refused(
            format!("X does not accept the token, which looks like {looks}"),
            "set the variable of `token_env` to the bearer token of the app, a long text that begins \
             with AAAA, and start again",
        ),
        401 => refused(
            "X does not accept the token",
            "make a new bearer token for the app, set the variable of `token_env` to it, and start again",
        ),
        402 => refused(
            "the account has no credits left",
            "posts are paid for one by one: buy credits in the developer portal of X",
        ),
        403 if problem.reason.as_deref() == Some("client-not-enrolled") => refused(
            "the app belongs to no project that may read the stream",
            "attach it to a project in the developer portal of X, and make a new token",
        ),
        403 => refused(
            format!("X does not let the app read the stream: {}", problem.said()),
            "check the plan of the account, and the rights of the app, in the developer portal of X",
        ),
        429 if let Some(failure) = problem.of_connection() => failure,
        _ => Failure::status(*status, headers, body, now),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use reqwest::header::HeaderMap;

    use super::*;
    use crate::hint::Hint;

    fn explained(status: u16, headers: &[(&'static str, &str)], body: &str) -> Failure {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, value.parse().unwrap());
        }
        let refused = Refusal { status, headers: map, body: body.as_bytes().to_vec() };
        refusal(&refused, None, || Timestamp::from_secs(1_795_287_841).unwrap())
    }

    #[test]
    fn every_refusal_says_what_to_mend() {
        for (status, body, said) in [
            (400, r#"{"errors":[{"message":"no viable alternative"}],"title":"x"}"#, "alternative"),
            (
                400,
                r##"{"errors":[{"value":"#a#b","title":"UnprocessableEntity","details":["no viable alternative"]}]}"##,
                "the rule `#a#b`: no viable",
            ),
            (401, r#"{"title":"Unauthorized","status":401}"#, "token"),
            (402, r#"{"title":"CreditsDepleted"}"#, "credits"),
            (403, r#"{"reason":"client-not-enrolled","title":"Client Forbidden"}"#, "project"),
            (403, r#"{"title":"Forbidden","detail":"not your plan"}"#, "not your plan"),
            (429, r#"{"title":"UsageCapExceeded"}"#, "used up"),
            (401, "<html>no JSON</html>", "token"),
        ] {
            let failure = explained(status, &[], body);
            assert!(failure.to_string().contains(said), "{failure}");
            assert!(failure.hint().is_some(), "{failure}");
            assert_eq!(failure.class(true), Class::Refused, "{failure}");
        }
    }

    #[test]
    fn what_is_another_text_of_the_app_is_named() {
        let secret = "AbCdEfGhIjKlMnOpQrStUvWxY";
        for (token, expected) in [
            (secret.to_owned(), Some("the API key of the app")),
            (secret.repeat(2), Some("the API key secret of the app")),
            (format!("1234567890-{secret}"), Some("the access token of a user")),
            (format!("AAAAAAAAAAAAAAAAAAAAA{secret}%2F{secret}"), None),
            ("fine".to_owned(), None),
        ] {
            let looks = looks(&token);
            assert_eq!(looks, expected);
            let answer = Refusal { status: 401, headers: HeaderMap::new(), body: Vec::new() };
            let failure = refusal(&answer, looks, || Timestamp::MIN);
            assert!(failure.to_string().contains(expected.unwrap_or("accept the token")));
            assert!(failure.hint().unwrap().contains("bearer token"), "{failure}");
            assert!(!format!("{failure:?}").contains(secret));
        }
    }

    #[test]
    fn a_connection_that_lingers_is_not_a_limit_of_requests() {
        let reset = [("x-rate-limit-reset", "1795287941")];
        let body = r#"{"title":"ConnectionException","detail":"This stream is currently at the maximum allowed connection limit.","connection_issue":"TooManyConnections","type":"https://api.twitter.com/2/problems/streaming-connection"}"#;
        let failure = explained(429, &reset, body);
        assert!(failure.to_string().contains("still open"), "{failure}");
        assert_eq!(failure.class(false), Class::RateLimit(None));
        let limit = explained(429, &reset, r#"{"title":"Too Many Requests"}"#);
        let asked = Duration::from_secs(100);
        assert_eq!(limit.class(false), Class::RateLimit(Some(asked)));
    }

    #[test]
    fn the_stream_says_why_it_ends() {
        let said = |text: &str| Problem::in_band(text.as_bytes()).unwrap().ends_stream();
        let ended = said(
            r#"{"errors":[{"title":"operational-disconnect","disconnect_type":"UpstreamOperationalDisconnect","detail":"This stream has been disconnected upstream for operational reasons.","type":"https://api.twitter.com/2/problems/operational-disconnect"}]}"#,
        );
        assert!(ended.to_string().contains("operational reasons"), "{ended}");
        assert_eq!(ended.class(true), Class::Broken);
        let capped = said(r#"{"errors":[{"title":"UsageCapExceeded"}]}"#);
        assert_eq!(capped.class(true), Class::Refused);
        assert!(Problem::in_band(br#"{"data":{"id":"1"}}"#).is_none());
        assert!(Problem::in_band(b"{").is_none());
    }
}
