//! The doors of a show for operators, as they are before it starts: the key, the certificate, and how
//! whoever has started it gets in.
//!
//! A ticket is printed on a terminal alone, and by no log: logs are kept, and read by others.

use std::io::{self, IsTerminal as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::process;

use tokio::net::TcpListener;
use tracing::{info, warn};

use crate::config::Config;
use crate::hint::{self, Hinted};
use crate::running::{Entry, Running};
use crate::screen;
use crate::server::operate::{Keyring, OperatorKey, Reach};
use crate::server::tls::Tls;

use super::Failure;

/// What a show serves operators with.
#[derive(Clone)]
pub(super) struct Doors {
    pub(super) keyring: Keyring,
    pub(super) tls: Option<Tls>,
}

/// Reads what the config names: the key out of its variable, and the files of the certificate. Where it
/// names no key it is the one that was `kept`, or a new one.
pub(super) fn open(config: &Config, kept: Option<OperatorKey>) -> Result<Doors, Failure> {
    let mut key = kept;
    if let Some(variable) = &config.operator_key {
        let text = variable.read().map_err(Failure::input)?;
        key = Some(OperatorKey::read(text.reveal()).map_err(|unfit| {
            let error = anyhow::Error::new(Hinted::new(unfit));
            let what = format!("the environment variable `{variable}` holds no operator's key");
            Failure::Input(error.context(what))
        })?);
    }
    let tls = config.web.tls.as_ref().map(Tls::load).transpose().map_err(Failure::input)?;
    Ok(Doors { keyring: Keyring::new(key), tls })
}

impl Doors {
    /// Lets `hashtug operate` find the show, as long as what is returned is there.
    pub(super) fn announce(&self, config: &Config, listener: &TcpListener) -> Option<Entry> {
        let address = from_here(listener.local_addr().ok()?);
        if config.web.operate == Reach::Loopback && !address.ip().to_canonical().is_loopback() {
            warn!(
                hint = "listen on 127.0.0.1 or 0.0.0.0, or let operators come from the network",
                "operators cannot come in: they are let in by the loopback address alone, and `listen` \
                 is another one"
            );
            return None;
        }
        let certificate = self.tls.as_ref().map(Tls::fingerprint);
        let key = self.keyring.key().reveal().to_owned();
        let running = Running { address, certificate, key, pid: process::id() };
        match running.announce() {
            Ok(entry) => Some(entry),
            Err(error) => {
                let error = anyhow::Error::new(Hinted::new(error));
                let error = error.context("`hashtug operate` will not find this show");
                if let Some(hint) = hint::of(error.chain()) {
                    warn!(hint, "{error:#}");
                } else {
                    warn!("{error:#}");
                }
                None
            }
        }
    }

    /// Says to whoever has started the show how operators get in.
    pub(super) fn invite(
        &self,
        config: &Config,
        listener: &TcpListener,
        announced: Option<&Entry>,
    ) {
        let Ok(address) = listener.local_addr().map(from_here) else { return };
        let is_reached =
            config.web.operate == Reach::Network || address.ip().to_canonical().is_loopback();
        if is_reached && io::stderr().is_terminal() {
            let url = url(address, self.tls.is_some(), DESK, &self.keyring.ticket());
            let line = format!("operators, once and within ten minutes: {url}\n");
            screen::write_line(line.as_bytes());
        } else if announced.is_some() {
            info!("operators get in by `hashtug operate --url` on this machine");
        }
    }
}

/// The address by which this machine itself reaches what listens there.
fn from_here(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

/// The operator's page.
pub(super) const DESK: &str = "operate";
/// The page of the projector, which takes the keys of a clicker.
pub(super) const STAGE: &str = "stage";

/// A page for operators, with what opens it. What follows `#` stays in the browser.
pub(super) fn url(address: SocketAddr, is_secure: bool, page: &str, ticket: &str) -> String {
    let scheme = if is_secure { "https" } else { "http" };
    format!("{scheme}://{address}/{page}#{ticket}")
}
