//! What the model does in each phase, unless a test wants something else.

use crate::model::{Script, Turn, bash, call, say};
use serde_json::json;

pub fn script(prompt: &'static str, turns: Vec<Turn>) -> Script {
    Script { prompt, turns }
}

pub fn expecting(turn: Turn, text: &str) -> Turn {
    Turn { expects: vec![text.into()], ..turn }
}

/// The first line of the phase's prompt: what tells the model which phase of which chunk it is in.
pub fn heading(phase: &str, chunk: &str) -> &'static str {
    format!("# {phase} chunk `{chunk}`").leak()
}

fn write(path: &str, text: &str) -> Turn {
    call("Write", json!({"file_path": path, "content": text}))
}

/// The calls of PLAN: a file with the tool for files, a commit with the shell.
pub fn plan_turns(chunk: &str) -> Vec<Turn> {
    let text = format!(
        "# Implementation Plan\n\n## Approach\n\nA module with one constant.\n\n## Sequence\n\n1. Write it.\n\n\
         Location: small/src/{chunk}.rs#VALUE\n\n## Risks and Open Questions\n\nNone.\n"
    );
    let commit = format!("git add -A docs/chunks/{chunk} && git commit -qm '{chunk}: plan' && git log -1 --format=%s");
    vec![
        write(&format!("docs/chunks/{chunk}/PLAN.md"), &text),
        bash(&commit),
        expecting(say("Planned."), &format!("{chunk}: plan")),
    ]
}

pub fn plan(chunk: &str) -> Script {
    script(heading("Plan", chunk), plan_turns(chunk))
}

/// The two calls that write the module with `value` in it and commit it.
pub fn implement(chunk: &str, value: &str) -> [Turn; 2] {
    let text = format!("//! Chosen by the operator.\n\n/// The way.\npub const VALUE: &str = \"{value}\";\n");
    [
        write(&format!("small/src/{chunk}.rs"), &text),
        bash(&format!("git add -A && git commit -qm '{chunk}: {value}' && git status --porcelain && echo clean")),
    ]
}

pub fn approve(chunk: &str) -> Script {
    let decision = json!({"decision": "APPROVE", "summary": "All criteria are met."});
    script(
        heading("Review", chunk),
        vec![
            bash(&format!("cat small/src/{chunk}.rs")),
            expecting(call("mcp__orch__review_decision", decision), "VALUE"),
            expecting(say("Reviewed."), "recorded"),
        ],
    )
}

/// The calls of COMPLETE.
pub fn complete_turns(chunk: &str) -> Vec<Turn> {
    let goal = format!("docs/chunks/{chunk}/GOAL.md");
    vec![
        call("Read", json!({"file_path": goal})),
        call("Edit", json!({"file_path": goal, "old_string": "status: IMPLEMENTING", "new_string": "status: ACTIVE"})),
        bash(&format!("git add -A docs && git commit -qm '{chunk}: complete' && grep -n '^status:' {goal}")),
        expecting(say("Completed."), "status: ACTIVE"),
    ]
}

pub fn complete(chunk: &str) -> Script {
    script(heading("Complete", chunk), complete_turns(chunk))
}
