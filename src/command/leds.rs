//! `hashtug leds`: lights without posts.

use anyhow::anyhow;
use tracing::info;

use crate::app::{self, Options};
use crate::cli::Lights;
use crate::clock::Clock;
use crate::config::Config;
use crate::hint::{Hint, Hinted};
use crate::order::Order;
use crate::output::blackout::{Lit, blackout};
use crate::output::lock::Sharing;
use crate::picture::Pattern;

use super::run::until_stopped;
use super::{Failure, sharing, take};

pub(super) fn run(mut config: Config, pattern: Pattern, lights: Lights) -> Result<(), Failure> {
    if config.outputs.is_empty() {
        return Err(Failure::Input(anyhow!("no [[output]]: there are no lights")));
    }
    if pattern == Pattern::Off {
        return off(config, sharing(lights));
    }
    let _lights = take(&config.outputs, lights)?;
    until_stopped(None, async |stop, suspended| {
        info!("{pattern}, until Ctrl-C");
        config.sources.clear();
        let first_order = Some(Order::Pattern(pattern));
        let options = Options { first_order, suspended, ..Options::default() };
        app::run(config, Clock::from_wall(), options, stop).await
    })
}

fn off(config: Config, sharing: Sharing) -> Result<(), Failure> {
    let lit = blackout(config.outputs, sharing);
    if lit.is_empty() {
        return Ok(());
    }
    Err(Failure::Running(Hinted::new(StillLit(lit)).into()))
}

/// Lights that may not be dark.
#[derive(Debug, thiserror::Error)]
#[error("{}", lines(.0))]
struct StillLit(Vec<Lit>);

impl Hint for StillLit {
    fn hint(&self) -> Option<&'static str> {
        let is_driven = self.0.iter().any(|lit| lit.is_driven);
        is_driven
            .then_some("stop that program, or add `--force` to make its lights dark for a moment")
    }
}

fn lines(lit: &[Lit]) -> String {
    let lines = lit.iter().map(|Lit { name, reason, .. }| format!("output `{name}`: {reason}"));
    lines.collect::<Vec<_>>().join("\nerror: ")
}
