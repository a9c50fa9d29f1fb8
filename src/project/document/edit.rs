//! One-line edits of a goal document. Everything but the word that changes stays as it is, byte for byte.

use super::{DocumentError, Problem, frontmatter, goal_path};
use crate::domain::chunk::ChunkStatus;
use crate::domain::ids::ChunkName;

/// The goal document of `chunk` with status `to`, which must be `from` so far.
pub fn set_status(
    chunk: &ChunkName,
    document: &str,
    from: ChunkStatus,
    to: ChunkStatus,
) -> Result<String, DocumentError> {
    let at = |(line, problem)| DocumentError { file: goal_path(chunk), line, problem };
    let (front, _) = frontmatter::split(document).map_err(at)?;
    let mut start = front.start;
    for (index, line) in front.text.split_inclusive('\n').enumerate() {
        let Some((before, word)) = status_word(line) else {
            start += line.len();
            continue;
        };
        if word != from.as_str() {
            let problem = Problem::OtherStatus { found: word.to_owned(), expected: from };
            return Err(at((front.line + index, problem)));
        }
        let start = start + before;
        return Ok(format!("{}{to}{}", &document[..start], &document[start + word.len()..]));
    }
    Err(at((front.line, Problem::NoStatus)))
}

/// Where the value of a `status:` line begins, and the value without quotes.
fn status_word(line: &str) -> Option<(usize, &str)> {
    let rest = line.strip_prefix("status")?.trim_start_matches([' ', '\t']).strip_prefix(':')?;
    if !rest.starts_with([' ', '\t', '\r', '\n']) {
        return None;
    }
    let value = rest.trim_start_matches([' ', '\t', '"', '\'']);
    let end = value.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(value.len());
    Some((line.len() - value.len(), &value[..end]))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::super::parse;
    use super::*;
    use proptest::prelude::*;

    const GOAL: &str = include_str!("../../../tests/fixtures/chunks/orch_foundation/GOAL.md");

    fn chunk() -> ChunkName {
        ChunkName::parse("a").unwrap()
    }

    fn edit(document: &str) -> Result<String, DocumentError> {
        set_status(&chunk(), document, ChunkStatus::Implementing, ChunkStatus::Active)
    }

    #[test]
    fn a_real_document_changes_in_one_word() {
        let edited = edit(GOAL).unwrap();
        assert_eq!(edited, GOAL.replacen("status: IMPLEMENTING", "status: ACTIVE", 1));
        assert!(GOAL.matches("IMPLEMENTING").count() > 1);
    }

    #[test]
    fn quotes_comments_and_line_ends_stay() {
        let edited =
            edit("---\r\nx: 1\r\nstatus : \"IMPLEMENTING\"  # now\r\n---\r\nstatus: IMPLEMENTING\r\n").unwrap();
        assert_eq!(edited, "---\r\nx: 1\r\nstatus : \"ACTIVE\"  # now\r\n---\r\nstatus: IMPLEMENTING\r\n");
    }

    #[test]
    fn another_status_or_none_is_an_error() {
        let error = edit("---\nx: 1\nstatus: FUTURE\n---\n").unwrap_err();
        assert_eq!(error.to_string(), "read docs/chunks/a/GOAL.md:3: the status is FUTURE, not IMPLEMENTING");
        assert_eq!(edit("---\nx: 1\n---\nstatus: IMPLEMENTING\n").unwrap_err().problem, Problem::NoStatus);
        assert_eq!(edit("status: IMPLEMENTING\n").unwrap_err().problem, Problem::NoFrontmatter);
    }

    fn status() -> impl Strategy<Value = ChunkStatus> {
        proptest::sample::select(&ChunkStatus::ALL[..])
    }

    proptest! {
        #[test]
        fn everything_else_is_byte_identical(
            before in proptest::collection::vec("(# [ -~]{0,20}|[a-r]{1,8}: [a-z0-9]{0,8})", 0..5),
            after in proptest::collection::vec("(# [ -~]{0,20}|[t-z]{1,8}: [a-z0-9]{0,8})", 0..5),
            quote in proptest::sample::select(&["", "\"", "'"][..]),
            comment in "( {1,3}#[ -~]{0,20})?",
            end in proptest::sample::select(&["\n", "\r\n"][..]),
            body in "[^\u{0}]{0,200}",
            from in status(),
            to in status(),
        ) {
            let head: String = before.iter().map(|line| format!("{line}{end}")).collect();
            let tail: String = after.iter().map(|line| format!("{line}{end}")).collect();
            let document = |status: ChunkStatus| {
                format!("---{end}{head}status: {quote}{status}{quote}{comment}{end}{tail}---{end}{body}")
            };
            let edited = set_status(&chunk(), &document(from), from, to).unwrap();
            prop_assert_eq!(&edited, &document(to));
            prop_assert_eq!(set_status(&chunk(), &edited, to, from).unwrap(), document(from));
        }

        #[test]
        fn no_document_makes_it_panic(text in "(---\n)?[^\u{0}]{0,200}(\n---\n)?[^\u{0}]{0,50}") {
            parse(&chunk(), &text, Some(&text)).ok();
            edit(&text).ok();
        }
    }
}
