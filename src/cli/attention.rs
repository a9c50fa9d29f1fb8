//! `attention`: the operator's queue.

use super::client::Client;
use super::console::Console;
use super::error::CommandError;
use super::render::Look;
use super::render::words::{elapsed, line};
use crate::wire::attention::{AttentionItem, AttentionQueue, QuestionItem};

/// Characters of a reason and of a goal.
const TEXT: usize = 70;

pub(super) async fn run(client: &Client<'_>, console: &mut Console) -> Result<(), CommandError> {
    let answer = client.get("/attention").await?;
    console.show(&answer, text)
}

fn text(queue: &AttentionQueue, look: &Look) -> String {
    let count = queue.attention_items.len();
    let items = if count == 1 { "item" } else { "items" };
    let mut lines = match count {
        0 => vec!["No work units need attention".to_owned()],
        _ => vec![format!("ATTENTION QUEUE ({count} {items})"), "-".repeat(look.columns(80))],
    };
    for (number, item) in (1..).zip(&queue.attention_items) {
        lines.extend(entry(number, item, look));
        lines.push(String::new());
    }
    lines.extend(queue.notices.iter().map(|notice| format!("Note: {notice}")));
    lines.join("\n")
}

fn entry(number: usize, item: &AttentionItem, look: &Look) -> Vec<String> {
    let unit = &item.unit;
    let width = look.columns(TEXT + 4).saturating_sub(4);
    let mut lines = vec![format!(
        "[{number}] {}  {}  blocks:{}  waiting:{}",
        look.status("NEEDS_ATTENTION", &unit.chunk),
        unit.phase,
        item.blocks_count,
        elapsed(item.time_waiting)
    )];
    let attention = unit.attention.as_ref();
    let questions = attention.map_or(&[][..], |attention| &attention.questions);
    if questions.is_empty() {
        lines.extend(unit.attention_reason.iter().map(|reason| format!("    {}", line(reason, width))));
    }
    for (index, question) in (1..).zip(questions) {
        lines.extend(asked((questions.len() > 1).then_some(index), question, width));
    }
    let goal = item.goal_summary.as_ref().filter(|goal| !goal.trim().is_empty());
    lines.extend(goal.map(|goal| format!("    Goal: {}", line(goal, width))));
    if let Some(attention) = attention {
        lines.extend(attention.paths.iter().map(|path| format!("    Changes: {}", line(path, width))));
        lines.push(format!("    Next: ve orch {} {}", attention.verbs.join("|"), unit.chunk));
    }
    lines
}

/// A question is shown whole: the operator is to answer it.
fn asked(number: Option<usize>, item: &QuestionItem, width: usize) -> Vec<String> {
    let number = number.map_or_else(String::new, |number| format!("{number}. "));
    let header = if item.header.is_empty() { String::new() } else { format!("{}: ", item.header) };
    let question = format!("{number}{header}{}", item.question);
    let wrap = |text: &str| crate::wire::transcript::text::wrap(text, width.max(20));
    let mut lines: Vec<String> = question.lines().flat_map(wrap).map(|line| format!("    {line}")).collect();
    if let Some(answer) = &item.answer {
        lines.push(format!("      answered: {}", line(answer, width)));
        return lines;
    }
    for (number, option) in (1..).zip(&item.options) {
        let meaning = if option.description.is_empty() { String::new() } else { format!(": {}", option.description) };
        lines.push(format!("      {number}) {}", line(&format!("{}{meaning}", option.label), width)));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::units::tests::unit;
    use crate::domain::time::Timestamp;
    use crate::wire::attention::{Attention, OptionItem};
    use crate::wire::names::StatusName;

    fn item(chunk: &str, attention: Attention) -> AttentionItem {
        let mut unit = unit(chunk);
        unit.status = StatusName::NeedsAttention;
        unit.attention_reason = Some(attention.reason.clone());
        unit.attention = Some(attention);
        AttentionItem { unit, blocks_count: 2, time_waiting: 320.0, goal_summary: Some("Users can log in.".into()) }
    }

    fn attention(kind: &str, reason: &str, verbs: &[&str]) -> Attention {
        Attention {
            kind: kind.into(),
            since: Timestamp(0).into(),
            reason: reason.into(),
            verbs: verbs.iter().map(|verb| (*verb).to_owned()).collect(),
            questions: vec![],
            agent: None,
            tip: None,
            paths: vec![],
            lost: vec![],
        }
    }

    fn question(text: &str, options: &[(&str, &str)], answer: Option<&str>) -> QuestionItem {
        let option = |(label, description): &(&str, &str)| OptionItem {
            label: (*label).into(),
            description: (*description).into(),
        };
        QuestionItem {
            header: "Auth".into(),
            question: text.into(),
            options: options.iter().map(option).collect(),
            multi_select: false,
            answer: answer.map(str::to_owned),
        }
    }

    #[test]
    fn the_queue_says_what_to_do() {
        let mut asks = attention("question", "Question: JWT or session?", &["answer", "retry", "cancel"]);
        asks.questions = vec![
            question("JWT or session?", &[("JWT", "stateless"), ("session", "")], None),
            question("Which library?", &[], Some("the usual one")),
        ];
        let mut trust = attention("trust", "the work changes what the project trusts", &["approve", "cancel"]);
        trust.paths = vec![".github/workflows/ci.yml".into()];
        let long = attention("failure", &"it failed again and again ".repeat(5), &["retry"]);
        let queue = AttentionQueue::new(vec![item("login", asks), item("ci", trust), item("x", long)]);
        insta::assert_snapshot!(text(&queue, &Look::plain()), @r#"
        ATTENTION QUEUE (3 items)
        --------------------------------------------------------------------------------
        [1] login  PLAN  blocks:2  waiting:5m
            1. Auth: JWT or session?
              1) JWT: stateless
              2) session
            2. Auth: Which library?
              answered: the usual one
            Goal: Users can log in.
            Next: ve orch answer|retry|cancel login

        [2] ci  PLAN  blocks:2  waiting:5m
            the work changes what the project trusts
            Goal: Users can log in.
            Changes: .github/workflows/ci.yml
            Next: ve orch approve|cancel ci

        [3] x  PLAN  blocks:2  waiting:5m
            it failed again and again it failed again and again it failed again...
            Goal: Users can log in.
            Next: ve orch retry x
        "#);
    }

    #[test]
    fn an_empty_queue_says_so() {
        assert_eq!(text(&AttentionQueue::new(vec![]), &Look::plain()), "No work units need attention");
    }
}
