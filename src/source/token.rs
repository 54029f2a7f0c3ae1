//! What people put where an access token belongs: quotes around it, `Bearer` before it, a whole header,
//! a whole assignment. Pure.
//!
//! What is meant beyond doubt is taken. Anything else is refused, in words that hold nothing of it.

use std::borrow::Cow;

/// Schemes of authorization that are none of ours.
const OTHER_SCHEMES: [&str; 5] = ["basic", "oauth", "token", "digest", "apikey"];

/// What a text of several words is instead of a token.
pub(super) const WORDS: &str = "more than one word";

/// The token in the value of the variable `name`, or what the value is instead.
pub(super) fn token<'a>(value: &'a str, name: &str) -> Result<&'a str, &'static str> {
    let mut text = value;
    loop {
        let before = text;
        text = unquoted(text.trim_matches(is_around));
        for prefix in ["export ", "set "] {
            text = text.strip_prefix(prefix).unwrap_or(text);
        }
        if let Some(rest) = text.strip_prefix(name).and_then(|rest| rest.strip_prefix('='))
            && !name.is_empty()
        {
            text = rest;
        }
        for word in ["authorization", "bearer"] {
            text = without_word(text, word);
        }
        if text == before {
            break;
        }
    }
    refuse(text).map_or(Ok(text), Err)
}

/// The value of a header `Authorization`, in which the text of a variable may have brought its own
/// `Bearer`, quotes, or the name of the header.
pub(super) fn authorization(value: &str) -> Cow<'_, str> {
    let value = without_word(value.trim(), "authorization").trim_start();
    let Some((scheme, rest)) = value.split_once(char::is_whitespace) else {
        return Cow::Borrowed(value);
    };
    match token(rest, "") {
        Ok(token) if scheme.eq_ignore_ascii_case("bearer") => {
            Cow::Owned(format!("{scheme} {token}"))
        }
        _ => Cow::Borrowed(value),
    }
}

/// White space, and what some editors put at the beginning of a file.
fn is_around(c: char) -> bool {
    c.is_whitespace() || c == '\u{feff}' || c == '\0'
}

fn unquoted(text: &str) -> &str {
    for (open, close) in [('"', '"'), ('\'', '\''), ('`', '`'), ('\u{201c}', '\u{201d}')] {
        if let Some(inside) = text.strip_prefix(open).and_then(|text| text.strip_suffix(close)) {
            return inside;
        }
    }
    text
}

/// The text after a word that stands before tokens; with nothing after it, nothing.
fn without_word<'a>(text: &'a str, word: &str) -> &'a str {
    match text.get(..word.len()) {
        Some(start) if start.eq_ignore_ascii_case(word) => {
            let rest = &text[word.len()..];
            if rest.is_empty() || rest.starts_with(|c: char| c == ':' || c.is_whitespace()) {
                rest.strip_prefix(':').unwrap_or(rest)
            } else {
                text
            }
        }
        _ => text,
    }
}

/// What the text is that is no token.
fn refuse(text: &str) -> Option<&'static str> {
    let first = text.split_whitespace().next().unwrap_or_default();
    let is_scheme = |scheme: &&str| first.eq_ignore_ascii_case(scheme);
    Some(if text.is_empty() {
        "nothing but what stands around a token"
    } else if text.contains("://") {
        "an address"
    } else if text.starts_with('{') {
        "JSON"
    } else if text.starts_with('$') {
        "the name of a variable and not what is in it"
    } else if first != text && OTHER_SCHEMES.iter().any(is_scheme) {
        "a login of another kind"
    } else if text.contains(['\n', '\r']) {
        "more than one line"
    } else if first != text {
        WORDS
    } else if text.trim_end_matches('=').contains('=') {
        "an assignment to another name"
    } else if !text.bytes().all(|byte| byte.is_ascii_graphic()) || text.contains(['"', '<', '>']) {
        "characters that no token has"
    } else {
        return None;
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_meant_beyond_doubt_is_taken() {
        for value in [
            "xyz-1_2.3~%3D==",
            "  xyz-1_2.3~%3D==\r\n",
            "\"xyz-1_2.3~%3D==\"",
            "'xyz-1_2.3~%3D=='\n",
            "\u{201c}xyz-1_2.3~%3D==\u{201d}",
            "\u{feff}xyz-1_2.3~%3D==\0",
            "Bearer xyz-1_2.3~%3D==",
            "bearer   \"xyz-1_2.3~%3D==\"",
            "\"Bearer xyz-1_2.3~%3D==\"",
            "BEARER: xyz-1_2.3~%3D==",
            "Bearer Bearer xyz-1_2.3~%3D==",
            "Authorization: Bearer xyz-1_2.3~%3D==",
            "authorization:Bearer xyz-1_2.3~%3D==\n",
            "'Authorization: Bearer xyz-1_2.3~%3D=='",
            "MY_TOKEN=xyz-1_2.3~%3D==",
            "export MY_TOKEN=\"Bearer xyz-1_2.3~%3D==\"",
        ] {
            assert_eq!(token(value, "MY_TOKEN"), Ok("xyz-1_2.3~%3D=="), "{value}");
        }
        // A token that begins like one of the words is one.
        assert_eq!(token("bearerless", "T"), Ok("bearerless"));
        assert_eq!(token("Authorizations", "T"), Ok("Authorizations"));
    }

    #[test]
    fn a_header_has_its_scheme_once() {
        for value in [
            "Bearer xyz==",
            "Bearer Bearer xyz==",
            "Bearer \"xyz==\"",
            "Bearer Authorization: Bearer xyz==",
            "Authorization: Bearer xyz==",
        ] {
            assert_eq!(authorization(value), "Bearer xyz==", "{value}");
        }
        for kept in ["Basic dXNlcjpwYXNz", "xyz", "Bearer two words", "Token token=\"x\"", ""] {
            assert_eq!(authorization(kept), kept);
        }
    }

    #[test]
    fn what_cannot_be_a_token_is_named() {
        for (value, what) in [
            ("", "nothing but"),
            ("\"\"", "nothing but"),
            ("Bearer ", "nothing but"),
            ("Authorization: Bearer", "nothing but"),
            ("two words", "more than one word"),
            ("two\nlines", "more than one line"),
            ("Bearer two words", "more than one word"),
            ("Basic dXNlcjpwYXNz", "another kind"),
            ("OAuth oauth_consumer_key=\"x\"", "another kind"),
            ("https://mastodon.example", "an address"),
            ("{\"access_token\":\"x\"}", "JSON"),
            ("$MY_TOKEN", "the name of a variable"),
            ("${MY_TOKEN}", "the name of a variable"),
            ("OTHER=xyz", "an assignment"),
            ("<token>", "characters"),
            ("tok\u{e9}n", "characters"),
            ("to\"ken", "characters"),
            ("to\u{7}ken", "characters"),
        ] {
            let refused = token(value, "MY_TOKEN").expect_err(value);
            assert!(refused.contains(what), "{value}: {refused}");
        }
    }

    proptest! {
        #[test]
        fn what_is_taken_can_be_sent(value in "\\PC{0,20}|[ \"'=:bearerBEARER\\n]{0,20}") {
            if let Ok(token) = token(&value, "T") {
                prop_assert!(!token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic()));
                prop_assert!(value.contains(token));
            }
        }
    }
}
