//! The demo's agent: a program that speaks the `command` protocol and plays its part of the script. It knows nothing of the daemon: it reads
//! its environment, edits and commits files, prints reports, and exits.

use super::git::git;
use super::project::document;
use super::script::{CHOICES, CONCERN, LIMITED_FOR, QUESTION, Task, Turn};
use crate::cli::error::CommandError;
use rustix::process::{Signal, getpid, kill_process};
use serde_json::{Value, json};
use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

/// How long it seems to think: long enough to see agents work side by side, short enough not to bore.
const THOUGHT: Duration = Duration::from_millis(250);

/// Becomes the agent of the attempt that the environment names.
pub fn agent_main() -> ExitCode {
    let word = |name: &str| std::env::var(name).unwrap_or_default();
    let Some(task) = Task::of(&word("VE_CHUNK")) else {
        eprintln!("the demo has no chunk {:?}", word("VE_CHUNK"));
        return ExitCode::FAILURE;
    };
    let agent = Agent { task, answer: std::env::var("VE_ANSWER").ok() };
    match agent.play(&word("VE_PHASE"), &word("VE_SESSION")) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

struct Agent {
    task: &'static Task,
    answer: Option<String>,
}

impl Agent {
    fn play(&self, phase: &str, session: &str) -> Result<(), CommandError> {
        let chunk = self.task.chunk;
        let session = if session.is_empty() { format!("{chunk}-{phase}") } else { session.to_owned() };
        say(&json!({ "ve": "session", "id": session }))?;
        say(&json!({ "ve": "text", "text": format!("{phase} of {chunk}: {}", self.task.goal) }))?;
        think();
        match phase {
            "goal" => Ok(()),
            "plan" => self.plan(),
            "implement" => self.implement(),
            "review" => self.review(),
            "complete" => self.complete(),
            other => Err(CommandError::Usage {
                message: format!("there is no part for {other:?}"),
                hint: "run: ve orch demo",
            }),
        }?;
        say(&json!({ "ve": "usage", "input_tokens": 1200, "output_tokens": 300, "cost_usd": 0.0 }))
    }

    fn plan(&self) -> Result<(), CommandError> {
        fs::write(document(self.task, "PLAN.md"), self.task.plan_document())?;
        self.commit("plan")
    }

    fn implement(&self) -> Result<(), CommandError> {
        think();
        let file = Path::new(self.task.file);
        let there = if file.exists() { fs::read_to_string(file)? } else { String::new() };
        let feedback = document(self.task, "REVIEW_FEEDBACK.md");
        let lines = match (self.task.turn, &self.answer) {
            (Turn::Asks, None) => return ask(),
            (Turn::Crashes, _) if there.is_empty() => {
                fs::write(file, self.task.first_part())?;
                return crash();
            }
            (Turn::Limited, _) if there.is_empty() => {
                fs::write(file, self.task.first_part())?;
                return run_out();
            }
            (Turn::SentBack, _) if there.is_empty() => self.task.first_part().to_owned(),
            (_, answer) => self.task.lines(answer.as_deref().unwrap_or_default()),
        };
        // What an earlier attempt began is gone on with.
        let begun = there.strip_suffix(lines.as_str()).or_else(|| there.strip_suffix(self.task.first_part()));
        let before = begun.unwrap_or(&there);
        fs::write(file, format!("{before}{lines}"))?;
        if Path::new(&feedback).exists() {
            fs::remove_file(&feedback)?;
        }
        self.commit("implement")
    }

    /// Sends back what is not all there, and nothing else.
    fn review(&self) -> Result<(), CommandError> {
        let file = self.task.file;
        let there = fs::read_to_string(file)?;
        let is_whole = self.task.turn != Turn::SentBack || there.contains(self.task.lines);
        if is_whole {
            return say(
                &json!({ "ve": "review", "decision": "APPROVE", "summary": format!("{file} does what the goal says") }),
            );
        }
        let [concern, suggestion] = CONCERN;
        say(&json!({
            "ve": "review", "decision": "FEEDBACK", "summary": concern,
            "issues": [{ "location": file, "concern": concern, "suggestion": suggestion }],
        }))
    }

    fn complete(&self) -> Result<(), CommandError> {
        let goal = document(self.task, "GOAL.md");
        let text = fs::read_to_string(&goal)?;
        fs::write(&goal, text.replacen("status: IMPLEMENTING", "status: ACTIVE", 1))?;
        self.commit("complete")
    }

    fn commit(&self, what: &str) -> Result<(), CommandError> {
        let here = Path::new(".");
        git(here, &["add", "--all"])?;
        git(here, &["commit", "--quiet", "--allow-empty", "--message", &format!("{}: {what}", self.task.chunk)])?;
        Ok(())
    }
}

fn ask() -> Result<(), CommandError> {
    let options: Vec<Value> = CHOICES.iter().map(|label| json!({ "label": label })).collect();
    say(&json!({ "ve": "question", "header": "Farewell", "question": QUESTION, "options": options, "multi": false }))
}

/// Dies as a program dies that the system kills: no word, no clean-up, half of its work in the worktree.
fn crash() -> Result<(), CommandError> {
    kill_process(getpid(), Signal::KILL).map_err(io::Error::from)?;
    Ok(())
}

/// Ends as an agent does whose account may not go on for now.
fn run_out() -> Result<(), CommandError> {
    let back = jiff::Timestamp::now() + LIMITED_FOR;
    let message = format!("the allowance is used up until {back}");
    say(&json!({ "ve": "error", "kind": "usage_limit", "message": message, "resets_at": back.to_string() }))?;
    Err(CommandError::Told { code: 1 })
}

fn say(report: &Value) -> Result<(), CommandError> {
    let mut out = io::stdout().lock();
    writeln!(out, "{report}")?;
    Ok(out.flush()?)
}

/// Waits without the clock of an event loop, which this small program has not.
fn think() {
    let time = rustix::event::Timespec { tv_sec: 0, tv_nsec: i64::from(THOUGHT.subsec_nanos()) };
    // A signal that cuts the pause short does no harm.
    rustix::event::poll(&mut [], Some(&time)).ok();
}
