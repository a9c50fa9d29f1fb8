//! What attempts used, summed up by unit and phase.

use super::Store;
use crate::db::error::{StoreError, Unreadable};
use crate::db::rows::words;
use crate::domain::ids::{ChunkName, UnitId};
use crate::domain::journal::Spent;
use crate::domain::report::Usage;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Double, Text};

/// The usage is the text that `rows` writes. What an agent counts may be any number: `total` does not overflow.
const SUMS: &str = "
SELECT attempts.unit_id AS unit, work_units.chunk AS chunk, attempts.phase AS phase, count(*) AS attempts,
    total(json_extract(usage, '$.input')) AS input, total(json_extract(usage, '$.output')) AS output,
    total(json_extract(usage, '$.cache_read')) AS cache_read, total(json_extract(usage, '$.cache_write')) AS cache_write,
    total(json_extract(usage, '$.cost')) AS cost
FROM attempts JOIN work_units ON work_units.unit_id = attempts.unit_id
GROUP BY attempts.unit_id, attempts.phase";

#[derive(QueryableByName)]
struct Sums {
    #[diesel(sql_type = BigInt)]
    unit: i64,
    #[diesel(sql_type = Text)]
    chunk: String,
    #[diesel(sql_type = Text)]
    phase: String,
    #[diesel(sql_type = BigInt)]
    attempts: i64,
    #[diesel(sql_type = Double)]
    input: f64,
    #[diesel(sql_type = Double)]
    output: f64,
    #[diesel(sql_type = Double)]
    cache_read: f64,
    #[diesel(sql_type = Double)]
    cache_write: f64,
    #[diesel(sql_type = Double)]
    cost: f64,
}

impl Store {
    /// What all attempts there ever were used, by unit and phase; those of deleted units, too. Exact up to 2^53, saturating far above.
    pub fn spending(&mut self) -> Result<Vec<Spent>, StoreError> {
        let sums: Vec<Sums> = diesel::sql_query(SUMS).load(&mut self.connection)?;
        sums.into_iter().map(|sums| Ok(spent(sums)?)).collect()
    }
}

fn spent(sums: Sums) -> Result<Spent, Unreadable> {
    let unit = UnitId(sums.unit);
    Ok(Spent {
        unit,
        chunk: ChunkName::parse(sums.chunk).map_err(|error| Unreadable::new(unit, "its chunk", error))?,
        phase: words::read_phase(&sums.phase)
            .map_err(|error| Unreadable::new(unit, "the phase of an attempt", error))?,
        attempts: usize::try_from(sums.attempts).unwrap_or(usize::MAX),
        // These casts saturate.
        usage: Usage {
            input: sums.input as u64,
            output: sums.output as u64,
            cache_read: sums.cache_read as u64,
            cache_write: sums.cache_write as u64,
            cost: sums.cost as u64,
        },
    })
}
