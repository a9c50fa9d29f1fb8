//! The operator's queue.

use super::failure::Failure;
use super::state::State;
use super::units::shown;
use crate::actors::clock;
use crate::actors::oracle::{Undecided, Undecideds};
use crate::actors::repository::push::Unpushed;
use crate::actors::repository::{FactsOf, WhatIsUnpushed};
use crate::actors::scheduler::{Explain, Outlook};
use crate::actors::supervisor::Handles;
use crate::actors::units::List;
use crate::domain::agenda::{self, Entry, Matter, Subject};
use crate::domain::chunk::ChunkFacts;
use crate::domain::time::Timestamp;
use crate::domain::work_unit::WorkUnit;
use crate::wire::attention::{Attention, AttentionItem, AttentionQueue, QueueItem};
use actix_web::web::{Data, Json};

/// What waits for the operator, the most urgent first.
#[utoipa::path(get, path = "/attention", responses((status = 200, body = AttentionQueue)))]
pub async fn show(state: Data<State>) -> Result<Json<AttentionQueue>, Failure> {
    queue(&state.handles().await?).await.map(Json)
}

/// All that waits for the operator, the most urgent first.
pub async fn queue(handles: &Handles) -> Result<AttentionQueue, Failure> {
    let (units, outlook) = futures_util::try_join!(handles.units.send(List), handles.scheduler.send(Explain))?;
    let now = clock::now();
    let mut matters = agenda::noticed(&units, &outlook.halts, &handles.settings.now().rules.policy, now);
    matters.extend(configured(handles));
    matters.extend(undecided(handles).await?);
    let unpushed = handles.repository.send(WhatIsUnpushed).await?.into_iter();
    matters.extend(unpushed.map(|(Unpushed { branch, why }, since)| (Matter::Unpushed { branch, why }, since)));
    let entries = agenda::queue(&units, &outlook.waiting, matters);
    let asking = entries.iter().filter_map(|entry| match &entry.subject {
        Subject::Unit(place) => Some(units[*place].clone()),
        Subject::Matter(_) => None,
    });
    let mut facts = handles.repository.send(FactsOf(asking.collect())).await?.into_iter();
    let mut seen = Seen { handles, outlook: &outlook, now, units: Vec::new(), items: Vec::new() };
    for entry in entries {
        match &entry.subject {
            Subject::Unit(place) => seen.unit(&entry, &units[*place], facts.next().flatten()),
            Subject::Matter(matter) => {
                let attention = Attention::of_matter(matter, entry.since.into());
                seen.items.push(QueueItem::new(&entry, attention, seen.now.into()));
            }
        }
    }
    Ok(AttentionQueue::new(seen.units, seen.items))
}

/// What the configuration wants of the operator.
fn configured(handles: &Handles) -> Vec<(Matter, Timestamp)> {
    let effective = handles.settings.now();
    let problem =
        effective.problem.iter().map(|problem| (Matter::Configuration { problem: problem.why.clone() }, problem.since));
    let untrusted = effective.untrusted.iter().map(|untrusted| {
        let names = untrusted.differences.iter().map(|difference| difference.name.clone()).collect();
        (Matter::Untrusted { names }, untrusted.since)
    });
    problem.chain(untrusted).collect()
}

/// Pairs that wait for the operator's verdict, each since both are there.
async fn undecided(handles: &Handles) -> Result<Vec<(Matter, Timestamp)>, Failure> {
    let undecided = handles.oracle.send(Undecideds).await?;
    let matter = |pair: Undecided| (Matter::Undecided { pair: [pair.a.chunk, pair.b.chunk] }, pair.since);
    Ok(undecided.into_iter().map(matter).collect())
}

/// The queue as it is being put into words.
struct Seen<'a> {
    handles: &'a Handles,
    outlook: &'a Outlook,
    now: Timestamp,
    units: Vec<AttentionItem>,
    items: Vec<QueueItem>,
}

impl Seen<'_> {
    fn unit(&mut self, entry: &Entry, unit: &WorkUnit, facts: Option<ChunkFacts>) {
        let Some(ask) = unit.ask() else { return };
        let goal_summary = facts.map(|facts| facts.goal.summary).filter(|summary| !summary.is_empty());
        let item = QueueItem::new(entry, Attention::new(ask), self.now.into());
        self.units.push(AttentionItem {
            unit: shown(unit, self.handles, self.outlook),
            blocks_count: item.blocks_count,
            time_waiting: item.time_waiting,
            goal_summary: goal_summary.clone(),
        });
        self.items.push(QueueItem {
            chunk: Some(unit.chunk.to_string()),
            phase: Some(unit.phase.into()),
            goal_summary,
            ..item
        });
    }
}
