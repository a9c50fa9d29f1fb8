//! A raw log as reports, for `ve orch tail`: bytes in as they come, reports out. How they look is the command line's business.

use super::Codec;
use super::acp::codec::AcpCodec;
use super::claude::codec::ClaudeCodec;
use super::codex::codec::CodexCodec;
use super::command::codec::CommandCodec;
use super::cursor::codec::CursorCodec;
use super::exec::ExecCodec;
use super::gemini::codec::GeminiCodec;
use crate::domain::agent::AgentKind;
use crate::domain::report::Report;

/// Who wrote the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// An agent.
    Agent(AgentKind),
    /// A gate or setup command.
    Exec,
}

/// A reader of one log, from its first byte on.
pub struct Transcript {
    codec: Box<dyn Codec>,
    half: Vec<u8>,
    /// Bytes read so far.
    length: u64,
}

/// What a line of the log says, and the offset of the byte that ended it.
pub type Read = (u64, Report);

impl Transcript {
    /// A reader at the beginning of a log.
    pub fn new(source: Source) -> Self {
        let codec: Box<dyn Codec> = match source {
            Source::Agent(AgentKind::Claude) => Box::new(ClaudeCodec::reader()),
            Source::Agent(AgentKind::Acp | AgentKind::Opencode) => Box::new(AcpCodec::reader()),
            Source::Agent(AgentKind::Codex) => Box::new(CodexCodec::reader()),
            Source::Agent(AgentKind::Gemini) => Box::new(GeminiCodec::reader()),
            Source::Agent(AgentKind::Cursor) => Box::new(CursorCodec::reader()),
            Source::Agent(AgentKind::Command) => Box::new(CommandCodec::reader()),
            Source::Exec => Box::new(ExecCodec::default()),
        };
        Self { codec, half: Vec::new(), length: 0 }
    }

    /// What the next bytes of the log say. Half a line waits for its end.
    pub fn feed(&mut self, bytes: &[u8]) -> Vec<Read> {
        let mut reads = Vec::new();
        let mut rest = bytes;
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            self.half.extend_from_slice(&rest[..end]);
            let at = self.length + end as u64;
            reads.extend(self.codec.on_line(&self.half).reports.into_iter().map(|report| (at, report)));
            self.half.clear();
            self.length = at + 1;
            rest = &rest[end + 1..];
        }
        self.half.extend_from_slice(rest);
        self.length += rest.len() as u64;
        reads
    }

    /// What the last line says when the log ends without a newline.
    pub fn finish(mut self) -> Vec<Read> {
        if self.half.is_empty() {
            return Vec::new();
        }
        let reports = self.codec.on_line(&self.half).reports.into_iter();
        reports.map(|report| (self.length, report)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_may_come_in_any_pieces() {
        let log = "one\n{\"ve\":\"text\",\"text\":\"zwölf\"}\n\nlast".as_bytes();
        let ends = [3, log.len() as u64 - 6, log.len() as u64 - 5, log.len() as u64];
        let texts = ["one", "zwölf", "", "last"].map(|text| Report::Text(text.into()));
        let whole: Vec<Read> = ends.into_iter().zip(texts).collect();
        for size in 1..log.len() {
            let mut transcript = Transcript::new(Source::Agent(AgentKind::Command));
            let mut reports: Vec<Read> = log.chunks(size).flat_map(|piece| transcript.feed(piece)).collect();
            reports.extend(transcript.finish());
            assert_eq!(reports, whole, "in pieces of {size}");
        }
    }
}
