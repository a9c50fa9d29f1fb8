//! The goal document below its frontmatter.

use super::{markdown, mentions};
use crate::domain::chunk::Goal;

/// Longest summary, in characters: one line of a list.
const SUMMARY: usize = 200;

/// Reads what follows the frontmatter.
pub(super) fn read(text: &str) -> Goal {
    let body = markdown::without_comments(text).trim().to_owned();
    Goal {
        title: markdown::first_heading(&body, 1).unwrap_or_default().to_owned(),
        summary: shortened(markdown::section(&body, 2, "Minor Goal").unwrap_or_default()),
        mentions: mentions::read(&body),
        body,
    }
}

fn shortened(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= SUMMARY {
        return line;
    }
    line.chars().take(SUMMARY - 3).chain("...".chars()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_has_at_most_200_characters() {
        let summary = |goal: &str| read(&format!("# T\n\n## Minor Goal\n\n{goal}\n\n## Success Criteria\nx\n")).summary;
        assert_eq!(summary("Two\nlines."), "Two lines.");
        assert_eq!(summary(&"é".repeat(200)), "é".repeat(200));
        assert_eq!(summary(&"é".repeat(201)), format!("{}...", "é".repeat(197)));
        assert_eq!(summary("<!-- to be written -->"), "");
    }

    #[test]
    fn a_goal_without_headings_has_only_a_body() {
        assert_eq!(read("\nfree text\n"), Goal { body: "free text".into(), ..Goal::default() });
    }
}
