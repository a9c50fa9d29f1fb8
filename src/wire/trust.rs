//! `GET` and `POST /trust`: sensitive settings of the committed configuration, and the content of them that the operator accepted.

use super::body::{BadRequest, Body};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What the committed configuration says now, beside what was accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Trust {
    /// Names the content that is there now; accepting it means exactly this.
    pub digest: String,
    /// Whether it is what counts already.
    pub accepted: bool,
    /// The difference to what was accepted, as a unified diff; empty when there is none.
    pub diff: String,
}

/// `POST /trust`: accepts the content that was shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Accept {
    /// As in [`Trust`].
    pub digest: String,
}

impl Accept {
    /// Reads the request.
    pub fn parse(bytes: &[u8]) -> Result<Self, BadRequest> {
        Ok(Self { digest: Body::parse(bytes)?.required("digest")?.to_owned() })
    }
}
