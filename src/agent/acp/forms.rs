//! A form that the agent wants filled in, as a set of questions, and the answers as the form wants them back.

use crate::agent::claude::questions;
use crate::agent::fingerprint::fingerprint;
use crate::domain::report::{Choice, Question, QuestionSet};
use serde_json::{Map, Value, json};

/// How the field ends that takes words of one's own beside the choices of another one.
const CUSTOM: &str = "_custom";

/// The questions of a form, unless it has none. `input` is that of the tool call which asks, where it is known: it has the questions in full.
pub(crate) fn read(params: &Value, input: Option<&Value>) -> Option<QuestionSet> {
    let message = params["message"].as_str().unwrap_or_default();
    let key = params["toolCallId"].as_str().map_or_else(|| fingerprint(message), str::to_owned);
    let fields = fields(params);
    if let Some(set) = input.and_then(|input| questions::read(&key, input))
        && set.items.len() == fields.len()
    {
        return Some(set);
    }
    let alone = fields.len() == 1;
    let items: Vec<_> = fields.iter().map(|(_, field)| question(message, field, alone)).collect();
    (!items.is_empty()).then(|| QuestionSet::new(key, items))
}

/// The form filled in with one text per question.
pub(crate) fn filled(params: &Value, set: &QuestionSet, answers: &[String]) -> Value {
    let all = &params["requestedSchema"]["properties"];
    let mut content = Map::new();
    for (((name, field), item), answer) in fields(params).into_iter().zip(&set.items).zip(answers) {
        let offered = choices(field);
        let known: Vec<&str> = offered.iter().filter_map(|choice| constant(choice)).collect();
        let custom = format!("{name}{CUSTOM}");
        if item.many && !known.is_empty() {
            let (chosen, own): (Vec<&str>, Vec<&str>) = answer.split(", ").partition(|part| known.contains(part));
            content.insert(name.to_owned(), json!(chosen));
            if !own.is_empty() && all.get(&custom).is_some() {
                content.insert(custom, json!(own.join(", ")));
            }
        } else if !known.is_empty() && !known.contains(&answer.as_str()) && all.get(&custom).is_some() {
            content.insert(custom, json!(answer));
        } else {
            content.insert(name.to_owned(), typed(field, answer));
        }
    }
    json!({"action": "accept", "content": content})
}

/// The fields that are questions of their own.
fn fields(params: &Value) -> Vec<(&str, &Value)> {
    let Some(all) = params["requestedSchema"]["properties"].as_object() else { return Vec::new() };
    let own = |name: &str| name.strip_suffix(CUSTOM).is_some_and(|base| all.contains_key(base));
    all.iter().map(|(name, field)| (name.as_str(), field)).filter(|(name, _)| !own(name)).collect()
}

fn question(message: &str, field: &Value, alone: bool) -> Question {
    let text = |name: &str| field[name].as_str().unwrap_or_default().to_owned();
    let (title, description) = (text("title"), text("description"));
    let (header, asked) = match (alone, description.is_empty()) {
        (true, _) if !message.is_empty() => (title, message.to_owned()),
        (_, false) => (title, description),
        _ => (String::new(), title),
    };
    let choice = |choice: &Value| {
        let label = constant(choice)?.to_owned();
        Some(Choice { label, description: choice["description"].as_str().unwrap_or_default().to_owned() })
    };
    Question {
        header,
        text: asked,
        options: choices(field).iter().filter_map(choice).collect(),
        many: field["type"] == "array",
    }
}

fn choices(field: &Value) -> Vec<Value> {
    let lists =
        [&field["oneOf"], &field["enum"], &field["items"]["anyOf"], &field["items"]["oneOf"], &field["items"]["enum"]];
    lists.into_iter().find_map(Value::as_array).cloned().unwrap_or_default()
}

fn constant(choice: &Value) -> Option<&str> {
    choice.as_str().or_else(|| choice["const"].as_str())
}

/// The answer in the type that the field wants, where it can be read as that.
fn typed(field: &Value, answer: &str) -> Value {
    let yes = ["yes", "true", "y"].contains(&answer.trim().to_lowercase().as_str());
    match field["type"].as_str() {
        Some("boolean") => json!(yes),
        Some("integer") => answer.trim().parse::<i64>().map_or_else(|_| json!(answer), |number| json!(number)),
        Some("number") => answer.trim().parse::<f64>().map_or_else(|_| json!(answer), |number| json!(number)),
        Some("array") => json!([answer]),
        _ => json!(answer),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    fn form() -> Value {
        json!({"mode": "form", "toolCallId": "toolu_1", "message": "Which database?", "requestedSchema": {
            "type": "object", "properties": {
                "question_0": {"type": "string", "title": "DB", "oneOf": [
                    {"const": "SQLite", "title": "SQLite", "description": "one file"}, {"const": "Postgres", "title": "Postgres"}]},
                "question_0_custom": {"type": "string", "title": "Other"}}}})
    }

    #[test]
    fn a_form_of_one_question_is_that_question() {
        let set = read(&form(), None).unwrap();
        assert_eq!((set.key.as_str(), set.items.len()), ("toolu_1", 1));
        let item = &set.items[0];
        assert_eq!((item.header.as_str(), item.text.as_str(), item.many), ("DB", "Which database?", false));
        assert_eq!(item.options[0], Choice { label: "SQLite".into(), description: "one file".into() });
        let filled = |answer: &str| filled(&form(), &set, &[answer.to_owned()])["content"].clone();
        assert_eq!(filled("Postgres"), json!({"question_0": "Postgres"}));
        assert_eq!(filled("none, please"), json!({"question_0_custom": "none, please"}));
    }

    #[test]
    fn the_tool_that_asks_knows_the_questions_in_full() {
        let input = json!({"questions": [{"question": "Which one exactly?", "header": "DB", "options": [{"label": "SQLite"}]}]});
        assert_eq!(read(&form(), Some(&input)).unwrap().items[0].text, "Which one exactly?");
        // What does not fit the form is not believed.
        let input = json!({"questions": [{"question": "a"}, {"question": "b"}]});
        assert_eq!(read(&form(), Some(&input)).unwrap().items[0].text, "Which database?");
    }

    #[test]
    fn several_choices_and_words_of_ones_own_go_where_they_belong() {
        let form = json!({"message": "Two things", "requestedSchema": {"properties": {
            "a": {"type": "array", "title": "Caches", "items": {"anyOf": [{"const": "disk"}, {"const": "memory"}]}},
            "a_custom": {"type": "string"}, "b": {"type": "boolean", "title": "Sure", "description": "Are you sure?"}}}});
        let set = read(&form, None).unwrap();
        assert_eq!((set.items[0].many, set.items[1].text.as_str()), (true, "Are you sure?"));
        let answers = ["disk, memory, tape".to_owned(), "Yes".to_owned()];
        assert_eq!(
            filled(&form, &set, &answers)["content"],
            json!({"a": ["disk", "memory"], "a_custom": "tape", "b": true})
        );
    }

    #[test]
    fn a_form_without_fields_asks_nothing() {
        assert_eq!(read(&json!({"message": "hm", "requestedSchema": {}}), None), None);
    }
}
