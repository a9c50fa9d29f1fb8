//! The little of Markdown that chunk documents need: comments, headings, sections.

/// `text` without HTML comments; one that is not closed reaches to the end.
pub(super) fn without_comments(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, comment)) = rest.split_once("<!--") {
        kept.push_str(before);
        rest = comment.split_once("-->").map_or("", |(_, after)| after);
    }
    kept.push_str(rest);
    kept
}

/// The text of the first heading of `level`, if there is one.
pub(super) fn first_heading(text: &str, level: usize) -> Option<&str> {
    headings(text).find(|heading| heading.level == level).map(|heading| heading.text)
}

/// The text below the heading of `level` that reads `title`, up to the next one of that level or above.
pub(super) fn section<'a>(text: &'a str, level: usize, title: &str) -> Option<&'a str> {
    let mut found = headings(text).skip_while(|heading| heading.level != level || !heading.is(title));
    let start = found.next()?.end;
    let end = found.find(|heading| heading.level <= level).map_or(text.len(), |heading| heading.start);
    Some(&text[start..end])
}

struct Heading<'a> {
    level: usize,
    text: &'a str,
    start: usize,
    end: usize,
}

impl Heading<'_> {
    fn is(&self, title: &str) -> bool {
        self.text.eq_ignore_ascii_case(title)
    }
}

/// All `#` headings outside fenced code, where a line that begins so is a comment of some language.
fn headings(text: &str) -> impl Iterator<Item = Heading<'_>> {
    let mut at = 0;
    let mut fence: Option<&str> = None;
    text.split_inclusive('\n').filter_map(move |line| {
        let start = at;
        at += line.len();
        let trimmed = line.trim();
        if let Some(mark) = ["```", "~~~"].into_iter().find(|mark| trimmed.starts_with(mark)) {
            fence = match fence {
                None => Some(mark),
                Some(open) if open == mark => None,
                open => open,
            };
            return None;
        }
        let level = line.bytes().take_while(|byte| *byte == b'#').count();
        let title = &line[level..];
        let is_heading = fence.is_none() && (1..=6).contains(&level) && title.starts_with([' ', '\t', '\n', '\r']);
        is_heading.then(|| Heading { level, text: title.trim().trim_end_matches('#').trim_end(), start, end: at })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_go_wherever_they_are() {
        assert_eq!(without_comments("a<!-- x\ny -->b<!---->c"), "abc");
        assert_eq!(without_comments("a <!-- open"), "a ");
        assert_eq!(without_comments("a --> b"), "a --> b");
    }

    #[test]
    fn a_section_ends_at_the_next_heading_of_its_level_or_above() {
        let text = "# T\n## A\none\n### deeper\ntwo\n```sh\n## not a heading\n```\n## B\nthree\n# U\nfour\n";
        assert_eq!(section(text, 2, "a"), Some("one\n### deeper\ntwo\n```sh\n## not a heading\n```\n"));
        assert_eq!(section(text, 2, "B"), Some("three\n"));
        assert_eq!(section(text, 2, "C"), None);
        assert_eq!(first_heading(text, 1), Some("T"));
    }

    #[test]
    fn windows_line_ends_are_line_ends() {
        assert_eq!(section("## A\r\n\r\ntext\r\n## B\r\n", 2, "A"), Some("\r\ntext\r\n"));
    }
}
