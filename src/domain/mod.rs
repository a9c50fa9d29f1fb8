//! The meaning of the system. Pure: no input or output, no clock, no async, no framework.
//!
//! *Architecture invariant:* nothing in here names a crate or another module of `ve`. Time is an argument.
//!
//! Reading order: `ids`, `phase`, `report` and `attempt` are the words; `work_unit` is the record, with one value for `each` of its
//! repositories; `event` and `lifecycle` are what happens to it; `failure`, `review`, `landing` and `attention` are its chapters;
//! `dependency`, `footprint`, `conflict`, `prediction`, `schedule` and `agenda` are about several units at once.

pub mod account;
pub mod admission;
pub mod agenda;
pub mod agent;
pub mod attempt;
pub mod attention;
pub mod chunk;
pub mod conflict;
pub mod dependency;
pub mod difference;
pub mod each;
pub mod event;
pub mod failure;
pub mod footprint;
pub mod gate;
pub mod ids;
pub mod journal;
pub mod landing;
pub mod lifecycle;
pub mod new_unit;
pub mod phase;
pub mod policy;
pub mod prediction;
pub mod report;
pub mod retention;
pub mod review;
pub mod rules;
pub mod schedule;
pub mod time;
pub mod who;
pub mod work_unit;
pub mod workspace;
pub mod worktree;
