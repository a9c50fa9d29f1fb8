//! Persistence of the domain in SQLite: the rows are the truth, the events a journal written with them.
//!
//! *Architecture invariant:* only this module names diesel, and it names no module of `ve` but `domain`. It is synchronous and owns no
//! thread: whoever owns the [`Store`](crate::db::store::Store) decides where it runs.
//!
//! `open` makes a file ready, `schema` is generated from the migrations, `rows` translates, `store` has one function per question.

pub mod error;
mod open;
mod rows;
mod schema;
pub mod store;
#[cfg(test)]
mod tests;
