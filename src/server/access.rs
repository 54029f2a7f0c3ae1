//! Who may ask, in classes of visitors, and what pages may do.
//!
//! A class says what a visitor may do; a listener is for one class or several, and serves no other
//! route ([`super::routes`]). How visitors of a class prove that they are of it belongs here too: viewers
//! need no proof, since they change nothing.
//!
//! A page on any host may send the browser to an address that its own name points to. The name in
//! `Host` gives that away: only addresses and names of the local network are served, and those that the
//! certificate of the pages is for. There is one `Host` and no more, and whoever names the host in the
//! target of the request too names the same.

use std::net::SocketAddr;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::authority::Authority;
use super::tls::Tls;

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

/// Both ends of a connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ends {
    /// The visitor's.
    pub(super) peer: SocketAddr,
    /// Ours: the address that the visitor has asked for.
    pub(super) local: SocketAddr,
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

/// Refuses requests under a name that is not one of the local network or of the certificate.
pub(super) async fn check_host(
    State(tls): State<Option<Tls>>,
    request: Request,
    next: Next,
) -> Response {
    match asked_for(&request, tls.as_ref()) {
        Ok(_) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    }
}

/// Why a request is not served, whatever it asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It names no host, or not just one.
    Unclear,
    /// It names one that may be somebody else's.
    Foreign,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let answer = match self {
            Refusal::Unclear => {
                (StatusCode::BAD_REQUEST, "a request names one host, with a port or without\n")
            }
            Refusal::Foreign => (
                StatusCode::MISDIRECTED_REQUEST,
                "this server is asked for by address or by a name of the local network\n",
            ),
        };
        answer.into_response()
    }
}

/// The host of a request, if that may be this server. One without `Host` is not, of HTTP/1.0 neither: every
/// browser sends one, and without it nothing tells by which name it came.
pub(super) fn asked_for(request: &Request, tls: Option<&Tls>) -> Result<Authority, Refusal> {
    let is_ours = |host: &Authority| {
        let is_certified = |name| tls.is_some_and(|tls| tls.names(name));
        host.is_local() || host.name().is_some_and(is_certified)
    };
    let host = host(request.headers()).ok_or(Refusal::Unclear)?;
    let target = match request.uri().authority() {
        None => None,
        Some(target) => {
            let usual = request.uri().scheme_str().and_then(usual_port);
            let target = Authority::parse(target.as_str()).zip(usual);
            Some(target.ok_or(Refusal::Unclear)?)
        }
    };
    if !is_ours(&host) || target.as_ref().is_some_and(|(target, _)| !is_ours(target)) {
        return Err(Refusal::Foreign);
    }
    match target {
        Some((target, usual)) if !target.is_same(&host, usual) => Err(Refusal::Unclear),
        _ => Ok(host),
    }
}

/// The host of a request, if it names one and no more.
fn host(headers: &HeaderMap) -> Option<Authority> {
    Authority::parse(only(headers, &header::HOST)?)
}

/// The value of a header that is there once.
pub(super) fn only<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?;
    values.next().is_none().then(|| value.to_str().ok())?
}

/// The port that is not written, of the only two schemes that pages have.
pub(super) fn usual_port(scheme: &str) -> Option<u16> {
    match scheme {
        "http" => Some(80),
        "https" => Some(443),
        _ => None,
    }
}

/// Refuses pages that come from elsewhere. Programs that are not browsers send no `Origin`.
pub(super) async fn check_origin(request: Request, next: Next) -> Response {
    if is_own_origin(request.headers()) {
        return next.run(request).await;
    }
    (StatusCode::FORBIDDEN, "pages of other hosts may not listen\n").into_response()
}

/// Whether a page of this origin may listen: one that came from here, by the name that it was asked
/// for.
pub(super) fn is_own_origin(headers: &HeaderMap) -> bool {
    if !headers.contains_key(header::ORIGIN) {
        return true;
    }
    // As browsers write it: a scheme, a host and a port, and nothing after them.
    let origin = only(headers, &header::ORIGIN).and_then(|origin| {
        let (scheme, rest) = origin.split_once("://")?;
        Some((Authority::parse(rest)?, usual_port(scheme)?))
    });
    origin.zip(host(headers)).is_some_and(|((origin, usual), host)| origin.is_same(&host, usual))
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn asked(target: &str, hosts: &[&str]) -> Result<(), Refusal> {
        let mut request = Request::get(target);
        for host in hosts {
            request = request.header(header::HOST, *host);
        }
        asked_for(&request.body(Body::empty()).unwrap(), None).map(drop)
    }

    #[test]
    fn a_request_names_one_host_of_the_local_network() {
        assert_eq!(asked("/", &["pi.local:8080"]), Ok(()));
        assert_eq!(asked("/", &["evil.example"]), Err(Refusal::Foreign));
        for hosts in [&[][..], &[""], &["pi.local", "pi.local"], &["pi.local", "evil.example"]] {
            assert_eq!(asked("/", hosts), Err(Refusal::Unclear), "{hosts:?}");
        }
    }

    #[test]
    fn the_target_of_a_request_names_the_same_host() {
        for (target, expected) in [
            ("http://pi.local:8080/", Ok(())),
            ("http://PI.LOCAL:8080/stage", Ok(())),
            ("https://pi.local:8080/", Ok(())),
            ("http://pi.local/", Err(Refusal::Unclear)),
            ("http://127.0.0.1:8080/", Err(Refusal::Unclear)),
            ("http://a@pi.local:8080/", Err(Refusal::Unclear)),
            ("ftp://pi.local:8080/", Err(Refusal::Unclear)),
            ("http://evil.example:8080/", Err(Refusal::Foreign)),
        ] {
            assert_eq!(asked(target, &["pi.local:8080"]), expected, "{target}");
        }
        assert_eq!(asked("http://pi.local/", &["pi.local:80"]), Ok(()));
        assert_eq!(asked("http://pi.local/", &["evil.example"]), Err(Refusal::Foreign));
        assert_eq!(asked("http://pi.local/", &[]), Err(Refusal::Unclear));
    }

    const HOST: &str = "192.168.1.7:8080";

    #[test]
    fn a_foreign_page_may_not_listen() {
        let from = |host: &'static str, origins: &[&'static str]| {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, HeaderValue::from_static(host));
            for origin in origins {
                headers.append(header::ORIGIN, HeaderValue::from_static(origin));
            }
            is_own_origin(&headers)
        };
        assert!(from(HOST, &[]));
        for origin in ["http://192.168.1.7:8080", "https://192.168.1.7:8080"] {
            assert!(from(HOST, &[origin]), "{origin}");
        }
        assert!(from("Pi.local", &["http://pi.local"]));
        assert!(from("pi.local", &["https://pi.local"]), "behind a proxy with TLS");
        assert!(from("pi.local:80", &["http://pi.local"]));
        assert!(!from("pi.local:80", &["https://pi.local"]));
        for origin in [
            "https://evil.example",
            "http://192.168.1.7",
            "http://6.6.6.6:8080",
            "null",
            "",
            "192.168.1.7:8080",
            "//192.168.1.7:8080",
            "://192.168.1.7:8080",
            "ftp://192.168.1.7:8080",
            "ws://192.168.1.7:8080",
            "file://192.168.1.7:8080",
            "javascript://192.168.1.7:8080",
            "chrome-extension://192.168.1.7:8080",
            "http:192.168.1.7:8080",
            "http://192.168.1.7:8080/",
            "http://192.168.1.7:8080/stage",
            "http://192.168.1.7:8080?",
            "http://192.168.1.7:8080#",
            "http://a@192.168.1.7:8080",
            "http://192.168.1.7:8080@evil.example",
            "http://192.168.1.7:8080.evil.example",
            "http://192.168.1.7:8080 http://evil.example",
            "http://192.168.1.7:8080, http://192.168.1.7:8080",
        ] {
            assert!(!from(HOST, &[origin]), "{origin}");
        }
        assert!(!from(HOST, &["http://192.168.1.7:8080", "http://192.168.1.7:8080"]));
        assert!(!from(HOST, &["http://192.168.1.7:8080", "http://evil.example"]));
    }
}
