//! When the bytes of a log came: an index beside it. The log itself is exact, and holds no times.
//!
//! A record is the offset of a byte and the moment it came, in microseconds since the epoch; both are little-endian, eight bytes each. The bytes up to
//! the next record came with it or soon after. Nobody waits for the disk here, and no reader depends on it: where the index is cut, damaged or
//! not there, the moment is not known.

use crate::domain::time::Timestamp;
use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// One half of a record.
type Word = [u8; 8];

const RECORD: usize = 2 * size_of::<Word>();

/// Between two records, in microseconds. It bounds the index: 230 kB for an hour of an agent that never stops talking.
const BETWEEN: i64 = 250_000;

/// The index of the log at `log`.
fn beside(log: &Path) -> PathBuf {
    log.with_extension("times")
}

/// The wall clock, in microseconds since the epoch.
pub(crate) fn micros_since_epoch() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

/// Writes the index while its log is written.
#[derive(Debug)]
pub(crate) struct Stamps {
    /// None when it cannot be written: what is missing of it is not known, and nothing else suffers.
    file: Option<File>,
    last: Option<i64>,
}

impl Stamps {
    /// The index of the log at `log`, which begins or goes on.
    pub(crate) fn beside(log: &Path) -> Self {
        Self { file: File::options().append(true).create(true).mode(0o600).open(beside(log)).ok(), last: None }
    }

    /// The byte at `offset` came `now`. Told before that byte is in the log, so that no reader takes it for an older one.
    pub(crate) fn note(&mut self, offset: u64, now: i64) {
        let Some(file) = &mut self.file else { return };
        if self.last.is_some_and(|last| (last..last.saturating_add(BETWEEN)).contains(&now)) {
            return;
        }
        let record = [offset.to_le_bytes(), now.to_le_bytes()].concat();
        match file.write_all(&record) {
            Ok(()) => self.last = Some(now),
            // Half a record may be there: what came after it would not be understood.
            Err(_) => self.file = None,
        }
    }
}

/// What is known of the times of a log, which may still be written.
#[derive(Debug)]
pub struct Times {
    path: PathBuf,
    file: Option<File>,
    /// Bytes of the index that are not a whole record yet.
    rest: Vec<u8>,
    /// Ascending by offset.
    records: Vec<(u64, Timestamp)>,
}

impl Times {
    /// The times of the log at `log`, where there are any.
    pub fn of(log: &Path) -> Self {
        Self { path: beside(log), file: None, rest: Vec::new(), records: Vec::new() }
    }

    /// Reads what has been added. An index that cannot be read has nothing more to say.
    pub fn refresh(&mut self) {
        if self.file.is_none() {
            self.file = File::open(&self.path).ok();
        }
        let Some(file) = &mut self.file else { return };
        if file.read_to_end(&mut self.rest).is_err() {
            return;
        }
        let (whole, rest) = self.rest.as_chunks::<RECORD>();
        let read = whole.iter().filter_map(|record| {
            let [offset, at] = record.as_chunks::<{ size_of::<Word>() }>().0 else { return None };
            Some((u64::from_le_bytes(*offset), Timestamp(i64::from_le_bytes(*at))))
        });
        for (offset, at) in read {
            // One that goes back is damaged.
            if self.records.last().is_none_or(|(last, _)| offset > *last) {
                self.records.push((offset, at));
            }
        }
        self.rest = rest.to_vec();
    }

    /// When the byte at `offset` came.
    pub fn at(&self, offset: u64) -> Option<Timestamp> {
        let later = self.records.partition_point(|(first, _)| *first <= offset);
        self.records[..later].last().map(|(_, at)| *at)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use std::fs;

    const SECOND: i64 = 1_000_000;

    fn known(log: &Path, offsets: &[u64]) -> Vec<Option<i64>> {
        let mut times = Times::of(log);
        times.refresh();
        offsets.iter().map(|offset| times.at(*offset).map(|at| at.0)).collect()
    }

    #[test]
    fn a_byte_came_with_the_last_record_before_it() {
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join("a.log");
        assert_eq!(known(&log, &[0]), [None], "there is no index yet");
        let mut stamps = Stamps::beside(&log);
        let mut times = Times::of(&log);
        for (offset, now) in [(0, SECOND), (10, SECOND + BETWEEN - 1), (20, 2 * SECOND), (30, SECOND / 2)] {
            stamps.note(offset, now);
            times.refresh();
        }
        let at = |offset| times.at(offset).map(|at| at.0);
        assert_eq!([0, 10, 19, 20].map(at), [SECOND, SECOND, SECOND, 2 * SECOND].map(Some));
        assert_eq!(at(31), Some(SECOND / 2), "a clock that was set back is not waited for");
        let other = Stamps::beside(&log);
        drop(other);
        assert_eq!(known(&log, &[31]), [at(31)], "what goes on keeps what was there");
    }

    #[test]
    fn an_index_that_is_cut_or_damaged_tells_what_it_still_knows() {
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join("a.log");
        let mut stamps = Stamps::beside(&log);
        for number in 0..4_u32 {
            stamps.note(u64::from(number) * 10, i64::from(number) * SECOND);
        }
        let index = fs::read(beside(&log)).unwrap();
        for length in 0..=index.len() {
            fs::write(beside(&log), &index[..length]).unwrap();
            let records = length / RECORD;
            let expected = records.checked_sub(1).map(|last| last as i64 * SECOND);
            assert_eq!(known(&log, &[99]), [expected], "of {length} bytes");
        }
        fs::write(beside(&log), [&index[..RECORD], &[0; RECORD], &index[RECORD..]].concat()).unwrap();
        assert_eq!(known(&log, &[0, 15, 25]), [0, SECOND, 2 * SECOND].map(Some));
    }

    #[test]
    fn where_it_cannot_be_written_nothing_is_known() {
        let log = Path::new("/nonexistent/a.log");
        Stamps::beside(log).note(0, SECOND);
        assert_eq!(known(log, &[0]), [None]);
    }
}
