//! How many lines a source may log: its servers decide how often something happens, and must not fill
//! the disk or hide what others have to say.
//!
//! A minute has [`LINES`]; those after them are left out, and their number is one line more once the
//! minute is over. Shared by all links of one source, which are several tasks. Does not know what a
//! line says: whoever logs asks first.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;
use tracing::warn;

/// Lines that one source may log in a minute; more are counted and left out.
const LINES: u64 = 20;

const MINUTE: Duration = Duration::from_mins(1);

/// Below the number of the minute stands that of the lines that were wanted in it.
const COUNT_BITS: u32 = 40;
const COUNT: u64 = (1 << COUNT_BITS) - 1;

/// The lines of one source. Copies count together.
#[derive(Clone, Debug)]
pub(in crate::source) struct LogLimit {
    start: Instant,
    /// The minute since the start, and the lines that were wanted in it.
    lines: Arc<AtomicU64>,
}

impl LogLimit {
    pub(in crate::source) fn new(now: Instant) -> LogLimit {
        LogLimit { start: now, lines: Arc::default() }
    }

    /// Whether one more line may be logged. Logs before it how many were left out in an earlier
    /// minute.
    pub(super) fn admit(&self, now: Instant) -> bool {
        let minute = self.minute(now);
        let before = self.update(|known, lines| {
            let lines = if known == minute { (lines + 1).min(COUNT) } else { 1 };
            Some((minute, lines))
        });
        let Some((known, lines)) = before else { return true };
        if known != minute {
            report(lines);
            return true;
        }
        lines < LINES
    }

    /// Logs how many lines were left out, if their minute is over and nobody has said it.
    pub(super) fn report_left_out(&self) {
        if self.lines.load(Ordering::Relaxed) & COUNT <= LINES {
            return;
        }
        let minute = self.minute(Instant::now());
        if let Some((_, lines)) = self.update(|known, _| (known != minute).then_some((minute, 0))) {
            report(lines);
        }
    }

    fn minute(&self, now: Instant) -> u64 {
        now.saturating_duration_since(self.start).as_secs() / MINUTE.as_secs()
    }

    /// Changes minute and lines, and gives what they were.
    fn update(&self, change: impl Fn(u64, u64) -> Option<(u64, u64)>) -> Option<(u64, u64)> {
        let split = |state: u64| (state >> COUNT_BITS, state & COUNT);
        let changed = self.lines.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |state| {
            let (minute, lines) = split(state);
            change(minute, lines).map(|(minute, lines)| minute << COUNT_BITS | lines)
        });
        changed.ok().map(split)
    }
}

fn report(lines: u64) {
    let left_out = lines.saturating_sub(LINES);
    if left_out > 0 {
        warn!(left_out, "log lines of this source were left out in one minute");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_minute_has_room_for_a_few_lines_and_the_next_one_too() {
        let start = Instant::now();
        let limit = LogLimit::new(start);
        let relay = limit.clone();
        let admitted = |now| (0..1000).filter(|_| limit.admit(now) | relay.admit(now)).count();
        assert_eq!(admitted(start), 10, "the two are one source");
        assert_eq!(admitted(start + MINUTE / 2), 0);
        assert_eq!(admitted(start + MINUTE), 10);
        assert_eq!(limit.lines.load(Ordering::Relaxed) & COUNT, 2000);
        limit.report_left_out();
        assert_eq!(limit.lines.load(Ordering::Relaxed) & COUNT, 0);
        assert_eq!(admitted(start + MINUTE * 60), 10);
    }
}
