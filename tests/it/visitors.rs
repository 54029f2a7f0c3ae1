//! Who may ask, over raw sockets: what a request calls this server, and where its page comes from.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;

use tempfile::TempDir;

use crate::support::patience::PATIENCE;
use crate::support::program::{Show, hashtug};

/// A page, a document, a stream and both sockets: each is guarded by itself.
const PATHS: [&str; 5] =
    ["/", "/api/v1/snapshot", "/api/v1/events", "/api/v1/live", "/api/v1/strips/live"];

const STREAMS: [&str; 3] = ["/api/v1/events", "/api/v1/live", "/api/v1/strips/live"];

fn show(folder: &TempDir) -> Show {
    let config = folder.path().join("config.toml");
    let keynote = crate::support::path("fixtures/posts/keynote.jsonl");
    let text = format!(
        "[[team]]\nname = \"Tabs\"\nhashtags = [\"tabs\"]\n\
         [[team]]\nname = \"Spaces\"\nhashtags = [\"spaces\"]\n\
         [[source]]\nkind = \"replay\"\nrepeat = true\npath = \"{}\"\n\
         [web]\nlisten = \"127.0.0.1:0\"\n",
        keynote.display()
    );
    std::fs::write(&config, text).unwrap();
    Show::start(hashtug(&["run", "-c", config.to_str().unwrap()]))
}

/// The status of the answer to a request with this first line and these headers, as any socket opens.
fn status(address: &str, line: &str, headers: &[Vec<u8>]) -> u16 {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut request = line.as_bytes().to_vec();
    let upgrade: [&[u8]; 5] = [
        b"Connection: Upgrade",
        b"Upgrade: websocket",
        b"Sec-WebSocket-Version: 13",
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        b"",
    ];
    for header in headers.iter().map(|header| &header[..]).chain(upgrade) {
        request.extend(b"\r\n");
        request.extend(header);
    }
    request.extend(b"\r\n");
    stream.write_all(&request).unwrap();
    let mut answer = String::new();
    BufReader::new(stream).read_line(&mut answer).unwrap();
    answer.split(' ').nth(1).unwrap_or_else(|| panic!("{answer:?}")).parse().unwrap()
}

fn is_served(status: u16) -> bool {
    matches!(status, 101 | 200)
}

fn header(name: &str, value: impl AsRef<[u8]>) -> Vec<u8> {
    [name.as_bytes(), b": ", value.as_ref()].concat()
}

#[test]
fn each_host_is_served_or_refused_on_every_kind_of_route_as_it_should() {
    let folder = TempDir::new().unwrap();
    let show = show(&folder);
    let port = show.address.rsplit_once(':').unwrap().1.to_owned();
    let good = [
        show.address.clone(),
        format!("localhost:{port}"),
        format!("LOCALHOST:{port}"),
        format!("[::1]:{port}"),
        "127.0.0.1".to_owned(),
        "192.168.1.7:8080".to_owned(),
        "pi.local".to_owned(),
        "pi.local.".to_owned(),
        "a.b.home.arpa:1".to_owned(),
        "laptop".to_owned(),
        "my_laptop.lan:65535".to_owned(),
    ];
    for host in &good {
        for path in PATHS {
            let line = format!("GET {path} HTTP/1.1");
            let status = status(&show.address, &line, &[header("Host", host)]);
            assert!(is_served(status), "{status} {path} for {host}");
        }
    }
    let foreign = [
        "evil.example",
        "evil.example:80",
        "EVIL.EXAMPLE.",
        "127.0.0.1.evil.example",
        "localhost.evil.example:8080",
        "evillocal.com",
        "evil.",
        "x.com",
    ];
    let unclear = [
        "",
        ",",
        "a@127.0.0.1",
        "127.0.0.1@evil.example",
        "a:b@127.0.0.1:80",
        "127.0.0.1, evil.example",
        "127.0.0.1,127.0.0.1",
        "127.0.0.1 evil.example",
        "127.0.0.1\tevil.example",
        "127.0.0.1/",
        "127.0.0.1/evil.example",
        "127.0.0.1?",
        "127.0.0.1#",
        "127.0.0.1\\evil",
        "http://127.0.0.1",
        "127.0.0.1:",
        "127.0.0.1:0",
        "127.0.0.1:080",
        "127.0.0.1:65536",
        "127.0.0.1:99999999999",
        "127.0.0.1:-1",
        "127.0.0.1:+80",
        "127.0.0.1:http",
        "127.0.0.1:80:80",
        "127.0.0.1.",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "127.0.0.256",
        "::1",
        "[::1",
        "::1]",
        "[::1]80",
        "[127.0.0.1]",
        "[fe80::1%eth0]",
        "[localhost]",
        "pi..local",
        "b\u{fc}cher.lan",
        "%31%32%37.0.0.1",
    ];
    assert!(good.len() + foreign.len() + unclear.len() >= 40);
    for (hosts, expected) in [(&foreign[..], 421), (&unclear[..], 400)] {
        for host in hosts {
            for path in PATHS {
                let line = format!("GET {path} HTTP/1.1");
                let status = status(&show.address, &line, &[header("Host", host)]);
                assert_eq!(status, expected, "{path} for {host:?}");
            }
        }
    }
}

#[test]
fn a_request_that_names_no_host_or_two_is_refused() {
    let folder = TempDir::new().unwrap();
    let show = show(&folder);
    let own = || header("Host", &show.address);
    let ask = |line: &str, headers: &[Vec<u8>]| status(&show.address, line, headers);
    for path in PATHS {
        let (line, old) = (format!("GET {path} HTTP/1.1"), format!("GET {path} HTTP/1.0"));
        assert_eq!(ask(&line, &[]), 400, "{path}");
        assert_eq!(ask(&old, &[]), 400, "{path}");
        assert_eq!(ask(&line, &[own(), own()]), 400, "{path}");
        assert_eq!(ask(&line, &[own(), header("Host", "evil.example")]), 400, "{path}");
        assert_eq!(ask(&line, &[header("Host", "evil.example"), own()]), 400, "{path}");
        assert_eq!(ask(&line, &[own(), header("host", "")]), 400, "{path}");
        assert_eq!(ask(&line, &[header("Host", b"127.0.0.1\xff")]), 400, "{path}");
        // Both names of one server are two.
        for (target, expected) in [
            (format!("http://{}", show.address), 0),
            (format!("HTTP://{}", show.address), 0),
            (format!("http://localhost:{}", show.address.rsplit_once(':').unwrap().1), 400),
            ("http://127.0.0.1".to_owned(), 400),
            (format!("http://a@{}", show.address), 400),
            (format!("ftp://{}", show.address), 400),
            ("http://evil.example".to_owned(), 421),
        ] {
            let status = ask(&format!("GET {target}{path} HTTP/1.1"), &[own()]);
            if expected == 0 {
                assert!(is_served(status), "{status} {target}{path}");
            } else {
                assert_eq!(status, expected, "{target}{path}");
            }
        }
    }
    assert_eq!(ask("GET / HTTP/1.0", &[own()]), 200);
}

#[test]
fn each_origin_may_follow_a_stream_or_may_not_as_it_should() {
    let folder = TempDir::new().unwrap();
    let show = show(&folder);
    let own = &show.address;
    let port = own.rsplit_once(':').unwrap().1;
    let ask = |path: &str, host: &str, origins: &[String]| {
        let mut headers = vec![header("Host", host)];
        headers.extend(origins.iter().map(|origin| header("Origin", origin)));
        status(own, &format!("GET {path} HTTP/1.1"), &headers)
    };
    let good = [
        (own.clone(), None),
        (own.clone(), Some(format!("http://{own}"))),
        (own.clone(), Some(format!("https://{own}"))),
        ("Pi.local".to_owned(), Some("http://pi.local".to_owned())),
        ("pi.local".to_owned(), Some("https://pi.local".to_owned())),
        ("pi.local:80".to_owned(), Some("http://pi.local".to_owned())),
        ("[::1]:8080".to_owned(), Some("http://[::1]:8080".to_owned())),
    ];
    for (host, origin) in &good {
        for path in STREAMS {
            let status = ask(path, host, origin.as_slice());
            assert!(is_served(status), "{status} {path} for {origin:?}");
        }
    }
    let mut bad: Vec<Vec<String>> = [
        "ftp",
        "ws",
        "wss",
        "file",
        "javascript",
        "data",
        "blob",
        "chrome-extension",
        "moz-extension",
        "capacitor",
        "app",
        "httpss",
        "http ",
        "HTTP",
        "",
        "null",
    ]
    .iter()
    .map(|scheme| vec![format!("{scheme}://{own}")])
    .collect();
    for origin in [
        String::new(),
        "null".to_owned(),
        own.clone(),
        format!("//{own}"),
        format!("http:{own}"),
        format!("http:/{own}"),
        format!("http:///{own}"),
        format!("http://{own}/"),
        format!("http://{own}/stage"),
        format!("http://{own}?"),
        format!("http://{own}#"),
        format!("http://a@{own}"),
        format!("http://a:b@{own}"),
        format!("http://{own}@evil.example"),
        format!("http://{own}.evil.example"),
        format!("http://{own}\\.evil.example"),
        format!("http://{own} http://evil.example"),
        format!("http://{own},http://{own}"),
        format!("http://{own}:80"),
        format!("http://{own}0"),
        "http://127.0.0.1".to_owned(),
        "http://127.0.0.1:".to_owned(),
        format!("http://localhost:{port}"),
        format!("http://127.0.0.2:{port}"),
        format!("http://127.1:{port}"),
        "http://evil.example".to_owned(),
        format!("http://evil.example:{port}"),
        "https://evil.example".to_owned(),
    ] {
        bad.push(vec![origin]);
    }
    bad.push(vec![format!("http://{own}"), format!("http://{own}")]);
    bad.push(vec![format!("http://{own}"), "http://evil.example".to_owned()]);
    bad.push(vec!["http://evil.example".to_owned(), format!("http://{own}")]);
    assert!(bad.len() >= 40, "{}", bad.len());
    for origins in &bad {
        for path in STREAMS {
            assert_eq!(ask(path, own, origins), 403, "{path} for {origins:?}");
        }
    }
}
