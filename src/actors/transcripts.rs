//! The log of an attempt, parsed as far as it goes, for people who read along.

use super::log_files;
use super::settings::Effective;
use crate::agent::transcript::{self, Source, Transcript};
use crate::domain::journal::AttemptRecord;
use crate::domain::report::Report;
use crate::domain::time::Timestamp;
use crate::shim::times::Times;
use std::io::Read;
use std::path::PathBuf;

/// So many bytes are read at a time: others want to be answered in between, and no log has to fit into memory.
const PIECE: usize = 256 * 1024;

/// Reads one log from its beginning, and goes on where it stopped.
pub struct Reader {
    path: PathBuf,
    file: Option<Box<dyn Read + Send>>,
    transcript: Transcript,
    times: Times,
}

/// What an agent said, and when, where that is known.
pub type Said = (Option<Timestamp>, Report);

impl Reader {
    /// Reads the log at `path`, which may not be there yet, in the dialect of the attempt's agent.
    pub fn new(path: PathBuf, record: &AttemptRecord, effective: &Effective) -> Self {
        let agent = record.agent.as_ref().and_then(|name| effective.config.agents.all.get(name));
        let source = agent.map_or(Source::Exec, |agent| Source::Agent(agent.kind));
        Self { times: Times::of(&path), path, file: None, transcript: Transcript::new(source) }
    }

    /// What the next piece of the log says, which may be nothing; none where no more of it has been written. A log that cannot be read has nothing
    /// to say.
    pub fn more(&mut self) -> Option<Vec<Said>> {
        if self.file.is_none() {
            self.file = log_files::open(&self.path, 0).ok();
        }
        let mut bytes = Vec::with_capacity(PIECE);
        match self.file.as_mut()?.take(PIECE as u64).read_to_end(&mut bytes) {
            Ok(0) => None,
            Ok(_) => Some(timed(&mut self.times, self.transcript.feed(&bytes))),
            Err(error) => {
                tracing::warn!("failed to read {}: {error}", self.path.display());
                None
            }
        }
    }

    /// What a last line without an end says.
    pub fn finish(self) -> Vec<Said> {
        let Self { transcript, mut times, .. } = self;
        timed(&mut times, transcript.finish())
    }
}

fn timed(times: &mut Times, reads: Vec<transcript::Read>) -> Vec<Said> {
    if !reads.is_empty() {
        times.refresh();
    }
    reads.into_iter().map(|(offset, report)| (times.at(offset), report)).collect()
}
