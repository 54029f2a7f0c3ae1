//! Hosts that packets go to. A name is not looked up here: it may mean another address at the show,
//! and a check touches nothing.

use std::net::{IpAddr, Ipv4Addr};

use super::form::Form;
use super::problem::{Problem, printable};
use super::table::Table;
use super::value::string;

/// The word for everybody who listens, where a protocol has that.
pub(crate) const MULTICAST: &str = "multicast";

/// Reads `host`, which must be there. `more` is what else it may be, for the hint.
pub(crate) fn read(table: &Table<'_>, more: &str) -> Option<String> {
    if !table.has("host") {
        table.report_missing(
            "host",
            format!("add the address of the device: `host = \"10.0.0.5\"`{more}"),
        );
    }
    table.read_as("host", Form::Text, |value| {
        let text = string("host", value, Some("10.0.0.5"))?;
        check(text).map_err(|(message, hint)| {
            let problem = Problem::new(value.span(), message);
            if hint.is_empty() { problem } else { problem.hint(hint) }
        })
    })
}

/// The host as the system takes it, or what is wrong with it and what to write.
fn check(text: &str) -> Result<String, (String, String)> {
    let shown = printable(text);
    let refuse = |message: String, hint: &str| Err((message, hint.to_owned()));
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    if let Ok(address) = bare.parse::<IpAddr>() {
        return match address {
            _ if address.is_multicast() || address == IpAddr::V4(Ipv4Addr::BROADCAST) => refuse(
                format!("`{shown}` is not one host"),
                "write the address of the device; an `e131` output has `host = \"multicast\"`",
            ),
            _ if address.is_unspecified() => refuse(
                format!("`{shown}` is an address to listen on, not one to send to"),
                "write the address of the device",
            ),
            _ => Ok(bare.to_owned()),
        };
    }
    if text.is_empty() {
        return refuse("`host` is empty".to_owned(), "write the address of the device");
    }
    if text.contains("://") || text.contains('/') {
        return refuse(
            format!("`{shown}` is a URL, not a host"),
            "write the address or the name alone, for example `wled.local`",
        );
    }
    if let Some((host, port)) = text.rsplit_once(':')
        && port.bytes().all(|byte| byte.is_ascii_digit())
        && !host.is_empty()
        && !port.is_empty()
    {
        let host = printable(host);
        return refuse(
            format!("`{shown}` holds a port"),
            &format!("a port has a key of its own: `host = \"{host}\"` and `port = {port}`"),
        );
    }
    if text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return refuse(
            format!("`{shown}` is not an address"),
            "it has four numbers from 0 to 255, for example `10.0.0.5`",
        );
    }
    // Letters of other scripts are some resolvers' business; a zone stands after an IPv6 address.
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '%' | ':');
    if text.len() > 253 || !text.chars().all(fits) {
        return refuse(format!("`{shown}` is no name of a host"), "for example `wled.local`");
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_addresses_or_names() {
        for (text, expected) in [
            ("10.0.0.5", "10.0.0.5"),
            ("wled.local", "wled.local"),
            ("wled-kitchen_2", "wled-kitchen_2"),
            ("::1", "::1"),
            ("[fe80::1]", "fe80::1"),
            ("fe80::1%eth0", "fe80::1%eth0"),
        ] {
            assert_eq!(check(text).as_deref(), Ok(expected));
        }
    }

    #[test]
    fn everything_else_is_explained() {
        for text in [
            "",
            " ",
            "10.0.0",
            "10.0.0.256",
            "10.0.0.5:4048",
            "wled.local:4048",
            "http://wled.local",
            "wled.local/",
            "two words",
            "239.255.0.1",
            "255.255.255.255",
            "ff02::1",
            "0.0.0.0",
            "::",
        ] {
            let (message, hint) = check(text).expect_err(text);
            assert!(!message.is_empty() && !hint.is_empty(), "{text}");
        }
    }
}
