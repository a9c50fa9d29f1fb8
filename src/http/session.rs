//! One-time links: a code that is exchanged once for a token of its own, so that what stands in a terminal, a chat or a browser's history opens
//! nothing any more.
//!
//! All of it lives in memory: a browser signs in anew after a restart of the daemon.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use subtle::ConstantTimeEq;
use uuid::Uuid;

/// How long a link can be opened.
pub const LIFETIME: Duration = Duration::from_secs(5 * 60);

/// How many links wait, and how many browsers are signed in, at most; the oldest give way.
const MOST: usize = 64;

/// See the module.
#[derive(Debug, Default)]
pub struct Sessions(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    codes: Vec<(String, Instant)>,
    tokens: Vec<String>,
}

impl Sessions {
    /// A new code.
    pub fn code(&self, now: Instant) -> String {
        let mut known = self.known();
        known.codes.retain(|(_, made)| now.duration_since(*made) < LIFETIME);
        let code = secret();
        push(&mut known.codes, (code.clone(), now));
        code
    }

    /// A token for a code that is known, not too old, and not used before.
    pub fn exchange(&self, code: &str, now: Instant) -> Option<String> {
        let mut known = self.known();
        let place = known.codes.iter().position(|(waiting, _)| same(waiting, code))?;
        let (_, made) = known.codes.remove(place);
        if now.duration_since(made) >= LIFETIME {
            return None;
        }
        let token = secret();
        push(&mut known.tokens, token.clone());
        Some(token)
    }

    /// Whether a token was given for a code.
    pub fn holds(&self, token: &str) -> bool {
        self.known().tokens.iter().any(|known| same(known, token))
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        // Every change is one push or one removal: it is whole also where somebody panicked.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn push<T>(items: &mut Vec<T>, item: T) {
    items.push(item);
    if items.len() > MOST {
        items.remove(0);
    }
}

fn same(known: &str, given: &str) -> bool {
    known.as_bytes().ct_eq(given.as_bytes()).into()
}

fn secret() -> String {
    format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn a_code_is_good_once_and_for_a_while() {
        let (sessions, now) = (Sessions::default(), Instant::now());
        let code = sessions.code(now);
        assert!(!sessions.holds(&code));
        let token = sessions.exchange(&code, now).unwrap();
        assert!(sessions.holds(&token) && !sessions.holds("x"));
        assert_eq!(sessions.exchange(&code, now), None);
        let late = sessions.code(now);
        assert_eq!(sessions.exchange(&late, now + LIFETIME), None);
        assert_eq!(sessions.exchange("", now), None);
    }

    #[test]
    fn many_links_do_not_pile_up() {
        let (sessions, now) = (Sessions::default(), Instant::now());
        let codes: Vec<String> = (0..=MOST).map(|_| sessions.code(now)).collect();
        assert_eq!(sessions.exchange(&codes[0], now), None);
        assert!(sessions.exchange(&codes[1], now).is_some());
    }
}
