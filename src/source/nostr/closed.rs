//! Why a relay closes a subscription, and what can be done about it.

use crate::source::link::failure::{Class, Failure, quoted};

/// What it means that a relay has closed the subscription that all depends on.
pub(super) fn closed(said: &str) -> Failure {
    let (prefix, rest) = said.split_once(':').unwrap_or(("", said));
    let rest = quoted(rest);
    let failure = |message: String, class, hint| Failure::Said { message, class, hint };
    match prefix.trim() {
        "auth-required" => failure(
            format!("the relay serves only those who log in: {rest}"),
            Class::Refused,
            Some("hashtug does not log in (NIP-42): use another relay"),
        ),
        "restricted" | "blocked" => failure(
            format!("the relay does not serve us: {rest}"),
            Class::Refused,
            Some("use another relay"),
        ),
        "rate-limited" => failure(
            format!("the relay has too many requests of ours: {rest}"),
            Class::RateLimit(None),
            Some("is another program using the same relay from this network?"),
        ),
        "unsupported" | "invalid" => failure(
            format!("the relay does not understand the request: {rest}"),
            Class::Refused,
            Some("use a relay that can filter by hashtags (NIP-12)"),
        ),
        // `error:`, and whatever relays think of.
        _ => failure(
            format!("the relay has closed the subscription: {}", quoted(said)),
            Class::Server(None),
            None,
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hint::Hint;

    #[test]
    fn why_a_subscription_is_closed_says_when_to_try_again() {
        let class = |said: &str| closed(said).class(true);
        assert_eq!(class("auth-required: we only serve members"), Class::Refused);
        assert_eq!(class("restricted: not for you"), Class::Refused);
        assert_eq!(class("rate-limited: slow down"), Class::RateLimit(None));
        assert_eq!(class("error: database is down"), Class::Server(None));
        assert_eq!(class("shutting down"), Class::Server(None));
        let failure = closed("auth-required: members\nonly");
        assert_eq!(failure.to_string(), "the relay serves only those who log in: members only");
        assert!(failure.hint().unwrap().contains("NIP-42"));
    }
}
