//! `AskUserQuestion`: its questions as a set, and the answers as it wants them back.

use crate::agent::json::Offer;
use crate::domain::report::{Choice, Question, QuestionSet};
use serde::Deserialize;
use serde_json::Value;

/// The tool that asks the user.
pub(crate) const TOOL: &str = "AskUserQuestion";

#[derive(Deserialize)]
struct Asked {
    questions: Vec<Item>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    question: String,
    #[serde(default)]
    header: String,
    #[serde(default)]
    multi_select: bool,
    #[serde(default)]
    options: Vec<Offer>,
}

/// The questions in the tool's input, unless it holds none.
pub(crate) fn read(key: &str, input: &Value) -> Option<QuestionSet> {
    let asked = Asked::deserialize(input).ok()?;
    let items: Vec<_> = asked.questions.into_iter().map(question).collect();
    (!items.is_empty()).then(|| QuestionSet::new(key, items))
}

fn question(item: Item) -> Question {
    Question {
        header: item.header,
        text: item.question,
        options: item.options.into_iter().map(Choice::from).collect(),
        many: item.multi_select,
    }
}

/// The tool's input with the answers in it, by the text of each question.
pub(crate) fn answered(input: &Value, set: &QuestionSet, answers: &[String]) -> Value {
    let pairs = set.items.iter().zip(answers);
    let answers: serde_json::Map<_, _> =
        pairs.map(|(item, answer)| (item.text.clone(), answer.as_str().into())).collect();
    let mut input = input.clone();
    if let Value::Object(fields) = &mut input {
        fields.insert("answers".into(), Value::Object(answers));
    }
    input
}
