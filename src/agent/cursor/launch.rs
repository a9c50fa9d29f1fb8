//! How Cursor's command line is started.

use crate::agent::launch::{Launch, Stdin, environment};
use crate::agent::spec::{Permissions, Session, SessionSpec};
use crate::agent::tools::SERVER;
use serde_json::json;

/// Variables that name its login; inherited from the daemon where it has them.
pub(crate) const LOGIN: [&str; 1] = ["CURSOR_API_KEY"];

/// Our tools, as its settings name them.
const SETTINGS: &str = "cursor-mcp.json";

/// It reads the settings of tool servers from its home, where only the agent may write: so they are laid there from within the jail. Never into
/// the worktree, whose own `.cursor` belongs to the project and whose leftovers would be committed. The prompt comes from standard input,
/// for the program takes it as an argument only.
const START: &str =
    r#"mkdir -p "$HOME/.cursor" && cp "$VE_SERVERS" "$HOME/.cursor/mcp.json" && exec "$0" "$@" "$(cat)""#;

/// `sh` that starts the program.
pub(crate) fn launch(spec: &SessionSpec) -> Launch {
    let mut argv = vec!["sh", "-c", START, spec.config.program.as_str()];
    argv.extend(spec.config.args.iter().map(String::as_str));
    argv.extend(["-p", "--output-format", "stream-json", "--approve-mcps"]);
    match spec.permissions {
        Permissions::AllowAll => argv.push("--force"),
        // Without it the program refuses what it would have to ask for.
        Permissions::AskOperator => {}
    }
    if let Session::Resume(id) = &spec.session {
        argv.extend(["--resume", id.as_str()]);
    }
    let server = json!({"command": spec.link.program.to_string_lossy(), "args": spec.link.server_args()});
    let settings = spec.link.dir.join(SETTINGS);
    let mut adapter = vec![("VE_SERVERS".to_owned(), settings.to_string_lossy().into_owned())];
    adapter.extend(spec.login.as_ref().map(|dir| ("CURSOR_CONFIG_DIR".to_owned(), dir.to_string_lossy().into_owned())));
    let adapter: Vec<(&str, &str)> = adapter.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    Launch {
        argv: argv.into_iter().map(Into::into).collect(),
        env: environment(&spec.place, &LOGIN, &adapter, &spec.config.env),
        stdin: Stdin::Close,
        files: vec![(SETTINGS, json!({"mcpServers": {SERVER: server}}).to_string())],
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::agent::launch::tests::spec;
    use crate::domain::agent::AgentKind;
    use std::io::Write;
    use std::process::{Command, Stdio};

    #[test]
    fn the_program_gets_its_arguments_the_prompt_and_the_servers_but_not_in_the_worktree() {
        let dir = tempfile::tempdir().unwrap();
        let mut spec = spec(AgentKind::Cursor, &[("CURSOR_API_KEY", "key")]);
        for name in ["link", "home", "worktree"] {
            std::fs::create_dir(dir.path().join(name)).unwrap();
        }
        spec.link.dir = dir.path().join("link");
        spec.place.home = dir.path().join("home");
        spec.place.path = std::env::var("PATH").unwrap();
        spec.config.program = "printf".into();
        spec.config.args = vec!["<%s>".into()];
        let launch = launch(&spec);
        for (name, text) in &launch.files {
            std::fs::write(spec.link.dir.join(name), text).unwrap();
        }
        let mut child = Command::new(&launch.argv[0])
            .args(&launch.argv[1..])
            .env_clear()
            .envs(launch.env)
            .current_dir(dir.path().join("worktree"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(b"a \"prompt\"\nof $HOME").unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(
            String::from_utf8(output.stdout).unwrap(),
            "<-p><--output-format><stream-json><--approve-mcps><--force><a \"prompt\"\nof $HOME>"
        );
        let servers = std::fs::read_to_string(dir.path().join("home/.cursor/mcp.json")).unwrap();
        assert!(servers.contains("mcp-agent") && !servers.contains("key"), "{servers}");
        assert_eq!(std::fs::read_dir(dir.path().join("worktree")).unwrap().count(), 0);
    }
}
