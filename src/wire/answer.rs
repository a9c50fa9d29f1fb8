//! `POST /work-units/{chunk}/answer`: what the operator says to a unit that waits for words.

use super::body::{BadRequest, Body};
use crate::domain::attention::About;
use serde::Serialize;
use utoipa::ToSchema;

/// An answer: text, or the number of a choice that the question offers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Answer {
    /// The words.
    #[serde(flatten)]
    pub words: Words,
    /// Which question of a set it is for, counted from 1; may be left out when there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub item: Option<u32>,
    /// The question as it was shown; the answer to any other is refused. May be left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub question: Option<String>,
    /// The agent gets it after so many seconds, 60 at most, and it can be taken back until then at least. Left out: as soon as it can.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undo_seconds: Option<u32>,
}

/// What an answer says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Words {
    /// This text.
    #[serde(rename = "answer")]
    Text(String),
    /// The label of this choice, counted from 1.
    #[serde(rename = "option")]
    Choice(u32),
}

impl Answer {
    /// Reads the request.
    pub fn parse(bytes: &[u8]) -> Result<Self, BadRequest> {
        let body = Body::parse(bytes)?;
        let words = match body.count("option")? {
            Some(number) => Words::Choice(number),
            None => Words::Text(body.required("answer")?.to_owned()),
        };
        let question = body.text("question")?.map(str::to_owned);
        Ok(Self { words, item: body.count("item")?, question, undo_seconds: body.count("undo_seconds")? })
    }

    /// The answer in the life cycle's words: index of the item, from 0, and text. What is no question takes any text as item 0.
    pub fn resolve(&self, about: &About) -> Result<(usize, String), BadRequest> {
        let About::Question { set, .. } = about else {
            if self.question.is_some() {
                return Err(BadRequest::OtherQuestion);
            }
            return match &self.words {
                Words::Text(text) => Ok((0, text.clone())),
                Words::Choice(_) => Err(BadRequest::NoChoices),
            };
        };
        let at = match self.item {
            Some(number) => index(number),
            None if set.items.len() > 1 => return Err(BadRequest::WhichItem(set.items.len())),
            None => 0,
        };
        let question = set.items.get(at).ok_or(BadRequest::Item { asked: at + 1, items: set.items.len() })?;
        if self.question.as_ref().is_some_and(|asked| *asked != question.text) {
            return Err(BadRequest::OtherQuestion);
        }
        let text = match &self.words {
            Words::Text(text) => text.clone(),
            Words::Choice(number) => {
                let refused = BadRequest::Choice { asked: index(*number) + 1, options: question.options.len() };
                question.options.get(index(*number)).ok_or(refused)?.label.clone()
            }
        };
        Ok((at, text))
    }
}

/// The index of what people count from 1.
fn index(number: u32) -> usize {
    usize::try_from(number.saturating_sub(1)).unwrap_or(usize::MAX - 1)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::domain::report::{Choice, Question, QuestionSet};

    fn question(labels: &[&str]) -> Question {
        let options = labels.iter().map(|label| Choice { label: (*label).into(), description: String::new() });
        Question { header: String::new(), text: "?".into(), options: options.collect(), many: false }
    }

    fn about(items: Vec<Question>) -> About {
        let answers = vec![None; items.len()];
        About::Question { set: QuestionSet::new("k", items), answers }
    }

    fn resolve(body: &str, about: &About) -> Result<(usize, String), String> {
        Answer::parse(body.as_bytes()).and_then(|answer| answer.resolve(about)).map_err(|error| error.to_string())
    }

    #[test]
    fn answers_find_their_question() {
        let one = about(vec![question(&["JWT", "session"])]);
        let two = about(vec![question(&[]), question(&["a", "b"])]);
        for (about, body, expected) in [
            (&one, r#"{"answer":"JWT please"}"#, Ok((0, "JWT please"))),
            (&one, r#"{"option":2}"#, Ok((0, "session"))),
            (&one, r#"{"option":3}"#, Err("there is no option 3: the question offers 2")),
            (&one, r#"{"answer":"x","item":2}"#, Err("there is no question 2: the question has 1 items")),
            (&two, r#"{"answer":"x"}"#, Err("2 questions wait for an answer: say which one this is for")),
            (&two, r#"{"option":1,"item":2}"#, Ok((1, "a"))),
            (&About::Failure, r#"{"answer":"try the other library"}"#, Ok((0, "try the other library"))),
            (&About::Failure, r#"{"option":1}"#, Err("it waits for words, not for a choice: no question is open")),
            (&one, r#"{"answer":"x","question":"?"}"#, Ok((0, "x"))),
            (
                &one,
                r#"{"answer":"x","question":"!"}"#,
                Err("another question waits now than the one that was answered"),
            ),
            (
                &About::Failure,
                r#"{"answer":"x","question":"?"}"#,
                Err("another question waits now than the one that was answered"),
            ),
            (&one, "{}", Err("missing answer")),
            (&one, r#"{"answer":5}"#, Err("answer must be a string")),
        ] {
            let expected = expected.map(|(at, text): (usize, &str)| (at, text.to_owned())).map_err(str::to_owned);
            assert_eq!(resolve(body, about), expected, "{body}");
        }
    }

    #[test]
    fn what_a_client_writes_is_what_is_read() {
        for (answer, text) in [
            (
                Answer { words: Words::Text("x".into()), item: None, question: None, undo_seconds: None },
                r#"{"answer":"x"}"#,
            ),
            (
                Answer { words: Words::Choice(2), item: Some(1), question: None, undo_seconds: Some(5) },
                r#"{"option":2,"item":1,"undo_seconds":5}"#,
            ),
        ] {
            assert_eq!(serde_json::to_string(&answer).unwrap(), text);
            assert_eq!(Answer::parse(text.as_bytes()).unwrap(), answer);
        }
    }
}
