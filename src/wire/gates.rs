//! `GET /gates`: the gates that are configured, and how they went.

use super::timeline::Attempted;
use super::times::Moment;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Gates and their attempts. What one printed is the log of its attempt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Gates {
    /// Commands that run in a unit's worktree before it lands, in their order.
    pub worker: Vec<String>,
    /// Commands that run on exactly the tree that would land, in their order.
    pub integration: Vec<String>,
    /// From when on attempts are told.
    pub since: Moment,
    /// Attempts that began since then or are at work, the latest first; of many, the latest 500.
    pub attempts: Vec<Attempted>,
}
