//! The plan document.

use super::{locations, markdown};
use crate::domain::chunk::Plan;

/// Reads a plan. It has content when its approach says something beside the template's comments.
pub(super) fn read(text: &str) -> Plan {
    let body = markdown::without_comments(text);
    Plan {
        has_content: markdown::section(&body, 2, "Approach").is_some_and(|section| !section.trim().is_empty()),
        locations: locations::read(&body),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_has_no_content() {
        assert!(
            !read(
                "# Implementation Plan\n\n## Approach\n\n<!--\nHow will you build this?\n-->\n\n## Sequence\n\ntext\n"
            )
            .has_content
        );
        assert!(!read("# Implementation Plan\n").has_content);
        assert!(!read("").has_content);
        assert!(read("## Approach\n<!-- how? -->\nSo.\n").has_content);
    }

    #[test]
    fn locations_in_comments_do_not_count() {
        assert_eq!(read("<!-- Location: src/example.rs -->\nLocation: src/a.rs\n").locations.len(), 1);
    }
}
