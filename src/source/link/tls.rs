//! TLS, verified always: the certificates that this machine trusts, and nothing to switch that off.
//!
//! `SSL_CERT_FILE` and `SSL_CERT_DIR` name other lists of trusted certificates, as for most
//! programs, for a company's own authority.

use std::sync::{Arc, LazyLock};

use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::failure::Tls;

/// What is trusted, and whether that is anything. Read when first used: hundreds of certificates.
static CONFIG: LazyLock<(Arc<ClientConfig>, bool)> = LazyLock::new(|| {
    let mut roots = RootCertStore::empty();
    // Single certificates that cannot be read are no reason to trust none.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let any = !roots.is_empty();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring has ciphers for the versions of TLS that are safe")
        .with_root_certificates(roots)
        .with_no_client_auth();
    (Arc::new(config), any)
});

/// What connections to a URL of this scheme are made with. Plain ones need no certificates.
pub(in crate::source) fn config(scheme: &str) -> Result<Arc<ClientConfig>, Tls> {
    let (config, any) = &*CONFIG;
    if *any || matches!(scheme, "http" | "ws") { Ok(Arc::clone(config)) } else { Err(Tls::NoRoots) }
}
