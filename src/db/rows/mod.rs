//! Between rows and the domain: the only place that knows how domain values are stored.

pub(super) mod account;
mod event;
mod landing;
pub(super) mod prediction;
pub(super) mod record;
mod report;
mod status;
pub(super) mod stored;
mod unit;
pub(super) mod unit_row;
pub(super) mod words;
