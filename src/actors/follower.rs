//! Reads a growing log as lines, each once, from its first byte.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// A place in a log, and what was read of a line that has no end yet.
pub struct Follower {
    file: File,
    partial: Vec<u8>,
}

/// How much is read at once.
const BLOCK: usize = 64 * 1024;

impl Follower {
    /// Follows the log at `path`, which exists.
    pub fn open(path: &Path) -> io::Result<Self> {
        Ok(Self { file: File::open(path)?, partial: Vec::new() })
    }

    /// The lines that have become complete since the last call, without their newlines.
    pub fn lines(&mut self) -> io::Result<Vec<Vec<u8>>> {
        let mut lines = Vec::new();
        let mut block = vec![0; BLOCK];
        loop {
            let read = self.file.read(&mut block)?;
            if read == 0 {
                return Ok(lines);
            }
            let mut rest = &block[..read];
            while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
                self.partial.extend_from_slice(&rest[..end]);
                lines.push(std::mem::take(&mut self.partial));
                rest = &rest[end + 1..];
            }
            self.partial.extend_from_slice(rest);
        }
    }

    /// What is left at the end of a finished log: a line without a newline.
    pub fn rest(&mut self) -> Option<Vec<u8>> {
        (!self.partial.is_empty()).then(|| std::mem::take(&mut self.partial))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use std::io::Write;

    #[test]
    fn a_line_comes_once_and_only_when_it_is_whole() {
        let mut log = tempfile::NamedTempFile::new().unwrap();
        let mut follower = Follower::open(log.path()).unwrap();
        log.write_all(b"one\ntw").unwrap();
        assert_eq!(follower.lines().unwrap(), [b"one".to_vec()]);
        log.write_all(b"o\n\nlast").unwrap();
        assert_eq!(follower.lines().unwrap(), [b"two".to_vec(), b"".to_vec()]);
        assert_eq!(follower.rest(), Some(b"last".to_vec()));
        assert_eq!(follower.rest(), None);
    }
}
