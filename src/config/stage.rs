//! The `[stage]` section: the page for the projector.

use crate::keys::table::Table;
use crate::server::Stage;

pub(super) fn read(root: &Table<'_>) -> Stage {
    root.section("stage", "[stage]", |table| Stage {
        sounds: table.flag("sounds").unwrap_or(false),
    })
}
