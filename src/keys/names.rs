//! Names by which sources and outputs are told apart in logs, pages and addresses.

use std::collections::BTreeMap;

use super::problem::{Problem, printable};
use super::table::Table;

/// The names taken so far among tables of one sort.
pub(crate) struct Names {
    /// What is being named, in the plural.
    what: &'static str,
    /// By their lower-case form.
    taken: BTreeMap<String, String>,
}

impl Names {
    pub(crate) fn new(what: &'static str) -> Names {
        Names { what, taken: BTreeMap::new() }
    }

    /// The name of this table, which is its kind if it has none of its own.
    /// A name that is taken is recorded as a problem.
    pub(crate) fn claim(&mut self, table: &Table<'_>, kind: Option<&str>) -> String {
        let given = table.name("name");
        let Some(name) = given.or_else(|| kind.filter(|_| !table.has("name")).map(str::to_owned))
        else {
            return String::new();
        };
        let Some(other) = self.taken.insert(name.to_lowercase(), name.clone()) else { return name };
        let what = self.what;
        let shown = printable(&name);
        let problem = if other == name {
            Problem::new(table.place("name"), format!("two {what} are named `{shown}`"))
        } else {
            let message =
                format!("the {what} `{}` and `{shown}` differ only in case", printable(&other));
            Problem::new(table.place("name"), message)
        };
        let hint = if table.has("name") {
            "give each a name of its own".to_owned()
        } else {
            format!("without a `name` of its own it has that of its kind, `{shown}`")
        };
        table.report(problem.hint(hint));
        name
    }
}
