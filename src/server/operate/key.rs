//! The operators' key: whoever knows it runs the show.
//!
//! It is compared by its digest, in the same time wherever two keys differ, and prints itself nowhere.

use std::fmt;

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::hint::Hint;

/// Characters of a key that somebody has chosen: the fewest have 128 bits in base64, and more than the
/// most are no key but a file.
const LENGTHS: std::ops::RangeInclusive<usize> = 22..=200;

/// Different characters of such a key, at the least. Of a random one's 32 hexadecimal digits fewer are
/// different once in ten million.
const DIFFERENT: usize = 8;

/// What whoever gives commands must know.
#[derive(Clone)]
pub struct OperatorKey {
    text: String,
    digest: Digest,
}

/// A secret as it is compared: of one length, whatever is compared with it.
#[derive(Clone)]
pub(super) struct Digest([u8; 32]);

/// Why a text cannot be a key. Says nothing of the text itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// It can be guessed.
    #[error("it has fewer than 22 characters")]
    Short,
    /// It is no key.
    #[error("it has more than 200 characters")]
    Long,
    /// It cannot be sent as a bearer token.
    #[error("it has characters other than letters, digits and `-._~+/=`")]
    Characters,
    /// It can be guessed, long as it is.
    #[error("it has fewer than 8 different characters")]
    Plain,
}

impl Hint for Unfit {
    fn hint(&self) -> Option<&'static str> {
        Some("make one with `openssl rand -hex 16`")
    }
}

impl OperatorKey {
    /// A new one, of 128 random bits.
    #[must_use]
    pub fn random() -> OperatorKey {
        OperatorKey::of(random())
    }

    /// The one that is kept with a journal.
    #[must_use]
    pub fn kept(bits: [u8; 16]) -> OperatorKey {
        OperatorKey::of(format!("{:032x}", u128::from_be_bytes(bits)))
    }

    /// One that somebody has chosen.
    ///
    /// # Errors
    /// If it could be guessed, or could not be sent.
    pub fn read(text: &str) -> Result<OperatorKey, Unfit> {
        let is_sent = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
        if !text.bytes().all(is_sent) {
            return Err(Unfit::Characters);
        }
        if text.len() < *LENGTHS.start() {
            return Err(Unfit::Short);
        }
        if text.len() > *LENGTHS.end() {
            return Err(Unfit::Long);
        }
        let different: std::collections::BTreeSet<u8> = text.bytes().collect();
        if different.len() < DIFFERENT {
            return Err(Unfit::Plain);
        }
        Ok(OperatorKey::of(text.to_owned()))
    }

    fn of(text: String) -> OperatorKey {
        OperatorKey { digest: Digest::of(&text), text }
    }

    /// As it is sent, for whoever has proved to be an operator, and for files that only this user can read.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.text
    }

    pub(super) fn is(&self, given: &str) -> bool {
        self.digest.is_of(given)
    }
}

impl fmt::Debug for OperatorKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OperatorKey(***)")
    }
}

impl Digest {
    pub(super) fn of(text: &str) -> Digest {
        Digest(Sha256::digest(text).into())
    }

    /// Whether it is that of this text; how long it takes tells nothing of how alike they are.
    pub(super) fn is_of(&self, text: &str) -> bool {
        self.0.ct_eq(&Digest::of(text).0).into()
    }
}

/// 128 random bits, in hexadecimal digits.
///
/// # Panics
/// If the system has no random numbers to give, without which nothing would be secret.
pub(super) fn random() -> String {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).expect("the system gives random numbers");
    format!("{:032x}", u128::from_be_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_that_text_and_no_other() {
        let key = OperatorKey::random();
        let text = key.reveal().to_owned();
        assert!(key.is(&text));
        let upper = text.to_uppercase();
        for other in ["", &text[1..], &format!("{text}0"), &format!("{text} "), &format!("0{text}")]
        {
            assert!(!key.is(other), "{other}");
        }
        assert!(upper == text || !key.is(&upper));
        assert!(!key.is(OperatorKey::random().reveal()));
        assert!(OperatorKey::read(&text).unwrap().is(&text));
    }

    #[test]
    fn a_key_does_not_print_itself() {
        let key = OperatorKey::random();
        assert_eq!(format!("{key:?}"), "OperatorKey(***)");
    }

    #[test]
    fn what_can_be_guessed_or_not_be_sent_is_no_key() {
        let good = "0123456789abcdef0123456789abcdef";
        for (text, expected) in [
            (good, None),
            ("Zm9vYmFyLWJhejo_xyz012", None),
            ("", Some(Unfit::Short)),
            ("correct-horse-battery", Some(Unfit::Short)),
            (&"ab".repeat(20), Some(Unfit::Plain)),
            (&"0123456789".repeat(21), Some(Unfit::Long)),
            ("0123456789abcdef 0123456789abcdef", Some(Unfit::Characters)),
            ("0123456789abcdef\u{e9}0123456789abcdef", Some(Unfit::Characters)),
            ("\"0123456789abcdef0123456789\"", Some(Unfit::Characters)),
        ] {
            assert_eq!(OperatorKey::read(text).err(), expected, "{text}");
        }
    }
}
