//! Who may ask for operators' addresses, before anybody asks for the key.
//!
//! Stricter than for viewers: no name of the local network will do, but only one by which this connection
//! can have been meant. A page of elsewhere then has nothing to send a browser to, whatever its own name
//! points to, and a name in somebody else's list of names is none of ours.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::server::access;
use crate::server::authority::Authority;
use crate::server::tls::Tls;

use super::{Desk, Said};

/// Where operators may be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reach {
    /// At this machine, or at the other end of a tunnel to it.
    #[default]
    Loopback,
    /// Anywhere in the network.
    Network,
}

/// Refuses those that are elsewhere, or come by a name that is none of ours.
pub(in crate::server) async fn check(
    State(desk): State<Desk>,
    request: Request,
    next: Next,
) -> Response {
    let ends = request.extensions().get::<access::Ends>().copied();
    let tls = desk.operators.tls.as_ref();
    let checked = match access::asked_for(&request, tls) {
        Err(access::Refusal::Unclear) => {
            return Said::error(
                StatusCode::BAD_REQUEST,
                "a request names one host, with a port or without",
            )
            .into_response();
        }
        Err(access::Refusal::Foreign) => Err(BY_NAME),
        Ok(host) => admitted(&desk, ends, &host, &request),
    };
    match checked {
        Ok(()) => next.run(request).await,
        Err(why) => Said::error(StatusCode::FORBIDDEN, why).into_response(),
    }
}

const BY_NAME: &str = "operators come by an address of this machine itself, with its port";
const FROM_HERE: &str = "operators are let in on the machine of the show alone; \
    from elsewhere by a tunnel (ssh -L 8080:127.0.0.1:8080 …), \
    or with `operate = \"network\"` in [web]";
const FROM_A_PAGE: &str = "pages of other origins may not operate";

fn admitted(
    desk: &Desk,
    ends: Option<access::Ends>,
    host: &Authority,
    request: &Request,
) -> Result<(), &'static str> {
    let Some(ends) = ends else { return Err(FROM_HERE) };
    let operators = &desk.operators;
    if operators.reach == Reach::Loopback && !ends.peer.ip().to_canonical().is_loopback() {
        return Err(FROM_HERE);
    }
    let scheme = if operators.tls.is_some() { "https" } else { "http" };
    if !is_ours(host, ends.local, operators.reach, operators.tls.as_ref(), scheme) {
        return Err(BY_NAME);
    }
    let origins = request.headers().get_all(header::ORIGIN);
    let is_scheme = |origin: &[u8]| {
        origin.strip_prefix(scheme.as_bytes()).is_some_and(|rest| rest.starts_with(b"://"))
    };
    let is_own = access::is_own_origin(request.headers())
        && origins.iter().all(|origin| is_scheme(origin.as_bytes()));
    if is_own { Ok(()) } else { Err(FROM_A_PAGE) }
}

/// Whether a host is one by which a visitor comes to `local`: that address itself, on this machine any
/// name of it, and in the network those of the certificate.
fn is_ours(
    host: &Authority,
    local: SocketAddr,
    reach: Reach,
    tls: Option<&Tls>,
    scheme: &str,
) -> bool {
    if access::usual_port(scheme).map(|usual| host.port_or(usual)) != Some(local.port()) {
        return false;
    }
    let here = local.ip().to_canonical();
    let certified = |name: &str| reach == Reach::Network && tls.is_some_and(|tls| tls.names(name));
    match (host.address().map(|address| address.to_canonical()), host.name()) {
        (Some(address), _) => {
            let is_loopback_name =
                address == IpAddr::from([127, 0, 0, 1]) || address == std::net::Ipv6Addr::LOCALHOST;
            address == here
                || (here.is_loopback() && is_loopback_name)
                || certified(&address.to_string())
        }
        (None, Some(name)) => {
            (here.is_loopback() && name == "localhost") || (!name.ends_with('.') && certified(name))
        }
        (None, None) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_host(host: &str, local: &str, expected: bool) {
        let host = Authority::parse(host).unwrap();
        let local = local.parse().unwrap();
        assert_eq!(is_ours(&host, local, Reach::Loopback, None, "http"), expected, "{host:?}");
    }

    #[test]
    fn only_names_by_which_the_connection_can_have_been_meant_are_ours() {
        for host in ["127.0.0.1:8080", "localhost:8080", "LOCALHOST:8080", "[::1]:8080"] {
            check_host(host, "127.0.0.1:8080", true);
            check_host(host, "[::1]:8080", true);
            check_host(host, "[::ffff:127.0.0.1]:8080", true);
            check_host(host, "192.168.1.7:8080", false);
        }
        check_host("192.168.1.7:8080", "192.168.1.7:8080", true);
        check_host("192.168.1.7:8080", "[::ffff:192.168.1.7]:8080", true);
        check_host("127.0.0.1", "127.0.0.1:80", true);
        for host in [
            "127.0.0.1",
            "127.0.0.1:80",
            "127.0.0.2:8080",
            "0.0.0.0:8080",
            "[::]:8080",
            "192.168.1.7:8080",
            "localhost.:8080",
            "pi.local:8080",
            "a.localhost:8080",
            "laptop:8080",
        ] {
            check_host(host, "127.0.0.1:8080", false);
        }
    }
}
