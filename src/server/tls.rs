//! TLS of the pages: a certificate and its key out of two PEM files, read once at the start.
//!
//! Nothing of what stands in the files is quoted: one of them is a secret.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest as _, Sha256};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::client::verify_server_name;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::server::ParsedCertificate;
use tokio_rustls::rustls::{self, ServerConfig};

use crate::display_text;
use crate::hint::Hint;

/// A longer file is no certificate, however long its chain is.
const MAX_BYTES: u64 = 1 << 20;

/// `tls = { cert, key }` of `[web]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Files {
    /// The certificate, followed by those that vouch for it.
    pub cert: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// What pages are served with by `https`.
#[derive(Clone)]
pub struct Tls {
    config: Arc<ServerConfig>,
    certificate: CertificateDer<'static>,
}

/// Why the files are of no use.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// One cannot be read.
    #[error("cannot read {}", display_text::path(.path))]
    Read {
        /// Which.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// One is too long.
    #[error("{} is longer than 1 MiB, which is no PEM file of `tls`", display_text::path(.path))]
    TooLong {
        /// Which.
        path: PathBuf,
    },
    /// It does not hold what it is named for.
    #[error("{} holds no certificate that can be read", display_text::path(.path))]
    NoCertificate {
        /// Which.
        path: PathBuf,
    },
    /// It does not hold what it is named for.
    #[error("{} holds no private key that can be read", display_text::path(.path))]
    NoKey {
        /// Which.
        path: PathBuf,
    },
    /// Nobody could type its passphrase.
    #[error("the private key in {} is encrypted", display_text::path(.path))]
    Encrypted {
        /// Which.
        path: PathBuf,
    },
    /// They are not of one pair.
    #[error(
        "the private key in {} is not that of the certificate in {}",
        display_text::path(.key), display_text::path(.cert)
    )]
    Mismatch {
        /// The one.
        key: PathBuf,
        /// The other.
        cert: PathBuf,
    },
    /// They are, and cannot be used.
    #[error("the certificate in {} cannot be used", display_text::path(.path))]
    Unusable {
        /// Where the certificate is.
        path: PathBuf,
        /// Why not.
        #[source]
        source: rustls::Error,
    },
}

impl Hint for Error {
    fn hint(&self) -> Option<&'static str> {
        match self {
            Error::Read { source, .. } if source.kind() == io::ErrorKind::PermissionDenied => {
                Some("the user that runs hashtug must be able to read it")
            }
            Error::Read { .. } | Error::TooLong { .. } => {
                Some("`tls = { cert = \"…\", key = \"…\" }` in [web] names two PEM files")
            }
            Error::NoCertificate { .. } => Some(
                "a certificate in PEM begins with the line `-----BEGIN CERTIFICATE-----`; the server's \
                 own comes first, those that vouch for it below",
            ),
            Error::NoKey { .. } => {
                Some("a key in PEM begins with the line `-----BEGIN PRIVATE KEY-----`")
            }
            Error::Encrypted { .. } => {
                Some("write it without a passphrase: openssl pkey -in key.pem -out plain.pem")
            }
            Error::Mismatch { .. } => Some(
                "name the key that the certificate was made with; or `cert` and `key` are swapped",
            ),
            Error::Unusable { .. } => {
                Some("the certificate must be of version 3 with an ECDSA, Ed25519 or RSA key")
            }
        }
    }
}

impl Tls {
    /// Reads both files.
    ///
    /// # Errors
    /// If one cannot be read, or they do not fit each other.
    ///
    /// # Panics
    /// Never: the ciphers are part of the program.
    pub fn load(files: &Files) -> Result<Tls, Error> {
        let Files { cert, key } = files;
        let chain = read(cert)?;
        let chain: Option<Vec<CertificateDer<'static>>> =
            CertificateDer::pem_slice_iter(&chain).collect::<Result<_, _>>().ok();
        let chain = chain.filter(|chain| !chain.is_empty());
        let chain = chain.ok_or_else(|| Error::NoCertificate { path: cert.clone() })?;
        let pem = read(key)?;
        let private = PrivateKeyDer::from_pem_slice(&pem).map_err(|_| {
            let is_encrypted = String::from_utf8_lossy(&pem).contains("ENCRYPTED");
            let path = key.clone();
            if is_encrypted { Error::Encrypted { path } } else { Error::NoKey { path } }
        })?;
        let certificate = chain[0].clone();
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("ring has ciphers for the versions of TLS that are safe")
            .with_no_client_auth()
            .with_single_cert(chain, private);
        let mut config = config.map_err(|source| match source {
            rustls::Error::InconsistentKeys(_) => {
                Error::Mismatch { key: key.clone(), cert: cert.clone() }
            }
            source => Error::Unusable { path: cert.clone(), source },
        })?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Tls { config: Arc::new(config), certificate })
    }

    /// By which a program on this machine knows the certificate again: its SHA-256, in hexadecimal digits.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        fingerprint(&self.certificate)
    }

    /// Whether the certificate is for this name or address.
    pub(super) fn names(&self, name: &str) -> bool {
        let Ok(name) = ServerName::try_from(name) else { return false };
        let certificate = ParsedCertificate::try_from(&self.certificate);
        certificate.is_ok_and(|certificate| verify_server_name(&certificate, &name).is_ok())
    }

    pub(super) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.config))
    }
}

/// The SHA-256 of a certificate, in hexadecimal digits.
///
/// # Panics
/// Never: a string takes everything.
#[must_use]
pub fn fingerprint(certificate: &CertificateDer<'_>) -> String {
    let mut text = String::new();
    for byte in Sha256::digest(certificate) {
        write!(text, "{byte:02x}").expect("a string takes everything");
    }
    text
}

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    let failed = |source| Error::Read { path: path.to_owned(), source };
    let file = File::open(path).map_err(failed)?;
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(Error::TooLong { path: path.to_owned() });
    }
    Ok(bytes)
}
