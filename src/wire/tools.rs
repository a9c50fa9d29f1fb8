//! What an agent's tool server and the daemon say to each other.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// `POST /attempt/hello`: an agent has started its tool server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Greeting {
    /// Version of the agent program, as it names itself to tool servers.
    pub version: String,
}

/// `POST /attempt/tools/{tool}`: its model calls one of our tools. The same call may be made again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ToolCall {
    /// What the model wrote.
    #[serde(default)]
    pub arguments: Value,
    /// The vendor's id of the call, where there is one: it tells a repeated call from another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
}

/// The answer to a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum ToolAnswer {
    /// The model is told this.
    Said {
        /// The words.
        text: String,
        /// Whether the call came to nothing.
        failed: bool,
    },
    /// There is none yet: the same call is to be made again.
    Pending {
        /// Always true.
        pending: bool,
    },
}
