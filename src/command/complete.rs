//! Completions and the manual page, made from the definitions of the command line, and the schema of the
//! config, made from its readers.

use clap::CommandFactory;
use clap_complete::Shell;

use crate::cli::Cli;

use super::{Failure, print};

pub(super) fn completions(shell: Shell) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "hashtug", &mut script);
    print(&script)
}

pub(super) fn man() -> Result<(), Failure> {
    let mut page = Vec::new();
    let rendered = clap_mangen::Man::new(Cli::command()).render(&mut page);
    rendered.expect("a vector takes everything");
    print(&page)
}

pub(super) fn schema() -> Result<(), Failure> {
    print(format!("{:#}\n", crate::config::schema()).as_bytes())
}
