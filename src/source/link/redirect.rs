//! What it means that an answer sends us to another host: the server has moved, somebody in between
//! wants a login, or either. Pure: told by the status, and by what was kept of the address.
//!
//! Such redirects are never followed: a token goes to the host that the config names, and nowhere else.

use url::{Host, Url};

/// What a redirect means, as far as that can be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::source) enum Meaning {
    /// The same is at another server, which is reached by TLS or on this machine.
    Moved {
        /// The server, without a path.
        to: String,
    },
    /// A page for people: a captive portal's, or a login.
    Page,
    /// Either.
    Unknown,
}

impl Meaning {
    /// What to do about it.
    pub(super) fn hint(&self) -> &'static str {
        match self {
            Meaning::Moved { .. } => {
                "the server has moved: write its new address into the config, and start again"
            }
            Meaning::Page => {
                "a captive portal may be in between: open a web page on this machine and log in; \
                 or the address in the config is that of a page"
            }
            Meaning::Unknown => {
                "the server may have moved: then write its new address into the config; or a \
                 captive portal is in between: open a web page on this machine and log in"
            }
        }
    }
}

/// Words in the address of a page where people log in.
const LOGIN: [&str; 10] = [
    "login", "logon", "signin", "sign_in", "sign-in", "portal", "captive", "hotspot", "guest",
    "wlan",
];

/// What it means that the server at `asked` sends us to `location`.
pub(in crate::source) fn meaning(status: u16, asked: &Url, location: &str) -> Meaning {
    let Ok(target) = asked.join(location) else { return Meaning::Unknown };
    if is_same_server(asked, &target) {
        // A redirect within the server is followed: this was one too many.
        return Meaning::Unknown;
    }
    let is_permanent = matches!(status, 301 | 308);
    let has_kept_path = path(asked) == path(&target);
    if has_login(&target) && !has_kept_path {
        return Meaning::Page;
    }
    let to = origin(&target);
    match to {
        Some(to) if has_kept_path => Meaning::Moved { to },
        _ if is_permanent => Meaning::Unknown,
        _ => Meaning::Page,
    }
}

fn path(url: &Url) -> &str {
    url.path().trim_end_matches('/')
}

fn has_login(url: &Url) -> bool {
    let text = url.as_str().to_ascii_lowercase();
    LOGIN.iter().any(|word| text.contains(word))
}

/// The scheme by which a server is asked over HTTP.
fn scheme(url: &Url) -> &str {
    match url.scheme() {
        "wss" => "https",
        "ws" => "http",
        other => other,
    }
}

fn is_same_server(one: &Url, other: &Url) -> bool {
    scheme(one) == scheme(other)
        && one.host() == other.host()
        && one.port_or_known_default() == other.port_or_known_default()
}

/// The server of a URL as the config may have it: plain ones on this machine alone.
fn origin(url: &Url) -> Option<String> {
    let is_here = match url.host()? {
        Host::Domain(name) => name == "localhost",
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    };
    let scheme = scheme(url);
    if scheme != "https" && !(scheme == "http" && is_here) {
        return None;
    }
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    Some(format!("{scheme}://{}{port}", url.host_str()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASKED: &str = "https://old.example/api/v1/timelines/tag/tabs?limit=40";

    #[track_caller]
    fn check(status: u16, asked: &str, location: &str, expected: &Meaning) {
        let asked = asked.parse().unwrap();
        assert_eq!(meaning(status, &asked, location), *expected, "{status} {location}");
    }

    #[test]
    fn what_is_the_same_elsewhere_has_moved() {
        let to = |to: &str| Meaning::Moved { to: to.to_owned() };
        let path = "/api/v1/timelines/tag/tabs?limit=40";
        for status in [301, 302, 307, 308] {
            let location = format!("https://new.example{path}");
            check(status, ASKED, &location, &to("https://new.example"));
        }
        check(
            308,
            ASKED,
            "https://new.example:8443/api/v1/timelines/tag/tabs/",
            &to("https://new.example:8443"),
        );
        check(
            301,
            ASKED,
            "//www.old.example/api/v1/timelines/tag/tabs",
            &to("https://www.old.example"),
        );
        let here = "http://127.0.0.1:1/api";
        check(301, here, "http://127.0.0.1:2/api", &to("http://127.0.0.1:2"));
        check(301, here, "https://new.example/api", &to("https://new.example"));
        check(
            308,
            "wss://old.example/subscribe",
            "wss://new.example/subscribe",
            &to("https://new.example"),
        );
        // The path is one that has a login in it, and it was kept.
        check(
            301,
            "https://old.example/portal/x",
            "https://new.example/portal/x",
            &to("https://new.example"),
        );
    }

    #[test]
    fn where_people_log_in_is_a_page() {
        for (status, location) in [
            (302, "https://portal.example/login"),
            (302, "http://login.example/"),
            (303, "http://10.0.0.1/"),
            (307, "https://wifi.example/?next=https://old.example/api"),
            (301, "http://hotspot.example/welcome"),
        ] {
            check(status, ASKED, location, &Meaning::Page);
        }
    }

    #[test]
    fn what_can_be_either_is_not_guessed() {
        for location in
            ["https://new.example/", "http://new.example/", "nowhere", "http://", "/api/v2"]
        {
            check(301, ASKED, location, &Meaning::Unknown);
        }
        // Nobody goes there in plain text, kept or not.
        check(308, ASKED, "http://new.example/api/v1/timelines/tag/tabs", &Meaning::Unknown);
    }
}
