//! From the bytes of an answer to the document in it: compression undone within a bound, and the text
//! brought to UTF-8.
//!
//! Nobody asks for compression here ([`super::http`]); some servers compress all the same. gzip and
//! deflate are undone, whether a header says so or the bytes do, and no further than the bound of the
//! document; what else there is, and compressed streams, are refused by name.

use std::io::{self, Read};

use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use tokio_tungstenite::tungstenite::http::HeaderMap;
use tokio_tungstenite::tungstenite::http::header::{CONTENT_ENCODING, CONTENT_TYPE};

use super::super::framing::text::{Charset, bare};
use super::failure::{Failure, quoted};
use super::what_came::What;

/// The text of a whole answer of at most `max` bytes.
pub(super) fn document(
    headers: &HeaderMap,
    bytes: Vec<u8>,
    max: usize,
) -> Result<Vec<u8>, Failure> {
    let encoding = encoding(headers);
    // Servers call one what is the other, and some compress nothing and say that they do.
    if !matches!(encoding.as_deref(), None | Some("gzip" | "x-gzip" | "deflate")) {
        return Err(Failure::Unreadable(What::Encoded(encoding.unwrap_or_default())));
    }
    let is_json = matches!(bare(&bytes).first(), Some(b'{' | b'[') | None);
    let bytes = match unpacked(&bytes, max) {
        Some(unpacked) => unpacked?,
        // Without the frame that the standard asks for.
        None if encoding.as_deref() == Some("deflate") && !is_json => {
            match within(DeflateDecoder::new(&*bytes), max) {
                Ok(Some(unpacked)) => unpacked,
                Ok(None) => return Err(Failure::TooLong(max)),
                Err(_) => bytes,
            }
        }
        None => bytes,
    };
    let decoded = charset(headers).decode(&bytes);
    Ok(bare(&decoded).to_vec())
}

/// Checks that an answer which has no end comes as it is: what is compressed would come late, in
/// pieces, and without a bound.
pub(in crate::source) fn expect_plain(headers: &HeaderMap) -> Result<(), Failure> {
    match encoding(headers) {
        None if charset(headers).is_wide() => Err(Failure::Unreadable(What::Utf16)),
        None => Ok(()),
        Some(encoding) => Err(Failure::Unreadable(What::Encoded(encoding))),
    }
}

/// The character set that the headers name.
pub(in crate::source) fn charset(headers: &HeaderMap) -> Charset {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    content_type.map(Charset::of_content_type).unwrap_or_default()
}

/// What is compressed with gzip or deflate, by its first bytes, unpacked to at most `max` bytes;
/// `None` if it is not.
pub(super) fn unpacked(bytes: &[u8], max: usize) -> Option<Result<Vec<u8>, Failure>> {
    let unpacked = match What::compression(bytes)? {
        "gzip" => within(MultiGzDecoder::new(bytes), max),
        "deflate" => within(ZlibDecoder::new(bytes), max),
        _ => return None,
    };
    Some(match unpacked {
        Ok(Some(unpacked)) => Ok(unpacked),
        Ok(None) => Err(Failure::TooLong(max)),
        Err(_) => Err(Failure::Unreadable(What::BrokenArchive)),
    })
}

/// All that a reader gives, if that is no more than `max` bytes.
fn within(reader: impl Read, max: usize) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    let limit = u64::try_from(max).unwrap_or(u64::MAX).saturating_add(1);
    reader.take(limit).read_to_end(&mut bytes)?;
    Ok(Some(bytes).filter(|bytes| bytes.len() <= max))
}

/// How an answer is compressed, by its headers; `None` if it is not.
fn encoding(headers: &HeaderMap) -> Option<String> {
    let values = headers.get_all(CONTENT_ENCODING).into_iter();
    let text = values.map(|value| String::from_utf8_lossy(value.as_bytes()).to_ascii_lowercase());
    let all: Vec<String> = text
        .flat_map(|text| text.split(',').map(quoted).collect::<Vec<_>>())
        .filter(|name| !name.is_empty() && name != "identity")
        .collect();
    (!all.is_empty()).then(|| all.join(", "))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

    use super::*;

    const MAX: usize = 1000;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn headers(encoding: &str, content_type: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        if !encoding.is_empty() {
            headers.insert(CONTENT_ENCODING, encoding.parse().unwrap());
        }
        headers.insert(CONTENT_TYPE, content_type.parse().unwrap());
        headers
    }

    /// What comes of an answer: its text, or why there is none.
    fn text(encoding: &str, content_type: &str, bytes: &[u8]) -> Result<String, String> {
        let document = document(&headers(encoding, content_type), bytes.to_vec(), MAX);
        document
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .map_err(|failure| failure.to_string())
    }

    #[test]
    fn what_is_compressed_unasked_is_unpacked() {
        let plain = b"{\"text\":\"#tabs\"}";
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
        zlib.write_all(plain).unwrap();
        let zlib = zlib.finish().unwrap();
        let mut raw = DeflateEncoder::new(Vec::new(), Compression::default());
        raw.write_all(plain).unwrap();
        let raw = raw.finish().unwrap();
        let two = [gzip(&plain[..5]), gzip(&plain[5..])].concat();
        for (encoding, bytes) in [
            ("gzip", gzip(plain)),
            ("GZIP", gzip(plain)),
            ("x-gzip", two),
            ("identity, gzip", gzip(plain)),
            ("", gzip(plain)),
            ("deflate", zlib.clone()),
            ("", zlib),
            ("deflate", raw),
            ("deflate", gzip(plain)),
            ("", plain.to_vec()),
            // Said, and not done.
            ("gzip", plain.to_vec()),
            ("deflate", plain.to_vec()),
            ("identity", plain.to_vec()),
            ("gzip", gzip(b"\xef\xbb\xbf)]}'\n{\"text\":\"#tabs\"}")),
        ] {
            let text = text(encoding, "application/json", &bytes);
            assert_eq!(text.as_deref(), Ok("{\"text\":\"#tabs\"}"), "{encoding} {bytes:?}");
        }
        let latin = gzip(b"{\"text\":\"#caf\xe9\"}");
        let text = text("gzip", "application/json; charset=iso-8859-1", &latin);
        assert_eq!(text.as_deref(), Ok("{\"text\":\"#café\"}"));
    }

    #[test]
    fn what_is_compressed_in_other_ways_is_refused_by_name() {
        for (encoding, name) in [("br", "`br`"), ("zstd", "`zstd`"), ("gzip, br", "`gzip, br`")] {
            let headers = headers(encoding, "application/json");
            let refused = document(&headers, b"x".to_vec(), MAX).unwrap_err().to_string();
            assert!(refused.contains(name), "{refused}");
            assert!(expect_plain(&headers).unwrap_err().to_string().contains(name));
        }
    }

    #[test]
    fn a_stream_is_not_compressed() {
        for (encoding, content_type, is_plain) in [
            ("", "application/x-ndjson", true),
            ("identity", "text/event-stream; charset=iso-8859-1", true),
            ("gzip", "application/x-ndjson", false),
            ("", "application/x-ndjson; charset=utf-16", false),
        ] {
            let checked = expect_plain(&headers(encoding, content_type));
            assert_eq!(checked.is_ok(), is_plain, "{encoding} {content_type}");
        }
    }

    #[test]
    fn a_bomb_is_unpacked_no_further_than_the_bound() {
        assert!(text("gzip", "x/y", &gzip(&[b'1'; MAX])).is_ok());
        let mut bomb = gzip(&vec![b'1'; 50 << 20]);
        assert!(bomb.len() < 100_000, "{}", bomb.len());
        let refused = text("gzip", "x/y", &bomb).unwrap_err();
        assert!(refused.contains("longer than 1000 bytes"), "{refused}");
        // The rest is not even looked at.
        bomb.truncate(1000);
        assert_eq!(text("gzip", "x/y", &bomb).unwrap_err(), refused);
        let mut read = 0;
        let counted = CountRead(io::repeat(b'1'), &mut read);
        assert_eq!(within(counted, MAX).unwrap(), None);
        assert_eq!(read, MAX + 1);
    }

    struct CountRead<'c, R>(R, &'c mut usize);

    impl<R: Read> Read for CountRead<'_, R> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.0.read(buffer).inspect(|count| *self.1 += count)
        }
    }

    #[test]
    fn an_archive_that_breaks_off_is_told() {
        let mut cut = gzip(b"{\"text\":\"#tabs #tabs #tabs #spaces\"}");
        cut.truncate(cut.len() - 12);
        assert!(text("gzip", "x/y", &cut).unwrap_err().contains("breaks off"));
    }
}
