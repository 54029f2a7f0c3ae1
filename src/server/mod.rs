//! The pages and the public API, for visitors in classes.
//!
//! [`routes`] is the table of what is served to whom, `listener` the bounds within which, [`access`]
//! who may ask, and `view` what viewers get. The state is tiny and only the newest matters: each
//! snapshot is serialised once for all viewers, and a viewer that does not keep up skips.

pub mod access;
mod assets;
mod authority;
mod listener;
pub mod routes;
mod view;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::output::status::Monitor;
use crate::snapshot::Snapshot;

use access::Class;
pub use view::wire;

/// The `[web]` section.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Where the pages are served; port 0 takes any that is free.
    pub listen: SocketAddr,
}

/// Begins to listen for viewers.
///
/// # Errors
/// If the address is taken, or is none of this machine's.
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    listener::bind(address, &listener::VIEWERS)
}

/// Serves viewers until `stop`, or until the tally ends.
pub async fn run(
    listener: TcpListener,
    snapshots: watch::Receiver<Arc<Snapshot>>,
    outputs: Vec<Monitor>,
    stop: CancellationToken,
) {
    let (view, publisher) = view::new(snapshots, outputs, stop.clone());
    let router = routes::router(&[Class::Viewer], view);
    let serve = listener::serve(listener, Class::Viewer, listener::VIEWERS, router, stop);
    // The listener ends at `stop`; the tally ends after that, and viewers have its last snapshot.
    publisher.run(serve).await;
}
