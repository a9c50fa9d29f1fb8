//! IntakeActor: accepts chunks as units.
//!
//! *Owns* nothing. *Asks* the repository for documents, the registry for units, persistence for the save. *Tells* the registry and the hub
//! of new units. *Dies when* the supervisor drops it. It is an actor so that two requests for the same chunk are taken one after the other.

use super::clock;
use super::fault;
use super::hub::{Change, HubActor, News, Publish};
use super::persistence::{PersistenceActor, Save, Unsaved};
use super::repository::{DocsError, Documents, ReadDocuments, RepositoryActor};
use super::units::{List, Saved, UnitsActor};
use crate::db::error::Refused;
use crate::db::store::write::{Write, Written};
use crate::domain::admission::{self, Acceptance, Refusal, Request};
use crate::domain::event::Moment;
use crate::domain::ids::ChunkName;
use crate::domain::journal::Entry;
use crate::domain::new_unit::NewUnit;
use crate::domain::who::Who;
use crate::domain::work_unit::WorkUnit;
use actix::prelude::*;
use std::sync::Arc;

/// Accepts a batch of chunks, in the order of their dependencies, all or none.
#[derive(Message)]
#[rtype(result = "Result<Injected, InjectError>")]
pub struct Inject {
    /// The chunks with what the operator said about each.
    pub requests: Vec<Request>,
    /// Whose doing.
    pub who: Who,
}

/// Accepts a unit as it is given, without a look at its documents.
#[derive(Message)]
#[rtype(result = "Result<WorkUnit, InjectError>")]
pub struct Create {
    /// The unit.
    pub unit: NewUnit,
    /// Whose doing.
    pub who: Who,
}

/// What was accepted.
#[derive(Clone, Debug)]
pub struct Injected {
    /// The units in the order of their dependencies, each with what the operator should know.
    pub units: Vec<(WorkUnit, Vec<String>)>,
    /// What the operator should know about all of them.
    pub warnings: Vec<String>,
}

/// Why nothing was accepted.
#[derive(Clone, Debug, thiserror::Error)]
pub enum InjectError {
    /// The request cannot be met.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Another unit has the chunk.
    #[error("Work unit for chunk '{0}' already exists")]
    Exists(ChunkName),
    /// The documents cannot be read.
    #[error(transparent)]
    Documents(#[from] DocsError),
    /// It could not be saved.
    #[error("{0}")]
    Unsaved(String),
}

impl From<MailboxError> for InjectError {
    fn from(_: MailboxError) -> Self {
        InjectError::Unsaved("the daemon is being restarted".to_owned())
    }
}

impl From<Unsaved> for InjectError {
    fn from(error: Unsaved) -> Self {
        match error {
            Unsaved::Refused(Refused::ChunkExists(chunk)) => InjectError::Exists(chunk),
            other => InjectError::Unsaved(other.to_string()),
        }
    }
}

/// See the module.
#[derive(Clone)]
pub struct IntakeActor {
    /// Saves.
    pub persistence: Addr<PersistenceActor>,
    /// Publishes.
    pub hub: Addr<HubActor>,
    /// Reads documents.
    pub repository: Addr<RepositoryActor>,
    /// Leads what is accepted.
    pub units: Addr<UnitsActor>,
}

impl IntakeActor {
    async fn inject(self, requests: Vec<Request>, who: Who) -> Result<Injected, InjectError> {
        let chunks = requests.iter().map(|request| request.chunk.clone()).collect();
        let documents: Documents = self.repository.send(ReadDocuments { chunks }).await??;
        // Dependencies outside the batch are met by units, or by chunks that are ACTIVE on the base already.
        let outside = admission::outside(&requests, &documents.found);
        let elsewhere = match outside.is_empty() {
            true => Vec::new(),
            false => self.repository.send(ReadDocuments { chunks: outside }).await??.found,
        };
        let units = self.units.send(List).await?;
        let accepted = admission::admit(&requests, &documents.found, &elsewhere, &units, documents.branch.as_str())?;
        let saved = self.save(accepted.iter().map(|one| one.unit.clone()).collect(), who).await?;
        let warnings = accepted.into_iter().map(|Acceptance { warnings, .. }| warnings);
        Ok(Injected { units: saved.into_iter().zip(warnings).collect(), warnings: documents.warnings })
    }

    /// Saves all of them or none, and tells of them.
    async fn save(&self, units: Vec<NewUnit>, who: Who) -> Result<Vec<WorkUnit>, InjectError> {
        let now = clock::now();
        let create = |unit| {
            let moment = Moment { now, fresh: clock::fresh_id() };
            Write::Create { unit: Box::new(unit), moment, who: who.clone() }
        };
        let writes = Write::All(units.into_iter().map(create).collect());
        let Written::All(written) = self.persistence.send(Save(writes)).await?? else {
            return Err(InjectError::Unsaved("save the units: nothing was written".to_owned()));
        };
        let told = written.into_iter().filter_map(|one| match one {
            Written::Unit { entry, unit } => Some(self.tell(*entry, *unit)),
            Written::All(_) | Written::Account(_) | Written::Setting | Written::Prediction => None,
        });
        Ok(told.collect())
    }

    fn tell(&self, entry: Entry, unit: WorkUnit) -> WorkUnit {
        self.units.do_send(Saved(unit.clone()));
        self.hub.do_send(Publish(News::Unit(Arc::new(Change { entry, unit: unit.clone() }))));
        unit
    }
}

impl Actor for IntakeActor {
    type Context = Context<Self>;
}

impl Handler<Inject> for IntakeActor {
    type Result = AtomicResponse<Self, Result<Injected, InjectError>>;

    fn handle(&mut self, Inject { requests, who }: Inject, _: &mut Self::Context) -> Self::Result {
        fault::point("intake");
        AtomicResponse::new(Box::pin(self.clone().inject(requests, who).into_actor(self)))
    }
}

impl Handler<Create> for IntakeActor {
    type Result = ResponseFuture<Result<WorkUnit, InjectError>>;

    fn handle(&mut self, Create { unit, who }: Create, _: &mut Self::Context) -> Self::Result {
        let intake = self.clone();
        Box::pin(async move {
            let saved = intake.save(vec![unit], who).await?.pop();
            saved.ok_or_else(|| InjectError::Unsaved("save the unit: nothing was written".to_owned()))
        })
    }
}
