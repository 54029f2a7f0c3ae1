//! Whose the token is: an account's, an application's, or nobody's.
//!
//! Streams are for accounts. The token of an application (its client credentials) reads timelines, and
//! the streaming server refuses it in the same words as one that is wrong.
//! Source: the Mastodon documentation, methods/apps and methods/accounts; `streaming/index.js`.

use crate::decode::loose;
use crate::finding::Finding;
use crate::hint::Hint;
use crate::timestamp::Timestamp;

use super::super::link::failure::{Class, Failure};
use super::api::Api;
use super::instance;

/// Whose the token is, by what the server says of it.
#[derive(Debug)]
pub(super) enum Account {
    /// There is no token.
    None,
    /// An account's, which may be read with it or not.
    Known { is_read: bool },
    /// An application's.
    Application,
    /// Nobody's.
    Refused(Failure),
    /// The server does not say.
    Untold(String),
}

const WANTS_TOKEN: &str = "the server wants an access token: make a new one with the scope \
    `read:statuses` (Preferences, Development), put it into an environment variable, and name that: \
    `token_env = \"MASTODON_TOKEN\"`";

const WANTS_ACCOUNT: &str = "the token is an application's, and streams are for accounts: take \
    \"Your access token\" of the application (Preferences, Development)";

const WANTS_RIGHTS: &str = "the token may not read this: make a new one with the scope \
    `read:statuses` (Preferences, Development)";

/// Asks whose the token is.
pub(super) async fn ask(api: &Api, now: Timestamp) -> Account {
    if api.token().is_none() {
        return Account::None;
    }
    judge(instance::brief(api, "/api/v1/accounts/verify_credentials", now).await)
}

fn judge(answer: Result<Vec<u8>, Failure>) -> Account {
    let failure = match answer {
        Ok(document) if loose::is_object(&document) => return Account::Known { is_read: true },
        Ok(_) => return Account::Untold("the answer is no JSON object".to_owned()),
        Err(failure) => failure,
    };
    match &failure {
        Failure::Status { status: 401 | 422, said, .. } if is_about_user(said) => {
            Account::Application
        }
        Failure::Status { status: 401, .. } => Account::Refused(failure),
        // Known, and without the right to read the account, which is not needed.
        Failure::Status { status: 403, .. } => Account::Known { is_read: false },
        _ => Account::Untold(failure.to_string()),
    }
}

/// "This method requires an authenticated user".
fn is_about_user(said: &str) -> bool {
    said.to_ascii_lowercase().contains("authenticated user")
}

impl Account {
    /// What there is to say about the token; `None` without one.
    pub(super) fn finding(&self) -> Option<Finding> {
        const WHAT: &str = "token";
        Some(match self {
            Account::None => return None,
            Account::Known { is_read: true } => Finding::ok(WHAT, "the server knows it"),
            Account::Known { is_read: false } => {
                Finding::ok(WHAT, "the server knows it, and it reads nothing of the account")
            }
            // What that means for the stream is said where it is refused.
            Account::Application => {
                Finding::ok(WHAT, "the server knows it, as an application's and not an account's")
            }
            Account::Refused(failure) => {
                let said = format!("the server does not take the token ({failure})");
                Finding::fail(WHAT, said, failure.hint())
            }
            Account::Untold(why) => Finding::warn(
                WHAT,
                format!("whether the server knows the token cannot be told ({why})"),
                "what it may read shows in the stream and the timelines",
            ),
        })
    }

    /// A stream has opened with the token, whatever was said of it.
    pub(super) fn has_streamed(&mut self) {
        if let Account::Refused(failure) = self {
            *self = Account::Untold(failure.to_string());
        }
    }

    /// Whether it may be an account's.
    pub(super) fn is_somebody(&self) -> bool {
        matches!(self, Account::Known { .. } | Account::Untold(_))
    }

    /// What to mend if the server refuses something, as far as that depends on the token.
    pub(super) fn hint(&self, failure: &Failure, is_of_stream: bool) -> Option<&'static str> {
        let Failure::Status { status: status @ (401 | 403 | 422), .. } = failure else {
            return None;
        };
        match (self, status) {
            (Account::None, _) => Some(WANTS_TOKEN),
            (Account::Application, _) => Some(WANTS_ACCOUNT),
            // The timelines know the token, and the streaming server does not find its account.
            (Account::Known { is_read: false }, 401) if is_of_stream => Some(WANTS_ACCOUNT),
            (_, 401) => None,
            _ => Some(WANTS_RIGHTS),
        }
    }

    /// The same as a failure.
    pub(super) fn explain(&self, failure: Failure, is_of_stream: bool) -> Failure {
        match self.hint(&failure, is_of_stream) {
            None => failure,
            hint => Failure::Said { message: failure.to_string(), class: Class::Refused, hint },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Verdict;

    fn status(status: u16, said: &str) -> Failure {
        Failure::Status { status, said: said.to_owned(), retry_after: None }
    }

    #[test]
    fn whose_the_token_is_shows_in_the_answer() {
        const NO_USER: &str = "This method requires an authenticated user";
        for (answer, verdict, said) in [
            (Ok("{\"acct\":null}"), Verdict::Ok, "knows it"),
            (
                Err((403, "This action is outside the authorized scopes")),
                Verdict::Ok,
                "reads nothing",
            ),
            (Err((422, NO_USER)), Verdict::Ok, "an application"),
            (Err((401, NO_USER)), Verdict::Ok, "an application"),
            (Err((401, "The access token is invalid")), Verdict::Fail, "401: The access token"),
            (Err((404, "")), Verdict::Warn, "404"),
            (Err((500, "")), Verdict::Warn, "500"),
            (Ok("<html>"), Verdict::Warn, "no JSON"),
        ] {
            let answer = answer
                .map(|body: &str| body.as_bytes().to_vec())
                .map_err(|(code, said)| status(code, said));
            let finding = judge(answer).finding().unwrap();
            assert_eq!(finding.verdict, verdict, "{said}");
            assert!(finding.said.contains(said), "{}", finding.said);
            assert_eq!(finding.hint.is_some(), verdict != Verdict::Ok, "{said}");
        }
        assert_eq!(Account::None.finding(), None);
    }

    #[test]
    fn a_refusal_says_what_to_do_about_the_token_that_is_there_or_not() {
        let known = || Account::Known { is_read: false };
        for (account, code, is_of_stream, hint) in [
            (Account::None, 401, false, WANTS_TOKEN),
            (Account::None, 403, false, WANTS_TOKEN),
            (Account::None, 422, false, WANTS_TOKEN),
            (Account::Application, 401, true, WANTS_ACCOUNT),
            (Account::Application, 422, false, WANTS_ACCOUNT),
            (known(), 401, true, WANTS_ACCOUNT),
            (known(), 403, true, WANTS_RIGHTS),
        ] {
            let explained = account.explain(status(code, "no"), is_of_stream);
            assert_eq!(explained.hint(), Some(hint), "{account:?} {code}");
            assert_eq!(explained.to_string(), format!("the server answers {code}: no"));
            assert_eq!(explained.class(true), Class::Refused);
        }
        let kept = known().explain(status(401, "no"), false);
        assert!(matches!(kept, Failure::Status { status: 401, .. }));
        assert!(matches!(Account::None.explain(Failure::Page, false), Failure::Page));
    }
}
