//! Where a document goes on, by the `Link` header of its answer (RFC 8288): the link with the
//! relation `next`.
//!
//! Reads as forgivingly as appendix B of the standard, and says what it could not read, since a next
//! page that is not found holds posts that are lost. A link of another document than the one that
//! was asked for (`anchor`) is no business of ours. Pure; whoever asks for pages decides what a loss
//! means.

use reqwest::header::{HeaderMap, LINK};
use url::Url;

/// What an answer says of the page after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::source) enum NextPage {
    /// There is none.
    None,
    /// It is here, on the host that was asked.
    At(Url),
    /// It is on another host, which is not asked: the config names one.
    Elsewhere(Url),
    /// There is one, and the header that says so cannot be read. It is not quoted here: services
    /// repeat the keys of a request in their links.
    Unreadable,
}

/// Finds the page after the document at `url`, whose answer had these headers.
pub(in crate::source) fn next_page(url: &Url, headers: &HeaderMap) -> NextPage {
    let (mut elsewhere, mut is_unreadable) = (None, false);
    for value in headers.get_all(LINK) {
        let value = value.as_bytes();
        let (links, is_whole) = links(value);
        is_unreadable |= !is_whole && names_next(value);
        for link in links.iter().filter(|link| link.is_next(url)) {
            match std::str::from_utf8(link.target).ok().and_then(|target| url.join(target).ok()) {
                Some(next) if next.origin() == url.origin() => return NextPage::At(next),
                Some(next) => elsewhere = elsewhere.or(Some(next)),
                None => is_unreadable = true,
            }
        }
    }
    match elsewhere {
        Some(next) => NextPage::Elsewhere(next),
        None if is_unreadable => NextPage::Unreadable,
        None => NextPage::None,
    }
}

/// One link: what is needed to know whether it leads to the next page.
#[derive(Debug, PartialEq)]
struct Link<'a> {
    target: &'a [u8],
    /// The relations, with white space between them.
    rel: Option<Vec<u8>>,
    /// The document that the link begins at, if it is not the one that was asked for.
    anchor: Option<Vec<u8>>,
}

impl Link<'_> {
    /// Whether it leads from the document at `url` to the next one. Relations are compared without
    /// regard to capitals (RFC 8288, section 2.1.1).
    fn is_next(&self, url: &Url) -> bool {
        let is_of_document = self.anchor.as_deref().is_none_or(|anchor| {
            let anchor = std::str::from_utf8(anchor).ok().and_then(|anchor| url.join(anchor).ok());
            anchor.is_some_and(|anchor| anchor == *url)
        });
        let rel = self.rel.as_deref().unwrap_or_default();
        let mut relations = rel.split(u8::is_ascii_whitespace);
        is_of_document && relations.any(|relation| relation.eq_ignore_ascii_case(b"next"))
    }
}

/// Whether a header that cannot be read speaks of a next page.
fn names_next(header: &[u8]) -> bool {
    let mut words = header.split(|byte| !byte.is_ascii_alphanumeric());
    words.any(|word| word.eq_ignore_ascii_case(b"next"))
}

/// The links of a header, and whether that is all there is in it (appendix B.2).
fn links(header: &[u8]) -> (Vec<Link<'_>>, bool) {
    let mut links = Vec::new();
    let mut rest = header;
    loop {
        // Elements of a list may be empty (RFC 9110, section 5.6.1.2).
        rest = rest.trim_ascii_start();
        while let Some(after) = rest.strip_prefix(b",") {
            rest = after.trim_ascii_start();
        }
        if rest.is_empty() {
            return (links, true);
        }
        let Some(target) = rest.strip_prefix(b"<") else { return (links, false) };
        let Some(end) = memchr::memchr(b'>', target) else { return (links, false) };
        let mut link = Link { target: target[..end].trim_ascii(), rel: None, anchor: None };
        rest = &target[end + 1..];
        let is_whole = link.parameters(&mut rest);
        links.push(link);
        if !is_whole || !(rest.is_empty() || rest.starts_with(b",")) {
            return (links, false);
        }
    }
}

impl Link<'_> {
    /// Takes the parameters from the front of `rest`, up to the next link; whether they end where
    /// they should, with their quotes closed and a comma before another link (appendix B.3).
    fn parameters(&mut self, rest: &mut &[u8]) -> bool {
        loop {
            *rest = rest.trim_ascii_start();
            let Some(after) = rest.strip_prefix(b";") else { return true };
            *rest = after.trim_ascii_start();
            let name = take_until(rest, |byte| {
                matches!(byte, b'=' | b';' | b',') || byte.is_ascii_whitespace()
            });
            *rest = rest.trim_ascii_start();
            let mut value = Vec::new();
            let mut is_whole = true;
            if let Some(after) = rest.strip_prefix(b"=") {
                *rest = after.trim_ascii_start();
                if let Some(after) = rest.strip_prefix(b"\"") {
                    *rest = after;
                    (value, is_whole) = quoted_string(rest);
                } else {
                    let token = take_until(rest, |byte| matches!(byte, b';' | b','));
                    value = token.trim_ascii_end().to_vec();
                    is_whole = !token.contains(&b'<');
                }
            }
            // The first of its name counts (sections 3.2 and 3.3).
            if name.eq_ignore_ascii_case(b"rel") {
                self.rel.get_or_insert(value);
            } else if name.eq_ignore_ascii_case(b"anchor") {
                self.anchor.get_or_insert(value);
            }
            if !is_whole {
                return false;
            }
        }
    }
}

/// Takes bytes from the front of `rest` until one that ends them, or all.
fn take_until<'a>(rest: &mut &'a [u8], is_end: impl Fn(u8) -> bool) -> &'a [u8] {
    let end = rest.iter().position(|&byte| is_end(byte)).unwrap_or(rest.len());
    let (taken, left) = rest.split_at(end);
    *rest = left;
    taken
}

/// Takes a quoted string without its first quote from the front of `rest`, and says whether it has
/// a last one (appendix B.4).
fn quoted_string(rest: &mut &[u8]) -> (Vec<u8>, bool) {
    let mut value = Vec::new();
    while let Some((&byte, after)) = rest.split_first() {
        *rest = after;
        match byte {
            b'"' => return (value, true),
            b'\\' => {
                let Some((&escaped, after)) = rest.split_first() else { break };
                *rest = after;
                value.push(escaped);
            }
            byte => value.push(byte),
        }
    }
    (value, false)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use reqwest::header::HeaderValue;

    use super::*;

    fn next(headers: &[&[u8]]) -> NextPage {
        let url = "https://posts.example/api/list?limit=2".parse().unwrap();
        let mut map = HeaderMap::new();
        for header in headers {
            map.append(LINK, HeaderValue::from_bytes(header).unwrap());
        }
        next_page(&url, &map)
    }

    fn at(path: &str) -> NextPage {
        NextPage::At(format!("https://posts.example{path}").parse().unwrap())
    }

    #[track_caller]
    fn check(header: &str, expected: &NextPage) {
        assert_eq!(next(&[header.as_bytes()]), *expected, "{header}");
    }

    #[test]
    fn the_next_page_is_found_among_links() {
        check(
            r#"</api/list?page=0>; rel="prev", </api/list?page=2>; title="x"; rel="next""#,
            &at("/api/list?page=2"),
        );
        check("<?page=3>; rel=next", &at("/api/list?page=3"));
        check("</api>; rel=\"last\"", &NextPage::None);
        check("", &NextPage::None);
        assert_eq!(next(&[]), NextPage::None);
        assert_eq!(next(&[b"</a>; rel=prev", b"</b>; rel=next"]), at("/b"));
    }

    #[test]
    fn commas_and_semicolons_may_stand_in_addresses() {
        check(
            r#"<https://posts.example/x?fields=id,text&page=2>; rel="next""#,
            &at("/x?fields=id,text&page=2"),
        );
        check("</x;v=1,2>;rel=next,</y>;rel=prev", &at("/x;v=1,2"));
        check("< /x >; rel=next", &at("/x"));
    }

    #[test]
    fn relations_are_written_in_many_ways() {
        for rel in [
            "rel=next",
            "rel=\"next\"",
            "rel = \"next\"",
            "rel\t=\tnext ",
            "REL=next",
            "Rel=NEXT",
            "rel=\"prev next\"",
            "rel=\"  next   https://example/rel \"",
            "rel=\"prev\tnext\"",
            "rel=\"n\\ext\"",
            "title; rel=next",
            "title=; rel=next",
            "title*=UTF-8'de'n%c3%a4chste; rel=next",
            "rel=next; rel=prev",
        ] {
            check(&format!("</x>; {rel}"), &at("/x"));
            check(&format!("</y>; rel=prev,, </x> ;{rel} , </z>; rel=last"), &at("/x"));
        }
        for rel in ["rel=nextpage", "rel=\"next-archive\"", "rev=next", "rel=prev; rel=next", ""] {
            check(&format!("</x>; {rel}"), &NextPage::None);
        }
        check("</x>", &NextPage::None);
    }

    #[test]
    fn what_stands_in_quotes_is_no_link_and_no_relation() {
        check(r#"</x>; title="a, </y>; rel=next"; rel=prev"#, &NextPage::None);
        check(r#"</x>; title="rel=\"next\", </y>; rel=next"; rel=last"#, &NextPage::None);
        check(r#"</x>; title="say \"hi\", \\"; rel="next""#, &at("/x"));
        let latin = b"</x>; title=\"n\xe4chste, Seite\"; rel=next";
        assert_eq!(next(&[latin]), at("/x"));
    }

    #[test]
    fn links_of_other_documents_are_passed_over() {
        check("</x>; rel=next; anchor=\"/other\"", &NextPage::None);
        check("</x>; rel=next; anchor=\"#part\"", &NextPage::None);
        check("</x>; rel=next; anchor=\"?limit=2\"", &at("/x"));
        check("</x>; anchor=\"/other\"; rel=next, </y>; rel=next", &at("/y"));
    }

    #[test]
    fn a_page_on_another_host_is_told_apart() {
        let elsewhere = |url: &str| NextPage::Elsewhere(url.parse().unwrap());
        check(
            "<https://elsewhere.example/>; rel=\"next\"",
            &elsewhere("https://elsewhere.example"),
        );
        check("<http://posts.example/>; rel=next", &elsewhere("http://posts.example"));
        check("<https://elsewhere.example/>; rel=next, </x>; rel=next", &at("/x"));
    }

    #[test]
    fn a_next_page_in_a_header_that_cannot_be_read_is_not_taken_for_none() {
        check("/x; rel=\"next\"", &NextPage::Unreadable);
        check("<https://posts.example/x; rel=\"next\"", &NextPage::Unreadable);
        check("</y>; title=\"a, </x>; rel=next", &NextPage::Unreadable);
        check("</y>; rel=prev </x>; rel=NEXT", &NextPage::Unreadable);
        check("<https://>; rel=next", &NextPage::Unreadable);
        assert_eq!(next(&[b"</\xe4>; rel=next"]), NextPage::Unreadable);
        // Nothing of a next page in it.
        check("/x; rel=prev", &NextPage::None);
        check("</x; rel=\"nextpage\"", &NextPage::None);
        // What comes before is good.
        check("</x>; rel=next, oh", &at("/x"));
        check("</x>; rel=\"next", &at("/x"));
        // Another header is.
        assert_eq!(next(&[b"</x; rel=next", b"</y>; rel=next"]), at("/y"));
    }

    /// A parameter: its name, its value, and how that is written.
    fn parameter() -> impl Strategy<Value = (String, String, bool)> {
        (
            prop::sample::select(vec!["rel", "REL", "title", "type", "rev"]),
            prop::sample::select(vec![
                "next",
                "prev",
                "prev Next",
                "a, <b>; rel=next",
                "\"",
                "\\",
                "",
            ]),
            any::<bool>(),
        )
            .prop_map(|(name, value, wants_token)| {
                let is_token = value.bytes().all(|byte| byte.is_ascii_alphabetic());
                (name.to_owned(), value.to_owned(), wants_token && is_token && !value.is_empty())
            })
    }

    proptest! {
        #[test]
        fn links_are_read_as_they_were_written(
            written in prop::collection::vec(
                ("[a-z,;=\"]{0,6}", prop::collection::vec(parameter(), 0..4)), 0..5),
            space in prop::sample::select(vec!["", " ", "\t "]),
        ) {
            let mut header = Vec::new();
            let mut expected = NextPage::None;
            for (target, parameters) in &written {
                let mut link = format!("</{target}>");
                for (name, value, is_token) in parameters {
                    let value = if *is_token {
                        value.clone()
                    } else {
                        format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
                    };
                    link = format!("{link}{space};{space}{name}{space}={space}{value}");
                }
                header.push(link);
                let rel = parameters.iter().find(|(name, ..)| name.eq_ignore_ascii_case("rel"));
                let is_next = rel.is_some_and(|(_, value, _)| {
                    value.split(' ').any(|word| word.eq_ignore_ascii_case("next"))
                });
                if is_next && expected == NextPage::None {
                    expected = at(&format!("/{target}"));
                }
            }
            let header = header.join(&format!("{space},{space}"));
            prop_assert_eq!(next(&[header.as_bytes()]), expected, "{}", header);
        }

        #[test]
        fn any_header_is_read(bytes in prop::collection::vec(
            prop::sample::select(&b"<>;,=\"\\ \tnextREL/a\xff"[..]), 0..60))
        {
            let _any = next(&[&bytes]);
        }
    }
}
