//! What a key asks of the daemon, as a request; what it says, as a snapshot.

use super::state::{Order, Snapshot};
use crate::cli::client::{Client, segment, unit_path};
use crate::cli::error::CommandError;
use crate::wire;
use crate::wire::accounts::Opened;
use crate::wire::attention::AttentionQueue;
use crate::wire::lists::{Paused, WorkUnits};
use crate::wire::requests::{Interrupt, Prioritize, Resolve};
use crate::wire::unit::WorkUnit;
use hyper::Method;

/// All that the screen shows, but for the output.
pub(super) async fn look(client: &Client<'_>) -> Result<Snapshot, CommandError> {
    let (status, units, queue) =
        tokio::try_join!(client.get("/status"), client.get("/work-units"), client.get("/attention"))?;
    let units: WorkUnits = units.read()?;
    let queue: AttentionQueue = queue.read()?;
    Ok(Snapshot { status: Some(status.read()?), units: units.work_units, items: queue.items })
}

/// Carries out an order, and says what came of it.
pub(super) async fn carry_out(order: Order, client: &Client<'_>) -> Result<String, CommandError> {
    let unit = |answer: &crate::cli::client::answer::Answer| answer.read::<WorkUnit>();
    match order {
        Order::Answer { chunk, item, words, question } => {
            let request = wire::answer::Answer { words, item, question, undo_seconds: None };
            let answer = client.send(Method::POST, &unit_path(&chunk, "/answer"), &request).await?;
            let open = unit(&answer)?.attention.is_some();
            Ok(if open { format!("answered {chunk}; more is to be answered") } else { format!("answered {chunk}") })
        }
        Order::Verb(chunk, verb) => {
            let answer = client.post(&unit_path(&chunk, &format!("/{verb}"))).await?;
            Ok(format!("{verb} {chunk}: it is {}", unit(&answer)?.status))
        }
        Order::Interrupt(chunk, message) => {
            let path = unit_path(&chunk, "/interrupt");
            let answer = client.send(Method::POST, &path, &Interrupt { message }).await?;
            Ok(format!("interrupted {chunk}: it is {}", unit(&answer)?.status))
        }
        Order::Prioritize(chunk, priority) => {
            let path = unit_path(&chunk, "/priority");
            let answer = client.send(Method::PATCH, &path, &Prioritize { priority }).await?;
            Ok(format!("{chunk}: priority {}", unit(&answer)?.priority))
        }
        Order::Resolve(a, b, verdict) => {
            let path = unit_path(&a, "/resolve");
            client.send(Method::POST, &path, &Resolve { other_chunk: b.clone(), verdict }).await?;
            Ok(format!("decided about {a} and {b}"))
        }
        Order::Resume(account) => {
            let answer = client.post(&format!("/accounts/{}/resume", segment(&account))).await?;
            let Opened { account, .. } = answer.read()?;
            Ok(format!("units on {account} start again"))
        }
        Order::Dispatch(verb) => {
            let answer = client.post(&format!("/{verb}")).await?;
            let Paused { paused } = answer.read()?;
            Ok(if paused { "dispatch is paused; what runs goes on" } else { "dispatch goes on" }.to_owned())
        }
    }
}
