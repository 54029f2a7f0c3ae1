//! Who may ask, in classes of visitors, and what pages may do.
//!
//! A class says what a visitor may do; a listener is for one class or several, and serves no other
//! route ([`super::routes`]). How visitors of a class prove that they are of it belongs here too: viewers
//! need no proof, since they change nothing.
//!
//! A page on any host may send the browser to an address that its own name points to. The name in
//! `Host` gives that away: only addresses and names of the local network are served.

use std::net::IpAddr;

use axum::extract::Request;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// What a visitor may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Looks, and changes nothing. Everybody in the local network may be one.
    Viewer,
    /// Runs the show.
    Operator,
    /// Sits in the hall with a phone, and has a vote.
    Audience,
}

impl Class {
    /// What the log calls them.
    pub(super) fn visitors(self) -> &'static str {
        match self {
            Class::Viewer => "viewers",
            Class::Operator => "operators",
            Class::Audience => "phones",
        }
    }

    /// What the log calls that which they get.
    pub(super) fn pages(self) -> &'static str {
        match self {
            Class::Viewer => "pages",
            Class::Operator => "pages for operators",
            Class::Audience => "pages for phones",
        }
    }
}

/// Nothing from elsewhere, nothing inline.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' data:; connect-src 'self'; font-src 'self'; manifest-src 'self'; \
    base-uri 'none'; form-action 'none'; object-src 'none'; frame-ancestors 'self'";

const HEADERS: [(HeaderName, &str); 5] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), microphone=(), geolocation=(), fullscreen=(self), screen-wake-lock=(self)",
    ),
];

/// Puts the security headers on every answer.
pub(super) async fn headers(mut response: Response) -> Response {
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Refuses requests under a name that is not one of the local network.
pub(super) async fn check_host(request: Request, next: Next) -> Response {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    if host.is_some_and(|host| host.parse().is_ok_and(|host| is_local(&host))) {
        return next.run(request).await;
    }
    let answer = "this server is asked for by address or by a name of the local network\n";
    (StatusCode::MISDIRECTED_REQUEST, answer).into_response()
}

/// Whether a page of this origin may listen: one that came from here, by the name that it was asked
/// for. Programs that are not browsers send none.
pub(super) fn is_own_origin(headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else { return true };
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let origin = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
    origin.zip(host).is_some_and(|((_, origin), host)| origin.eq_ignore_ascii_case(host))
}

fn is_local(authority: &Authority) -> bool {
    let host = authority.host();
    let address = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    let host = host.to_ascii_lowercase();
    // Names without a dot, and these ends, are not given out to anybody.
    address.parse::<IpAddr>().is_ok()
        || !host.is_empty() && !host.contains('.')
        || [".local", ".localhost", ".lan", ".internal", ".home.arpa"]
            .iter()
            .any(|end| host.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(host: &str, expected: bool) {
        assert_eq!(host.parse().is_ok_and(|host| is_local(&host)), expected, "{host}");
    }

    #[test]
    fn only_names_that_nobody_else_can_own_are_served() {
        for host in
            ["127.0.0.1:8080", "192.168.1.7", "[::1]:80", "localhost:1", "pi.local", "laptop:8080"]
        {
            check(host, true);
        }
        for host in
            ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "", "x.com"]
        {
            check(host, false);
        }
    }

    #[test]
    fn a_foreign_page_may_not_listen() {
        let from = |origin| {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, HeaderValue::from_static("192.168.1.7:8080"));
            headers.insert(header::ORIGIN, HeaderValue::from_static(origin));
            is_own_origin(&headers)
        };
        assert!(is_own_origin(&HeaderMap::new()));
        assert!(from("http://192.168.1.7:8080"));
        for origin in ["https://evil.example", "http://192.168.1.7", "http://6.6.6.6:8080", "null"]
        {
            assert!(!from(origin), "{origin}");
        }
    }
}
