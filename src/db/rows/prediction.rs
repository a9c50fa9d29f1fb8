//! The row of `predictions`.

use crate::db::error::Unreadable;
use crate::db::schema::predictions;
use crate::domain::conflict::{Stage, Verdict};
use crate::domain::ids::{ChunkName, UnitId};
use crate::domain::prediction::{Outcome, Prediction};
use crate::domain::time::Timestamp;
use diesel::prelude::*;

/// A prediction as it is written.
#[derive(Insertable)]
#[diesel(table_name = predictions)]
pub(crate) struct PredictionColumns<'a> {
    unit_a: i64,
    unit_b: i64,
    chunk_a: &'a str,
    chunk_b: &'a str,
    stage: &'static str,
    verdict: &'static str,
    probability: i64,
    at: i64,
}

impl<'a> From<&'a Prediction> for PredictionColumns<'a> {
    fn from(said: &'a Prediction) -> Self {
        Self {
            unit_a: said.units.0.0,
            unit_b: said.units.1.0,
            chunk_a: said.chunks.0.as_str(),
            chunk_b: said.chunks.1.as_str(),
            stage: said.stage.name(),
            verdict: said.verdict.name(),
            probability: said.probability.into(),
            at: said.at.0,
        }
    }
}

/// A prediction as it is read.
#[derive(Queryable, Selectable)]
#[diesel(table_name = predictions)]
pub(crate) struct PredictionRow {
    unit_a: i64,
    unit_b: i64,
    chunk_a: String,
    chunk_b: String,
    stage: String,
    verdict: String,
    probability: i64,
    at: i64,
    outcome: Option<String>,
}

impl TryFrom<PredictionRow> for Prediction {
    type Error = Unreadable;

    fn try_from(row: PredictionRow) -> Result<Self, Unreadable> {
        let unit = UnitId(row.unit_a);
        let unknown = |what, text: &str| Unreadable::new(unit, what, format!("{text:?} is none"));
        let named = |name| ChunkName::parse(name).map_err(|error| Unreadable::new(unit, "a predicted chunk", error));
        let outcome = |text: String| {
            let known = Outcome::ALL.into_iter().find(|outcome| outcome.name() == text);
            known.ok_or_else(|| unknown("the outcome of a prediction", &text))
        };
        Ok(Prediction {
            units: (unit, UnitId(row.unit_b)),
            chunks: (named(row.chunk_a)?, named(row.chunk_b)?),
            stage: Stage::ALL
                .into_iter()
                .find(|stage| stage.name() == row.stage)
                .ok_or_else(|| unknown("the stage of a prediction", &row.stage))?,
            verdict: Verdict::ALL
                .into_iter()
                .find(|verdict| verdict.name() == row.verdict)
                .ok_or_else(|| unknown("the verdict of a prediction", &row.verdict))?,
            probability: u8::try_from(row.probability)
                .map_err(|error| Unreadable::new(unit, "the probability of a prediction", error))?,
            at: Timestamp(row.at),
            outcome: row.outcome.map(outcome).transpose()?,
        })
    }
}
