//! Places where a test makes an actor fall over: `VE_FAULT=<place>:<n>` panics when the place is passed for the n-th time.
//! Several places are separated by commas. Release builds hold none of it.

/// Panics here if a test asked for it.
#[cfg(debug_assertions)]
pub fn point(place: &str) {
    use std::collections::HashMap;
    use std::sync::{LazyLock, Mutex, PoisonError};

    static PASSES_LEFT: LazyLock<Mutex<HashMap<String, u32>>> = LazyLock::new(|| {
        let wanted = std::env::var("VE_FAULT").unwrap_or_default();
        let parse = |item: &str| item.rsplit_once(':').and_then(|(place, n)| Some((place.to_owned(), n.parse().ok()?)));
        Mutex::new(wanted.split(',').filter_map(parse).collect())
    });

    let mut passes = PASSES_LEFT.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(left) = passes.get_mut(place) else { return };
    *left = left.saturating_sub(1);
    if *left == 0 {
        passes.remove(place);
        drop(passes);
        #[expect(clippy::panic, reason = "falling over is what this place is for")]
        {
            panic!("fault injected at {place}");
        }
    }
}

/// Nothing in a release build.
#[cfg(not(debug_assertions))]
pub fn point(_place: &str) {}
