//! What the bad end of an attempt means: try again, wait, or ask the operator.

use super::ids::UnitId;
use super::policy::{Exhausted, Policy};
use super::report::{AgentError, ErrorKind, ProcessExit};
use super::time::Timestamp;
use super::work_unit::Counters;
use std::time::Duration;

/// What is done about a failure.
#[derive(Clone, Debug, PartialEq)]
pub enum Remedy {
    /// Start again at `until` in the same session.
    Resume {
        /// From when.
        until: Timestamp,
    },
    /// Start again now in a fresh session: the old one is of no use any more.
    StartOver,
    /// The account's allowance is used up: all of its units wait.
    WaitForAccount {
        /// Until when.
        until: Timestamp,
    },
    /// Nobody is logged in.
    LogIn,
    /// No rule says to try again.
    AskOperator,
    /// It was tried again as often as the rules say, and they say that the unit then has failed.
    GiveUp,
}

/// Decides about an error that an agent reported, or that its supervision found.
pub fn remedy(error: &AgentError, unit: UnitId, counters: Counters, policy: &Policy, now: Timestamp) -> Remedy {
    let within = |limit: u32| counters.errors < limit;
    match error.kind {
        ErrorKind::Overloaded | ErrorKind::RateLimit if within(policy.retry.attempts) => {
            Remedy::Resume { until: now + back_off(unit, counters.errors, policy, now) }
        }
        ErrorKind::UsageLimit { resets_at } => {
            let reset = resets_at.unwrap_or(now + policy.unknown_limit_wait).max(now);
            Remedy::WaitForAccount { until: reset + part_of(policy.resume_jitter, chance(unit, now)) }
        }
        ErrorKind::NotLoggedIn => Remedy::LogIn,
        ErrorKind::SessionLost | ErrorKind::PromptTooLong if within(policy.crash_retries) => Remedy::StartOver,
        ErrorKind::TurnLimit | ErrorKind::Silent if within(policy.crash_retries) => Remedy::Resume { until: now },
        ErrorKind::Overloaded
        | ErrorKind::RateLimit
        | ErrorKind::SessionLost
        | ErrorKind::PromptTooLong
        | ErrorKind::TurnLimit
        | ErrorKind::Silent => exhausted(policy),
        _ => Remedy::AskOperator,
    }
}

fn exhausted(policy: &Policy) -> Remedy {
    match policy.exhausted {
        Exhausted::Ask => Remedy::AskOperator,
        Exhausted::Fail => Remedy::GiveUp,
    }
}

/// Decides about a process that left without saying how its work ended.
pub fn remedy_for_crash(unit: UnitId, counters: Counters, policy: &Policy, now: Timestamp) -> Remedy {
    if counters.errors < policy.crash_retries {
        Remedy::Resume { until: now + back_off(unit, counters.errors, policy, now) }
    } else {
        exhausted(policy)
    }
}

/// The operator's line about a crash.
pub fn describe_crash(exit: ProcessExit, stderr: &str) -> String {
    let how = match exit {
        ProcessExit::Code(code) => format!("the agent exited with code {code} and without a result"),
        ProcessExit::Signal(signal) => format!("signal {signal} ended the agent before it had a result"),
    };
    match stderr.trim() {
        "" => how,
        last_words => format!("{how}: {last_words}"),
    }
}

fn back_off(unit: UnitId, failures: u32, policy: &Policy, now: Timestamp) -> Duration {
    let doubled = policy.retry.initial.saturating_mul(1_u32.checked_shl(failures).unwrap_or(u32::MAX));
    let delay = doubled.min(policy.retry.max);
    delay - part_of(delay.mul_f64(f64::from(policy.retry.jitter) / 100.0), chance(unit, now))
}

fn part_of(whole: Duration, chance: f64) -> Duration {
    whole.mul_f64(chance)
}

/// A number in 0..1 that differs between units and moments; the same for the same ones, so that a journal replays.
fn chance(unit: UnitId, now: Timestamp) -> f64 {
    let mut mixed = (unit.0 as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ (now.0 as u64);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    f64::from((mixed >> 40) as u32) / f64::from(1_u32 << 24)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_000_000_000);

    fn decide(kind: ErrorKind, errors: u32) -> Remedy {
        let error = AgentError { kind, message: String::new() };
        remedy(&error, UnitId(1), Counters { errors, ..Counters::default() }, &Policy::default(), NOW)
    }

    #[test]
    fn overload_is_tried_again_with_growing_delays_up_to_a_limit() {
        let delay = |errors| match decide(ErrorKind::Overloaded, errors) {
            Remedy::Resume { until } => until.since(NOW),
            other => unreachable!("{other:?}"),
        };
        let policy = Policy::default();
        for errors in 0..policy.retry.attempts {
            assert!(delay(errors) <= policy.retry.max, "{errors}");
            assert!(delay(errors) >= policy.retry.initial.mul_f64(0.75), "{errors}");
        }
        assert!(delay(3) > delay(0));
        assert_eq!(decide(ErrorKind::Overloaded, policy.retry.attempts), Remedy::AskOperator);
    }

    #[test]
    fn a_usage_limit_waits_for_its_reset_and_a_little_longer() {
        let resets_at = NOW + Duration::from_secs(3600);
        let Remedy::WaitForAccount { until } = decide(ErrorKind::UsageLimit { resets_at: Some(resets_at) }, 99) else {
            unreachable!("a usage limit never gives up")
        };
        assert!(until >= resets_at && until.since(resets_at) <= Policy::default().resume_jitter);
    }

    #[test]
    fn a_reset_in_the_past_is_over() {
        let Remedy::WaitForAccount { until } = decide(ErrorKind::UsageLimit { resets_at: Some(Timestamp(5)) }, 0)
        else {
            unreachable!("a usage limit never gives up")
        };
        assert!(until >= NOW);
    }

    #[test]
    fn what_no_repetition_mends_goes_to_the_operator() {
        for kind in [ErrorKind::Other, ErrorKind::Refused, ErrorKind::Budget, ErrorKind::TimedOut, ErrorKind::OverLimit]
        {
            assert_eq!(decide(kind, 0), Remedy::AskOperator, "{kind:?}");
        }
        assert_eq!(decide(ErrorKind::NotLoggedIn, 0), Remedy::LogIn);
        assert_eq!(decide(ErrorKind::SessionLost, 0), Remedy::StartOver);
    }

    #[test]
    fn a_crash_is_tried_again_twice() {
        let decide =
            |errors| remedy_for_crash(UnitId(1), Counters { errors, ..Counters::default() }, &Policy::default(), NOW);
        assert!(matches!(decide(1), Remedy::Resume { .. }));
        assert_eq!(decide(2), Remedy::AskOperator);
    }
}
