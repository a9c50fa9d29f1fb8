//! `queue`, `prioritize`.

use super::client::{Client, unit_path};
use super::console::Console;
use super::error::CommandError;
use super::render::Look;
use super::render::table::Table;
use crate::domain::ids::ChunkName;
use crate::wire::lists::WorkUnits;
use crate::wire::requests;
use crate::wire::unit::WorkUnit;
use clap::Args;
use hyper::Method;

/// Change a unit's priority; higher goes first
#[derive(Debug, Args)]
pub(super) struct Prioritize {
    /// The chunk
    #[arg(value_parser = ChunkName::from_argument)]
    chunk: ChunkName,
    /// The new priority
    #[arg(allow_negative_numbers = true)]
    priority: i32,
}

pub(super) async fn queue(client: &Client<'_>, console: &mut Console) -> Result<(), CommandError> {
    let answer = client.get("/work-units/queue").await?;
    console.show(&answer, table)
}

fn table(list: &WorkUnits, look: &Look) -> String {
    if list.work_units.is_empty() {
        return "Ready queue is empty".to_owned();
    }
    let mut table = Table::new(&[("CHUNK", 30), ("PHASE", 12), ("PRIORITY", 0)]);
    for unit in &list.work_units {
        table.row(vec![unit.chunk.clone(), unit.phase.to_string(), unit.priority.to_string()]);
    }
    table.render(60, look)
}

pub(super) async fn prioritize(
    args: Prioritize,
    client: &Client<'_>,
    console: &mut Console,
) -> Result<(), CommandError> {
    let request = requests::Prioritize { priority: args.priority };
    let answer = client.send(Method::PATCH, &unit_path(&args.chunk, "/priority"), &request).await?;
    console.show(&answer, |unit: &WorkUnit, _| format!("{}: priority set to {}", unit.chunk, unit.priority))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::units::tests::unit;

    #[test]
    fn the_queue_in_order() {
        let urgent = WorkUnit { priority: 12, ..unit("schema") };
        let list = WorkUnits::new(vec![urgent, unit("login")]);
        insta::assert_snapshot!(table(&list, &Look::plain()), @r#"
        CHUNK                          PHASE        PRIORITY
        ------------------------------------------------------------
        schema                         PLAN         12
        login                          PLAN         0
        "#);
        assert_eq!(table(&WorkUnits::new(vec![]), &Look::plain()), "Ready queue is empty");
    }
}
