//! What a relay says, as far as it is for the source and not for the tally.
//!
//! Does not judge events: a broken one goes to the decoder as it is.

use std::borrow::Cow;

use crate::decode::json::{Invalid, Kind, Reader};
use crate::timestamp::Timestamp;

/// A message of a relay.
#[derive(Debug, PartialEq)]
pub(crate) enum RelayMessage<'a> {
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
pub(crate) fn read(text: &[u8]) -> RelayMessage<'_> {
    let Ok(text) = std::str::from_utf8(text) else { return RelayMessage::Other };
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
        return RelayMessage::Other;
    }
    let mut words = words.into_iter();
    let (kind, first, second) = (words.next(), words.next(), words.next());
    match (kind.as_deref(), first, second) {
        (Some("EVENT"), Some(subscription), _) => {
            let (id, kind, at) = event.unwrap_or_default();
            RelayMessage::Event { subscription, id, kind, at }
        }
        (Some("EOSE"), Some(subscription), _) => RelayMessage::Eose(subscription),
        (Some("CLOSED"), Some(subscription), said) => {
            RelayMessage::Closed(subscription, said.unwrap_or_default())
        }
        (Some("NOTICE"), said, _) => RelayMessage::Notice(said.unwrap_or_default()),
        (Some("AUTH"), ..) => RelayMessage::Auth,
        _ => RelayMessage::Other,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_a_relay_says_is_understood() {
        for (text, expected) in [
            (r#"["EOSE","ht"]"#, RelayMessage::Eose("ht".into())),
            (
                r#"["CLOSED","ht","error: \"no\""]"#,
                RelayMessage::Closed("ht".into(), "error: \"no\"".into()),
            ),
            (r#"["CLOSED","ht"]"#, RelayMessage::Closed("ht".into(), "".into())),
            (
                r#"["NOTICE","could not parse command"]"#,
                RelayMessage::Notice("could not parse command".into()),
            ),
            (r#"["AUTH","7c1f"]"#, RelayMessage::Auth),
            (r#"["COUNT","ht",{"count":1}]"#, RelayMessage::Other),
            (r#"{"id":"7"}"#, RelayMessage::Other),
            (r#"["EOSE","ht""#, RelayMessage::Other),
            ("[]", RelayMessage::Other),
            ("", RelayMessage::Other),
        ] {
            assert_eq!(read(text.as_bytes()), expected, "{text}");
        }
        assert_eq!(read(b"\xff"), RelayMessage::Other);
    }

    #[test]
    fn an_event_says_which_it_is() {
        let text = br#"["EVENT","ht",{"content":"\"id\":\"8\"","id":"7","kind":1,"created_at":1795287842,"tags":[["id","9"]]}]"#;
        let expected = RelayMessage::Event {
            subscription: "ht".into(),
            id: Some("7".into()),
            kind: Some(1),
            at: Timestamp::from_secs(1_795_287_842),
        };
        assert_eq!(read(text), expected);
        let broken =
            RelayMessage::Event { subscription: "ht".into(), id: None, kind: None, at: None };
        assert_eq!(read(br#"["EVENT","ht",{"id":"7""#), broken);
        assert_eq!(read(br#"["EVENT","ht"]"#), broken);
    }
}
