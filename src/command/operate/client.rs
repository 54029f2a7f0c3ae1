//! Asks a running show of this machine.
//!
//! Knows it by what stands in its file: where it is, its key, and the certificate that it shows. No other
//! certificate is taken, whoever vouches for it.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{RequestBuilder, Response};
use serde_json::Value;
use tokio_rustls::rustls::client::danger::{
    HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier,
};
use tokio_rustls::rustls::crypto::{
    WebPkiSupportedAlgorithms, ring, verify_tls12_signature, verify_tls13_signature,
};
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{
    self, CertificateError, ClientConfig, DigitallySignedStruct, SignatureScheme,
};

use crate::hint::Hint;
use crate::running::{self, Running};
use crate::server::tls::fingerprint;

/// Time for an answer. A command takes milliseconds.
const ANSWER: Duration = Duration::from_secs(10);

/// Bytes of an answer that are read.
const LONGEST: usize = 4 << 20;

/// One show.
pub(super) struct Client {
    http: reqwest::Client,
    show: Running,
}

/// What a show has answered.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) text: String,
    pub(super) body: Value,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    /// Nobody listens there any more.
    #[error("the show at {0} has gone")]
    Gone(SocketAddr),
    /// It cannot be asked.
    #[error("cannot ask the show at {0}")]
    Unreached(SocketAddr, #[source] reqwest::Error),
    /// What came is no answer of a show.
    #[error("what answers at {0} is no show of this version")]
    Unreadable(SocketAddr),
}

impl Hint for Error {
    fn hint(&self) -> Option<&'static str> {
        match self {
            Error::Gone(_) => Some("start it again: hashtug run"),
            Error::Unreached(..) | Error::Unreadable(_) => None,
        }
    }
}

impl Client {
    pub(super) fn new(show: Running) -> Result<Client, Error> {
        let failed = |error| Error::Unreached(show.address, error);
        let provider = Arc::new(ring::default_provider());
        let pinned = Pinned {
            certificate: show.certificate.clone(),
            algorithms: provider.signature_verification_algorithms,
        };
        let tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("ring has ciphers for the versions of TLS that are safe")
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(pinned))
            .with_no_client_auth();
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .redirect(Policy::none())
            .no_proxy()
            .timeout(ANSWER)
            .build()
            .map_err(failed)?;
        Ok(Client { http, show })
    }

    pub(super) fn show(&self) -> &Running {
        &self.show
    }

    pub(super) async fn get(&self, path: &str) -> Result<Answer, Error> {
        self.send(self.http.get(self.url(path))).await
    }

    pub(super) async fn post(&self, path: &str, body: String) -> Result<Answer, Error> {
        let json = HeaderValue::from_static("application/json");
        self.send(self.http.post(self.url(path)).header(CONTENT_TYPE, json).body(body)).await
    }

    fn url(&self, path: &str) -> String {
        let scheme = if self.show.certificate.is_some() { "https" } else { "http" };
        format!("{scheme}://{}{path}", self.show.address)
    }

    async fn send(&self, request: RequestBuilder) -> Result<Answer, Error> {
        let address = self.show.address;
        let failed = |error: reqwest::Error| {
            if is_refused(&error) {
                // Its process may have left its number to another one.
                running::forget_port(address.port());
                return Error::Gone(address);
            }
            Error::Unreached(address, error.without_url())
        };
        let bearer = HeaderValue::try_from(format!("Bearer {}", self.show.key));
        let mut bearer = bearer.map_err(|_| Error::Unreadable(address))?;
        bearer.set_sensitive(true);
        let answer = request.header(AUTHORIZATION, bearer).send().await.map_err(failed)?;
        let status = answer.status().as_u16();
        let text = read(answer).await.map_err(failed)?.ok_or(Error::Unreadable(address))?;
        let body = serde_json::from_str(&text).map_err(|_| Error::Unreadable(address))?;
        Ok(Answer { status, text, body })
    }
}

/// The text of an answer; `None` if it is none, or too long.
async fn read(mut answer: Response) -> Result<Option<String>, reqwest::Error> {
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await? {
        if bytes.len() + chunk.len() > LONGEST {
            return Ok(None);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(String::from_utf8(bytes).ok())
}

/// Whether nobody listens.
fn is_refused(error: &reqwest::Error) -> bool {
    let first = error as &(dyn std::error::Error + 'static);
    std::iter::successors(Some(first), |error| error.source()).any(|error| {
        error
            .downcast_ref::<io::Error>()
            .is_some_and(|error| error.kind() == io::ErrorKind::ConnectionRefused)
    })
}

/// Takes the one certificate of this fingerprint.
#[derive(Debug)]
struct Pinned {
    certificate: Option<String>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if self.certificate.as_deref() == Some(&*fingerprint(end_entity)) {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(CertificateError::ApplicationVerificationFailure.into())
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
