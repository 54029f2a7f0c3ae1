//! What an event says of itself and of the stream: when it was, where it stands, what the server
//! remarks.
//!
//! A shallow look, for the source, at what the decoder judges.

use std::borrow::Cow;

use crate::decode::json::{Kind, Reader};
use crate::timestamp::Timestamp;

/// What an event says of itself.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Mark {
    /// When, by the network's clock.
    pub(crate) at: Option<Timestamp>,
    /// The same as the first generation has it: its cursor.
    pub(crate) time_us: Option<i64>,
    /// The number of the event in the second generation: its cursor.
    pub(crate) seq: Option<i64>,
    /// The server remarks something: its name.
    pub(crate) info: Option<String>,
    /// The server ends the stream: why.
    pub(crate) error: Option<String>,
}

/// Reads what is around the event, in both generations. What cannot be read has no mark, and is
/// judged by the decoder.
pub(crate) fn mark(message: &[u8]) -> Mark {
    let mut mark = Mark::default();
    let Ok(text) = std::str::from_utf8(message) else { return mark };
    let mut is_error = false;
    let mut said = None;
    let mut in_payload = None;
    let read = Reader::new(text).object(|reader, name| {
        match (&*name.value(), reader.peek()?) {
            ("time_us", Kind::Number) => mark.time_us = Some(reader.integer()?),
            ("$type", Kind::String) => is_error = reader.string()?.is("error"),
            ("payload", Kind::Object) => in_payload = Some(reader.skip()?),
            ("error" | "message", Kind::String) => {
                let text = reader.string()?.value();
                said = Some(
                    said.take().map_or_else(|| text.to_string(), |s: String| s + ": " + &text),
                );
            }
            _ => drop(reader.skip()?),
        }
        Ok(())
    });
    if read.is_err() {
        return Mark::default();
    }
    mark.at = mark.time_us.and_then(Timestamp::from_micros);
    if is_error {
        mark.error = Some(said.unwrap_or_default());
    }
    if let Some(payload) = in_payload {
        let mut is_info = false;
        let mut name_of_info = None;
        let _checked_as_a_whole = Reader::new(payload).object(|reader, name| {
            match (&*name.value(), reader.peek()?) {
                ("seq", Kind::Number) => mark.seq = Some(reader.integer()?),
                ("time", Kind::String) => {
                    mark.at = Timestamp::parse_rfc3339(&reader.string()?.value());
                }
                ("$type", Kind::String) => {
                    is_info = reader.string()?.value().ends_with("subscribeEvents#info");
                }
                ("name", Kind::String) => name_of_info = Some(reader.string()?.value()),
                _ => drop(reader.skip()?),
            }
            Ok(())
        });
        mark.info = name_of_info.filter(|_| is_info).map(Cow::into_owned);
    }
    mark
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_generations_say_when_and_where_they_are() {
        let first = mark(br#"{"did":"did:plc:a","time_us":1795287841276556,"kind":"identity"}"#);
        assert_eq!(first.time_us, Some(1_795_287_841_276_556));
        assert_eq!(first.at, Timestamp::from_millis(1_795_287_841_276));
        let second = mark(
            br#"{"$type":"message","payload":{"$type":"network.bsky.jetstream.subscribeEvents#commit","seq":40118333,"did":"did:plc:a","time":"2026-11-21T19:04:01.276556Z"}}"#,
        );
        assert_eq!((second.seq, second.time_us), (Some(40_118_333), None));
        assert_eq!(second.at, Timestamp::from_millis(1_795_287_841_276));
    }

    #[test]
    fn a_record_cannot_pretend_to_be_the_event() {
        let mark = mark(
            br#"{"did":"did:plc:a","commit":{"record":{"time_us":9,"text":"\"time_us\":8"}},"time_us":1795287841276556}"#,
        );
        assert_eq!(mark.time_us, Some(1_795_287_841_276_556));
    }

    #[test]
    fn the_servers_remarks_are_told_from_events() {
        let info = mark(
            br#"{"$type":"message","payload":{"$type":"network.bsky.jetstream.subscribeEvents#info","name":"OutdatedCursor"}}"#,
        );
        assert_eq!(info.info.as_deref(), Some("OutdatedCursor"));
        let error = mark(br#"{"$type":"error","error":"ConsumerTooSlow","message":"too slow"}"#);
        assert_eq!(error.error.as_deref(), Some("ConsumerTooSlow: too slow"));
        assert_eq!(mark(b"{\"time_us\":1,"), Mark::default());
    }
}
