//! One line of the examination.

use crate::cli::render::Look;
use crate::cli::render::words::line;
use serde::Serialize;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Level {
    /// It is as it should be.
    Ok,
    /// Work goes on, but not as well as it could.
    Warn,
    /// Something cannot work.
    Fail,
}

/// What was found about one thing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    /// How bad it is.
    pub(super) level: Level,
    /// What was looked at.
    pub(super) about: String,
    /// What was found.
    pub(super) text: String,
    /// What would help; none where nothing has to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cure: Option<String>,
}

impl Finding {
    /// All is well.
    pub(super) fn ok(about: impl Into<String>, text: impl Into<String>) -> Self {
        Self { level: Level::Ok, about: about.into(), text: text.into(), cure: None }
    }

    /// It could be better.
    pub(super) fn warn(about: impl Into<String>, text: impl Into<String>, cure: impl Into<String>) -> Self {
        Self { level: Level::Warn, about: about.into(), text: text.into(), cure: Some(cure.into()) }
    }

    /// It cannot work.
    pub(super) fn fail(about: impl Into<String>, text: impl Into<String>, cure: impl Into<String>) -> Self {
        Self { level: Level::Fail, about: about.into(), text: text.into(), cure: Some(cure.into()) }
    }
}

/// All lines, each cure below what it is for, and a sum.
pub(super) fn text(findings: &[Finding], look: &Look) -> String {
    let column = findings.iter().map(|finding| finding.about.chars().count()).max().unwrap_or(0);
    let room = look.width.map_or(usize::MAX, |width| width.saturating_sub(column + 8).max(20));
    let mut lines = Vec::new();
    for finding in findings {
        let (word, status) = match finding.level {
            Level::Ok => ("ok  ", "RUNNING"),
            Level::Warn => ("warn", "NEEDS_ATTENTION"),
            Level::Fail => ("FAIL", "FAILED"),
        };
        let text = line(&finding.text, room);
        lines.push(format!("{}  {:column$}  {text}", look.status(status, word), finding.about));
        lines.extend(finding.cure.iter().map(|cure| format!("      {:column$}  -> {cure}", "")));
    }
    let count = |level| findings.iter().filter(|finding| finding.level == level).count();
    lines.push(String::new());
    lines.push(match (count(Level::Fail), count(Level::Warn)) {
        (0, 0) => "All is well".to_owned(),
        (0, warned) => format!("It works; {warned} could be better"),
        (failed, warned) => format!("{failed} cannot work, {warned} could be better"),
    });
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cure_stands_below_what_it_is_for() {
        let findings = [
            Finding::ok("git", "2.47.3"),
            Finding::warn("agent codex", "it is not found on PATH", "install it"),
            Finding::fail("disk", "only 3 MiB are free", "free some"),
        ];
        insta::assert_snapshot!(text(&findings, &Look::plain()), @r#"
        ok    git          2.47.3
        warn  agent codex  it is not found on PATH
                           -> install it
        FAIL  disk         only 3 MiB are free
                           -> free some

        1 cannot work, 1 could be better
        "#);
        assert!(text(&findings[..1], &Look::plain()).ends_with("All is well"));
        assert!(text(&findings[..2], &Look::plain()).ends_with("It works; 1 could be better"));
    }
}
