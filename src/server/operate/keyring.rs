//! Who has proved to be an operator: by the key, or by a ticket that is good for it.
//!
//! Wrong ones are told so at a limited rate, all of them together; a right one never waits for them.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::key::OperatorKey;
use super::tickets::Tickets;

/// Wrong keys and tickets that are told so in a [`SPAN`]. Further ones are only told to wait.
const WRONG: usize = 5;
const SPAN: Duration = Duration::from_secs(1);

/// The key of a show, and the tickets that are out for it. Whoever serves, prints and keeps it has a
/// clone of the same.
#[derive(Clone)]
pub struct Keyring(Arc<Inner>);

struct Inner {
    key: OperatorKey,
    tickets: Mutex<Tickets>,
    wrong: Mutex<Wrongs>,
}

/// What is not right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wrong {
    /// The key or the ticket.
    Secret,
    /// That too; there were too many of them to say so.
    TooMany,
}

impl Keyring {
    /// That of a key that was kept or chosen, or of a new one.
    #[must_use]
    pub fn new(key: Option<OperatorKey>) -> Keyring {
        let key = key.unwrap_or_else(OperatorKey::random);
        Keyring(Arc::new(Inner { key, tickets: Mutex::default(), wrong: Mutex::default() }))
    }

    /// For whoever keeps it where only this user can read it.
    #[must_use]
    pub fn key(&self) -> &OperatorKey {
        &self.0.key
    }

    /// A ticket, good once for ten minutes.
    #[must_use]
    pub fn ticket(&self) -> String {
        locked(&self.0.tickets).issue(Instant::now())
    }

    /// Whether that is the key.
    pub(super) fn check(&self, given: &str) -> Result<(), Wrong> {
        if self.0.key.is(given) { Ok(()) } else { Err(self.wrong()) }
    }

    /// The key for a ticket.
    pub(super) fn redeem(&self, ticket: &str) -> Result<&OperatorKey, Wrong> {
        if locked(&self.0.tickets).redeem(ticket, Instant::now()) {
            Ok(&self.0.key)
        } else {
            Err(self.wrong())
        }
    }

    fn wrong(&self) -> Wrong {
        locked(&self.0.wrong).next(Instant::now())
    }
}

impl Default for Keyring {
    fn default() -> Keyring {
        Keyring::new(None)
    }
}

/// Nothing that is held behind one can be left half changed.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// When the newest wrong ones were told so.
#[derive(Default)]
struct Wrongs(VecDeque<Instant>);

impl Wrongs {
    fn next(&mut self, now: Instant) -> Wrong {
        self.0.retain(|&told| now < told + SPAN);
        if self.0.len() >= WRONG {
            return Wrong::TooMany;
        }
        self.0.push_back(now);
        Wrong::Secret
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_no_second_more_than_five_wrong_ones_are_told_so() {
        let (mut wrongs, start) = (Wrongs::default(), Instant::now());
        let mut told = Vec::new();
        for step in 0..500 {
            let now = start + Duration::from_millis(step * 13);
            if wrongs.next(now) == Wrong::Secret {
                told.push(now);
            }
        }
        assert!(told.len() > 25, "{} in six seconds", told.len());
        for six in told.windows(WRONG + 1) {
            assert!(six[WRONG] - six[0] >= SPAN);
        }
        assert!(wrongs.0.len() <= WRONG);
    }

    #[test]
    fn a_right_key_is_taken_however_many_wrong_ones_there_were() {
        let keyring = Keyring::default();
        let key = keyring.key().reveal().to_owned();
        let wrong: Vec<_> = (0..1000).map(|_| keyring.check("wrong")).collect();
        assert!(wrong.contains(&Err(Wrong::Secret)) && wrong.contains(&Err(Wrong::TooMany)));
        assert_eq!(keyring.check(&key), Ok(()));
        let ticket = keyring.ticket();
        assert_eq!(keyring.redeem(&ticket).map(OperatorKey::reveal), Ok(&*key));
        assert!(keyring.redeem(&ticket).is_err());
    }
}
