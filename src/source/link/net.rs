//! A connection to a host: its name looked up, its addresses tried, TLS on top where asked for.
//!
//! Everything has a limit of its own: a resolver that drops questions holds up to ten seconds
//! otherwise, and a dead IPv6 route a minute.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use url::{Host, Url};

use super::failure::{Failure, Unresolved};
use super::tls;

/// For the whole of looking a name up.
pub(in crate::source) const RESOLVE_TIME: Duration = Duration::from_secs(3);

/// For all addresses of a host together, for the handshake of TLS, and for that of a WebSocket.
pub(in crate::source) const CONNECT_TIME: Duration = Duration::from_secs(10);

/// An address that has not answered by then gets company (RFC 8305, section 5).
const HEAD_START: Duration = Duration::from_millis(250);

/// More addresses of one host than this are not tried.
const MAX_ADDRESSES: usize = 8;

/// A stream of bytes, with TLS or without.
pub(in crate::source) trait Bytes: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Bytes for T {}

/// The host of a URL as people know it.
pub(in crate::source) fn host(url: &Url) -> String {
    match (url.host_str(), url.port()) {
        (Some(host), Some(port)) => format!("{host}:{port}"),
        (Some(host), None) => host.to_owned(),
        (None, _) => url.to_string(),
    }
}

/// Connects to the host of `url`; with TLS if its scheme is `https` or `wss`.
pub(in crate::source) async fn connect(url: &Url) -> Result<Box<dyn Bytes>, Failure> {
    let host = host(url);
    let no_host = || Failure::Setup(format!("there is no host in `{url}`"));
    let port = url.port_or_known_default().ok_or_else(no_host)?;
    let (addresses, name) = match url.host().ok_or_else(no_host)? {
        Host::Ipv4(ip) => (vec![(ip, port).into()], ServerName::from(std::net::IpAddr::from(ip))),
        Host::Ipv6(ip) => (vec![(ip, port).into()], ServerName::from(std::net::IpAddr::from(ip))),
        Host::Domain(domain) => {
            let name = ServerName::try_from(domain.to_owned())
                .map_err(|_| Failure::Resolve { host: domain.to_owned() })?;
            let addresses =
                resolve(domain, port).await.map_err(|error| Failure::Resolve { host: error.0 })?;
            (addresses, name)
        }
    };
    let stream = timeout(CONNECT_TIME, first_of(addresses))
        .await
        .unwrap_or_else(|_| Err(std::io::ErrorKind::TimedOut.into()))
        .map_err(|error| Failure::from_io(&error, &host))?;
    // Pings and short requests are urgent.
    let _slower = stream.set_nodelay(true);
    if !matches!(url.scheme(), "https" | "wss") {
        return Ok(Box::new(stream));
    }
    let connector = TlsConnector::from(tls::config(url.scheme()).map_err(Failure::Tls)?);
    match timeout(CONNECT_TIME, connector.connect(name, stream)).await {
        Ok(Ok(stream)) => Ok(Box::new(stream)),
        Ok(Err(error)) => Err(Failure::from_io(&error, &host)),
        Err(_) => Err(Failure::NoAnswer { host }),
    }
}

/// The addresses of a host, the two families in turn.
pub(in crate::source) async fn resolve(
    host: &str,
    port: u16,
) -> Result<Vec<SocketAddr>, Unresolved> {
    let found = timeout(RESOLVE_TIME, tokio::net::lookup_host((host, port))).await;
    let Ok(Ok(found)) = found else { return Err(Unresolved(host.to_owned())) };
    let (six, four): (Vec<_>, Vec<_>) = found.partition(SocketAddr::is_ipv6);
    let mut addresses = Vec::new();
    let (mut six, mut four) = (six.into_iter(), four.into_iter());
    loop {
        let pair = [six.next(), four.next()];
        if pair == [None, None] {
            break;
        }
        addresses.extend(pair.into_iter().flatten());
    }
    addresses.truncate(MAX_ADDRESSES);
    if addresses.is_empty() { Err(Unresolved(host.to_owned())) } else { Ok(addresses) }
}

/// Connects to whichever address answers first, each with a head start before the next.
async fn first_of(addresses: Vec<SocketAddr>) -> std::io::Result<TcpStream> {
    let mut rest = addresses.into_iter();
    // Those that are still trying are given up when this is dropped.
    let mut attempts = JoinSet::new();
    let mut failure = None;
    loop {
        let more = rest.len() > 0;
        if attempts.is_empty() {
            match rest.next() {
                Some(address) => drop(attempts.spawn(TcpStream::connect(address))),
                None => return Err(failure.unwrap_or(std::io::ErrorKind::TimedOut.into())),
            }
            continue;
        }
        tokio::select! {
            ended = attempts.join_next() => match ended {
                Some(Ok(Ok(stream))) => return Ok(stream),
                Some(Ok(Err(error))) => failure = Some(error),
                _ => {}
            },
            () = sleep(HEAD_START), if more => {
                if let Some(address) = rest.next() {
                    attempts.spawn(TcpStream::connect(address));
                }
            }
        }
    }
}
