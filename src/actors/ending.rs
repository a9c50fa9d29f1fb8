//! What the end of a process means, from what its adapter says and from why its shim ended.

use crate::domain::report::{AgentError, ErrorKind, Outcome, ProcessExit};
use crate::shim::exit::{Limit, Why};
use std::path::Path;

/// The outcome of a process whose adapter says `said`. What finished or waits has done so, whoever ended the process afterwards.
pub(super) fn meaning(said: Outcome, why: &Why) -> Outcome {
    let over = |kind, message| Outcome::Failed(AgentError { kind, message });
    match (why, said) {
        (Why::ByItself, said) | (_, said @ (Outcome::Finished | Outcome::Suspended)) => said,
        (Why::Suspended | Why::Ended | Why::Terminated | Why::GraceOver, _) => Outcome::Interrupted,
        (Why::Limit { limit: Limit::Wall, allowed, .. }, _) => {
            over(ErrorKind::TimedOut, format!("it took longer than the {allowed} s an attempt may take"))
        }
        (Why::Limit { limit, allowed, seen }, _) => {
            over(ErrorKind::OverLimit, format!("it passed its limit of {limit:?}: {seen} where {allowed} is allowed"))
        }
        (Why::Failed { error }, _) => over(ErrorKind::Other, format!("failed to {error}")),
    }
}

/// The end of a process that left no trace of how it ended.
pub(super) fn vanished() -> Outcome {
    Outcome::Crashed { exit: ProcessExit::Signal(9), stderr: "its shim is gone and left no record".to_owned() }
}

/// The end of a text file, or nothing.
pub(super) fn last_words(path: &Path) -> String {
    const TAIL: usize = 4096;
    let bytes = std::fs::read(path).unwrap_or_default();
    String::from_utf8_lossy(&bytes[bytes.len().saturating_sub(TAIL)..]).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_finished_before_it_was_ended_is_finished() {
        assert_eq!(meaning(Outcome::Finished, &Why::Ended), Outcome::Finished);
        assert_eq!(meaning(vanished(), &Why::Ended), Outcome::Interrupted);
        assert_eq!(meaning(vanished(), &Why::ByItself), vanished());
    }

    #[test]
    fn a_limit_is_named_with_its_evidence() {
        let why = Why::Limit { limit: Limit::Wall, allowed: 7200, seen: 7201 };
        let Outcome::Failed(error) = meaning(vanished(), &why) else { unreachable!("a limit is a failure") };
        assert_eq!(error.kind, ErrorKind::TimedOut);
        assert!(error.message.contains("7200 s"), "{}", error.message);
    }
}
