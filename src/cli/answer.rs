//! `answer`: words for a unit that waits for them, or for all that ask the same.

use super::client::{Client, unit_path};
use super::confirm::agrees;
use super::console::Console;
use super::error::CommandError;
use super::render::Look;
use super::render::words::line;
use crate::domain::ids::ChunkName;
use crate::wire;
use crate::wire::answer::Words;
use crate::wire::attention::{AttentionQueue, QuestionItem};
use crate::wire::unit::WorkUnit;
use clap::Args;
use hyper::Method;
use serde::Serialize;

/// Characters of a question in a list.
const TEXT: usize = 70;

/// Answer a unit's question, or tell it how to go on
#[derive(Debug, Args)]
pub(super) struct Answer {
    /// The chunk
    #[arg(value_parser = ChunkName::from_argument)]
    chunk: ChunkName,
    /// The answer in your words
    #[arg(required_unless_present_any = ["option", "retract"], conflicts_with_all = ["option", "retract"], value_parser = clap::builder::NonEmptyStringValueParser::new())]
    text: Option<String>,
    /// The choice of this number, as "ve orch attention" lists them
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    option: Option<u32>,
    /// Which question it is for, when there are several
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    item: Option<u32>,
    /// Take the answer back; possible until an agent has it
    #[arg(long, conflicts_with_all = ["option", "all_like"])]
    retract: bool,
    /// Give it to every unit that asks the same with the same options, after showing which
    #[arg(long)]
    all_like: bool,
    /// Do not ask before that
    #[arg(long, short, requires = "all_like")]
    yes: bool,
}

pub(super) async fn run(args: Answer, client: &Client<'_>, console: &mut Console) -> Result<(), CommandError> {
    if args.retract {
        let item = args.item.map(|item| format!("?item={item}")).unwrap_or_default();
        let path = unit_path(&args.chunk, &format!("/answer{item}"));
        let answer = client.delete(&path).await?;
        return console.show(&answer, |unit: &WorkUnit, _: &Look| {
            format!("Taken back: {} waits for an answer again", unit.chunk)
        });
    }
    let words = args.option.map_or_else(|| Words::Text(args.text.unwrap_or_default()), Words::Choice);
    if args.all_like {
        let wanted = Wanted { chunk: args.chunk.as_str(), item: args.item };
        return all_like(&wanted, &words, args.yes, client, console).await;
    }
    let request = wire::answer::Answer { words, item: args.item, question: None, undo_seconds: None };
    let answer = client.send(Method::POST, &unit_path(&args.chunk, "/answer"), &request).await?;
    console.show(&answer, text)
}

fn text(unit: &WorkUnit, _: &Look) -> String {
    let open = unit.attention.iter().flat_map(|attention| &attention.questions);
    match open.filter(|question| question.answer.is_none()).count() {
        0 => format!("Answered {}, work unit queued for resume", unit.chunk),
        left => format!("Answered {}, {left} more to answer", unit.chunk),
    }
}

/// The question whose like is looked for.
struct Wanted<'a> {
    chunk: &'a str,
    item: Option<u32>,
}

/// One open question of a unit.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Open {
    chunk: ChunkName,
    /// Counted from 1.
    item: u32,
    question: QuestionItem,
}

/// What `--all-like --json` answers.
#[derive(Serialize)]
struct Answered {
    answered: Vec<String>,
}

async fn all_like(
    wanted: &Wanted<'_>,
    words: &Words,
    yes: bool,
    client: &Client<'_>,
    console: &mut Console,
) -> Result<(), CommandError> {
    let queue: AttentionQueue = client.get("/attention").await?.read()?;
    let alike = alike(&queue, wanted)?;
    if !console.json {
        console.text(&listed(&alike))?;
    }
    let count = alike.len();
    if !yes && !agrees(&format!("Answer {count} question(s) with \"{}\"?", said(words, &alike)), console)? {
        return Err(CommandError::Nothing {
            message: "Nothing was answered".to_owned(),
            hint: "answer all of them without being asked with: --all-like --yes",
        });
    }
    let mut answered = Vec::with_capacity(count);
    for Open { chunk, item, question } in alike {
        // What a terminal must not see was replaced: such a text cannot be compared.
        let shown = (!question.question.contains(char::REPLACEMENT_CHARACTER)).then_some(question.question);
        let request =
            wire::answer::Answer { words: words.clone(), item: Some(item), question: shown, undo_seconds: None };
        let answer = client.send(Method::POST, &unit_path(&chunk, "/answer"), &request).await?;
        answered.push(chunk.to_string());
        if !console.json {
            console.show(&answer, text)?;
        }
    }
    if console.json { console.value(&Answered { answered }) } else { Ok(()) }
}

/// The wanted question first, then every other open one with the same words and options.
fn alike(queue: &AttentionQueue, wanted: &Wanted<'_>) -> Result<Vec<Open>, CommandError> {
    let open: Vec<Open> = queue.items.iter().flat_map(open).collect();
    let of_chunk: Vec<&Open> = open.iter().filter(|open| open.chunk.as_str() == wanted.chunk).collect();
    let like = match (wanted.item, of_chunk.as_slice()) {
        (_, []) => Err("It asks nothing"),
        (None, [only]) => Ok(*only),
        (None, _) => Err("It asks more than one question; choose with --item"),
        (Some(item), open) => open.iter().copied().find(|open| open.item == item).ok_or("It has no such open question"),
    };
    let like = like.map_err(|why| CommandError::Nothing {
        message: format!("{why}: {}", wanted.chunk),
        hint: "see the questions with: ve orch attention",
    })?;
    let same = |open: &&Open| *open == like || open.question == like.question;
    let others = open.iter().filter(same).filter(|open| *open != like).cloned();
    Ok([like.clone()].into_iter().chain(others).collect())
}

fn open(item: &wire::attention::QueueItem) -> Vec<Open> {
    let Some(chunk) = item.chunk.as_deref().and_then(|chunk| ChunkName::parse(chunk).ok()) else { return Vec::new() };
    let open = (1..).zip(&item.attention.questions).filter(|(_, question)| question.answer.is_none());
    open.map(|(item, question)| Open { chunk: chunk.clone(), item, question: question.clone() }).collect()
}

fn listed(alike: &[Open]) -> String {
    let line = |open: &Open| format!("  {}: {}", open.chunk, line(&open.question.question, TEXT));
    let lines: Vec<String> = alike.iter().map(line).collect();
    format!("These ask the same:\n{}", lines.join("\n"))
}

/// The words, or the label of the choice.
fn said(words: &Words, alike: &[Open]) -> String {
    let label = |number: u32| {
        let place = usize::try_from(number).ok()?.checked_sub(1)?;
        Some(alike.first()?.question.options.get(place)?.label.clone())
    };
    match words {
        Words::Text(text) => text.clone(),
        Words::Choice(number) => label(*number).unwrap_or_else(|| format!("option {number}")),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::cli::attention::tests::{attention, item, question};

    fn queue() -> AttentionQueue {
        let asks = |chunk: &str, questions: Vec<QuestionItem>| {
            let mut entry = attention("question", "Question", &["answer"]);
            entry.questions = questions;
            item(Some(chunk), entry)
        };
        let which = |answer| question("Which library?", &[("serde", "")], answer);
        let items = vec![
            asks("a", vec![which(None)]),
            asks("b", vec![question("Other?", &[], None), which(None)]),
            asks("c", vec![which(Some("serde"))]),
            asks("d", vec![question("Which library?", &[("nom", "")], None)]),
        ];
        AttentionQueue::new(vec![], items)
    }

    #[test]
    fn only_the_same_words_with_the_same_options_are_alike() {
        let wanted = |chunk, item| alike(&queue(), &Wanted { chunk, item });
        let found = wanted("b", Some(2)).unwrap();
        assert_eq!(listed(&found), "These ask the same:\n  b: Which library?\n  a: Which library?");
        assert_eq!(found.iter().map(|open| open.item).collect::<Vec<_>>(), [2, 1]);
        assert_eq!(said(&Words::Choice(1), &found), "serde");
        assert_eq!(wanted("a", None).unwrap().len(), 2);
        for (chunk, item) in [("b", None), ("c", None), ("nobody", None), ("a", Some(2))] {
            assert!(wanted(chunk, item).is_err(), "{chunk} {item:?}");
        }
    }
}
