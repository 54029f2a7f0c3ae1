//! What a person can do about an error, said by the error itself.
//!
//! An error that is a person's to mend has the trait [`Hint`]. It goes up as [`Hinted`], which keeps
//! the hint behind whatever is said before the error, and whoever prints it asks [`of`]: no error
//! type is named there. The hint is a line of its own and never part of the error's text.

use std::error::Error;
use std::fmt;

/// An error that may say what to do about it.
pub trait Hint {
    /// What to do, if there is anything that a person can do.
    fn hint(&self) -> Option<&'static str>;
}

/// An error with its hint. It reads as the error alone does.
pub struct Hinted {
    error: Box<dyn Error + Send + Sync>,
    hint: Option<&'static str>,
}

impl Hinted {
    /// Asks the error for its hint, before its type is forgotten.
    #[must_use]
    pub fn new(error: impl Error + Hint + Send + Sync + 'static) -> Hinted {
        Hinted { hint: error.hint(), error: Box::new(error) }
    }
}

impl fmt::Display for Hinted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl fmt::Debug for Hinted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl Error for Hinted {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.error.source()
    }
}

/// The hint of an error or of the first of its causes that has one.
pub fn of<'e>(chain: impl IntoIterator<Item = &'e (dyn Error + 'static)>) -> Option<&'static str> {
    chain.into_iter().find_map(|cause| cause.downcast_ref::<Hinted>()?.hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("the tea is cold")]
    struct Cold(#[source] std::io::Error);

    impl Hint for Cold {
        fn hint(&self) -> Option<&'static str> {
            Some("make another pot")
        }
    }

    #[test]
    fn a_hint_is_found_behind_what_is_said_before_it() {
        let cold = Hinted::new(Cold(std::io::Error::other("no fire")));
        let error = anyhow::Error::new(cold).context("table 4");
        assert_eq!(format!("{error:#}"), "table 4: the tea is cold: no fire");
        assert_eq!(of(error.chain()), Some("make another pot"));
        assert_eq!(of(anyhow::anyhow!("table 5").chain()), None);
    }
}
