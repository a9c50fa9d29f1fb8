//! What all dialects share: reads a conversation, checks that it is whole, and says which turn is due.

use super::http::Reply;
use super::{Failure, History, State, Turn};
use serde_json::{Value, json};

/// A request, whatever dialect it was written in.
pub struct Conversation {
    /// The vendor's name of the session, or its first words where it sends none.
    pub session: String,
    pub items: Vec<Item>,
    /// Every tool call in it: id, name, and how many results it has where a result must stand.
    pub calls: Vec<(String, String, usize)>,
    /// The names of the tools that are offered.
    pub tools: Vec<String>,
}

/// One entry of a conversation, whatever blocks it was made of.
pub struct Item {
    pub who: Who,
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    User,
    Assistant,
    Result,
}

/// A turn as a dialect writes it, and the ids of its tool calls.
pub type Written = (Reply, Vec<String>);

/// How a dialect answers.
pub struct Dialect<'a> {
    /// A failure as its provider words it.
    pub fail: &'a dyn Fn(&Failure) -> Reply,
    /// A turn, and the ids of its tool calls.
    pub write: &'a dyn Fn(&mut State, &Turn) -> Written,
}

/// Answers a conversation. One without tools is a title, a summary or a probe, and never part of a script.
pub fn answer(state: &mut State, conversation: &Conversation, dialect: &Dialect) -> Reply {
    if conversation.tools.is_empty() {
        return (dialect.write)(state, &super::say("ok")).0;
    }
    let refused = |message| {
        (dialect.fail)(&Failure { status: 400, kind: "invalid_request_error", message, headers: Vec::new(), times: 0 })
    };
    let Conversation { session, items, calls, tools } = conversation;
    for (id, name, results) in calls.iter().filter(|(_, _, results)| *results != 1) {
        state.violations.push(format!("{results} results for tool use {id:?} ({name:?})"));
    }
    let Some((at, script)) = pick(state, session, items) else {
        let last = items.last().map(|item| item.text.clone()).unwrap_or_default();
        state.violations.push(format!("no script for {last:?}"));
        return refused("no script");
    };
    let (prompt, turns) = (state.scripts[script].prompt, state.scripts[script].turns.clone());
    let number =
        items[at..].windows(2).filter(|pair| pair[1].who == Who::Assistant && pair[0].who != Who::Assistant).count();
    check_history(state, conversation);
    let Some(turn) = turns.get(number) else {
        state.violations.push(format!("script {prompt:?} has no turn {number}"));
        return refused("the script is over");
    };
    if let Some(failure) = &turn.failure {
        let failed = state.failed.entry((prompt, number)).or_default();
        if *failed < failure.times {
            *failed += 1;
            return (dialect.fail)(failure);
        }
    }
    check_expected(state, prompt, turn, items);
    let mut turn = turn.clone();
    for (name, input) in &mut turn.calls {
        (*name, *input) = as_offered(name, input, tools);
    }
    let (reply, calls) = (dialect.write)(state, &turn);
    state.played.push((session.clone(), prompt, number));
    let history = state.history.entry(session.clone()).or_default();
    if !history.prompts.contains(&prompt) {
        history.prompts.push(prompt);
    }
    history.said.extend((!turn.say.is_empty()).then_some(turn.say));
    history.calls.extend(calls);
    reply
}

/// The tool that this agent has for what the script calls by Claude's name for it.
fn as_offered(name: &'static str, input: &Value, tools: &[String]) -> (&'static str, Value) {
    if tools.iter().any(|tool| tool == name) {
        return (name, input.clone());
    }
    if let Some(ours) = name.strip_prefix("mcp__orch__") {
        let offered = tools.iter().find(|tool| tool.ends_with(ours) && tool.contains("orch"));
        return (offered.map_or(name, |tool| tool.clone().leak()), input.clone());
    }
    let command = input["command"].clone();
    let shells = [
        ("exec_command", json!({"cmd": command})),
        ("shell_command", json!({"command": command})),
        ("run_shell_command", json!({"command": command})),
        ("bash", json!({"command": command, "description": "scripted"})),
    ];
    let shell = shells.into_iter().find(|(shell, _)| name == "Bash" && tools.iter().any(|tool| tool == shell));
    shell.unwrap_or((name, input.clone()))
}

/// The latest text of the user that is in some script, and the script that this session plays for it.
fn pick(state: &mut State, session: &str, items: &[Item]) -> Option<(usize, usize)> {
    let (at, prompt) =
        items.iter().enumerate().rev().filter(|(_, item)| item.who == Who::User).find_map(|(at, item)| {
            let script = state.scripts.iter().find(|script| item.text.contains(script.prompt))?;
            Some((at, script.prompt))
        })?;
    let all: Vec<_> = (0..state.scripts.len()).filter(|script| state.scripts[*script].prompt == prompt).collect();
    let taken = state.cast.keys().filter(|(_, taken)| *taken == prompt).count();
    let script = *state.cast.entry((session.to_owned(), prompt)).or_insert(all[taken.min(all.len() - 1)]);
    Some((at, script))
}

/// All that was said in the session is still there.
fn check_history(state: &mut State, conversation: &Conversation) {
    let Conversation { session, items, .. } = conversation;
    let Some(History { prompts, said, calls }) = state.history.get(session) else { return };
    let holds = |who: Who, text: &str| items.iter().any(|item| item.who == who && item.text.contains(text));
    let mut lost = Vec::new();
    lost.extend(prompts.iter().filter(|text| !holds(Who::User, text)).map(|text| format!("prompt {text:?}")));
    lost.extend(said.iter().filter(|text| !holds(Who::Assistant, text)).map(|text| format!("answer {text:?}")));
    let known = |wanted: &str| conversation.calls.iter().any(|(id, ..)| id.contains(wanted));
    lost.extend(calls.iter().filter(|id| !known(id)).map(|id| format!("tool use {id}")));
    state.violations.extend(lost.into_iter().map(|what| format!("session {session} lost its {what}")));
}

/// The results since the last answer hold the exact texts the turn expects.
fn check_expected(state: &mut State, prompt: &str, turn: &Turn, items: &[Item]) {
    let results: Vec<_> = items.iter().rev().take_while(|item| item.who != Who::Assistant).collect();
    for expected in &turn.expects {
        if !results.iter().any(|item| item.who == Who::Result && item.text.contains(expected.as_str())) {
            let seen: Vec<_> = results.iter().map(|item| &item.text).collect();
            state.violations.push(format!("in {prompt:?} no result holds {expected:?}, but {seen:?}"));
        }
    }
}
