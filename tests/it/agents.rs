//! Every agent that can be installed takes a chunk through all of its phases, in the jail, with a scripted model behind it. It asks the operator over
//! our tool server, the daemon is replaced while the question waits, and the reviewer decides over the same server.
//!
//! `scripts/install-agents.sh DIR --all` installs them and prints what to export; what is not there is skipped, and that is said.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use crate::model::{Model, Script, Turn, bash, call, say};
use crate::project::Project;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

const CHUNK: &str = "colour";
const QUESTION: &str = "Which colour is it to be?";
const ANSWER: &str = "blue, \"as the sky\" – like this: ü";

/// One agent, as the operator would configure it.
struct Agent {
    name: &'static str,
    kind: &'static str,
    /// The variable that names its program.
    program: &'static str,
    args: fn(&str) -> Vec<String>,
    env: fn(&str) -> Vec<(&'static str, String)>,
    /// A file of its shared login directory, where it is logged in that way.
    login: Option<Login>,
}

/// A file, and what it holds for a model at that address.
#[derive(Clone, Copy)]
struct Login {
    file: &'static str,
    text: fn(&str) -> String,
}

fn none(_: &str) -> Vec<String> {
    Vec::new()
}

fn anthropic(url: &str) -> Vec<(&'static str, String)> {
    vec![("ANTHROPIC_BASE_URL", url.to_owned()), ("ANTHROPIC_API_KEY", "dummy".to_owned())]
}

fn openai(_: &str) -> Vec<(&'static str, String)> {
    vec![("OPENAI_API_KEY", "dummy".to_owned())]
}

fn expecting(turn: Turn, text: &str) -> Turn {
    Turn { expects: vec![text.into()], ..turn }
}

fn scripts() -> Vec<Script> {
    let commit =
        |file: &str, what: &str| format!("{file} && git add -A && git commit -qm '{what}' && git log -1 --format=%s");
    let script = |phase: &str, turns| Script { prompt: format!("# {phase} chunk `{CHUNK}`").leak(), turns };
    vec![
        script(
            "Plan",
            vec![
                bash(&commit(
                    &format!("printf '# Plan\\n\\n## Approach\\n\\nOne file.\\n' > docs/chunks/{CHUNK}/PLAN.md"),
                    "planned",
                )),
                expecting(say("Planned."), "planned"),
            ],
        ),
        script(
            "Implement",
            vec![
                call(
                    "mcp__orch__ask_operator",
                    json!({"header": "Colour", "question": QUESTION, "options": [{"label": "red"}, {"label": "blue"}]}),
                ),
                expecting(bash(&commit("mkdir -p src && echo blue > src/colour.txt", "coloured")), ANSWER),
                expecting(say("Implemented."), "coloured"),
            ],
        ),
        script(
            "Review",
            vec![
                bash("cat src/colour.txt"),
                expecting(
                    call("mcp__orch__review_decision", json!({"decision": "APPROVE", "summary": "It is blue."})),
                    "blue",
                ),
                expecting(say("Reviewed."), "recorded"),
            ],
        ),
        script(
            "Complete",
            vec![
                bash(&commit(
                    &format!("sed -i 's/^status: .*/status: ACTIVE/' docs/chunks/{CHUNK}/GOAL.md"),
                    "completed",
                )),
                expecting(say("Completed."), "completed"),
            ],
        ),
    ]
}

impl Agent {
    /// The whole story. `None`, said aloud, where the agent is not installed.
    fn goes_home(&self) -> Option<()> {
        let Ok(program) = std::env::var(self.program) else {
            println!("skipped: {} names no program; scripts/install-agents.sh DIR --all installs it", self.program);
            return None;
        };
        let model = Model::start(scripts());
        let project = Project::new("");
        project.chunk_in(CHUNK, "FUTURE", "[]", None);
        self.configure(&project, &program, &model.url());
        project.start();
        project.inject(&[CHUNK]);

        let asked = project.wait("a question", || {
            model.check();
            let unit = project.unit(CHUNK);
            (unit["status"] == "NEEDS_ATTENTION").then_some(unit)
        });
        let question = &asked["attention"]["questions"][0];
        assert_eq!(
            (&question["question"], &question["options"][1]["label"]),
            (&json!(QUESTION), &json!("blue")),
            "{asked:#}"
        );
        let before = project.attempts(CHUNK).last().unwrap().clone();
        project.ok(&["restart"]);
        project.ok(&["answer", CHUNK, ANSWER]);
        project.wait("the chunk's landing", || {
            model.check();
            let unit = project.unit(CHUNK);
            assert_ne!(unit["status"], "NEEDS_ATTENTION", "{unit:#}");
            (unit["status"] == "DONE").then_some(())
        });
        assert_eq!(project.git(&["show", "main:src/colour.txt"]), "blue");

        let attempts: Vec<Value> =
            project.attempts(CHUNK).into_iter().filter(|attempt| attempt["kind"] == "agent").collect();
        let phases: Vec<_> = attempts.iter().map(|attempt| attempt["phase"].as_str().unwrap()).collect();
        assert_eq!(phases, ["PLAN", "IMPLEMENT", "REVIEW", "COMPLETE"], "{attempts:#?}");
        assert_eq!(attempts[1]["id"], before["id"], "the answer went to the process that asked");
        for attempt in &attempts {
            assert_eq!(
                (&attempt["outcome"], &attempt["agent"]),
                (&json!("finished"), &json!(self.name)),
                "{attempt:#}"
            );
            assert!(attempt["session_id"].as_str().is_some_and(|id| !id.is_empty()), "{attempt:#}");
            assert!(attempt["agent_version"].as_str().is_some_and(|version| version.contains('.')), "{attempt:#}");
            assert!(attempt["usage"]["output_tokens"].as_u64() > Some(0), "{attempt:#}");
            self.record(&project, attempt);
        }
        project.stop();
        model.finish();
        Some(())
    }

    fn configure(&self, project: &Project, program: &str, url: &str) {
        let args: Vec<String> = (self.args)(url);
        let env: String =
            (self.env)(url).into_iter().map(|(name, value)| format!("{name} = {}\n", json!(value))).collect();
        let Agent { name, kind, .. } = self;
        let config = format!(
            "[agents]\ndefault = \"{name}\"\n[agents.{name}]\nkind = \"{kind}\"\nprogram = \"{program}\"\nargs = {}\n[agents.{name}.env]\n{env}",
            json!(args)
        );
        project.write(".ve/config.toml", &config);
        if let Some(Login { file, text }) = self.login {
            let dir = project.logins().join(name);
            fs::create_dir_all(&dir).unwrap();
            fs::write(dir.join(file), text(url)).unwrap();
        }
    }

    /// Writes the raw log as a fixture when `VE_RECORD` names a directory: paths made neutral, the vendor's long lists left out.
    fn record(&self, project: &Project, attempt: &Value) {
        let Some(directory) = std::env::var_os("VE_RECORD") else { return };
        let phase = attempt["phase"].as_str().unwrap().to_lowercase();
        let unit = project.unit_dir(CHUNK);
        let neutral = |line: &str| {
            let Ok(mut event) = serde_json::from_str::<Value>(line) else { return format!("{line}\n") };
            for list in [
                "/result/configOptions",
                "/result/models/availableModels",
                "/params/update/availableCommands",
                "/params/update/configOptions",
            ] {
                if let Some(found) = event.pointer_mut(list) {
                    *found = json!([]);
                }
            }
            format!("{event}\n")
        };
        let text: String = project.log(CHUNK, attempt["number"].as_i64().unwrap()).lines().map(neutral).collect();
        let text = text
            .replace(unit.to_str().unwrap(), "/unit")
            .replace(project.root().parent().unwrap().to_str().unwrap(), "/base");
        fs::write(Path::new(&directory).join(format!("{}-{phase}.ndjson", self.name)), text).unwrap();
    }
}

#[test]
fn claude_agent_acp_takes_a_chunk_home() {
    let agent = Agent {
        name: "claude-acp",
        kind: "acp",
        program: "VE_E2E_CLAUDE_ACP",
        args: none,
        env: anthropic,
        login: None,
    };
    agent.goes_home();
}

#[test]
fn codex_takes_a_chunk_home() {
    let args = |url: &str| {
        let provider = format!(
            "model_providers.scripted={{name=\"scripted\",base_url=\"{url}/v1\",env_key=\"OPENAI_API_KEY\",wire_api=\"responses\",\
             request_max_retries=1,stream_max_retries=1}}"
        );
        ["-c", "model_provider=scripted", "-c", &provider, "-m", "scripted"].map(str::to_owned).into()
    };
    Agent { name: "codex", kind: "codex", program: "VE_E2E_CODEX", args, env: openai, login: None }.goes_home();
}

#[test]
fn codex_acp_takes_a_chunk_home_with_a_shared_login() {
    let settings = |url: &str| {
        format!(
            "model = \"scripted\"\nmodel_provider = \"scripted\"\n[analytics]\nenabled = false\n[features]\nplugins = false\n\
             [model_providers.scripted]\nname = \"scripted\"\nbase_url = \"{url}/v1\"\nenv_key = \"OPENAI_API_KEY\"\nwire_api = \"responses\"\n"
        )
    };
    let login = Some(Login { file: "config.toml", text: settings });
    Agent { name: "codex-acp", kind: "acp", program: "VE_E2E_CODEX_ACP", args: none, env: openai, login }.goes_home();
}

#[test]
fn opencode_takes_a_chunk_home() {
    let env = |url: &str| {
        let options = json!({"options": {"baseURL": format!("{url}/v1"), "apiKey": "dummy"}});
        let settings = json!({"model": "anthropic/claude-sonnet-4-5", "small_model": "anthropic/claude-sonnet-4-5",
            "enabled_providers": ["anthropic"], "provider": {"anthropic": options}});
        vec![("OPENCODE_CONFIG_CONTENT", settings.to_string())]
    };
    Agent { name: "opencode", kind: "opencode", program: "VE_E2E_OPENCODE", args: none, env, login: None }.goes_home();
}

#[test]
fn gemini_takes_a_chunk_home() {
    let args = |_: &str| vec!["-m".to_owned(), "gemini-2.5-pro".to_owned()];
    let env = |url: &str| vec![("GOOGLE_GEMINI_BASE_URL", url.to_owned()), ("GEMINI_API_KEY", "dummy".to_owned())];
    Agent { name: "gemini", kind: "gemini", program: "VE_E2E_GEMINI", args, env, login: None }.goes_home();
}
