//! The checksum at the end of each line, chained: it covers the line and the checksum of the line before.
//!
//! So a line that was changed, left out, put in or moved shows, and where. That is no signature: whoever
//! has the file can seal it anew. `"crc"` is the last member, so that a reader who knows nothing of it
//! reads a line all the same.

use flate2::Crc;

/// Stands before the checksum.
const BEFORE: &[u8] = b",\"crc\":\"";

/// Stands after it.
const AFTER: &[u8] = b"\"}";

/// Digits of a checksum.
const DIGITS: usize = 8;

/// What the next line's checksum covers of the line before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Chain(u32);

impl Chain {
    /// Adds a line, which is an object, with its checksum and its line feed.
    pub(super) fn seal(&mut self, line: &str, out: &mut Vec<u8>) {
        let body = line.strip_suffix('}').unwrap_or(line).as_bytes();
        *self = self.after(body);
        out.extend_from_slice(body);
        out.extend_from_slice(BEFORE);
        out.extend_from_slice(format!("{:08x}", self.0).as_bytes());
        out.extend_from_slice(AFTER);
        out.push(b'\n');
    }

    /// Whether a line, given without its line feed, is what was written there.
    pub(super) fn check(&mut self, line: &[u8]) -> bool {
        let Some((body, said)) = split(line) else { return false };
        let next = self.after(body);
        if next.0 == said {
            *self = next;
        }
        next.0 == said
    }

    /// What the next line may follow after one that is not what was written there: the checksum that
    /// stands in this one, that which should, or none of it, if the line was put in.
    pub(super) fn after_damage(self, line: &[u8]) -> [Chain; 3] {
        let (body, said) = match split(line) {
            Some((body, said)) => (body, Some(Chain(said))),
            None => (line.strip_suffix(b"}").unwrap_or(line), None),
        };
        let meant = self.after(body);
        [said.unwrap_or(meant), meant, self]
    }

    fn after(self, body: &[u8]) -> Chain {
        let mut crc = Crc::new();
        crc.update(&self.0.to_be_bytes());
        crc.update(body);
        Chain(crc.sum())
    }
}

/// A line as it was before it was sealed.
pub(super) fn opened(line: &str) -> Option<String> {
    let (body, _) = split(line.as_bytes())?;
    Some(format!("{}}}", str::from_utf8(body).ok()?))
}

/// A line before its checksum, and the checksum.
fn split(line: &[u8]) -> Option<(&[u8], u32)> {
    let line = line.strip_suffix(AFTER)?;
    let (line, digits) = line.split_last_chunk::<DIGITS>()?;
    let body = line.strip_suffix(BEFORE)?;
    let is_digit = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let digits = digits.iter().all(is_digit).then_some(digits)?;
    let said = u32::from_str_radix(str::from_utf8(digits).ok()?, 16).ok()?;
    Some((body, said))
}
