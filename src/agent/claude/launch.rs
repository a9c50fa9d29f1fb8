//! How Claude Code is started.

use crate::agent::launch::{Launch, Stdin, environment};
use crate::agent::spec::{Permissions, Session, SessionSpec};

/// Variables that name its login; inherited from the daemon where it has them.
pub(crate) const LOGIN: [&str; 4] =
    ["ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_BASE_URL", "CLAUDE_CODE_OAUTH_TOKEN"];

/// Both ways stream-json; permissions and questions as control requests; neither the operator's own settings nor their servers.
const STREAM: [&str; 12] = [
    "-p",
    "--output-format",
    "stream-json",
    "--input-format",
    "stream-json",
    "--verbose",
    "--permission-prompt-tool",
    "stdio",
    "--setting-sources",
    "project",
    "--strict-mcp-config",
    "--allowedTools=mcp__orch",
];

/// Tools that reach beyond the session: other sessions, other worktrees, later moments.
const DISALLOWED: &str = "--disallowedTools=ListAgents,SendMessage,EnterWorktree,ExitWorktree,CronCreate,CronList,\
    CronDelete,ScheduleWakeup,Workflow,Monitor";

/// No traffic but to the model, no update of itself; few repetitions of its own, because the daemon backs off better.
const QUIET: [(&str, &str); 3] =
    [("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1"), ("DISABLE_AUTOUPDATER", "1"), ("CLAUDE_CODE_MAX_RETRIES", "3")];

/// The prompt goes over standard input: an argument could be too long, and all users could read it.
pub(crate) fn launch(spec: &SessionSpec) -> Launch {
    let (mode, sandboxed) = match spec.permissions {
        // Refused to root without IS_SANDBOX.
        Permissions::AllowAll => ("bypassPermissions", Some(("IS_SANDBOX", "1"))),
        Permissions::AskOperator => ("default", None),
    };
    let (choice, id) = match &spec.session {
        Session::New(id) => ("--session-id", id),
        Session::Resume(id) => ("--resume", id),
    };
    let turns = spec.max_turns.to_string();
    // Of an option that is given twice the last one counts: the operator's own arguments may say something else.
    let mut argv = vec![spec.config.program.as_str(), "--max-turns", &turns];
    argv.extend(spec.config.args.iter().map(String::as_str));
    argv.extend(STREAM);
    argv.extend([DISALLOWED, "--permission-mode", mode, choice, id.as_str()]);
    let home = spec.login.as_ref().and_then(|dir| dir.to_str()).map(|dir| ("CLAUDE_CONFIG_DIR", dir));
    let adapter: Vec<_> = QUIET.into_iter().chain(sandboxed).chain(home).collect();
    Launch {
        argv: argv.into_iter().map(Into::into).collect(),
        env: environment(&spec.place, &LOGIN, &adapter, &spec.config.env),
        stdin: Stdin::Open,
        files: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::agent::launch::tests::spec;
    use crate::domain::agent::AgentKind;
    use crate::domain::ids::SessionId;

    fn launched(session: Session, permissions: Permissions) -> (String, String) {
        let mut spec = spec(
            AgentKind::Claude,
            &[("ANTHROPIC_API_KEY", "key"), ("CLAUDE_CODE_ENTRYPOINT", "cli"), ("ANTHROPIC_MODEL", "m")],
        );
        spec.session = session;
        spec.permissions = permissions;
        spec.config.program = "/opt/claude".into();
        spec.config.args = vec!["--model".into(), "opus".into()];
        spec.config.env = vec![("CLAUDE_CODE_MAX_RETRIES".into(), "7".into())];
        let launch = launch(&spec);
        assert_eq!(launch.stdin, Stdin::Open);
        let argv: Vec<_> = launch.argv.iter().map(|arg| arg.to_str().unwrap()).collect();
        let env = launch.env.iter().map(|(name, value)| format!("{}={}", name.display(), value.display()));
        (argv.join(" "), env.collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn a_new_session_in_the_sandbox_may_do_everything() {
        let id = SessionId::parse("5e55").unwrap();
        let (argv, env) = launched(Session::New(id), Permissions::AllowAll);
        assert_eq!(
            argv,
            "/opt/claude --max-turns 100 --model opus -p --output-format stream-json --input-format stream-json --verbose \
             --permission-prompt-tool stdio --setting-sources project --strict-mcp-config --allowedTools=mcp__orch \
             --disallowedTools=ListAgents,SendMessage,EnterWorktree,ExitWorktree,CronCreate,CronList,CronDelete,\
             ScheduleWakeup,Workflow,Monitor --permission-mode bypassPermissions --session-id 5e55"
        );
        assert_eq!(
            env,
            "ANTHROPIC_API_KEY=key CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1 CLAUDE_CODE_MAX_RETRIES=7 \
             DISABLE_AUTOUPDATER=1 HOME=/h IS_SANDBOX=1 LANG=C.UTF-8 PATH=/usr/bin PWD=/w TMPDIR=/t TZ=UTC \
             VE_ATTEMPT=0b7f6d6e-58e1-4c5d-9d0e-000000000001 VE_CHUNK=auth VE_PHASE=plan"
        );
    }

    #[test]
    fn without_a_sandbox_it_asks() {
        let id = SessionId::parse("5e55").unwrap();
        let (argv, env) = launched(Session::Resume(id), Permissions::AskOperator);
        assert!(argv.ends_with("--permission-mode default --resume 5e55"), "{argv}");
        assert!(!env.contains("IS_SANDBOX"), "{env}");
    }
}
