//! A call of one of our tools by an agent's tool server, on its way to the attempt's actor.

use super::agent::AgentActor;
use super::units::UnitsActor;
use super::work_unit::WorkUnitActor;
use crate::domain::ids::AttemptId;
use actix::prelude::*;
use serde_json::Value;

/// A call. Answered when there is an answer: a question waits for the operator.
#[derive(Clone, Debug, Message)]
#[rtype(result = "Result<Said, Unheard>")]
pub struct Call {
    /// Whose.
    pub attempt: AttemptId,
    /// The tool.
    pub tool: String,
    /// What it is called with.
    pub arguments: Value,
    /// The vendor's id of the call, where there is one.
    pub id: Option<String>,
}

/// An agent's tool server is there.
#[derive(Clone, Debug, Message)]
#[rtype(result = "Result<(), Unheard>")]
pub struct Hello {
    /// Whose.
    pub attempt: AttemptId,
    /// Version of the agent program that started it.
    pub version: String,
}

/// What the model is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// The words.
    pub text: String,
    /// Whether the call came to nothing.
    pub failed: bool,
}

/// Why nobody heard a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unheard {
    /// The attempt does not live.
    #[error("the attempt has ended")]
    Ended,
    /// Its actor is not there now.
    #[error("the attempt's actor is being started")]
    Down,
}

impl Unheard {
    /// The answer of an actor that may be gone.
    pub(super) fn flat<T>(answer: Result<Result<T, Unheard>, MailboxError>) -> Result<T, Unheard> {
        answer.unwrap_or(Err(Unheard::Down))
    }
}

impl Handler<Call> for UnitsActor {
    type Result = ResponseFuture<Result<Said, Unheard>>;

    fn handle(&mut self, call: Call, ctx: &mut Self::Context) -> Self::Result {
        let Some(unit) = self.living(&call.attempt, ctx) else { return Box::pin(async { Err(Unheard::Ended) }) };
        Box::pin(async move { Unheard::flat(unit.send(call).await) })
    }
}

impl Handler<Hello> for UnitsActor {
    type Result = ResponseFuture<Result<(), Unheard>>;

    fn handle(&mut self, hello: Hello, ctx: &mut Self::Context) -> Self::Result {
        let Some(unit) = self.living(&hello.attempt, ctx) else { return Box::pin(async { Err(Unheard::Ended) }) };
        Box::pin(async move { Unheard::flat(unit.send(hello).await) })
    }
}

impl Handler<Call> for WorkUnitActor {
    type Result = ResponseFuture<Result<Said, Unheard>>;

    fn handle(&mut self, call: Call, _: &mut Self::Context) -> Self::Result {
        let agent: Result<Addr<AgentActor>, Unheard> = self.living(&call.attempt);
        Box::pin(async move { Unheard::flat(agent?.send(call).await) })
    }
}

impl Handler<Hello> for WorkUnitActor {
    type Result = ResponseFuture<Result<(), Unheard>>;

    fn handle(&mut self, hello: Hello, _: &mut Self::Context) -> Self::Result {
        let agent = self.living(&hello.attempt);
        Box::pin(async move { Unheard::flat(agent?.send(hello).await) })
    }
}
