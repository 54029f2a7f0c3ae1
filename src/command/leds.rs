//! `hashtug leds`: lights without posts.

use anyhow::anyhow;
use tracing::info;

use crate::app::{self, Options};
use crate::clock::Clock;
use crate::config::Config;
use crate::order::Order;
use crate::output::blackout::{Lit, blackout};
use crate::picture::{Pattern, Picture};

use super::Failure;
use super::run::until_stopped;

pub(super) fn run(mut config: Config, pattern: Pattern) -> Result<(), Failure> {
    if config.outputs.is_empty() {
        return Err(Failure::Input(anyhow!("no [[output]]: there are no lights")));
    }
    if pattern == Pattern::Off {
        return off(config);
    }
    until_stopped(async |stop| {
        info!("{pattern}, until Ctrl-C");
        config.sources.clear();
        let first_order = Some(Order::Show(Picture::Pattern(pattern)));
        let options = Options { first_order, ..Options::default() };
        app::run(config, Clock::from_wall(), options, stop).await
    })
}

fn off(config: Config) -> Result<(), Failure> {
    let lit = blackout(config.outputs);
    if lit.is_empty() {
        return Ok(());
    }
    let reasons = lit.iter().map(|Lit { name, reason }| format!("output `{name}`: {reason}"));
    Err(Failure::Running(anyhow!(reasons.collect::<Vec<_>>().join("\nerror: "))))
}
