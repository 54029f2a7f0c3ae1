//! Every address of operators by every method, host, origin and key, over real sockets.

use hashtug::server::access::Class;
use hashtug::server::routes::{Content, ROUTES, Route};
use serde_json::json;

use super::{Stage, ask, bearer, content};
use crate::support::{http, left_out};

const METHODS: [&str; 4] = ["GET", "POST", "PUT", "DELETE"];

fn routes() -> impl Iterator<Item = &'static Route> {
    ROUTES.iter().filter(|route| route.class == Class::Operator)
}

/// Asks with what opens a socket too.
fn status(stage: &Stage, route: &Route, method: &str, headers: &[String], body: &str) -> u16 {
    let mut all = headers.to_vec();
    all.push(content("application/json"));
    if route.content == Content::Socket && method == "GET" {
        all.extend(
            [
                "Connection: Upgrade",
                "Upgrade: websocket",
                "Sec-WebSocket-Version: 13",
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            ]
            .map(str::to_owned),
        );
    } else {
        all.push("Connection: close".to_owned());
    }
    let answer = ask(&stage.show.address, method, route.path, &all, body);
    if !matches!(answer.status, 101 | 200) && route.content != Content::Page {
        assert!(answer.json()["error"].is_string(), "{method} {}: {answer:?}", route.path);
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{method} {}", route.path);
    }
    answer.status
}

/// What whoever is let in and asks rightly gets.
fn served(route: &Route) -> &'static [u16] {
    match route.path {
        // Its files are of another part.
        "/operate" => &[200, 404],
        "/api/v1/operate/live" => &[101],
        // The ticket is none.
        "/api/v1/operate/key" => &[401, 429],
        _ => &[200],
    }
}

/// Whether an address asks for the key in the head.
fn needs_key(route: &Route) -> bool {
    matches!(route.path, "/api/v1/operate" | "/api/v1/operate/snapshot" | "/api/v1/operate/ticket")
}

fn body(route: &Route, command: &str) -> String {
    if route.path == "/api/v1/operate/key" {
        return json!({"ticket": "none"}).to_string();
    }
    json!({ "command": command }).to_string()
}

#[test]
fn only_own_pages_with_the_key_operate_and_only_by_the_method_of_the_address() {
    let stage = Stage::start("");
    assert_eq!(routes().count(), 6);
    let own = &stage.show.address;
    let hosts =
        [own.clone(), format!("localhost:{}", stage.port()), format!("[::1]:{}", stage.port())];
    let right = stage.key.clone();
    let keys = [
        (Vec::new(), false),
        (vec![bearer(&right)], true),
        (vec![format!("authorization: bEARER {right}")], true),
        (vec![bearer("00000000000000000000000000000000")], false),
        (vec![bearer(&right[1..])], false),
        (vec![bearer(&format!("{right}0"))], false),
        (vec![format!("Authorization: {right}")], false),
        (vec![format!("Authorization: Basic {right}")], false),
        (vec![bearer(&right), bearer(&right)], false),
        (vec![format!("Cookie: key={right}")], false),
    ];
    for host in &hosts {
        let origins = [
            (None, true),
            (Some(format!("http://{host}")), true),
            (Some(format!("https://{host}")), false),
            (Some("null".to_owned()), false),
            (Some(String::new()), false),
            (Some("http://evil.example".to_owned()), false),
            (Some(format!("http://{host}.evil.example")), false),
            (Some(format!("http://127.0.0.2:{}", stage.port())), false),
        ];
        for (origin, is_own) in &origins {
            for (key, is_right) in &keys {
                for route in routes() {
                    for method in METHODS {
                        let mut headers = vec![format!("Host: {host}")];
                        headers.extend(origin.iter().map(|origin| format!("Origin: {origin}")));
                        headers.extend_from_slice(key);
                        let is_method = method == route.method.as_str();
                        let is_let_in = *is_own && is_method && (*is_right || !needs_key(route));
                        let expected: &[u16] = match () {
                            () if !is_own => &[403],
                            () if !is_method => &[405],
                            () if !is_let_in => &[401, 429],
                            () => served(route),
                        };
                        // What nobody may do would be seen.
                        let body = body(route, if is_let_in { "light" } else { "blackout" });
                        let status = status(&stage, route, method, &headers, &body);
                        let path = route.path;
                        assert!(
                            expected.contains(&status),
                            "{status} for {method} {path} with {headers:?}, not {expected:?}"
                        );
                    }
                }
            }
        }
    }
    assert_eq!(stage.snapshot()["blackout"], json!([]));
}

#[test]
fn operators_come_by_no_other_name_than_those_of_the_machine_itself() {
    let stage = Stage::start("");
    let (own, port) = (&stage.show.address, stage.port());
    let two = |one: &str, other: &str| vec![format!("Host: {one}"), format!("Host: {other}")];
    let bad = [
        (vec!["Host: evil.example".to_owned()], 403),
        (vec![format!("Host: evil.example:{port}")], 403),
        (vec![format!("Host: pi.local:{port}")], 403),
        (vec![format!("Host: laptop:{port}")], 403),
        (vec![format!("Host: a.localhost:{port}")], 403),
        (vec![format!("Host: localhost.:{port}")], 403),
        (vec![format!("Host: 192.168.1.7:{port}")], 403),
        (vec![format!("Host: 127.0.0.2:{port}")], 403),
        (vec![format!("Host: 0.0.0.0:{port}")], 403),
        (vec!["Host: 127.0.0.1".to_owned()], 403),
        (vec!["Host: localhost:1".to_owned()], 403),
        (vec![], 400),
        (vec!["Host:".to_owned()], 400),
        (two(own, own), 400),
        (two(own, "evil.example"), 400),
        (vec![format!("Host: a@{own}")], 400),
        (vec![format!("Host: {own}, {own}")], 400),
    ];
    for (hosts, expected) in &bad {
        for route in routes() {
            for method in METHODS {
                for origin in [None, hosts.first().map(|host| host.replace("Host: ", "http://"))] {
                    let mut headers = hosts.clone();
                    headers.push(bearer(&stage.key));
                    headers.extend(origin.map(|origin| format!("Origin: {origin}")));
                    let body = body(route, "blackout");
                    let status = status(&stage, route, method, &headers, &body);
                    assert_eq!(status, *expected, "{method} {} with {headers:?}", route.path);
                }
            }
        }
    }
    assert_eq!(stage.snapshot()["blackout"], json!([]));
}

#[test]
fn operators_come_from_the_machine_itself_and_viewers_from_elsewhere() {
    // Nothing is sent for it: the system says by which address it would be.
    let here = std::net::UdpSocket::bind("0.0.0.0:0").and_then(|socket| {
        socket.connect("198.51.100.1:9")?;
        socket.local_addr()
    });
    let Some(here) = here.ok().map(|address| address.ip()).filter(|ip| !ip.is_loopback()) else {
        left_out("this machine has no address in a network");
        return;
    };
    let mut stage = Stage::start("listen = \"0.0.0.0:0\"");
    let port = stage.port().to_owned();
    // The shell comes by the loopback address.
    let said = stage.operate(&["status"]);
    assert_eq!(said.status.code(), Some(0), "{}", String::from_utf8_lossy(&said.stderr));
    for (address, is_here) in
        [(format!("127.0.0.1:{port}"), true), (format!("{here}:{port}"), false)]
    {
        assert_eq!(http::get(&address, "/api/v1/snapshot").status, 200, "{address}");
        stage.show.address.clone_from(&address);
        for route in routes() {
            let headers = [format!("Host: {address}"), bearer(&stage.key)];
            let method = route.method.as_str();
            let status = status(&stage, route, method, &headers, &body(route, "light"));
            let expected = if is_here { served(route) } else { &[403] };
            assert!(expected.contains(&status), "{status} for {} by {address}", route.path);
        }
    }
}
