//! How programs are started that speak the protocol.

use crate::agent::launch::{Launch, Stdin, environment};
use crate::agent::spec::{Permissions, SessionSpec};
use crate::agent::tools::SERVER;
use serde_json::{Value, json};

/// Variables that name the logins of the programs known to speak it; inherited from the daemon where it has them.
pub(crate) const LOGIN: [&str; 12] = [
    "ANTHROPIC_API_KEY",
    "ANTHROPIC_AUTH_TOKEN",
    "ANTHROPIC_BASE_URL",
    "CLAUDE_CODE_OAUTH_TOKEN",
    "CODEX_API_KEY",
    "GEMINI_API_KEY",
    "GOOGLE_API_KEY",
    "GOOGLE_GEMINI_BASE_URL",
    "MISTRAL_API_KEY",
    "OPENAI_API_KEY",
    "OPENAI_BASE_URL",
    "OPENROUTER_API_KEY",
];

/// No traffic but to the model, no updates; few repetitions of their own, because the daemon backs off better; no request after each turn to guess
/// what a user might say next.
const QUIET: [(&str, &str); 7] = [
    ("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1"),
    ("CLAUDE_CODE_ENABLE_PROMPT_SUGGESTION", "false"),
    ("CLAUDE_CODE_MAX_RETRIES", "3"),
    ("DISABLE_AUTOUPDATER", "1"),
    ("GEMINI_CLI_NO_RELAUNCH", "true"),
    ("OPENCODE_DISABLE_AUTOUPDATE", "1"),
    ("OPENCODE_DISABLE_MODELS_FETCH", "1"),
];

/// Our settings for `OpenCode`, which stand below those of the project.
const OPENCODE: &str = "opencode.json";

/// A call of ours waits for the operator: a day, in milliseconds.
const PATIENCE: u32 = 86_400_000;

/// The configured program; all the rest is said over its pipes.
pub(crate) fn launch(spec: &SessionSpec) -> Launch {
    let argv = std::iter::once(&spec.config.program).chain(&spec.config.args).map(Into::into).collect();
    let mut adapter: Vec<(&str, &str)> = QUIET.into();
    if spec.permissions == Permissions::AllowAll {
        // Claude refuses root full permissions without it.
        adapter.push(("IS_SANDBOX", "1"));
    }
    let login = spec.login.as_ref().and_then(|dir| dir.to_str());
    adapter.extend(login.into_iter().flat_map(|dir| [("CLAUDE_CONFIG_DIR", dir), ("CODEX_HOME", dir)]));
    Launch {
        argv,
        env: environment(&spec.place, &LOGIN, &adapter, &spec.config.env),
        stdin: Stdin::Open,
        files: Vec::new(),
    }
}

/// `OpenCode` with its own settings: they name our tools, for over the protocol it gives a call no more than a minute.
pub(crate) fn opencode(spec: &SessionSpec) -> Launch {
    let settings = spec.link.dir.join(OPENCODE);
    let settings = settings.to_string_lossy();
    let mut adapter: Vec<(&str, &str)> = QUIET.into();
    adapter.push(("OPENCODE_CONFIG", &settings));
    adapter.extend(spec.login.as_ref().and_then(|dir| dir.to_str()).map(|dir| ("XDG_DATA_HOME", dir)));
    let mut argv = vec![spec.config.program.as_str(), "acp"];
    argv.extend(spec.config.args.iter().map(String::as_str));
    Launch {
        argv: argv.into_iter().map(Into::into).collect(),
        env: environment(&spec.place, &LOGIN, &adapter, &spec.config.env),
        stdin: Stdin::Open,
        files: vec![(OPENCODE, opencode_settings(spec).to_string())],
    }
}

fn opencode_settings(spec: &SessionSpec) -> Value {
    let word = match spec.permissions {
        Permissions::AllowAll => "allow",
        Permissions::AskOperator => "ask",
    };
    let mut command = vec![spec.link.program.to_string_lossy().into_owned()];
    command.extend(spec.link.server_args());
    json!({
        "autoupdate": false,
        "share": "disabled",
        "permission": {"edit": word, "bash": word, "webfetch": word, "external_directory": word, "doom_loop": word},
        "mcp": {SERVER: {"type": "local", "command": command, "enabled": true, "timeout": PATIENCE}}
    })
}

/// The servers that are named when the session is opened.
pub(crate) fn servers(spec: &SessionSpec) -> Value {
    json!([{"name": SERVER, "command": spec.link.program.to_string_lossy(), "args": spec.link.server_args(), "env": []}])
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::agent::launch::tests::spec;
    use crate::domain::agent::AgentKind;

    #[test]
    fn only_listed_logins_pass_and_nobody_hears_that_an_agent_started_us() {
        let launch = launch(&spec(
            AgentKind::Acp,
            &[("OPENAI_API_KEY", "k"), ("AWS_SECRET_ACCESS_KEY", "s"), ("CLAUDECODE", "1")],
        ));
        let names: Vec<_> = launch.env.iter().map(|(name, _)| name.to_string_lossy()).collect();
        assert!(names.contains(&"OPENAI_API_KEY".into()));
        assert!(!names.iter().any(|name| name == "AWS_SECRET_ACCESS_KEY" || name == "CLAUDECODE"), "{names:?}");
    }

    #[test]
    fn opencode_asks_only_where_nothing_confines_it() {
        let mut spec = spec(AgentKind::Opencode, &[]);
        assert_eq!(opencode_settings(&spec)["permission"]["bash"], "allow");
        spec.permissions = Permissions::AskOperator;
        let launch = opencode(&spec);
        let settings: Value = serde_json::from_str(&launch.files[0].1).unwrap();
        assert_eq!(settings["permission"]["bash"], "ask");
        assert_eq!(settings["mcp"]["orch"]["command"][1], "orch");
        assert_eq!(launch.argv[..2], ["opencode", "acp"]);
    }
}
