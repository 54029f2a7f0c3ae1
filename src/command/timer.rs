//! `hashtug timer`: the speaker's light.

use std::io::{self, IsTerminal};
use std::time::Duration;

use tracing::info;

use crate::app::{self, Options};
use crate::cli::Lights;
use crate::clock::Clock;
use crate::config::Config;
use crate::keyboard::Keyboard;
use crate::order::{Command, TimerOrder};
use crate::output;

use super::doors::{self, Doors};
use super::run::{listen, until_stopped};
use super::{Failure, take};

pub(super) fn run(mut config: Config, length: Duration, lights: Lights) -> Result<(), Failure> {
    show_in_the_terminal(&mut config.outputs);
    let _lights = take(&config.outputs, lights)?;
    let doors = doors::open(&config, None)?;
    // It lives until all else has ended, whatever ends it.
    let (keyboard, keys) = Keyboard::listen();
    until_stopped(Some(&keyboard), async |stop, suspended| {
        let listener = listen(&config)?;
        let _announced = doors.announce(&config, &listener);
        let Doors { keyring, tls } = doors;
        if keyboard.is_single() {
            info!("keys: + one minute more, space or p hold, q stop");
        } else if !keys.is_closed() {
            info!("lines: + one minute more, p hold, q stop");
        }
        // The contest lends its title; nobody counts.
        config.sources.clear();
        let options = Options {
            listener: Some(listener),
            keyring,
            tls,
            first_order: Some(Command::Timer(TimerOrder::Start(length)).into()),
            timer_keys: Some(keys),
            suspended,
            ..Options::default()
        };
        app::run(config, Clock::from_wall(), options, stop).await
    })
}

/// Whoever starts a timer wants to see it there, whatever the config says about the strips.
fn show_in_the_terminal(outputs: &mut Vec<output::Settings>) {
    let has_one = outputs.iter().any(output::Settings::is_terminal);
    if !has_one && io::stdout().is_terminal() {
        outputs.push(output::Settings::terminal());
    }
}
