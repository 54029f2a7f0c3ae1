//! What a relay says, as far as it is for us and not for the tally.

use std::borrow::Cow;

use crate::decode::json::{Invalid, Kind, Reader};
use crate::source::link::failure::{Class, Failure, quoted};
use crate::timestamp::Timestamp;

/// A message of a relay.
#[derive(Debug, PartialEq)]
pub(super) enum Message<'a> {
    /// An event of a subscription, perhaps a broken one; the decoder judges it.
    Event {
        subscription: Cow<'a, str>,
        id: Option<Cow<'a, str>>,
        kind: Option<i64>,
        /// What its author claims.
        at: Option<Timestamp>,
    },
    /// All that was stored has been sent.
    Eose(Cow<'a, str>),
    /// The relay has ended a subscription, or never began it, and why.
    Closed(Cow<'a, str>, Cow<'a, str>),
    /// A remark, about whatever.
    Notice(Cow<'a, str>),
    /// The relay would like to know who we are.
    Auth,
    /// Something else, or nothing that can be read.
    Other,
}

/// Reads what a relay says.
pub(super) fn read(text: &[u8]) -> Message<'_> {
    let Ok(text) = std::str::from_utf8(text) else { return Message::Other };
    let mut words: Vec<Cow<'_, str>> = Vec::new();
    let mut event = None;
    let read = Reader::new(text).array(|reader| {
        match reader.peek()? {
            Kind::String if words.len() < 3 => words.push(reader.string()?.value()),
            Kind::Object if event.is_none() => event = Some(head(reader)?),
            _ => drop(reader.skip()?),
        }
        Ok(())
    });
    // A broken event is the decoder's business too.
    if read.is_err() && words.first().is_none_or(|word| word != "EVENT") {
        return Message::Other;
    }
    let mut words = words.into_iter();
    let (kind, first, second) = (words.next(), words.next(), words.next());
    match (kind.as_deref(), first, second) {
        (Some("EVENT"), Some(subscription), _) => {
            let (id, kind, at) = event.unwrap_or_default();
            Message::Event { subscription, id, kind, at }
        }
        (Some("EOSE"), Some(subscription), _) => Message::Eose(subscription),
        (Some("CLOSED"), Some(subscription), said) => {
            Message::Closed(subscription, said.unwrap_or_default())
        }
        (Some("NOTICE"), said, _) => Message::Notice(said.unwrap_or_default()),
        (Some("AUTH"), ..) => Message::Auth,
        _ => Message::Other,
    }
}

type Head<'a> = (Option<Cow<'a, str>>, Option<i64>, Option<Timestamp>);

fn head<'a>(reader: &mut Reader<'a>) -> Result<Head<'a>, Invalid> {
    let (mut id, mut kind, mut at) = Head::default();
    reader.object(|reader, name| {
        match (&*name.value(), reader.peek()?) {
            ("id", Kind::String) => id = Some(reader.string()?.value()),
            ("kind", Kind::Number) => kind = Reader::new(reader.skip()?).integer().ok(),
            ("created_at", Kind::Number) => {
                let seconds = Reader::new(reader.skip()?).integer().ok();
                at = seconds.and_then(Timestamp::from_secs);
            }
            _ => drop(reader.skip()?),
        }
        Ok(())
    })?;
    Ok((id, kind, at))
}

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

    #[test]
    fn all_that_a_relay_says_is_understood() {
        for (text, expected) in [
            (r#"["EOSE","ht"]"#, Message::Eose("ht".into())),
            (
                r#"["CLOSED","ht","error: \"no\""]"#,
                Message::Closed("ht".into(), "error: \"no\"".into()),
            ),
            (r#"["CLOSED","ht"]"#, Message::Closed("ht".into(), "".into())),
            (
                r#"["NOTICE","could not parse command"]"#,
                Message::Notice("could not parse command".into()),
            ),
            (r#"["AUTH","7c1f"]"#, Message::Auth),
            (r#"["COUNT","ht",{"count":1}]"#, Message::Other),
            (r#"{"id":"7"}"#, Message::Other),
            (r#"["EOSE","ht""#, Message::Other),
            ("[]", Message::Other),
            ("", Message::Other),
        ] {
            assert_eq!(read(text.as_bytes()), expected, "{text}");
        }
        assert_eq!(read(b"\xff"), Message::Other);
    }

    #[test]
    fn an_event_says_which_it_is() {
        let text = br#"["EVENT","ht",{"content":"\"id\":\"8\"","id":"7","kind":1,"created_at":1795287842,"tags":[["id","9"]]}]"#;
        let expected = Message::Event {
            subscription: "ht".into(),
            id: Some("7".into()),
            kind: Some(1),
            at: Timestamp::from_secs(1_795_287_842),
        };
        assert_eq!(read(text), expected);
        let broken = Message::Event { subscription: "ht".into(), id: None, kind: None, at: None };
        assert_eq!(read(br#"["EVENT","ht",{"id":"7""#), broken);
        assert_eq!(read(br#"["EVENT","ht"]"#), broken);
    }

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
