//! The `[web]` section: the pages, and where operators may be.

use std::net::Ipv4Addr;

use crate::keys::problem::Problem;
use crate::keys::table::Table;
use crate::keys::{address, value};
use crate::server::Settings;
use crate::server::operate::{OperatorKey, Reach};
use crate::server::tls::Files;
use crate::source::secret::{self, Variable};

/// The section, and the variable that the operators' key is in.
pub(super) fn read(root: &Table<'_>) -> (Settings, Option<Variable>) {
    root.section("web", "[web]", |table| {
        let listen = table.read("listen", |value| {
            let text = value::string("listen", value, Some("127.0.0.1:8080"))?;
            address::read(text)
                .map_err(|(message, hint)| Problem::new(value.span(), message).hint(hint))
        });
        let listen = listen.unwrap_or((Ipv4Addr::LOCALHOST, 8080).into());
        let choices = [("loopback", Reach::Loopback), ("network", Reach::Network)];
        let operate = table.choice("operate", &choices).unwrap_or_default();
        let tls = table.inline("tls", "cert = \"cert.pem\", key = \"key.pem\"", |tls| {
            let paths = (tls.path("cert"), tls.path("key"));
            for key in ["cert", "key"] {
                if !tls.has(key) {
                    let hint = format!("for example `{key} = \"{key}.pem\"`");
                    tls.report_missing(key, hint);
                }
            }
            let (Some(cert), Some(key)) = paths else { return None };
            Some(Files { cert, key })
        });
        if operate == Reach::Network && !table.has("tls") {
            let message = "`operate = \"network\"` needs `tls`: without it the key could be read on its way";
            let port = if listen.port() == 0 { 8080 } else { listen.port() };
            let hint = format!(
                "add `tls = {{ cert = \"cert.pem\", key = \"key.pem\" }}`; or leave it out and come by a \
                 tunnel: ssh -L {port}:127.0.0.1:{port} USER@THIS-MACHINE"
            );
            table.report(Problem::new(table.place("operate"), message).hint(hint));
        }
        let key = secret::variable(table, "operator_key_env");
        // What `openssl rand -hex` prints begins with a letter now and then, and would be quoted as a name.
        if let Some(name) = key.as_ref().map(ToString::to_string)
            && !name.contains('_')
            && OperatorKey::read(&name).is_ok()
        {
            let message = "`operator_key_env` names an environment variable, and this looks like the key itself";
            let problem = Problem::new(table.place("operator_key_env"), message).conceal();
            table.report(problem.hint(
                "put the key into an environment variable, and its name here: \
                 `operator_key_env = \"HASHTUG_OPERATOR_KEY\"`",
            ));
        }
        (Settings { listen, operate, tls: tls.flatten() }, key)
    })
}
