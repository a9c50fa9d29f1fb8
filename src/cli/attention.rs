//! `attention`: the operator's queue, once or for as long as somebody watches.

use super::client::Client;
use super::client::answer::Answer;
use super::console::Console;
use super::error::CommandError;
use super::follow::{Follower, News};
use super::render::Look;
use super::render::words::{elapsed, line, moment};
use crate::wire::attention::{AttentionQueue, QuestionItem, QueueItem};
use crate::wire::transcript::text::{cut, wrap};
use clap::Args;
use std::time::Duration;

/// Characters of a reason and of a goal.
const TEXT: usize = 70;
/// Lines of a command's output.
const OUTPUT: usize = 5;
/// Chunks that are named of those which an answer would free.
const NAMED: usize = 4;
/// How long several changes in a row are taken together.
const PAUSE: Duration = Duration::from_millis(100);
/// How often a watched queue is shown anew though nothing happens: its ages grow.
const REFRESH: Duration = Duration::from_secs(30);
/// Makes a terminal forget what it shows.
const CLEAR: &str = "\u{1b}[H\u{1b}[2J\u{1b}[3J";

/// List what waits for you, the most urgent first
#[derive(Debug, Args)]
pub(super) struct Attention {
    /// Go on showing it whenever it changes, until Ctrl-C
    #[arg(long, short)]
    watch: bool,
}

pub(super) async fn run(args: Attention, client: &Client<'_>, console: &mut Console) -> Result<(), CommandError> {
    let answer = client.get("/attention").await?;
    if !args.watch {
        return console.show(&answer, text);
    }
    tokio::select! {
        ended = watch(answer, client, console) => ended,
        // The operator has seen enough: that is how watching ends.
        _ = tokio::signal::ctrl_c() => Ok(()),
    }
}

/// Shows the queue, and again each time that it is another one.
async fn watch(first: Answer, client: &Client<'_>, console: &mut Console) -> Result<(), CommandError> {
    let mut shown = Vec::new();
    let mut answer = Some(first);
    let mut follower = Follower::new(client);
    loop {
        if let Some(answer) = answer.take() {
            let queue: AttentionQueue = answer.read()?;
            let is_screen = console.look.is_screen && !console.json;
            if is_screen || without_ages(&queue) != shown {
                if is_screen {
                    console.raw(CLEAR.as_bytes())?;
                }
                console.show(&answer, text)?;
                shown = without_ages(&queue);
            }
        }
        match tokio::time::timeout(REFRESH, follower.next()).await {
            Ok(News::Away(error)) => {
                console.note(&format!("{error}; waiting for the daemon, Ctrl-C ends"))?;
                continue;
            }
            Ok(News::Changed) => tokio::time::sleep(PAUSE).await,
            Err(_quiet) => {}
        }
        // One that goes away between the news and the question is waited for like any other.
        answer = client.get("/attention").await.ok();
    }
}

/// What makes two queues the same but for the time that has passed.
fn without_ages(queue: &AttentionQueue) -> Vec<QueueItem> {
    queue.items.iter().map(|item| QueueItem { time_waiting: 0.0, ..item.clone() }).collect()
}

fn text(queue: &AttentionQueue, look: &Look) -> String {
    let count = queue.items.len();
    let mut lines = match count {
        0 => vec!["No work units need attention".to_owned()],
        _ => vec![format!("ATTENTION QUEUE ({count} items)"), "─".repeat(look.columns(60))],
    };
    for (number, item) in (1..).zip(&queue.items) {
        lines.extend(entry(number, item, look));
        lines.push(String::new());
    }
    lines.join("\n")
}

fn entry(number: usize, item: &QueueItem, look: &Look) -> Vec<String> {
    let attention = &item.attention;
    let width = look.columns(TEXT + 4).saturating_sub(4);
    let phase = item.phase.map_or_else(String::new, |phase| format!("  {phase}"));
    let mut lines = vec![format!(
        "[{number}] {}{phase}  blocks:{}  waiting:{}  {}",
        look.status("NEEDS_ATTENTION", &title(item)),
        item.blocks_count,
        elapsed(item.time_waiting),
        attention.kind
    )];
    if attention.questions.is_empty() {
        lines.extend(match attention.kind.as_str() {
            "landing" | "failure" => output(&attention.reason, width.max(20)),
            _ => indented(wrap(&attention.reason, width.max(20))),
        });
    }
    for (index, question) in (1..).zip(&attention.questions) {
        lines.extend(asked((attention.questions.len() > 1).then_some(index), question, width));
    }
    let goal = item.goal_summary.as_ref().filter(|goal| !goal.trim().is_empty());
    lines.extend(goal.map(|goal| format!("    Goal: {}", line(goal, width))));
    lines.extend(
        item.chunk.iter().flat_map(|_| &attention.paths).map(|path| format!("    Changes: {}", line(path, width))),
    );
    lines.extend(attention.message.iter().map(|said| format!("    It said: {}", line(said, width.saturating_sub(9)))));
    lines.extend(attention.until.map(|until| format!("    Until: {}", moment(until, look))));
    if item.blocks_count > 0 {
        let named = item.blocks.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
        let more = item.blocks_count.saturating_sub(NAMED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        lines.push(format!("    Frees: {}", line(&format!("{named}{more}"), width)));
    }
    lines.extend(next(item).map(|next| format!("    Next: {next}")));
    lines
}

/// What the entry is called.
pub(super) fn title(item: &QueueItem) -> String {
    let attention = &item.attention;
    match (&item.chunk, attention.pair.as_slice(), &attention.account) {
        (Some(chunk), _, _) => chunk.clone(),
        (None, [a, b], _) => format!("{a} and {b}"),
        (None, _, Some(account)) => account.clone(),
        (None, _, None) => "this project".to_owned(),
    }
}

/// The commands that fit.
fn next(item: &QueueItem) -> Option<String> {
    let attention = &item.attention;
    let command = |rest: String| Some(format!("ve orch {rest}"));
    match (&item.chunk, attention.kind.as_str(), attention.pair.as_slice()) {
        (Some(chunk), _, _) => command(format!("{} {chunk}", attention.verbs.join("|"))),
        (None, _, [a, b]) => command(format!("resolve {a} --with {b} parallelize|serialize")),
        (None, "limit", _) => attention.account.as_ref().map(|account| format!("to try now: ve orch resume {account}")),
        (None, "login", _) => {
            attention.account.as_ref().map(|account| format!("log in, then: ve orch resume {account}"))
        }
        (None, "configuration", _) => Some("correct the file; ve orch config shows what counts".to_owned()),
        (None, _, _) => {
            Some(attention.verbs.iter().map(|verb| format!("ve orch {verb}")).collect::<Vec<_>>().join(", "))
        }
    }
}

fn indented(lines: Vec<String>) -> Vec<String> {
    lines.into_iter().map(|line| format!("    {line}")).collect()
}

/// The first line whole, and of what is below it, which is the output of a command, the end as it is.
fn output(text: &str, width: usize) -> Vec<String> {
    let mut given = text.trim().lines();
    let head = given.next().unwrap_or_default();
    let output: Vec<&str> = given.filter(|line| !line.trim().is_empty()).collect();
    let end = output.iter().skip(output.len().saturating_sub(OUTPUT));
    let mut lines = indented(wrap(head, width));
    lines.extend((output.len() > OUTPUT).then(|| "    | ...".to_owned()));
    lines.extend(end.map(|line| format!("    | {}", cut(line, width - 2))));
    lines
}

/// A question is shown whole: the operator is to answer it.
fn asked(number: Option<usize>, item: &QuestionItem, width: usize) -> Vec<String> {
    let number = number.map_or_else(String::new, |number| format!("{number}. "));
    let header = if item.header.is_empty() { String::new() } else { format!("{}: ", item.header) };
    let question = format!("{number}{header}{}", item.question);
    let wrap = |text: &str| wrap(text, width.max(20));
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
#[path = "attention_tests.rs"]
pub(super) mod tests;
