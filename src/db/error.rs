//! What can go wrong with the database, each with what to do about it. Messages are fragments for "failed to {error}".

use crate::domain::ids::{AttemptId, ChunkName, UnitId};
use std::fmt::{self, Display};
use std::io;
use std::path::PathBuf;

/// Why a database could not be opened. Nothing was changed in one that exists.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file is not there and could not be made, or its mode could not be set.
    #[error("create the database {path}: {source}")]
    Create {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// SQLite takes paths only as UTF-8.
    #[error("open the database {path:?}: its path is not UTF-8")]
    NotText {
        /// Which file.
        path: PathBuf,
    },
    /// A newer program has migrated it.
    #[error("open the database {path}: a newer version has written it (migration {version})")]
    Newer {
        /// Which file.
        path: PathBuf,
        /// The newest migration that this program does not know.
        version: String,
    },
    /// It holds tables of another program.
    #[error("open the database {path}: another program made it")]
    Foreign {
        /// Which file.
        path: PathBuf,
    },
    /// SQLite failed, or found damage.
    #[error("open the database {path}: {trouble} ({detail})")]
    Sqlite {
        /// Which file.
        path: PathBuf,
        /// The class that decides what helps.
        trouble: Trouble,
        /// SQLite's own words.
        detail: String,
    },
}

impl OpenError {
    /// What the operator can do.
    pub fn hint(&self) -> &'static str {
        match self {
            OpenError::Create { source, .. } => match source.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Trouble::Full.hint(),
                io::ErrorKind::NotFound => "the state directory is missing; make it, or set `state_dir`",
                _ => Trouble::ReadOnly.hint(),
            },
            OpenError::NotText { .. } => "set `state_dir` to a path in UTF-8",
            OpenError::Newer { .. } => "start the newer version again, or restore the database of this one",
            OpenError::Foreign { .. } => "move the file aside; a new one is made at the next start",
            OpenError::Sqlite { trouble, .. } => trouble.hint(),
        }
    }
}

/// Why the database did not do what it was told. Of a failed commit nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// SQLite failed.
    #[error("use the database: {trouble} ({detail})")]
    Sqlite {
        /// The class that decides what helps.
        trouble: Trouble,
        /// SQLite's own words.
        detail: String,
    },
    /// Something stored has no meaning to this program.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
}

impl StoreError {
    /// What the operator can do.
    pub fn hint(&self) -> &'static str {
        match self {
            StoreError::Sqlite { trouble, .. } => trouble.hint(),
            StoreError::Unreadable(_) => "the database was changed by hand or is damaged: restore it from a backup",
        }
    }
}

impl StoreError {
    /// Whether no later write can be trusted either: space can be freed, a damaged file stays damaged.
    pub fn is_fatal(&self) -> bool {
        matches!(self, StoreError::Sqlite { trouble: Trouble::Damaged | Trouble::NotADatabase, .. })
    }
}

impl From<diesel::result::Error> for StoreError {
    fn from(error: diesel::result::Error) -> Self {
        let detail = error.to_string();
        StoreError::Sqlite { trouble: Trouble::of(&detail), detail }
    }
}

/// Something stored has no meaning to this program.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("read {of} from the database: {what} makes no sense: {why}", of = self.subject())]
pub struct Unreadable {
    /// Which unit it is about; none where it is an account.
    pub unit: Option<UnitId>,
    /// Which part of it.
    pub what: &'static str,
    /// What is wrong with it.
    pub why: String,
}

impl Unreadable {
    pub(crate) fn new(unit: UnitId, what: &'static str, why: impl Display) -> Self {
        Self { unit: Some(unit), what, why: why.to_string() }
    }

    pub(crate) fn account(what: &'static str, why: impl Display) -> Self {
        Self { unit: None, what, why: why.to_string() }
    }

    fn subject(&self) -> String {
        self.unit.map_or_else(|| "an account".to_owned(), |unit| format!("unit {unit}"))
    }
}

/// Why one write was not made. Its neighbours in the transaction were.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// A unit that is not deleted has this chunk.
    #[error("save the unit: chunk {0} already exists")]
    ChunkExists(ChunkName),
    /// There is no unit of this id.
    #[error("save unit {0}: it does not exist")]
    UnknownUnit(UnitId),
    /// Another attempt of the unit is open, or one has this id.
    #[error("open attempt {attempt}: another one of unit {unit} is open")]
    AttemptOpen {
        /// Which unit.
        unit: UnitId,
        /// The attempt that was to be opened.
        attempt: AttemptId,
    },
    /// The unit has no attempt of this id.
    #[error("save attempt {attempt}: unit {unit} has no such attempt")]
    UnknownAttempt {
        /// Which unit.
        unit: UnitId,
        /// The attempt that is not there.
        attempt: AttemptId,
    },
}

impl Refused {
    /// What the operator can do.
    pub fn hint(&self) -> &'static str {
        match self {
            Refused::ChunkExists(_) => "delete the unit of this chunk first, or change it instead",
            Refused::UnknownUnit(_) => "list the units that exist with `ve orch ps`",
            Refused::AttemptOpen { .. } => "wait until its process has ended",
            Refused::UnknownAttempt { .. } => "list its attempts with `ve orch logs`",
        }
    }
}

/// Classes of failures that need different cures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// No space is left.
    Full,
    /// The file or its directory cannot be written.
    ReadOnly,
    /// Its content is damaged.
    Damaged,
    /// The file is something else.
    NotADatabase,
    /// Another process holds it.
    Locked,
    /// The disk fails.
    Disk,
    /// Anything else.
    Other,
}

impl Trouble {
    /// The class of a failure by SQLite's message: diesel hands on no result code, and these texts are part of SQLite's interface
    /// (`sqlite3_errstr`).
    pub(crate) fn of(message: &str) -> Self {
        let classes = [
            ("database or disk is full", Trouble::Full),
            ("readonly database", Trouble::ReadOnly),
            ("unable to open database file", Trouble::ReadOnly),
            ("malformed", Trouble::Damaged),
            ("file is not a database", Trouble::NotADatabase),
            ("is locked", Trouble::Locked),
            ("disk I/O error", Trouble::Disk),
        ];
        classes.into_iter().find(|(text, _)| message.contains(text)).map_or(Trouble::Other, |(_, class)| class)
    }

    /// What the operator can do.
    pub fn hint(self) -> &'static str {
        match self {
            Trouble::Full => "free some space on the disk of the state directory, then start again",
            Trouble::ReadOnly => "make the state directory and the database writable for the user that runs ve",
            Trouble::Damaged => {
                "restore the database from a backup, or move it aside to begin anew; branches and worktrees stay"
            }
            Trouble::NotADatabase => "the file is no database: move it aside; a new one is made at the next start",
            Trouble::Locked => "another process writes to the database; end it and start again",
            Trouble::Disk => "the disk reports errors; see the system's log",
            Trouble::Other => "see the log for details",
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Trouble::Full => "the disk is full",
            Trouble::ReadOnly => "it cannot be written",
            Trouble::Damaged => "it is damaged",
            Trouble::NotADatabase => "it is not a database",
            Trouble::Locked => "another process holds it",
            Trouble::Disk => "the disk fails",
            Trouble::Other => "SQLite failed",
        })
    }
}
