//! What clients ask for that changes something. Parsed by the daemon, written by the command line.

use super::body::{BadRequest, Body};
use super::names::{PhaseName, StatusName, VerdictName};
use crate::domain::ids::ChunkName;
use crate::domain::phase::Phase;
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

/// `POST /work-units`: a unit as the operator describes it, whether or not its chunk is on disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Create {
    /// The chunk.
    #[serde(serialize_with = "text")]
    #[schema(value_type = String)]
    pub chunk: ChunkName,
    /// The phase it starts with.
    #[schema(required = false)]
    pub phase: PhaseName,
    /// The status it starts with: never one that only work leads to.
    #[schema(required = false)]
    pub status: StatusName,
    /// What it depends on.
    #[serde(serialize_with = "texts")]
    #[schema(value_type = Vec<String>, required = false)]
    pub blocked_by: Vec<ChunkName>,
}

impl Create {
    /// Reads the request.
    pub fn parse(bytes: &[u8]) -> Result<Self, BadRequest> {
        let body = Body::parse(bytes)?;
        let status = body.text("status")?.map_or(Ok(StatusName::Ready), StatusName::parse)?;
        if let StatusName::Assigned | StatusName::Running = status {
            return Err(BadRequest::NotInitial(status));
        }
        Ok(Self {
            chunk: body.chunk("chunk")?,
            phase: phase(&body)?.unwrap_or(PhaseName(Phase::Goal)),
            status,
            blocked_by: body.chunks("blocked_by")?.unwrap_or_default(),
        })
    }
}

/// `POST /work-units/inject`: a chunk of the project becomes a unit. What is absent is read from its documents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Inject {
    /// The chunk.
    #[serde(serialize_with = "text")]
    #[schema(value_type = String)]
    pub chunk: ChunkName,
    /// The phase to start with, instead of the first one whose document is missing.
    pub phase: Option<PhaseName>,
    /// Higher goes first.
    #[schema(required = false)]
    pub priority: i32,
    /// What it depends on, instead of what its documents declare.
    #[serde(serialize_with = "optional_texts")]
    #[schema(value_type = Option<Vec<String>>)]
    pub blocked_by: Option<Vec<ChunkName>>,
    /// Whether that is all it depends on.
    pub explicit_deps: Option<bool>,
    /// Whether its worktree stays after landing.
    #[schema(required = false)]
    pub retain_worktree: bool,
    /// Whether it waits for a `release` before it starts.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    pub hold: bool,
}

impl Inject {
    /// Reads the request.
    pub fn parse(bytes: &[u8]) -> Result<Self, BadRequest> {
        let body = Body::parse(bytes)?;
        Ok(Self {
            chunk: body.chunk("chunk")?,
            phase: phase(&body)?,
            priority: body.integer("priority")?.unwrap_or(0),
            blocked_by: body.chunks("blocked_by")?,
            explicit_deps: body.boolean("explicit_deps")?,
            retain_worktree: body.boolean("retain_worktree")?.unwrap_or(false),
            hold: body.boolean("hold")?.unwrap_or(false),
        })
    }
}

/// `POST /work-units/inject-batch`: several chunks, all or none, in the order of their dependencies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct InjectBatch {
    /// The chunks, at least one.
    #[serde(serialize_with = "texts")]
    #[schema(value_type = Vec<String>)]
    pub chunks: Vec<ChunkName>,
    /// As in [`Inject`], for all of them.
    pub phase: Option<PhaseName>,
    /// As in [`Inject`], for all of them.
    #[schema(required = false)]
    pub priority: i32,
    /// As in [`Inject`], for all of them.
    #[schema(required = false)]
    pub retain_worktree: bool,
    /// As in [`Inject`], for all of them.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    pub hold: bool,
}

impl InjectBatch {
    /// Reads the request.
    pub fn parse(bytes: &[u8]) -> Result<Self, BadRequest> {
        let body = Body::parse(bytes)?;
        Ok(Self {
            chunks: body.chunks("chunks")?.filter(|all| !all.is_empty()).ok_or(BadRequest::Missing("chunks"))?,
            phase: phase(&body)?,
            priority: body.integer("priority")?.unwrap_or(0),
            retain_worktree: body.boolean("retain_worktree")?.unwrap_or(false),
            hold: body.boolean("hold")?.unwrap_or(false),
        })
    }
}

/// `PATCH /work-units/{chunk}`: manual changes. `worktree`, which the reference lets clients set, is derived here and passed over.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct PatchUnit {
    /// The phase.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phase: Option<PhaseName>,
    /// The status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<StatusName>,
    /// What it depends on.
    #[serde(serialize_with = "optional_texts", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<String>>)]
    pub blocked_by: Option<Vec<ChunkName>>,
    /// Whether its worktree stays after landing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retain_worktree: Option<bool>,
    /// Higher goes first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<i32>,
    /// What the operator is to read about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attention_reason: Option<String>,
}

impl PatchUnit {
    /// Reads the request.
    pub fn parse(bytes: &[u8]) -> Result<Self, BadRequest> {
        let body = Body::parse(bytes)?;
        Ok(Self {
            phase: phase(&body)?,
            status: body.text("status")?.map(StatusName::parse).transpose()?,
            blocked_by: body.chunks("blocked_by")?,
            retain_worktree: body.boolean("retain_worktree")?,
            priority: body.integer("priority")?,
            attention_reason: body.text("attention_reason")?.map(str::to_owned),
        })
    }
}

/// `PATCH /work-units/{chunk}/priority`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Prioritize {
    /// Higher goes first.
    pub priority: i32,
}

impl Prioritize {
    /// Reads the request.
    pub fn parse(bytes: &[u8]) -> Result<Self, BadRequest> {
        let priority = Body::parse(bytes)?.integer("priority")?.ok_or(BadRequest::Missing("priority"))?;
        Ok(Self { priority })
    }
}

/// `POST /work-units/{chunk}/interrupt`; the body may be missing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Interrupt {
    /// What the agent is told when it goes on; without it the unit is held.
    pub message: Option<String>,
}

impl Interrupt {
    /// Reads the request.
    pub fn parse(bytes: &[u8]) -> Result<Self, BadRequest> {
        let body = Body::parse_optional(bytes)?;
        let message = body.text("message")?.filter(|text| !text.trim().is_empty());
        Ok(Self { message: message.map(str::to_owned) })
    }
}

/// `POST /work-units/{chunk}/resolve`: the operator decides about a pair of chunks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Resolve {
    /// The other chunk.
    #[serde(serialize_with = "text")]
    #[schema(value_type = String)]
    pub other_chunk: ChunkName,
    /// What holds from now on.
    pub verdict: Resolution,
}

/// How the operator decides about a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Resolution {
    /// They may run at once.
    Parallelize,
    /// One after the other.
    Serialize,
}

impl Resolution {
    /// The verdict that this becomes.
    pub fn verdict(self) -> VerdictName {
        match self {
            Resolution::Parallelize => VerdictName::Independent,
            Resolution::Serialize => VerdictName::Serialize,
        }
    }
}

impl Resolve {
    /// Reads the request.
    pub fn parse(bytes: &[u8]) -> Result<Self, BadRequest> {
        let body = Body::parse(bytes)?;
        let verdict = match body.required("verdict")? {
            "parallelize" => Resolution::Parallelize,
            "serialize" => Resolution::Serialize,
            other => return Err(BadRequest::Resolution(other.to_owned())),
        };
        Ok(Self { other_chunk: body.chunk("other_chunk")?, verdict })
    }
}

/// `POST /conflicts/analyze`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Analyze {
    /// One chunk.
    #[serde(serialize_with = "text")]
    #[schema(value_type = String)]
    pub chunk_a: ChunkName,
    /// The other.
    #[serde(serialize_with = "text")]
    #[schema(value_type = String)]
    pub chunk_b: ChunkName,
}

impl Analyze {
    /// Reads the request.
    pub fn parse(bytes: &[u8]) -> Result<Self, BadRequest> {
        let body = Body::parse(bytes)?;
        Ok(Self { chunk_a: body.chunk("chunk_a")?, chunk_b: body.chunk("chunk_b")? })
    }
}

/// `POST /session`: exchanges the code of a one-time link, within minutes and once, for a token. Needs none itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SignIn {
    /// What stands behind `#code=`.
    pub code: String,
}

impl SignIn {
    /// Reads the request.
    pub fn parse(bytes: &[u8]) -> Result<Self, BadRequest> {
        Ok(Self { code: Body::parse(bytes)?.required("code")?.to_owned() })
    }
}

/// `POST /work-units/prune` and `POST /work-units/{chunk}/prune`. A body that is missing or no JSON asks for the real thing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Prune {
    /// Only to say what would be done.
    #[schema(required = false)]
    pub dry_run: bool,
}

impl Prune {
    /// Reads the request.
    pub fn parse(bytes: &[u8]) -> Result<Self, BadRequest> {
        let body = Body::parse(bytes).unwrap_or_default();
        Ok(Self { dry_run: body.boolean("dry_run")?.unwrap_or(false) })
    }
}

fn phase(body: &Body) -> Result<Option<PhaseName>, BadRequest> {
    body.text("phase")?.map(PhaseName::parse).transpose()
}

fn text<S: Serializer>(chunk: &ChunkName, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(chunk.as_str())
}

fn texts<S: Serializer>(chunks: &[ChunkName], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(chunks.iter().map(ChunkName::as_str))
}

fn optional_texts<S: Serializer>(chunks: &Option<Vec<ChunkName>>, serializer: S) -> Result<S::Ok, S::Error> {
    match chunks {
        Some(chunks) => texts(chunks, serializer),
        None => serializer.serialize_none(),
    }
}

#[cfg(test)]
#[path = "requests_tests.rs"]
mod tests;
