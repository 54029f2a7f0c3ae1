//! Operators of the network, by https.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use serde_json::json;
use tempfile::TempDir;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::{Stage, command, config};
use crate::support::fake::answers::Authority;
use crate::support::patience::Finish;

const NETWORK: &str = "operate = \"network\"\ntls = { cert = \"cert.pem\", key = \"key.pem\" }";

/// A client that trusts one authority, and finds these names at this address.
fn client(authority: &Path, names: &[&str], address: SocketAddr) -> reqwest::Client {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(authority).unwrap()).unwrap();
    let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let client = reqwest::Client::builder().tls_backend_preconfigured(tls).no_proxy();
    let client = names.iter().fold(client, |client, name| client.resolve(name, address));
    client.build().unwrap()
}

#[tokio::test]
async fn in_the_network_operators_come_by_https_and_names_of_the_certificate() {
    let folder = TempDir::new().unwrap();
    let authority = Authority::new("invented");
    authority.write_server(&["show.example", "127.0.0.1"], folder.path());
    authority.write(&folder.path().join("ca.pem"));
    let ca = folder.path().join("ca.pem");
    let stage =
        tokio::task::spawn_blocking(|| Stage::with(folder, NETWORK, &["run"])).await.unwrap();
    let address: SocketAddr = stage.show.address.parse().unwrap();
    let port = address.port();
    let client = client(&ca, &["show.example"], address);
    let ask = async |host: &str, origin: Option<String>| {
        let mut request = client
            .get(format!("https://{address}/api/v1/operate/snapshot"))
            .header("host", host)
            .bearer_auth(&stage.key);
        if let Some(origin) = origin {
            request = request.header("origin", origin);
        }
        request.send().await.unwrap().status().as_u16()
    };
    for host in
        [address.to_string(), format!("show.example:{port}"), format!("SHOW.example:{port}")]
    {
        assert_eq!(ask(&host, None).await, 200, "{host}");
        let own = Some(format!("https://{}", host.to_lowercase()));
        assert_eq!(ask(&host, own).await, 200, "{host}");
        assert_eq!(ask(&host, Some(format!("http://{host}"))).await, 403, "{host}");
    }
    for host in [
        format!("other.example:{port}"),
        format!("pi.local:{port}"),
        "127.0.0.1".to_owned(),
        format!("10.0.0.1:{port}"),
    ] {
        assert_eq!(ask(&host, None).await, 403, "{host}");
    }
    let pages = client.get(format!("https://{address}/")).send().await.unwrap();
    assert_eq!(pages.status().as_u16(), 200, "all pages speak it");
    for (host, expected) in [("show.example", 200), ("other.example", 421)] {
        let pages = client.get(format!("https://{address}/stage")).header("host", host);
        assert_eq!(pages.send().await.unwrap().status().as_u16(), expected, "{host}");
    }
    // Whoever does not speak it gets nothing.
    let plain = reqwest::Client::builder().tls_backend_preconfigured(
        ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(RootCertStore::empty())
            .with_no_client_auth(),
    );
    let plain = plain.no_proxy().build().unwrap();
    assert!(plain.get(format!("http://{address}/")).send().await.is_err());
    // The shell knows the certificate by its fingerprint, whoever vouches for it.
    let done = stage.operate(&["blackout"]);
    assert_eq!(done.status.code(), Some(0), "{}", String::from_utf8_lossy(&done.stderr));
    let url = String::from_utf8(stage.operate(&["--url"]).stdout).unwrap();
    assert!(url.starts_with(&format!("https://{address}/operate#")), "{url}");
    let file = super::file(&stage.folder, &stage.show.address);
    let mut entry = super::running(&stage.folder, &stage.show.address);
    entry["certificate"] = json!("00".repeat(32));
    std::fs::write(&file, entry.to_string()).unwrap();
    let other = stage.operate(&["light"]);
    assert_eq!(other.status.code(), Some(1), "another certificate is none");
    let snapshot = client.get(format!("https://{address}/api/v1/snapshot")).send().await.unwrap();
    assert!(snapshot.text().await.unwrap().contains("\"blackout\":[\"all\"]"));
}

#[test]
fn the_network_needs_a_certificate_and_without_one_is_told_of_a_tunnel() {
    let folder = TempDir::new().unwrap();
    let path = config(&folder, "operate = \"network\"");
    for arguments in [&["check"][..], &["run"]] {
        let output = command(&folder, arguments).args(["-c", path.to_str().unwrap()]).finish();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains("`operate = \"network\"` needs `tls`"), "{said}");
        assert!(said.contains("ssh -L 8080:127.0.0.1:8080"), "{said}");
    }
}

#[test]
fn a_certificate_that_cannot_be_used_is_told_at_the_start_and_by_check() {
    let authority = Authority::new("invented");
    let (good, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    authority.write_server(&["localhost"], good.path());
    authority.write_server(&["localhost"], other.path());
    let read =
        |folder: &TempDir, name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    let (cert, key) = (read(&good, "cert.pem"), read(&good, "key.pem"));
    let torn = &cert[..cert.len() / 2];
    let encrypted = key.replace("PRIVATE", "ENCRYPTED PRIVATE");
    let long = "x".repeat((1 << 20) + 1);
    for (cert, key, why) in [
        (Some(&*cert), Some(&*read(&other, "key.pem")), "is not that of the certificate"),
        (Some(&key), Some(&cert), "holds no certificate that can be read"),
        (Some(&cert), Some(&cert), "holds no private key that can be read"),
        (Some(torn), Some(&key), "holds no certificate that can be read"),
        (Some(""), Some(&key), "holds no certificate that can be read"),
        (Some("\u{1}\u{2}"), Some(&key), "holds no certificate that can be read"),
        (Some(&cert), Some("hunter2"), "holds no private key that can be read"),
        (Some(&cert), Some(&encrypted), "is encrypted"),
        (None, Some(&key), "cannot read "),
        (Some(&cert), None, "cannot read "),
        (Some(&long), Some(&key), "longer than 1 MiB"),
    ] {
        let folder = TempDir::new().unwrap();
        for (name, text) in [("cert.pem", cert), ("key.pem", key)] {
            if let Some(text) = text {
                std::fs::write(folder.path().join(name), text).unwrap();
            }
        }
        let path = config(&folder, "tls = { cert = \"cert.pem\", key = \"key.pem\" }");
        for arguments in [&["check"][..], &["run"]] {
            let output = command(&folder, arguments).args(["-c", path.to_str().unwrap()]).finish();
            let said = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(2), "{why}: {said}");
            assert!(said.contains(why), "`{why}` is missing in:\n{said}");
            assert!(said.contains("hint: "), "{said}");
            assert!(
                !said.contains("hunter2") && !said.contains("BEGIN PRIVATE KEY-----\nM"),
                "{said}"
            );
        }
    }
}

#[test]
fn check_says_how_pages_are_served_and_where_operators_may_be() {
    let folder = TempDir::new().unwrap();
    Authority::new("invented").write_server(&["localhost"], folder.path());
    let path = config(&folder, NETWORK);
    let output = command(&folder, &["check", "-c", path.to_str().unwrap()]).finish();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("web      https://127.0.0.1:0/"), "{said}");
    assert!(said.contains("operate  anywhere in the network, with the key"), "{said}");
}
