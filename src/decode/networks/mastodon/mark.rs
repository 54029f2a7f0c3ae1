//! What a message of Mastodon says of itself, as far as the source must know: whether it is a post
//! that was told already, and when that was posted.
//!
//! Does not judge messages: what cannot be read has no mark, and goes to the decoder as it is.

use std::borrow::Cow;

use crate::decode::json::{Invalid, Kind, Reader};
use crate::decode::loose::{self, Elements};
use crate::timestamp::Timestamp;

/// The number that a Mastodon server's id is.
pub(crate) fn number(id: &str) -> Option<u64> {
    let plain = id.bytes().all(|byte| byte.is_ascii_digit()) && !id.starts_with('0');
    id.parse().ok().filter(|_| plain)
}

/// The bits of an id below its milliseconds.
const SEQUENCE_BITS: u32 = 16;

/// The id that comes before all posts of a time, by the server's clock.
pub(crate) fn first_id_at(time: Timestamp) -> u64 {
    u64::try_from(time.millis()).unwrap_or(0) << SEQUENCE_BITS
}

/// Mastodon is no older than 2016, and no younger than this.
const YEARS_MS: std::ops::Range<u64> = 1_451_606_400_000..7_258_118_400_000;

/// Whether an id can be one that begins with a time: other servers count, and some call themselves
/// Mastodon.
pub(crate) fn can_be_time(id: &str) -> bool {
    number(id).is_some_and(|id| YEARS_MS.contains(&(id >> SEQUENCE_BITS)))
}

/// How far the time in a Mastodon server's id is from `created_at` at the most.
const ID_TOLERANCE_MS: u64 = 3_600_000;

/// What a status says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Head<'a> {
    pub(crate) id: Cow<'a, str>,
    pub(crate) created_at: Option<Timestamp>,
    /// When it was edited last.
    pub(crate) edited_at: Option<Timestamp>,
}

impl Head<'_> {
    /// Whether the id tells when the status was posted.
    pub(crate) fn is_timed(&self) -> bool {
        let (Some(id), Some(at)) = (number(&self.id), self.created_at) else { return false };
        (id >> SEQUENCE_BITS).abs_diff(u64::try_from(at.millis()).unwrap_or(0)) < ID_TOLERANCE_MS
    }
}

/// What a message of the stream is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Mark {
    /// A status, or a changed one.
    Status {
        /// Its id.
        id: String,
        /// When it was edited last.
        edited_at: Option<Timestamp>,
        /// It is a change.
        is_edit: bool,
    },
    /// The end of the status with this id.
    Delete(String),
    /// The server refuses something: what it says.
    Error(String),
    /// Anything else.
    Other,
}

/// Reads the head of a status.
pub(crate) fn head(status: &str) -> Option<Head<'_>> {
    let (mut id, mut created_at, mut edited_at) = (None, None, None);
    let time = |reader: &mut Reader<'_>| -> Result<Option<Timestamp>, Invalid> {
        if reader.peek()? == Kind::String {
            Ok(Timestamp::parse_rfc3339(&reader.string()?.value()))
        } else {
            reader.skip().map(|_| None)
        }
    };
    let mut reader = Reader::new(status);
    let read = reader.object(|reader, name| {
        match &*name.value() {
            "id" if reader.peek()? == Kind::String => id = Some(reader.string()?.value()),
            "id" if reader.peek()? == Kind::Number => id = Some(reader.number()?.into()),
            "created_at" => created_at = time(reader)?,
            "edited_at" => edited_at = time(reader)?,
            _ => drop(reader.skip()?),
        }
        Ok(())
    });
    read.and_then(|()| reader.end()).ok()?;
    Some(Head { id: id?, created_at, edited_at })
}

/// Reads the mark of a message of the stream.
pub(crate) fn mark(message: &[u8]) -> Mark {
    let Ok(text) = std::str::from_utf8(message) else { return Mark::Other };
    let (mut event, mut payload, mut error) = (None, None, None);
    let read = Reader::new(text).object(|reader, name| {
        match (&*name.value(), reader.peek()?) {
            ("event", Kind::String) => event = Some(reader.string()?.value()),
            ("error", Kind::String) => error = Some(reader.string()?.value()),
            ("payload", Kind::String) => payload = Some(reader.string()?.value()),
            ("payload", _) => payload = Some(Cow::Borrowed(reader.skip()?)),
            _ => drop(reader.skip()?),
        }
        Ok(())
    });
    if read.is_err() {
        return Mark::Other;
    }
    let payload = payload.unwrap_or_default();
    match (event.as_deref(), error) {
        (Some(event @ ("update" | "status.update")), _) => {
            head(&payload).map_or(Mark::Other, |head| Mark::Status {
                edited_at: head.edited_at,
                id: head.id.into_owned(),
                is_edit: event == "status.update",
            })
        }
        (Some("delete"), _) => Mark::Delete(payload.trim().trim_matches('"').to_owned()),
        (None, Some(error)) => Mark::Error(error.into_owned()),
        _ => Mark::Other,
    }
}

/// The statuses of a page, each with its text; those without a head are left to the decoder, and so is
/// what has no end. `None` if there is no list of statuses at all.
pub(crate) fn page(page: &[u8]) -> Option<Vec<(Option<Head<'_>>, &[u8])>> {
    let Elements { whole, rest } = loose::elements(page)?;
    let mut statuses: Vec<_> = whole
        .into_iter()
        .map(|text| (std::str::from_utf8(text).ok().and_then(head), text))
        .collect();
    if !rest.is_empty() {
        statuses.push((None, rest));
    }
    Some(statuses)
}

/// An event as the decoder reads it, on one line: a payload in JSON as it is, any other as a text.
pub(crate) fn message(event: &str, payload: &str) -> String {
    let event = serde_json::Value::from(event);
    if payload.trim_ascii_start().starts_with('{') {
        // Line breaks in JSON stand between its words only.
        let payload = payload.replace(['\n', '\r'], " ");
        format!(r#"{{"event":{event},"payload":{payload}}}"#)
    } else {
        format!(r#"{{"event":{event},"payload":{}}}"#, serde_json::Value::from(payload))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATUS: &str = r#"{"id":"117655983922104250","created_at":"2026-11-21T19:04:00.608Z","edited_at":null,"uri":"https://garden.example/1","content":"\"id\":\"7\"","reblog":{"id":"9"}}"#;

    #[test]
    fn a_status_tells_its_own_id_and_not_that_of_what_is_in_it() {
        let head = head(STATUS).unwrap();
        assert_eq!((&*head.id, head.edited_at), ("117655983922104250", None));
        assert!(head.is_timed());
        let id = number(&head.id).unwrap();
        let at = head.created_at.unwrap();
        assert!(first_id_at(at) <= id && id < first_id_at(at.saturating_add(SECOND)));
    }

    const SECOND: std::time::Duration = std::time::Duration::from_secs(1);

    #[test]
    fn ids_of_other_servers_tell_no_time() {
        for id in ["01JD7Z8W4QF8N2Y3T5V6X7B9KC", "0117655983922104250", "AaBbCc", "4", ""] {
            let status = STATUS.replace("117655983922104250", id);
            assert!(!head(&status).unwrap().is_timed(), "{id}");
        }
    }

    #[test]
    fn events_of_both_transports_have_the_same_mark() {
        let payload = serde_json::Value::from(STATUS);
        let socket =
            format!(r#"{{"stream":["hashtag","a"],"event":"update","payload":{payload}}}"#);
        let pretty = STATUS.replace(",\"", ",\n \"");
        let events = message("update", &pretty);
        assert_eq!(mark(socket.as_bytes()), mark(events.as_bytes()));
        assert!(!events.contains('\n'));
        let id = "117655983922104250".to_owned();
        assert_eq!(
            mark(events.as_bytes()),
            Mark::Status { id: id.clone(), edited_at: None, is_edit: false }
        );
        let delete = message("delete", &id);
        assert_eq!(delete, format!(r#"{{"event":"delete","payload":"{id}"}}"#));
        assert_eq!(mark(delete.as_bytes()), Mark::Delete(id));
        assert_eq!(mark(message("delete", "01JD\"7").as_bytes()), Mark::Delete("01JD\"7".into()));
    }

    #[test]
    fn what_is_odd_on_a_page_loses_only_itself() {
        let deep = format!("{{\"id\":\"1\",\"x\":{}{}}}", "[".repeat(500), "]".repeat(500));
        let latin = b"{\"id\":\"2\",\"content\":\"\xe9\"}";
        let text = format!(
            "[{STATUS}, null, 7, [], {{}}, {{\"id\":null}}, {deep}, {{\"id\":8}}, {STATUS}, "
        );
        let bytes = [text.as_bytes(), latin, b", {\"id\":\"9\",\"con"].concat();
        let page = page(&bytes).unwrap();
        let ids: Vec<Option<&str>> =
            page.iter().map(|(head, _)| head.as_ref().map(|head| &*head.id)).collect();
        let id = Some("117655983922104250");
        let none = None;
        assert_eq!(ids, [id, none, none, none, none, none, none, Some("8"), id, none, none]);
        assert_eq!((page[6].1, page[9].1), (deep.as_bytes(), &latin[..]));
        assert_eq!(super::page(b"{}"), None);
        assert_eq!(super::page(b"<html>"), None);
    }

    #[test]
    fn an_error_is_what_has_no_event() {
        let error = mark(br#"{"error":"Unknown stream type","status":400}"#);
        assert_eq!(error, Mark::Error("Unknown stream type".to_owned()));
        assert_eq!(mark(br#"{"stream":["user"],"event":"filters_changed"}"#), Mark::Other);
        assert_eq!(mark(b"{"), Mark::Other);
    }
}
