//! The page at `/`: static files embedded in the binary, written as they are served. Nothing is built; see `docs/decisions/0021-the-dashboard.md`.
//!
//! *Architecture invariant:* the page speaks the public contract of `wire` only, so whatever it shows a command can show, too. What decides
//! how the state is read (`model/`, `lib/`) is pure and tested without a browser; what draws (`views/`) decides nothing.

use sha1::{Digest, Sha1};
use std::collections::BTreeMap;
use std::sync::LazyLock;

mod files;

/// One file of the page.
pub struct Asset {
    /// Its content type.
    pub kind: &'static str,
    /// Its content.
    pub bytes: &'static [u8],
    /// Names its content: another content has another tag.
    pub tag: String,
}

/// The file at this path below `/assets/`; the page itself is `index.html`.
pub fn asset(path: &str) -> Option<&'static Asset> {
    static ASSETS: LazyLock<BTreeMap<&str, Asset>> = LazyLock::new(|| {
        let asset =
            |&(path, bytes): &(&'static str, &'static [u8])| (path, Asset { kind: kind(path), bytes, tag: tag(bytes) });
        files::FILES.iter().map(asset).collect()
    });
    ASSETS.get(path)
}

fn tag(bytes: &[u8]) -> String {
    Sha1::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn kind(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "text/plain; charset=utf-8",
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
