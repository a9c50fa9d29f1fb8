//! A scripted language model on loopback. The prompt of a request picks the script, the number of answers since then the turn.
//! A request that lacks what a real one must carry is a violation, and fails the test in [`Model::finish`].

mod anthropic;
mod checks;
mod gemini;
mod http;
mod play;
mod responses;

use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

/// What the model does when it reads a prompt.
#[derive(Clone, Debug)]
pub struct Script {
    /// A text in the prompt. Of scripts with the same text each session plays its own, in their order; the last one is for all others.
    pub prompt: &'static str,
    /// Its answers, one after the other.
    pub turns: Vec<Turn>,
}

/// One answer of the model.
#[derive(Clone, Debug, Default)]
pub struct Turn {
    /// What it says.
    pub say: &'static str,
    /// The tools it calls: name and input.
    pub calls: Vec<(&'static str, Value)>,
    /// How requests fail before it answers.
    pub failure: Option<Failure>,
    /// Texts that the results of the tools it called last must hold.
    pub expects: Vec<String>,
}

/// How a request fails.
#[derive(Clone, Debug)]
pub struct Failure {
    pub status: u16,
    pub kind: &'static str,
    pub message: &'static str,
    pub headers: Vec<(&'static str, &'static str)>,
    /// How many requests fail before the turn is played.
    pub times: usize,
}

/// An answer in words.
pub fn say(text: &'static str) -> Turn {
    Turn { say: text, ..Turn::default() }
}

/// An answer that calls one tool.
pub fn call(tool: &'static str, input: Value) -> Turn {
    Turn { calls: vec![(tool, input)], ..Turn::default() }
}

/// An answer that calls the shell.
pub fn bash(command: &str) -> Turn {
    call("Bash", json!({"command": command, "description": "scripted"}))
}

/// What names a session whose agent sends no name: the first words of its user.
fn first_words(items: &[play::Item]) -> String {
    let first = items.iter().find(|item| item.who == play::Who::User);
    first.map(|item| item.text.clone()).unwrap_or_default()
}

/// A running model.
pub struct Model {
    server: http::Server,
    state: Arc<Mutex<State>>,
}

/// What the model knows between requests.
#[derive(Default)]
struct State {
    scripts: Vec<Script>,
    /// What every later request of a session must hold, by session.
    history: HashMap<String, History>,
    /// Which script a session plays for a prompt.
    cast: HashMap<(String, &'static str), usize>,
    /// The turns that were played: session, prompt, number.
    played: Vec<(String, &'static str, usize)>,
    failed: HashMap<(&'static str, usize), usize>,
    issued: usize,
    violations: Vec<String>,
}

/// What was said in one session.
#[derive(Default)]
struct History {
    prompts: Vec<&'static str>,
    said: Vec<&'static str>,
    calls: Vec<String>,
}

impl Model {
    /// Starts a model that knows `scripts`.
    pub fn start(scripts: Vec<Script>) -> Self {
        let state = Arc::new(Mutex::new(State { scripts, ..State::default() }));
        let shared = Arc::clone(&state);
        let server = http::Server::start(move |request| {
            let state = &mut shared.lock().unwrap();
            match request.path.as_str() {
                path if path.ends_with("/responses") => responses::answer(state, request),
                path if path.contains("enerateContent") || path.ends_with(":countTokens") => {
                    gemini::answer(state, request)
                }
                path if path.ends_with("/models") => responses::models(),
                _ => anthropic::answer(state, request),
            }
        });
        Self { server, state }
    }

    /// Where it listens: `http://127.0.0.1:<port>`.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// The turns it played so far: session, prompt and number of each.
    pub fn played(&self) -> Vec<(String, &'static str, usize)> {
        self.state.lock().unwrap().played.clone()
    }

    /// Fails the test on any violation so far.
    pub fn check(&self) {
        let violations = &self.state.lock().unwrap().violations;
        assert!(violations.is_empty(), "the model was asked wrongly:\n{}", violations.join("\n"));
    }

    /// Stops it and fails the test on any violation.
    pub fn finish(self) {
        drop(self.server);
        let violations = std::mem::take(&mut self.state.lock().unwrap().violations);
        assert!(violations.is_empty(), "the model was asked wrongly:\n{}", violations.join("\n"));
    }

    /// Stops it and gives its violations, for the test of the model itself.
    pub fn violations(self) -> Vec<String> {
        drop(self.server);
        std::mem::take(&mut self.state.lock().unwrap().violations)
    }
}
