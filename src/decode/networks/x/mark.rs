//! What a message of X says of itself beside its posts: their number, how new they are, what follows.
//!
//! A shallow look, for the source, at what the decoder judges.

use crate::decode::json::{Invalid, Kind, Reader};
use crate::timestamp::Timestamp;

/// What is around the posts of a message.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Mark {
    /// The posts themselves.
    pub(crate) posts: u32,
    /// What came along because posts refer to it.
    pub(crate) included: u32,
    pub(crate) newest_id: Option<u64>,
    pub(crate) newest_at: Option<Timestamp>,
    pub(crate) oldest_at: Option<Timestamp>,
    /// It is a page of a search, perhaps an empty one.
    pub(crate) is_page: bool,
    /// Where the search goes on.
    pub(crate) next: Option<String>,
}

/// Reads what is around the posts. What cannot be read has no mark.
pub(crate) fn mark(message: &[u8]) -> Mark {
    let mut mark = Mark::default();
    let Ok(text) = std::str::from_utf8(message) else { return mark };
    let read = Reader::new(text).object(|reader, name| match (&*name.value(), reader.peek()?) {
        ("data", Kind::Object) => mark.post(reader),
        ("data", Kind::Array) => reader.array(|reader| mark.post(reader)),
        ("includes", Kind::Object) => reader.object(|reader, name| {
            if !name.is("tweets") || reader.peek()? != Kind::Array {
                return reader.skip().map(drop);
            }
            reader.array(|reader| {
                mark.included += 1;
                reader.skip().map(drop)
            })
        }),
        ("meta", Kind::Object) => {
            mark.is_page = true;
            reader.object(|reader, name| {
                if name.is("next_token") && reader.peek()? == Kind::String {
                    mark.next = Some(reader.string()?.value().into_owned());
                    return Ok(());
                }
                reader.skip().map(drop)
            })
        }
        _ => reader.skip().map(drop),
    });
    if read.is_err() { Mark::default() } else { mark }
}

impl Mark {
    fn post(&mut self, reader: &mut Reader<'_>) -> Result<(), Invalid> {
        self.posts += 1;
        reader.object(|reader, name| {
            match (&*name.value(), reader.peek()?) {
                ("id", Kind::String) => {
                    self.newest_id = self.newest_id.max(reader.string()?.value().parse().ok());
                }
                ("created_at", Kind::String) => {
                    let at = Timestamp::parse_rfc3339(&reader.string()?.value());
                    self.newest_at = self.newest_at.max(at);
                    self.oldest_at = match (self.oldest_at, at) {
                        (Some(oldest), Some(at)) => Some(oldest.min(at)),
                        (oldest, at) => oldest.or(at),
                    };
                }
                _ => drop(reader.skip()?),
            }
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse_rfc3339(text).unwrap()
    }

    #[test]
    fn a_line_of_the_stream_is_one_post() {
        let mark = mark(
            br#"{"data":{"id":"7","created_at":"2026-11-21T19:04:01.000Z","text":"{\"id\":\"9\"}"},"includes":{"users":[{"id":"8"}],"tweets":[{"id":"6"}]},"matching_rules":[{"id":"5"}]}"#,
        );
        let time = Some(at("2026-11-21T19:04:01Z"));
        let expected = Mark {
            posts: 1,
            included: 1,
            newest_id: Some(7),
            newest_at: time,
            oldest_at: time,
            ..Mark::default()
        };
        assert_eq!(mark, expected);
    }

    #[test]
    fn a_page_says_where_it_goes_on() {
        let mark = mark(
            br#"{"data":[{"id":"7","created_at":"2026-11-21T19:04:01.000Z"},{"id":"5","created_at":"2026-11-21T19:03:01.000Z"}],"meta":{"next_token":"abc","result_count":2}}"#,
        );
        assert_eq!((mark.posts, mark.newest_id, mark.next.as_deref()), (2, Some(7), Some("abc")));
        assert_eq!(mark.oldest_at, Some(at("2026-11-21T19:03:01Z")));
        assert!(mark.is_page);
    }

    #[test]
    fn what_cannot_be_read_has_no_mark() {
        assert_eq!(mark(br#"{"data":{"id":"7"},"#), Mark::default());
        assert_eq!(mark(b"\xff"), Mark::default());
        assert_eq!(
            mark(br#"{"meta":{"result_count":0}}"#),
            Mark { is_page: true, ..Mark::default() }
        );
    }
}
