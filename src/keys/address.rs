//! Addresses to listen on, and what people write instead of one.
//!
//! Names are not looked up: what a name means may change between two starts, and the answer of a
//! resolver is no business of a check that touches nothing. `localhost` alone is known by heart.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use super::problem::printable;

/// Reads `host:port`, or says what is wrong with it and how to write it.
pub(crate) fn read(text: &str) -> Result<SocketAddr, (String, String)> {
    if let Ok(address) = text.parse() {
        return Ok(address);
    }
    let shown = printable(text);
    let refuse = |message: String, hint: &str| Err((message, hint.to_owned()));
    if text.parse::<u16>().is_ok() {
        return refuse(
            format!("`{shown}` is a port without an address"),
            &format!(
                "write `127.0.0.1:{shown}` for this machine only, `0.0.0.0:{shown}` for the whole network"
            ),
        );
    }
    if text.contains("://") {
        return refuse(
            format!("`{shown}` is a URL, not an address"),
            "write the address alone, for example `127.0.0.1:8080`",
        );
    }
    if text.parse::<Ipv6Addr>().is_ok() {
        return refuse(
            format!("`{shown}` has no port of its own"),
            "an IPv6 address stands in brackets, for example `[::1]:8080`",
        );
    }
    let Some((host, port)) = text.rsplit_once(':') else {
        return refuse(
            format!("`{shown}` has no port"),
            &format!(
                "add one, for example `{}:8080`",
                if text.is_empty() { "127.0.0.1" } else { &shown }
            ),
        );
    };
    let Ok(port) = port.parse::<u16>() else {
        return refuse(
            format!("`{}` is not a port", printable(port)),
            "a port is a number from 0 to 65535; 0 takes any that is free",
        );
    };
    match host {
        _ if host.eq_ignore_ascii_case("localhost") => Ok((Ipv4Addr::LOCALHOST, port).into()),
        "" | "*" => refuse(
            format!("`{shown}` does not say on which address to listen"),
            &format!(
                "write `127.0.0.1:{port}` for this machine only, `0.0.0.0:{port}` for the whole network"
            ),
        ),
        _ => refuse(
            format!("`{}` is not an IP address, and names are not looked up", printable(host)),
            "write the numbers, for example `127.0.0.1:8080` or `[::1]:8080`",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read() {
        for (text, expected) in [
            ("127.0.0.1:8080", "127.0.0.1:8080"),
            ("0.0.0.0:0", "0.0.0.0:0"),
            ("[::1]:8080", "[::1]:8080"),
            ("localhost:8080", "127.0.0.1:8080"),
            ("LOCALHOST:1", "127.0.0.1:1"),
        ] {
            assert_eq!(
                read(text).map(|address| address.to_string()),
                Ok(expected.to_owned()),
                "{text}"
            );
        }
    }

    #[test]
    fn everything_else_is_explained() {
        for text in [
            "",
            ":",
            "8080",
            "99999",
            "localhost",
            "127.0.0.1",
            ":8080",
            "*:8080",
            "0.0.0.0:99999",
            "127.0.0.1:-1",
            "::1",
            "::1:8080",
            "http://127.0.0.1:8080",
            "example.org:80",
            "127.0.0.256:80",
        ] {
            let (message, hint) = read(text).expect_err("not an address");
            assert!(!message.is_empty() && !hint.is_empty(), "{text}");
        }
    }
}
