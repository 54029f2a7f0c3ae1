//! The `[timer]` section: when the speaker's light changes.

use std::time::Duration;

use crate::keys::problem::Problem;
use crate::keys::table::Table;
use crate::keys::{duration, value};
use crate::timer::{LONGEST, Marks};

pub(super) fn read(root: &Table<'_>) -> Marks {
    root.section("timer", "[timer]", |table| {
        let usual = Marks::default();
        let yellow = mark(table, "yellow", "120s").unwrap_or(usual.yellow);
        let red = mark(table, "red", "60s").unwrap_or(usual.red.min(yellow));
        let flash = mark(table, "flash", "30s").unwrap_or(usual.flash.min(red));
        for (key, mark, before, earlier) in
            [("red", red, "yellow", yellow), ("flash", flash, "red", red)]
        {
            if mark > earlier {
                let message = format!(
                    "`{key}` comes with {mark:?} left, which is before `{before}` with {earlier:?}"
                );
                let problem = Problem::new(table.place(key), message);
                table.report(problem.hint("time runs out from `yellow` over `red` to `flash`"));
            }
        }
        Marks { yellow, red, flash }
    })
}

fn mark(table: &Table<'_>, key: &'static str, example: &str) -> Option<Duration> {
    table.read(key, |found| {
        let text = value::string(key, found, Some(example))?;
        let refuse = |message: String| Problem::new(found.span(), message);
        let mark = duration(text).map_err(|error| refuse(error.to_string()))?;
        if mark > LONGEST {
            return Err(
                refuse(format!("`{key}` is longer than any talk")).hint("it is at most `24h`")
            );
        }
        Ok(mark)
    })
}
