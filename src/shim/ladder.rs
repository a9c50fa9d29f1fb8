//! Ending an attempt step by step, as a pure schedule: what is due, and when to look again.

use super::protocol::StopLadder;
use std::time::{Duration, Instant};

/// How long an agent gets to leave after its input was closed.
const AFTER_CLOSED_INPUT: Duration = Duration::from_secs(3);
/// How long it gets after a polite SIGTERM.
const AFTER_TERMINATE: Duration = Duration::from_secs(5);
/// How long the whole tree gets after SIGTERM.
const AFTER_TERMINATE_ALL: Duration = Duration::from_secs(2);
/// How often the rest is looked for and killed.
const BETWEEN_KILLS: Duration = Duration::from_millis(50);

/// One step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rung {
    /// Close the agent's input.
    CloseInput,
    /// SIGTERM to the agent.
    Terminate,
    /// SIGTERM to every process.
    TerminateAll,
    /// SIGKILL to every process. Repeats.
    KillAll,
}

/// A ladder that is being climbed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ladder {
    next: Rung,
    at: Instant,
}

impl Ladder {
    /// The first rung of `ladder` is due now.
    pub(crate) fn new(ladder: StopLadder, now: Instant) -> Self {
        let next = match ladder {
            StopLadder::Suspend => Rung::CloseInput,
            StopLadder::End => Rung::TerminateAll,
        };
        Self { next, at: now }
    }

    /// The rung that is due, if one is; moves on to the next.
    pub(crate) fn due(&mut self, now: Instant) -> Option<Rung> {
        if now < self.at {
            return None;
        }
        let rung = self.next;
        let (next, after) = match rung {
            Rung::CloseInput => (Rung::Terminate, AFTER_CLOSED_INPUT),
            Rung::Terminate => (Rung::TerminateAll, AFTER_TERMINATE),
            Rung::TerminateAll => (Rung::KillAll, AFTER_TERMINATE_ALL),
            Rung::KillAll => (Rung::KillAll, BETWEEN_KILLS),
        };
        *self = Self { next, at: now + after };
        Some(rung)
    }

    /// When the next rung is due.
    pub(crate) fn at(&self) -> Instant {
        self.at
    }

    /// Changes to the *end* ladder, unless that is being climbed already.
    pub(crate) fn hurry(&mut self, now: Instant) {
        if matches!(self.next, Rung::CloseInput | Rung::Terminate) || self.next == Rung::TerminateAll && now < self.at {
            *self = Self::new(StopLadder::End, now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn climb(mut ladder: Ladder, start: Instant) -> Vec<(u64, Rung)> {
        let mut seen = Vec::new();
        while seen.len() < 5 {
            let now = ladder.at();
            let Some(rung) = ladder.due(now) else { break };
            seen.push((u64::try_from((now - start).as_millis()).unwrap_or(u64::MAX), rung));
        }
        seen
    }

    #[test]
    fn suspend_is_patient_and_then_ends() {
        let start = Instant::now();
        let seen = climb(Ladder::new(StopLadder::Suspend, start), start);
        let expected = [
            (0, Rung::CloseInput),
            (3000, Rung::Terminate),
            (8000, Rung::TerminateAll),
            (10_000, Rung::KillAll),
            (10_050, Rung::KillAll),
        ];
        assert_eq!(seen, expected);
    }

    #[test]
    fn end_kills_after_two_seconds_for_as_long_as_it_takes() {
        let start = Instant::now();
        let seen = climb(Ladder::new(StopLadder::End, start), start);
        assert_eq!(seen[..3], [(0, Rung::TerminateAll), (2000, Rung::KillAll), (2050, Rung::KillAll)]);
    }

    #[test]
    fn hurrying_skips_patience_but_never_starts_the_end_again() {
        let start = Instant::now();
        let mut ladder = Ladder::new(StopLadder::Suspend, start);
        ladder.due(start);
        ladder.hurry(start);
        assert_eq!(ladder.due(start), Some(Rung::TerminateAll));
        ladder.hurry(start);
        assert_eq!(ladder.due(start), None);
        assert_eq!(ladder.due(start + AFTER_TERMINATE_ALL), Some(Rung::KillAll));
    }

    #[test]
    fn nothing_is_due_early() {
        let start = Instant::now();
        let mut ladder = Ladder::new(StopLadder::End, start);
        ladder.due(start);
        assert_eq!(ladder.due(start + Duration::from_millis(1999)), None);
    }
}
