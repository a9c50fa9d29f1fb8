//! What the agent's tool server says: calls of our tools, each answered when there is an answer, and safe before it is answered.

use super::AgentActor;
use crate::actors::tool_call::{Call, Hello, Said, Unheard};
use crate::agent::tools::{self, Called};
use crate::domain::event::Event;
use crate::domain::report::Report;
use actix::prelude::*;
use std::future::ready;

impl Handler<Call> for AgentActor {
    type Result = ResponseActFuture<Self, Result<Said, Unheard>>;

    fn handle(&mut self, call: Call, _: &mut Self::Context) -> Self::Result {
        let said = |text: String, failed| Ok(Said { text, failed });
        match tools::read(&call.tool, &call.arguments, call.id.as_deref(), self.process.tools) {
            Called::Reply { text, report: Some(Report::Review(decision)), .. } => {
                let saving = self.unit.send(self.apply(Event::Decided { attempt: call.attempt, decision }));
                self.process.decided = true;
                Box::pin(saving.into_actor(self).map(move |saved, _, _| match saved {
                    Ok(Ok(_)) => said(text, false),
                    Ok(Err(refusal)) => said(format!("not recorded: {refusal}; call it again"), true),
                    Err(_) => Err(Unheard::Down),
                }))
            }
            Called::Reply { text, failed, .. } => Box::pin(ready(said(text, failed)).into_actor(self)),
            Called::Ask(set) => {
                let answer = self.desk.wait(&set);
                self.asked(set);
                Box::pin(answer.into_actor(self).map(move |answer, _, _| match answer {
                    Ok(text) => said(text, false),
                    Err(_) => Err(Unheard::Down),
                }))
            }
        }
    }
}

impl Handler<Hello> for AgentActor {
    type Result = Result<(), Unheard>;

    fn handle(&mut self, Hello { attempt, version }: Hello, _: &mut Self::Context) -> Self::Result {
        self.version = Some(version.clone());
        if let Some(session) = self.named.clone().filter(|_| !self.is_versioned) {
            self.tell(Event::Named { attempt, session, version: Some(version) });
        }
        Ok(())
    }
}
