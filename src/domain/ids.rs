//! Names, validated once at the door: past it a value of these types is known to be usable as what it names.

use std::fmt;

/// Why a text is no valid name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidName {
    /// What the text was meant to name: "chunk name", "commit id".
    pub kind: &'static str,
    /// The text as given.
    pub text: String,
    /// What is wrong with it, as a fragment: "is empty".
    pub why: &'static str,
}

impl fmt::Display for InvalidName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "invalid {} {:?}: it {}", self.kind, self.text, self.why)
    }
}

impl std::error::Error for InvalidName {}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $check:path) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// Accepts `text` if it is valid.
            pub fn parse(text: impl Into<String>) -> Result<Self, InvalidName> {
                let text = text.into();
                match $check(&text) {
                    Ok(()) => Ok(Self(text)),
                    Err(why) => Err(InvalidName { kind: $kind, text, why }),
                }
            }

            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }
    };
}

text_id!(
    /// The directory name of a chunk under `docs/chunks/`: one path component of at most 100 bytes that is also a component of a git ref.
    ChunkName, "chunk name", check_chunk
);
text_id!(
    /// One started process for a unit: a UUID in its usual hyphenated form. Marker, token and fence at once.
    AttemptId, "attempt id", check_uuid
);
text_id!(
    /// An agent vendor's name for a conversation that can be resumed.
    SessionId, "session id", check_opaque
);
text_id!(
    /// A branch without `refs/heads/`.
    BranchName, "branch name", check_ref
);
text_id!(
    /// A commit or tree: 40 lower-case hexadecimal digits (SHA-1).
    ObjectId, "object id", check_hex
);
text_id!(
    /// A repository of a task beside the one with its documents: its directory in the task, `repo` or `org/repo`.
    RepoName, "repository name", check_repo
);
text_id!(
    /// The name of a configured agent, such as `claude`.
    AgentName, "agent name", check_opaque
);

impl ChunkName {
    /// Accepts what operators type: `x`, `chunks/x`, `docs/chunks/x`, each with or without a trailing slash.
    pub fn from_argument(text: &str) -> Result<Self, InvalidName> {
        let name = text.trim_end_matches('/');
        let name = name.strip_prefix("docs/").unwrap_or(name);
        Self::parse(name.strip_prefix("chunks/").unwrap_or(name))
    }

    /// The branch that carries the chunk's work.
    pub fn branch(&self) -> BranchName {
        BranchName(format!("orch/{self}"))
    }
}

/// Surrogate identity of a work unit, given by the database and never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnitId(pub i64);

impl fmt::Display for UnitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

fn check_chunk(text: &str) -> Result<(), &'static str> {
    if text.contains('/') {
        return Err("holds a slash");
    }
    if text.len() > 100 {
        return Err("is longer than 100 bytes");
    }
    if text.starts_with('-') {
        return Err("starts with a hyphen");
    }
    check_ref(text)
}

/// The rules of `git check-ref-format` for one or more components.
fn check_ref(text: &str) -> Result<(), &'static str> {
    if text.is_empty() {
        return Err("is empty");
    }
    if text.chars().any(|c| c.is_ascii_control() || " ~^:?*[\\\u{7f}".contains(c)) {
        return Err("holds a space, a control character or one of ~ ^ : ? * [ \\");
    }
    if text.contains("..") || text.contains("@{") || text == "@" {
        return Err("holds \"..\" or \"@{\" or is \"@\"");
    }
    let bad = |part: &str| part.is_empty() || part.starts_with('.') || part.ends_with('.') || part.ends_with(".lock");
    if text.split('/').any(bad) {
        return Err("has an empty part, or one that starts or ends with a dot or ends with \".lock\"");
    }
    Ok(())
}

fn check_repo(text: &str) -> Result<(), &'static str> {
    if text.starts_with('-') || text.contains("/-") {
        return Err("has a part that starts with a hyphen");
    }
    if text.split('/').count() > 2 {
        return Err("has more than two parts");
    }
    check_ref(text)
}

fn check_uuid(text: &str) -> Result<(), &'static str> {
    let shape = text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
        });
    if shape { Ok(()) } else { Err("is not a lower-case UUID") }
}

fn check_hex(text: &str) -> Result<(), &'static str> {
    let shape = text.len() == 40 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if shape { Ok(()) } else { Err("is not 40 lower-case hexadecimal digits") }
}

fn check_opaque(text: &str) -> Result<(), &'static str> {
    if text.is_empty() {
        return Err("is empty");
    }
    if text.len() > 200 || text.chars().any(char::is_control) {
        return Err("is longer than 200 bytes or holds a control character");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn chunk_names_are_safe_as_path_and_ref() {
        for good in ["a", "orch_foundation", "001-x", "ünïcode", "run-1"] {
            assert!(ChunkName::parse(good).is_ok(), "{good}");
        }
        let long = "x".repeat(101);
        for bad in
            ["", ".", "..", "a/b", "../a", ".hidden", "a..b", "a b", "-rf", "a.lock", "a\n", "a:b", long.as_str()]
        {
            assert!(ChunkName::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn operators_may_type_paths() {
        for typed in ["x", "x/", "chunks/x", "docs/chunks/x/"] {
            assert_eq!(ChunkName::from_argument(typed).unwrap().as_str(), "x", "{typed}");
        }
    }

    #[test]
    fn errors_name_the_text_and_the_reason() {
        let error = ChunkName::parse("a b").unwrap_err();
        assert_eq!(
            error.to_string(),
            "invalid chunk name \"a b\": it holds a space, a control character or one of ~ ^ : ? * [ \\"
        );
    }

    #[test]
    fn repositories_of_a_task_are_one_or_two_directories() {
        for good in ["web", "acme/web", "a.b"] {
            assert!(RepoName::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "/web", "web/", "a/b/c", "../web", "acme/..", ".ve", "acme/.git", "-x", "a/-x"] {
            assert!(RepoName::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn uuids_and_objects_are_checked() {
        assert!(AttemptId::parse("0b7f6d6e-58e1-4c5d-9d0e-000000000001").is_ok());
        assert!(AttemptId::parse("0B7F6D6E-58E1-4C5D-9D0E-000000000001").is_err());
        assert!(ObjectId::parse("a".repeat(40)).is_ok());
        assert!(ObjectId::parse("a".repeat(39)).is_err());
    }
}
