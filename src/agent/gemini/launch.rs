//! How Gemini CLI is started.

use crate::agent::launch::{Launch, Stdin, environment};
use crate::agent::spec::{Permissions, Session, SessionSpec};
use crate::agent::tools::SERVER;
use serde_json::{Value, json};

/// Variables that name its login; inherited from the daemon where it has them.
pub(crate) const LOGIN: [&str; 6] = [
    "GEMINI_API_KEY",
    "GOOGLE_API_KEY",
    "GOOGLE_CLOUD_LOCATION",
    "GOOGLE_CLOUD_PROJECT",
    "GOOGLE_GEMINI_BASE_URL",
    "GOOGLE_GENAI_USE_VERTEXAI",
];

/// Our settings, which stand above the user's and the project's.
const SETTINGS: &str = "gemini.json";

/// A call of ours waits for the operator: a day, in milliseconds.
const PATIENCE: u32 = 86_400_000;

/// Without `GEMINI_CLI_NO_RELAUNCH` a wrapper stays that no signal passes.
pub(crate) fn launch(spec: &SessionSpec) -> Launch {
    let mode = match spec.permissions {
        Permissions::AllowAll => "yolo",
        // In this mode it never asks, it refuses.
        Permissions::AskOperator => "auto_edit",
    };
    let mut argv = vec![spec.config.program.as_str()];
    argv.extend(spec.config.args.iter().map(String::as_str));
    argv.extend(["--skip-trust", "--approval-mode", mode, "--output-format", "stream-json"]);
    if let Session::Resume(id) = &spec.session {
        argv.extend(["--resume", id.as_str()]);
    }
    let settings = spec.link.dir.join(SETTINGS);
    let settings = settings.to_string_lossy();
    let mut adapter = vec![("GEMINI_CLI_NO_RELAUNCH", "true"), ("GEMINI_CLI_SYSTEM_SETTINGS_PATH", &*settings)];
    let home = spec.login.as_ref().and_then(|dir| dir.to_str()).map(|dir| ("GEMINI_CLI_HOME", dir));
    adapter.extend(home);
    Launch {
        argv: argv.into_iter().map(Into::into).collect(),
        env: environment(&spec.place, &LOGIN, &adapter, &spec.config.env),
        stdin: Stdin::Close,
        files: vec![(SETTINGS, settings_text(spec))],
    }
}

fn settings_text(spec: &SessionSpec) -> String {
    let set = |name: &str| {
        let known = spec.place.inherited.iter().chain(&spec.config.env);
        known.into_iter().any(|(known, value)| known == name && !value.is_empty())
    };
    // Left to itself it takes a base URL for a gateway that it cannot log in to.
    let login = if set("GEMINI_API_KEY") {
        json!("gemini-api-key")
    } else if set("GOOGLE_GENAI_USE_VERTEXAI") {
        json!("vertex-ai")
    } else if spec.login.is_some() {
        json!("oauth-personal")
    } else {
        Value::Null
    };
    let mut security = json!({"folderTrust": {"enabled": false}});
    if !login.is_null() {
        security["auth"] = json!({ "selectedType": login });
    }
    let server = json!({
        "command": spec.link.program.to_string_lossy(), "args": spec.link.server_args(), "trust": true, "timeout": PATIENCE
    });
    let settings = json!({
        "security": security,
        "privacy": {"usageStatisticsEnabled": false},
        "telemetry": {"enabled": false},
        "general": {"enableAutoUpdate": false, "enableAutoUpdateNotification": false, "maxAttempts": 3},
        "mcpServers": {SERVER: server},
    });
    settings.to_string()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::agent::launch::tests::spec;
    use crate::domain::agent::AgentKind;

    #[test]
    fn its_settings_name_the_login_and_our_tools_and_hold_no_key() {
        let launch = launch(&spec(AgentKind::Gemini, &[("GEMINI_API_KEY", "secret")]));
        let (name, text) = &launch.files[0];
        assert_eq!(*name, "gemini.json");
        assert!(!text.contains("secret"), "{text}");
        let settings: Value = serde_json::from_str(text).unwrap();
        assert_eq!(settings["security"]["auth"]["selectedType"], "gemini-api-key");
        assert_eq!(settings["mcpServers"]["orch"]["args"], json!(["orch", "mcp-agent", "/link/daemon.json"]));
        assert!(launch.env.contains(&("GEMINI_CLI_SYSTEM_SETTINGS_PATH".into(), "/link/gemini.json".into())));
    }

    #[test]
    fn without_the_sandbox_it_refuses_what_it_may_not() {
        let mut spec = spec(AgentKind::Gemini, &[]);
        spec.permissions = Permissions::AskOperator;
        let words: Vec<_> = launch(&spec).argv.iter().map(|word| word.to_string_lossy().into_owned()).collect();
        assert_eq!(
            words,
            ["gemini", "--extra", "--skip-trust", "--approval-mode", "auto_edit", "--output-format", "stream-json"]
        );
    }
}
