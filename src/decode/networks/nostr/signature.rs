//! Whether a Nostr event is by the one whose key it carries.
//!
//! Relays check this too, and a hostile one can send anything all the same. The id must be the
//! SHA-256 of the event in its canonical form (NIP-01), and the signature one of that id under the
//! event's key (BIP-340). Recordings are not checked: nobody forges their own.
//! Source: NIP-01, BIP-340.

use std::borrow::Cow;
use std::fmt::Write;

use secp256k1::XOnlyPublicKey;
use secp256k1::schnorr::Signature;
use sha2::{Digest, Sha256};

use crate::decode::json::{Invalid, Kind, Reader};

/// Why an event is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Forged {
    /// It lacks a part, has one twice, or one that cannot be read.
    #[error("{0}")]
    Invalid(#[from] Invalid),
    /// Something was changed after it was signed.
    #[error("the id is not that of the event")]
    Id,
    /// The key is not a point of the curve.
    #[error("the public key is none")]
    Key,
    /// The signature is by another key, or of another event.
    #[error("the signature is not that of the key")]
    Signature,
}

/// Checks an event, bare or as a relay sends it.
///
/// # Errors
/// If it is not signed as it says, or does not hold an event.
pub fn verify(text: &str) -> Result<(), Forged> {
    let event = read(text)?;
    let id: [u8; 32] = bytes(&event.id).ok_or(Invalid("`id` is not 64 hexadecimal digits"))?;
    // The standard has other control characters as they are; some clients escape them, and what
    // they signed is that.
    if id != event.hash(Controls::Verbatim) && id != event.hash(Controls::Escaped) {
        return Err(Forged::Id);
    }
    let key = bytes(&event.pubkey).ok_or(Invalid("`pubkey` is not 64 hexadecimal digits"))?;
    let key = XOnlyPublicKey::from_byte_array(key).map_err(|_| Forged::Key)?;
    let signature = bytes(&event.sig).ok_or(Invalid("`sig` is not 128 hexadecimal digits"))?;
    let signature = Signature::from_byte_array(signature);
    signature.verify(&id, &key).map_err(|_| Forged::Signature)
}

/// What is signed, and by whom.
struct Event<'a> {
    id: Cow<'a, str>,
    pubkey: Cow<'a, str>,
    created_at: i64,
    kind: i64,
    tags: Vec<Vec<Cow<'a, str>>>,
    content: Cow<'a, str>,
    sig: Cow<'a, str>,
}

/// How control characters without an escape of their own are written.
#[derive(Clone, Copy, PartialEq)]
enum Controls {
    Verbatim,
    Escaped,
}

impl Event<'_> {
    /// The hash of `[0,pubkey,created_at,kind,tags,content]`, without white space.
    fn hash(&self, controls: Controls) -> [u8; 32] {
        let mut form = String::with_capacity(self.content.len() + 256);
        form.push_str("[0,");
        quote(&mut form, &self.pubkey, controls);
        write!(form, ",{},{},[", self.created_at, self.kind).expect("a String takes everything");
        for (place, tag) in self.tags.iter().enumerate() {
            form.push_str(if place == 0 { "[" } else { ",[" });
            for (place, value) in tag.iter().enumerate() {
                if place > 0 {
                    form.push(',');
                }
                quote(&mut form, value, controls);
            }
            form.push(']');
        }
        form.push_str("],");
        quote(&mut form, &self.content, controls);
        form.push(']');
        Sha256::digest(form.as_bytes()).into()
    }
}

/// Writes a string as the canonical form has it: seven characters are escaped.
fn quote(form: &mut String, text: &str, controls: Controls) {
    form.push('"');
    for char in text.chars() {
        match char {
            '\n' => form.push_str("\\n"),
            '"' => form.push_str("\\\""),
            '\\' => form.push_str("\\\\"),
            '\r' => form.push_str("\\r"),
            '\t' => form.push_str("\\t"),
            '\u{8}' => form.push_str("\\b"),
            '\u{c}' => form.push_str("\\f"),
            '\0'..' ' if controls == Controls::Escaped => {
                write!(form, "\\u{:04x}", u32::from(char)).expect("a String takes everything");
            }
            _ => form.push(char),
        }
    }
    form.push('"');
}

/// Finds the event where the decoder finds it.
fn read(text: &str) -> Result<Event<'_>, Invalid> {
    const NO_EVENT: Invalid = Invalid("no event");
    let mut reader = Reader::new(text);
    if reader.peek()? == Kind::Object {
        let event = object(&mut reader)?;
        reader.end()?;
        return Ok(event);
    }
    let mut event = None;
    let mut place = 0;
    reader.array(|reader| {
        match (place, reader.peek()?) {
            (0, Kind::String) if reader.string()?.is("EVENT") => {}
            (0, _) => return Err(NO_EVENT),
            (1 | 2, Kind::Object) if event.is_none() => event = Some(object(reader)?),
            _ => drop(reader.skip()?),
        }
        place += 1;
        Ok(())
    })?;
    reader.end()?;
    event.ok_or(NO_EVENT)
}

/// Reads an event. A member that is there twice is refused: what is checked must be what is counted.
fn object<'a>(reader: &mut Reader<'a>) -> Result<Event<'a>, Invalid> {
    let [mut id, mut pubkey, mut content, mut sig] = [None, None, None, None];
    let [mut created_at, mut kind] = [None, None];
    let mut tags = None;
    reader.object(|reader, name| match &*name.value() {
        "id" => once(&mut id, reader.string()?.value()),
        "pubkey" => once(&mut pubkey, reader.string()?.value()),
        "content" => once(&mut content, reader.string()?.value()),
        "sig" => once(&mut sig, reader.string()?.value()),
        "created_at" => once(&mut created_at, reader.integer()?),
        "kind" => once(&mut kind, reader.integer()?),
        "tags" => once(&mut tags, list(reader)?),
        _ => reader.skip().map(drop),
    })?;
    let missing = || Invalid("an event without one of its parts");
    Ok(Event {
        id: id.ok_or_else(missing)?,
        pubkey: pubkey.ok_or_else(missing)?,
        created_at: created_at.ok_or_else(missing)?,
        kind: kind.ok_or_else(missing)?,
        tags: tags.ok_or_else(missing)?,
        content: content.ok_or_else(missing)?,
        sig: sig.ok_or_else(missing)?,
    })
}

fn once<T>(part: &mut Option<T>, value: T) -> Result<(), Invalid> {
    match part.replace(value) {
        None => Ok(()),
        Some(_) => Err(Invalid("an event with one of its parts twice")),
    }
}

fn list<'a>(reader: &mut Reader<'a>) -> Result<Vec<Vec<Cow<'a, str>>>, Invalid> {
    let mut tags = Vec::new();
    reader.array(|reader| {
        let mut tag = Vec::new();
        reader.array(|reader| {
            tag.push(reader.string()?.value());
            Ok(())
        })?;
        tags.push(tag);
        Ok(())
    })?;
    Ok(tags)
}

/// The bytes that lower-case hexadecimal digits stand for, if they are so many.
fn bytes<const N: usize>(digits: &str) -> Option<[u8; N]> {
    let value = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    let (pairs, rest) = digits.as_bytes().as_chunks::<2>();
    let mut bytes = [0; N];
    if pairs.len() != N || !rest.is_empty() {
        return None;
    }
    for (byte, &[high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = value(high)? << 4 | value(low)?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use secp256k1::{Keypair, schnorr};
    use serde_json::{Value, json};

    use super::*;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
    }

    fn key(seed: u8) -> Keypair {
        Keypair::from_secret_bytes([seed; 32]).expect("a small number is a key")
    }

    /// An event whose canonical form is `form`.
    fn signed(form: &str, key: &Keypair, tags: &Value, content: &str) -> Value {
        let id = Sha256::digest(form.as_bytes());
        let signature = schnorr::sign_no_aux_rand(&id, key);
        json!({
            "id": hex(&id),
            "pubkey": pubkey(key),
            "created_at": 1_795_287_845,
            "kind": 1,
            "tags": tags,
            "content": content,
            "sig": hex(signature.as_byte_array()),
        })
    }

    fn pubkey(key: &Keypair) -> String {
        hex(&key.x_only_public_key().0.to_byte_array())
    }

    /// An event in the canonical form of a common JSON library, which escapes as the standard does
    /// wherever both have an opinion.
    fn event(seed: u8, tags: &Value, content: &str) -> Value {
        let key = key(seed);
        let form = json!([0, pubkey(&key), 1_795_287_845, 1, tags, content]).to_string();
        signed(&form, &key, tags, content)
    }

    fn note() -> Value {
        event(7, &json!([["t", "tabs"], ["e", "", "wss://relay.example"], []]), "about #tabs")
    }

    #[test]
    fn what_is_signed_is_believed() {
        let note = note().to_string();
        assert_eq!(verify(&note), Ok(()));
        assert_eq!(verify(&format!("[\"EVENT\",\"ht\",{note}]")), Ok(()));
        assert_eq!(verify(&format!(" [ \"EVENT\" , {note} ] ")), Ok(()));
    }

    #[test]
    fn characters_are_escaped_as_the_standard_has_it() {
        for content in [
            "",
            "\n\"\\\r\t\u{8}\u{c}",
            "a/b \u{7f}\u{2028} é ☕ 👩\u{200d}💻",
            "\u{0}\u{1f}",
            "\\n \\u0041",
        ] {
            let event = event(3, &json!([["t", content]]), content);
            assert_eq!(verify(&event.to_string()), Ok(()), "{content:?}");
        }
    }

    #[test]
    fn other_control_characters_may_stand_as_they_are() {
        let key = key(5);
        let form = format!("[0,\"{}\",1795287845,1,[],\"a\u{1}\u{1f}b\"]", pubkey(&key));
        let event = signed(&form, &key, &json!([]), "a\u{1}\u{1f}b");
        assert_eq!(verify(&event.to_string()), Ok(()));
    }

    #[test]
    fn escapes_of_the_sender_make_no_difference() {
        let text = note().to_string().replace("about #tabs", "\\u0061bout \\u0023tabs");
        assert_eq!(verify(&text), Ok(()));
    }

    #[test]
    fn whatever_is_changed_is_noticed() {
        let other = event(9, &json!([]), "about #tabs");
        for (part, value) in [
            ("pubkey", other["pubkey"].clone()),
            ("created_at", json!(1_795_287_846)),
            ("kind", json!(2)),
            ("tags", json!([["t", "spaces"]])),
            ("tags", json!([["t", "tabs"], ["e", "", "wss://relay.example"]])),
            ("content", json!("about #spaces")),
            ("content", json!("about #tabs ")),
            ("id", other["id"].clone()),
        ] {
            let mut event = note();
            event[part] = value;
            assert_eq!(verify(&event.to_string()), Err(Forged::Id), "{part}");
        }
        let mut stolen = note();
        stolen["sig"] = other["sig"].clone();
        assert_eq!(verify(&stolen.to_string()), Err(Forged::Signature));
        let mut broken = note();
        broken["sig"] = json!("f".repeat(128));
        assert_eq!(verify(&broken.to_string()), Err(Forged::Signature));
    }

    #[test]
    fn an_id_of_its_own_is_no_signature() {
        // A forger can hash anything, and cannot sign it.
        let victim = pubkey(&key(7));
        let form = json!([0, victim, 1_795_287_845, 1, [["t", "tabs"]], "x"]).to_string();
        let mut forged = signed(&form, &key(8), &json!([["t", "tabs"]]), "x");
        forged["pubkey"] = json!(victim);
        assert_eq!(verify(&forged.to_string()), Err(Forged::Signature));
    }

    #[test]
    fn a_key_that_is_no_point_is_refused() {
        let form = json!([0, "f".repeat(64), 1_795_287_845, 1, [], "x"]).to_string();
        let mut event = signed(&form, &key(8), &json!([]), "x");
        event["pubkey"] = json!("f".repeat(64));
        assert_eq!(verify(&event.to_string()), Err(Forged::Key));
    }

    #[test]
    fn what_is_no_event_is_refused() {
        let invalid = |text: &str| matches!(verify(text), Err(Forged::Invalid(_)));
        for part in ["id", "pubkey", "created_at", "kind", "tags", "content", "sig"] {
            let mut event = note();
            event.as_object_mut().unwrap().remove(part);
            assert!(invalid(&event.to_string()), "{part}");
            // The second of two would be checked, and perhaps the first be counted.
            let text = note().to_string();
            let twice = format!("{{\"{part}\":{},{}", note()[part], &text[1..]);
            assert!(invalid(&twice), "{part}");
        }
        for (part, value) in [
            ("id", json!(note()["id"].as_str().unwrap().to_uppercase())),
            ("id", json!("é".repeat(32))),
            ("sig", json!("00")),
            ("tags", json!([["t", 7]])),
            ("kind", json!("1")),
        ] {
            let mut event = note();
            event[part] = value;
            assert!(invalid(&event.to_string()), "{part}");
        }
        for text in ["", "{}", "[]", "[\"EVENT\",\"ht\"]", "[\"EOSE\",\"ht\"]", "7"] {
            assert!(invalid(text), "{text}");
        }
        assert!(invalid(&(note().to_string() + "x")));
        assert!(invalid(&format!("[\"NOTICE\",{}]", note())));
    }
}
