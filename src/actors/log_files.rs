//! The raw logs of attempts on disk: as written, or compressed once their unit has ended. Readers see no difference.

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

/// Where the log that was written to `path` is now; none when there is none, or none any more.
pub fn find(path: &Path) -> Option<PathBuf> {
    [path.to_owned(), compressed(path)].into_iter().find(|path| path.exists())
}

/// Opens the log that was written to `path`, from byte `offset` of what was written.
pub fn open(path: &Path, offset: u64) -> io::Result<Box<dyn Read + Send>> {
    let mut log: Box<dyn Read + Send> = match File::open(path) {
        Ok(file) => Box::new(file),
        Err(error) if error.kind() == ErrorKind::NotFound => Box::new(GzDecoder::new(File::open(compressed(path))?)),
        Err(error) => return Err(error),
    };
    io::copy(&mut log.by_ref().take(offset), &mut io::sink())?;
    Ok(log)
}

/// Puts a compressed log in the place of `path`, durably, and with its time: age counts from when it was written.
pub fn compress(path: &Path) -> io::Result<()> {
    let (target, mut source) = (compressed(path), File::open(path)?);
    let new = target.with_extension("new");
    let mut encoder = GzEncoder::new(File::create(&new)?, Compression::default());
    io::copy(&mut source, &mut encoder)?;
    let file = encoder.finish()?;
    file.set_modified(source.metadata()?.modified()?)?;
    file.sync_all()?;
    fs::rename(&new, &target)?;
    fs::remove_file(path)
}

fn compressed(path: &Path) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(".gz");
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use std::time::{Duration, SystemTime};

    fn text(path: &Path, offset: u64) -> String {
        let mut text = String::new();
        open(path, offset).unwrap().read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn a_compressed_log_reads_as_it_was_written_and_keeps_its_age() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.log");
        fs::write(&path, "line\n".repeat(1000)).unwrap();
        let written = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
        File::options().write(true).open(&path).unwrap().set_modified(written).unwrap();
        let before = (text(&path, 0), text(&path, 4997));
        compress(&path).unwrap();
        let found = find(&path).unwrap();
        assert_ne!(found, path);
        assert_eq!((text(&path, 0), text(&path, 4997)), before);
        assert!(fs::metadata(&found).unwrap().len() < 200);
        assert_eq!(fs::metadata(&found).unwrap().modified().unwrap(), written);
        fs::remove_file(found).unwrap();
        assert!(find(&path).is_none() && open(&path, 0).is_err());
    }
}
