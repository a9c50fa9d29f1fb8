//! `status`, `url`, `pause`, `resume`: the daemon itself.

use super::client::{Client, segment};
use super::console::Console;
use super::error::CommandError;
use super::render::Look;
use super::render::words::{elapsed, line};
use crate::wire::accounts::Opened;
use crate::wire::lists::{Link, Paused};
use crate::wire::status::{Agent, Sandbox, Status};
use clap::Args;

/// Dispatch again: everything after a pause, or the units of one account after a limit or a missing login
#[derive(Debug, Args)]
pub(super) struct Resume {
    /// The account, by the name of its agent; without it the pause of all dispatch ends
    account: Option<String>,
}

/// Answers whether or not a daemon runs; only one that runs and is silent is a failure.
pub(super) async fn status(client: &Client<'_>, console: &mut Console) -> Result<(), CommandError> {
    if !client.has_address() && client.probe().is_none() {
        let stopped = Status::stopped(env!("CARGO_PKG_VERSION"));
        if console.json {
            return console.value(&stopped);
        }
        let text = text(&stopped, &console.look);
        return console.text(&text);
    }
    let answer = client.get("/status").await?;
    console.show(&answer, text)
}

fn text(status: &Status, look: &Look) -> String {
    if !status.running {
        return "Status: Stopped".to_owned();
    }
    let mut lines = vec!["Status: Running".to_owned()];
    lines.extend(status.pid.map(|pid| format!("PID: {pid}")));
    lines.extend(status.uptime_seconds.map(|seconds| format!("Uptime: {}", elapsed(seconds))));
    lines.extend(status.project.iter().map(|project| format!("Project: {project}")));
    lines.extend(status.url.iter().map(|url| format!("Dashboard: {url}")));
    lines.extend(status.paused.iter().map(|why| format!("Dispatch: {why}")));
    lines.extend(status.sandbox.iter().map(sandbox));
    lines.extend(status.agents.iter().map(agent));
    lines.extend(status.problem.iter().map(|why| format!("Configuration: {why}")));
    lines.push("Work Units:".to_owned());
    let counts = status.work_unit_counts.iter();
    lines.extend(counts.map(|(name, count)| format!("  {}: {count}", look.status(name, name))));
    if status.work_unit_counts.is_empty() {
        lines.push("  none".to_owned());
    }
    lines.join("\n")
}

fn sandbox(sandbox: &Sandbox) -> String {
    match sandbox.missing.as_slice() {
        [] => format!("Sandbox: {}", sandbox.mode),
        missing => format!("Sandbox: {}, without {}", sandbox.mode, missing.join(", ")),
    }
}

fn agent(agent: &Agent) -> String {
    match &agent.unavailable {
        Some(why) => format!("Agent: {} ({}), {}", agent.name, agent.program, line(why, 120)),
        None => format!("Agent: {} ({})", agent.name, agent.program),
    }
}

pub(super) async fn url(client: &Client<'_>, console: &mut Console) -> Result<(), CommandError> {
    let answer = client.post("/url").await?;
    let link: Link = answer.read()?;
    // One line in both forms: it is made to be piped.
    console.text(if console.json { answer.text().trim() } else { &link.url })
}

pub(super) async fn pause(client: &Client<'_>, console: &mut Console) -> Result<(), CommandError> {
    let answer = client.post("/pause").await?;
    console.show(&answer, dispatch)
}

pub(super) async fn resume(args: Resume, client: &Client<'_>, console: &mut Console) -> Result<(), CommandError> {
    let Some(account) = args.account else {
        let answer = client.post("/resume").await?;
        return console.show(&answer, dispatch);
    };
    let answer = client.post(&format!("/accounts/{}/resume", segment(&account))).await?;
    console.show(&answer, opened)
}

fn opened(opened: &Opened, _: &Look) -> String {
    let account = &opened.account;
    match opened.was_halted {
        true => format!("Units of {account} start again"),
        false => format!("Nothing had halted {account}"),
    }
}

fn dispatch(state: &Paused, _: &Look) -> String {
    let text = if state.paused {
        "Dispatch paused; what runs goes on. Go on with: ve orch resume"
    } else {
        "Dispatch resumed"
    };
    text.to_owned()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn a_daemon_that_runs() {
        let status = r#"{
            "running": true, "pid": 4242, "uptime_seconds": 4320.5, "started_at": null, "version": "0.1.0",
            "work_unit_counts": {"READY": 1, "DONE": 3}, "paused": "paused by the operator", "project": "/p",
            "url": "http://127.0.0.1:7845/", "sandbox": {"mode": "on", "missing": ["pid namespaces"]},
            "agents": [{"name": "claude", "kind": "claude", "program": "claude", "unavailable": "nobody is logged in"}]
        }"#;
        insta::assert_snapshot!(text(&serde_json::from_str(status).unwrap(), &Look::plain()), @r#"
        Status: Running
        PID: 4242
        Uptime: 1.2h
        Project: /p
        Dashboard: http://127.0.0.1:7845/
        Dispatch: paused by the operator
        Sandbox: on, without pid namespaces
        Agent: claude (claude), nobody is logged in
        Work Units:
          DONE: 3
          READY: 1
        "#);
    }

    #[test]
    fn the_reference_says_less() {
        let status = r#"{"running": true, "pid": 1, "uptime_seconds": 3, "started_at": null, "work_unit_counts": {}, "version": "0.1.0"}"#;
        insta::assert_snapshot!(text(&serde_json::from_str(status).unwrap(), &Look::plain()), @r#"
        Status: Running
        PID: 1
        Uptime: 3s
        Work Units:
          none
        "#);
        assert_eq!(text(&Status::stopped("0.1.0"), &Look::plain()), "Status: Stopped");
    }
}
