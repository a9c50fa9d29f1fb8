//! A permission as a question: what an agent may not do by itself is asked of the operator in the same way.

use crate::agent::{Command, Decision};
use crate::domain::report::{ALLOW, Choice, Question, QuestionSet};

/// A permission is asked of the operator like any other question.
pub(super) fn question(request: &str, tool: &str, input: &str) -> QuestionSet {
    let choice = |label: &str| Choice { label: label.to_owned(), description: String::new() };
    let item = Question {
        header: "Permission".to_owned(),
        text: format!("May it use {tool}? {input}"),
        options: vec![choice(ALLOW), choice("Deny")],
        many: false,
    };
    QuestionSet::permission(format!("{PERMISSION}{request}"), item)
}

const PERMISSION: &str = "permission:";

/// The agent's word for the operator's answers.
pub(super) fn order(question: &str, answers: &[String]) -> Command {
    let Some(request) = question.strip_prefix(PERMISSION) else {
        return Command::Answer { question: question.to_owned(), answers: answers.to_vec() };
    };
    let decision = match answers.first().map(String::as_str) {
        Some(ALLOW) => Decision::Allow,
        Some(why) => Decision::Deny { why: why.to_owned() },
        None => Decision::Deny { why: String::new() },
    };
    Command::Permit { request: request.to_owned(), decision }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_word_allow_allows() {
        let asked = question("r1", "Bash", "{}");
        let decided = |answer: &str| match order(&asked.key, &[answer.to_owned()]) {
            Command::Permit { request, decision } if request == "r1" => decision,
            other => unreachable!("{other:?}"),
        };
        assert_eq!(decided("Allow"), Decision::Allow);
        assert_eq!(decided("not today"), Decision::Deny { why: "not today".into() });
    }

    #[test]
    fn other_questions_are_answered_as_they_are() {
        let answers = ["Postgres".to_owned()];
        assert_eq!(order("toolu_1", &answers), Command::Answer { question: "toolu_1".into(), answers: answers.into() });
    }
}
