//! `answer`: words for a unit that waits for them.

use super::client::{Client, unit_path};
use super::console::Console;
use super::error::CommandError;
use super::render::Look;
use crate::domain::ids::ChunkName;
use crate::wire;
use crate::wire::answer::Words;
use crate::wire::unit::WorkUnit;
use clap::Args;
use hyper::Method;

/// Answer a unit's question, or tell it how to go on
#[derive(Debug, Args)]
pub(super) struct Answer {
    /// The chunk
    #[arg(value_parser = ChunkName::from_argument)]
    chunk: ChunkName,
    /// The answer in your words
    #[arg(required_unless_present = "option", conflicts_with = "option", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    text: Option<String>,
    /// The choice of this number, as "ve orch attention" lists them
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    option: Option<u32>,
    /// Which question it is for, when there are several
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    item: Option<u32>,
}

pub(super) async fn run(args: Answer, client: &Client<'_>, console: &mut Console) -> Result<(), CommandError> {
    let words = args.option.map_or_else(|| Words::Text(args.text.unwrap_or_default()), Words::Choice);
    let request = wire::answer::Answer { words, item: args.item };
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
