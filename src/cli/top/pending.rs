//! At most one thing under way, to be waited for beside others.

use std::pin::Pin;

/// A future that may be there, and can be waited for piece by piece.
pub(super) struct Pending<'a, T>(Option<Pin<Box<dyn Future<Output = T> + 'a>>>);

impl<T> Default for Pending<'_, T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<'a, T> Pending<'a, T> {
    /// Begins `work`, and gives up what was under way.
    pub(super) fn begin(&mut self, work: impl Future<Output = T> + 'a) {
        self.0 = Some(Box::pin(work));
    }

    /// Whether something is under way.
    pub(super) fn is_busy(&self) -> bool {
        self.0.is_some()
    }

    /// What comes of it; waits for ever where nothing is under way. May be dropped and asked for again.
    pub(super) async fn next(&mut self) -> T {
        match &mut self.0 {
            Some(work) => {
                let result = work.await;
                self.0 = None;
                result
            }
            None => std::future::pending().await,
        }
    }
}
