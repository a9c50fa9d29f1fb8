//! One-time links: a code that is exchanged once for a token of its own, so that what stands in a terminal, a chat or a browser's history opens
//! nothing any more.
//!
//! Codes live in memory. A browser's token is signed with the project's own token and needs no memory: a page that is open goes on when the
//! daemon was restarted. All of them end when the project's token changes.

use crate::domain::time::Timestamp;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::fmt::Write;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use subtle::ConstantTimeEq;
use uuid::Uuid;

/// How long a link can be opened.
pub const LIFETIME: Duration = Duration::from_secs(5 * 60);

/// How long a browser's token is good.
const SIGNED_IN: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// How many links wait, at most; the oldest give way.
const MOST: usize = 64;

/// See the module.
pub struct Sessions {
    key: String,
    codes: Mutex<Vec<(String, Instant)>>,
}

impl Sessions {
    /// Signs with the project's token.
    pub fn new(key: impl Into<String>) -> Self {
        Self { key: key.into(), codes: Mutex::default() }
    }

    /// A new code.
    pub fn code(&self, now: Instant) -> String {
        let mut codes = self.codes();
        codes.retain(|(_, made)| now.duration_since(*made) < LIFETIME);
        let code = format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
        codes.push((code.clone(), now));
        if codes.len() > MOST {
            codes.remove(0);
        }
        code
    }

    /// A token, signed at `at`, for a code that is known, not too old, and not used before.
    pub fn exchange(&self, code: &str, now: Instant, at: Timestamp) -> Option<String> {
        let mut codes = self.codes();
        let place = codes.iter().position(|(waiting, _)| bool::from(waiting.as_bytes().ct_eq(code.as_bytes())))?;
        let (_, made) = codes.remove(place);
        if now.duration_since(made) >= LIFETIME {
            return None;
        }
        let claim = format!("{}.{}", at.0, Uuid::new_v4().simple());
        Some(format!("{claim}.{}", self.signature(&claim)?))
    }

    /// Whether a token was given for a code, and is still good.
    pub fn holds(&self, token: &str, now: Timestamp) -> bool {
        let Some((claim, signature)) = token.rsplit_once('.') else { return false };
        let signed = self.signature(claim).is_some_and(|known| known.as_bytes().ct_eq(signature.as_bytes()).into());
        let given = claim.split('.').next().and_then(|at| at.parse().ok());
        signed && given.is_some_and(|at| now.since(Timestamp(at)) < SIGNED_IN)
    }

    fn signature(&self, claim: &str) -> Option<String> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.key.as_bytes()).ok()?;
        mac.update(b"browser\n");
        mac.update(claim.as_bytes());
        let mut text = String::with_capacity(64);
        for byte in mac.finalize().into_bytes() {
            // Writing to a String cannot fail.
            write!(text, "{byte:02x}").ok();
        }
        Some(text)
    }

    fn codes(&self) -> MutexGuard<'_, Vec<(String, Instant)>> {
        // Every change is one push or one removal: it is whole also where somebody panicked.
        self.codes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    const AT: Timestamp = Timestamp(1_000_000);

    #[test]
    fn a_code_is_good_once_and_for_a_while() {
        let (sessions, now) = (Sessions::new("key"), Instant::now());
        let code = sessions.code(now);
        assert_eq!(sessions.exchange("another", now, AT), None);
        let token = sessions.exchange(&code, now, AT).unwrap();
        assert!(sessions.holds(&token, AT));
        assert_eq!(sessions.exchange(&code, now, AT), None);
        let late = sessions.code(now);
        assert_eq!(sessions.exchange(&late, now + LIFETIME, AT), None);
        assert_eq!(sessions.exchange("", now, AT), None);
    }

    #[test]
    fn a_token_outlives_the_daemon_that_gave_it_and_ends_with_the_key_or_its_time() {
        let (first, now) = (Sessions::new("key"), Instant::now());
        let token = first.exchange(&first.code(now), now, AT).unwrap();
        let second = Sessions::new("key");
        assert!(second.holds(&token, AT) && !Sessions::new("other").holds(&token, AT));
        assert!(!second.holds(&token, AT + SIGNED_IN));
        let (claim, signature) = token.rsplit_once('.').unwrap();
        let younger = format!("9{claim}.{signature}");
        for forged in [claim, signature, "", ".", younger.as_str(), &token[..token.len() - 1], &format!("{claim}.")] {
            assert!(!second.holds(forged, AT), "{forged}");
        }
    }

    #[test]
    fn many_links_do_not_pile_up() {
        let (sessions, now) = (Sessions::new("key"), Instant::now());
        let codes: Vec<String> = (0..=MOST).map(|_| sessions.code(now)).collect();
        assert_eq!(sessions.exchange(&codes[0], now, AT), None);
        assert!(sessions.exchange(&codes[1], now, AT).is_some());
    }
}
