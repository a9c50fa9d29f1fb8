//! How Codex is started.

use crate::agent::launch::{Launch, Stdin, environment};
use crate::agent::spec::{Permissions, Session, SessionSpec};
use crate::agent::tools::SERVER;
use serde_json::json;

/// Variables that name its login; inherited from the daemon where it has them.
pub(crate) const LOGIN: [&str; 3] = ["CODEX_API_KEY", "OPENAI_API_KEY", "OPENAI_BASE_URL"];

/// A call of ours waits for the operator: a day, in seconds.
const PATIENCE: u32 = 86_400;

/// No traffic but to the model.
const QUIET: [&str; 4] = ["-c", "analytics.enabled=false", "--disable", "plugins"];

/// The prompt goes over standard input: an argument could be too long, and all users could read it.
pub(crate) fn launch(spec: &SessionSpec) -> Launch {
    let mut argv = vec![spec.config.program.clone(), "exec".to_owned()];
    if let Session::Resume(_) = &spec.session {
        argv.push("resume".to_owned());
    }
    argv.extend(spec.config.args.iter().cloned());
    argv.extend(["--json", "--skip-git-repo-check"].map(str::to_owned));
    argv.extend(sandbox(spec.permissions).map(str::to_owned));
    argv.extend(QUIET.map(str::to_owned));
    argv.extend(["-c".to_owned(), server(spec)]);
    if let Session::Resume(id) = &spec.session {
        argv.push(id.as_str().to_owned());
    }
    argv.push("-".to_owned());
    let home = spec.login.as_ref().and_then(|dir| dir.to_str()).map(|dir| ("CODEX_HOME", dir));
    Launch {
        argv: argv.into_iter().map(Into::into).collect(),
        env: environment(&spec.place, &LOGIN, home.as_slice(), &spec.config.env),
        stdin: Stdin::Close,
        files: Vec::new(),
    }
}

/// Its own sandbox cannot nest in ours. Without ours it is kept: in this mode Codex never asks, it refuses.
fn sandbox(permissions: Permissions) -> [&'static str; 2] {
    match permissions {
        Permissions::AllowAll => ["-c", r#"sandbox_mode="danger-full-access""#],
        Permissions::AskOperator => ["-c", r#"sandbox_mode="workspace-write""#],
    }
}

/// Our tools as a setting. Strings and lists of TOML are written like those of JSON.
fn server(spec: &SessionSpec) -> String {
    let (program, args) = (json!(spec.link.program.to_string_lossy()), json!(spec.link.server_args()));
    format!(
        "mcp_servers.{SERVER}={{command={program},args={args},tool_timeout_sec={PATIENCE},default_tools_approval_mode=\"approve\"}}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::launch::tests::spec;
    use crate::domain::agent::AgentKind;

    #[test]
    fn neither_prompt_nor_secret_is_on_the_command_line() {
        let spec = spec(AgentKind::Codex, &[("OPENAI_API_KEY", "key"), ("CLAUDECODE", "1")]);
        let launch = launch(&spec);
        let line: Vec<_> = launch.argv.iter().map(|word| word.to_string_lossy()).collect();
        assert_eq!(
            line.join(" "),
            "codex exec --extra --json --skip-git-repo-check -c sandbox_mode=\"danger-full-access\" -c analytics.enabled=false \
             --disable plugins -c mcp_servers.orch={command=\"/bin/ve\",args=[\"orch\",\"mcp-agent\",\"/link/daemon.json\"],\
             tool_timeout_sec=86400,default_tools_approval_mode=\"approve\"} -"
        );
        let names: Vec<_> = launch.env.iter().map(|(name, _)| name.to_string_lossy()).collect();
        assert!(names.contains(&"OPENAI_API_KEY".into()) && !names.contains(&"CLAUDECODE".into()), "{names:?}");
    }

    #[test]
    fn a_session_is_resumed_by_its_id_and_a_shared_login_is_named() {
        let mut spec = spec(AgentKind::Codex, &[]);
        let Session::New(id) = spec.session.clone() else { unreachable!("a new session") };
        spec.session = Session::Resume(id.clone());
        spec.login = Some("/logins/codex".into());
        let launch = launch(&spec);
        let words: Vec<_> = launch.argv.iter().map(|word| word.to_string_lossy().into_owned()).collect();
        assert_eq!(words[..3], ["codex", "exec", "resume"]);
        assert_eq!(words[words.len() - 2..], [id.as_str(), "-"]);
        assert!(launch.env.contains(&("CODEX_HOME".into(), "/logins/codex".into())));
    }
}
