//! How the agents of this daemon reach it: its address, and a token for each attempt that lives.
//!
//! Tokens live in memory and in the file laid before the agent: a daemon that follows makes new ones.

use crate::agent::link::Daemon;
use crate::agent::spec::Tools;
use crate::domain::ids::AttemptId;
use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use uuid::Uuid;

/// See the module. A clone is the same.
#[derive(Clone)]
pub struct Reach {
    authority: String,
    program: PathBuf,
    tokens: Arc<Mutex<Tokens>>,
}

#[derive(Default)]
struct Tokens {
    living: BTreeMap<AttemptId, String>,
    /// Of the attempts that ended last: whoever still holds one is told that it is over, and asks no more.
    ended: VecDeque<(AttemptId, String)>,
}

/// How many tokens of ended attempts are known.
const ENDED: usize = 64;

impl Reach {
    /// The way to a daemon that listens at `authority`; `program` is this one, at a path that outlives the process.
    pub fn new(authority: String, program: PathBuf) -> Self {
        Self { authority, program, tokens: Arc::default() }
    }

    /// The program that agents start to reach the daemon.
    pub fn program(&self) -> PathBuf {
        self.program.clone()
    }

    /// What `attempt` is told; asked again, it is told the same.
    pub fn admit(&self, attempt: &AttemptId, tools: Tools) -> Daemon {
        let fresh = || format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
        let token = self.tokens().living.entry(attempt.clone()).or_insert_with(fresh).clone();
        Daemon { authority: self.authority.clone(), token, review: tools == Tools::Review }
    }

    /// Whose token it is, or was. Tokens are too long to be guessed, and looked at one by one in the same time.
    pub fn holder(&self, token: &str) -> Option<AttemptId> {
        use subtle::ConstantTimeEq;
        let tokens = self.tokens();
        let mut known = tokens.living.iter().chain(tokens.ended.iter().map(|(attempt, token)| (attempt, token)));
        let held = known.find(|(_, known)| bool::from(known.as_bytes().ct_eq(token.as_bytes())));
        held.map(|(attempt, _)| attempt.clone())
    }

    /// `attempt` is over.
    pub fn dismiss(&self, attempt: &AttemptId) {
        let mut tokens = self.tokens();
        let Some(ended) = tokens.living.remove_entry(attempt) else { return };
        tokens.ended.push_back(ended);
        if tokens.ended.len() > ENDED {
            tokens.ended.pop_front();
        }
    }

    fn tokens(&self) -> MutexGuard<'_, Tokens> {
        // A token is where it was or where it goes: both are whole also where somebody panicked in between.
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Reach {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reach").field("authority", &self.authority).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn a_token_is_one_attempts_and_is_known_for_a_while_after_its_end() {
        let reach = Reach::new("127.0.0.1:1".into(), "/bin/ve".into());
        let attempt = |last| AttemptId::parse(format!("0b7f6d6e-58e1-4c5d-9d0e-0000000000{last:0>2}")).unwrap();
        let told = reach.admit(&attempt(0), Tools::Work);
        assert_eq!(reach.admit(&attempt(0), Tools::Work), told);
        assert_ne!(reach.admit(&attempt(1), Tools::Review).token, told.token);
        assert_eq!((reach.holder(&told.token), reach.holder("")), (Some(attempt(0)), None));
        reach.dismiss(&attempt(0));
        assert_eq!(reach.holder(&told.token), Some(attempt(0)));
        for next in 1..=ENDED {
            reach.admit(&attempt(next), Tools::Work);
            reach.dismiss(&attempt(next));
        }
        assert_eq!(reach.holder(&told.token), None);
        assert!(!format!("{told:?} {reach:?}").contains(&told.token));
    }
}
