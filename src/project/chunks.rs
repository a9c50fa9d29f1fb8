//! Reads chunk documents from a working copy. Never creates or changes anything.

use super::document::{self, CHUNKS_DIR, DocumentError};
use crate::domain::chunk::ChunkFacts;
use crate::domain::ids::ChunkName;
use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

/// Longest document that is read, in bytes: real ones have a few thousand.
const MAX_DOCUMENT: u64 = 4 * 1024 * 1024;

/// Why a chunk of the working copy cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// There is no such chunk: its goal document is missing.
    #[error("find chunk {chunk}: {} does not exist", file.display())]
    Missing {
        /// The chunk.
        chunk: ChunkName,
        /// Where its goal document should be, from the project's root.
        file: PathBuf,
    },
    /// A document is too long, no regular file, or no UTF-8.
    #[error("read {}: {why}", file.display())]
    Unfit {
        /// The document.
        file: PathBuf,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The file system failed.
    #[error("read {}: {source}", file.display())]
    Io {
        /// What was read.
        file: PathBuf,
        /// The failure.
        source: io::Error,
    },
    /// The document was read and does not say what it must.
    #[error(transparent)]
    Document(#[from] DocumentError),
}

/// Reads the documents of `chunk` in the working copy at `root`.
pub fn read_chunk(root: &Path, chunk: &ChunkName) -> Result<ChunkFacts, ReadError> {
    let file = document::goal_path(chunk);
    let goal = read_document(&root.join(&file))?;
    let goal = goal.ok_or_else(|| ReadError::Missing { chunk: chunk.clone(), file })?;
    let plan = read_document(&root.join(document::plan_path(chunk)))?;
    Ok(document::parse(chunk, &goal, plan.as_deref())?)
}

/// The chunks of the working copy at `root`, sorted: every directory with a valid name and a goal document.
pub fn list_chunks(root: &Path) -> Result<Vec<ChunkName>, ReadError> {
    let dir = root.join(CHUNKS_DIR);
    let failed = |source| ReadError::Io { file: dir.clone(), source };
    let entries = match dir.read_dir() {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(error)),
    };
    let mut chunks = Vec::new();
    for entry in entries {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name().into_string().ok().and_then(|name| ChunkName::parse(name).ok());
        chunks.extend(name.filter(|_| entry.path().join("GOAL.md").is_file()));
    }
    chunks.sort();
    Ok(chunks)
}

/// The text of a document, or nothing if there is no such file.
fn read_document(path: &Path) -> Result<Option<String>, ReadError> {
    let unfit = |why| ReadError::Unfit { file: path.to_owned(), why };
    let failed = |source| ReadError::Io { file: path.to_owned(), source };
    // Looked at before it is opened, for opening a pipe would wait.
    match path.metadata() {
        Ok(found) if !found.is_file() => return Err(unfit("it is not a regular file")),
        Ok(found) if found.len() > MAX_DOCUMENT => return Err(unfit("it is longer than 4 MiB")),
        Ok(_) => {}
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(None),
        Err(error) => return Err(failed(error)),
    }
    let mut bytes = Vec::new();
    File::open(path).map_err(failed)?.take(MAX_DOCUMENT).read_to_end(&mut bytes).map_err(failed)?;
    String::from_utf8(bytes).map(Some).map_err(|_| unfit("it is not UTF-8"))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use std::fs;

    #[test]
    fn chunks_are_listed_and_read_without_a_trace() {
        let root = tempfile::tempdir().unwrap();
        assert!(list_chunks(root.path()).unwrap().is_empty());
        assert!(root.path().read_dir().unwrap().next().is_none());

        for (chunk, file) in [("b", "GOAL.md"), ("a", "GOAL.md"), ("empty", "OTHER.md"), (".hidden", "GOAL.md")] {
            let dir = root.path().join(CHUNKS_DIR).join(chunk);
            fs::create_dir_all(&dir).unwrap();
            fs::write(dir.join(file), "---\nstatus: FUTURE\n---\n").unwrap();
        }
        let names: Vec<String> = list_chunks(root.path()).unwrap().iter().map(ToString::to_string).collect();
        assert_eq!(names, ["a", "b"]);
        let facts = read_chunk(root.path(), &ChunkName::parse("a").unwrap()).unwrap();
        assert_eq!(facts.plan, None);
    }

    #[test]
    fn a_missing_chunk_and_an_unfit_document_are_named() {
        let root = tempfile::tempdir().unwrap();
        let chunk = ChunkName::parse("a").unwrap();
        let error = read_chunk(root.path(), &chunk).unwrap_err();
        assert_eq!(error.to_string(), "find chunk a: docs/chunks/a/GOAL.md does not exist");
        let goal = root.path().join(document::goal_path(&chunk));
        fs::create_dir_all(&goal).unwrap();
        assert!(matches!(read_chunk(root.path(), &chunk), Err(ReadError::Unfit { .. })));
        fs::remove_dir(&goal).unwrap();
        fs::write(&goal, b"---\nstatus: \xff\n---\n").unwrap();
        let error = read_chunk(root.path(), &chunk).unwrap_err();
        assert!(error.to_string().ends_with("GOAL.md: it is not UTF-8"));
    }
}
