//! The log of an attempt, parsed as far as it goes, for people who read along.

use super::log_files;
use super::settings::Effective;
use crate::agent::transcript::{Source, Transcript};
use crate::domain::journal::AttemptRecord;
use crate::domain::report::Report;
use std::io::Read;
use std::path::PathBuf;

/// Reads one log from its beginning, and goes on where it stopped.
pub struct Reader {
    path: PathBuf,
    file: Option<Box<dyn Read + Send>>,
    transcript: Transcript,
}

impl Reader {
    /// Reads the log at `path`, which may not be there yet, in the dialect of the attempt's agent.
    pub fn new(path: PathBuf, record: &AttemptRecord, effective: &Effective) -> Self {
        let agent = record.agent.as_ref().and_then(|name| effective.config.agents.all.get(name));
        let source = agent.map_or(Source::Exec, |agent| Source::Agent(agent.kind));
        Self { path, file: None, transcript: Transcript::new(source) }
    }

    /// What has come since the last call. A log that cannot be read has nothing to say.
    pub fn more(&mut self) -> Vec<Report> {
        if self.file.is_none() {
            self.file = log_files::open(&self.path, 0).ok();
        }
        let Some(file) = &mut self.file else { return Vec::new() };
        let mut bytes = Vec::new();
        match file.read_to_end(&mut bytes) {
            Ok(_) => self.transcript.feed(&bytes),
            Err(error) => {
                tracing::warn!("failed to read {}: {error}", self.path.display());
                Vec::new()
            }
        }
    }

    /// What a last line without an end says.
    pub fn finish(self) -> Vec<Report> {
        self.transcript.finish()
    }
}
