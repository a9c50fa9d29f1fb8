//! The configuration as operators meet it: what they write, what they get, and what they are told when it is wrong.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
use super::error::ConfigError;
use super::layers::{Origin, Texts, load};
use super::sensitive::SensitiveContent;
use super::settings::validate_patch;
use super::*;
use crate::domain::agent::AgentKind;
use crate::domain::policy::{LandingStyle, OracleMode};
use serde_json::{Value, json};
use std::time::Duration;

const FULL: &str = r#"
base = "origin/main"
phases = ["goal", "plan", "implement", "review", "complete"]
landing = "ff"
oracle = "advise"

[limits]
max_agents = 6
attempt_timeout = "1h 30m"
memory_floor = "1GiB"
attempt_output = 1000

[agents]
default = "mine"
review = "claude"
[agents.mine]
kind = "command"
program = "my-agent"
args = ["--fast"]
env = { TOKEN = "x-${SECRET}-y", PLAIN = "p" }

[worktree]
setup = "npm ci"
setup_timeout = "5m"

[gates]
worker = ["cargo test"]

[sandbox]
mode = "off"
read = ["/opt/sdk"]
"#;

fn env(name: &str) -> Option<String> {
    (name == "SECRET").then(|| "s3cret".to_owned())
}

fn accepted(committed: &str) -> SensitiveContent {
    SensitiveContent::of(Some(committed), &BTreeMap::new(), None)
}

/// Loads with everything in `committed` accepted.
fn load_both(committed: &str, local: &str, stored: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let stored = stored.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    let accepted = accepted(committed);
    load(Texts { committed: Some(committed), accepted: Some(&accepted), local: Some(local), stored: &stored }, &env)
}

fn load_local(local: &str) -> Result<Config, ConfigError> {
    load(Texts { committed: None, accepted: None, local: Some(local), stored: &BTreeMap::new() }, &env)
}

fn refusal(local: &str) -> String {
    load_local(local).unwrap_err().to_string()
}

#[test]
fn everything_has_a_default() {
    let config = load_local("").unwrap();
    assert_eq!(config.policy, Policy::default());
    assert_eq!(config.base, BaseSpec::Current);
    assert_eq!(config.phases, Phases::default());
    let agent = config.agents.of_phase(Phase::Plan).unwrap();
    assert_eq!((agent.name.as_str(), agent.kind, agent.program.as_str()), ("claude", AgentKind::Claude, "claude"));
    assert_eq!(config.sandbox.mode, SandboxMode::On);
    assert_eq!(config.listen, Listen { host: "127.0.0.1".into(), port: 7845 });
    assert!(config.sources().iter().all(|setting| setting.origin == Origin::Default));
}

#[test]
fn everything_can_be_configured() {
    let config = load_both(FULL, "", &[]).unwrap();
    assert_eq!(config.base, BaseSpec::Origin(BranchName::parse("main").unwrap()));
    assert_eq!(config.phases.as_slice().len(), 5);
    assert_eq!(config.policy.landing, LandingStyle::FastForward);
    assert_eq!(config.policy.conflicts.mode, OracleMode::Advise);
    assert_eq!(config.policy.max_agents, 6);
    assert_eq!(config.policy.attempt_timeout, Duration::from_secs(5400));
    assert_eq!((config.policy.memory_floor, config.policy.attempt_output), (1 << 30, 1000));
    assert_eq!(config.policy.setup_timeout, Duration::from_secs(300));
    let agent = config.agents.of_phase(Phase::Plan).unwrap();
    assert_eq!((agent.program.as_str(), agent.args.as_slice()), ("my-agent", ["--fast".to_owned()].as_slice()));
    assert!(agent.env.contains(&("TOKEN".into(), "x-s3cret-y".into())));
    assert_eq!(config.agents.of_phase(Phase::Review).unwrap().name.as_str(), "claude");
    assert_eq!(config.setup.as_deref(), Some("npm ci"));

    let rules = config.rules();
    assert_eq!((rules.policy.max_agents, rules.setup.as_deref()), (6, Some("npm ci")));
    assert_eq!((rules.gates.worker.len(), rules.gates.integration.len()), (1, 0));
    assert_eq!(rules.agent_for(Phase::Review).as_str(), "claude");
    assert_eq!(rules.agent_for(Phase::Plan).as_str(), "mine");
}

#[test]
fn later_layers_win_key_by_key() {
    let local = "[limits]\nmax_review = 1\nmax_agents = 7\n[agents.mine]\nprogram = \"other\"\n";
    let config = load_both(FULL, local, &[("max_agents", "8"), ("is_task_context", "false")]).unwrap();
    assert_eq!((config.policy.max_agents, config.policy.max_review), (8, 1));
    let agent = config.agents.of_phase(Phase::Plan).unwrap();
    assert_eq!((agent.program.as_str(), agent.args.len()), ("other", 1));

    let sources = config.sources();
    let origin = |key: &str| {
        let setting = sources.iter().find(|setting| setting.key == key).unwrap();
        (setting.value.as_str(), setting.origin)
    };
    assert_eq!(origin("limits.max_agents"), ("8", Origin::Stored));
    assert_eq!(origin("limits.max_review"), ("1", Origin::Local));
    assert_eq!(origin("limits.attempt_timeout"), ("\"1h 30m\"", Origin::Committed));
    assert_eq!(origin("limits.max_gates"), ("1", Origin::Default));
    assert_eq!(origin("agents.mine.program"), ("\"other\"", Origin::Local));
    assert_eq!(origin("agents.mine.env").1, Origin::Committed);
    assert!(!sources.iter().any(|setting| setting.value.contains("s3cret")));
}

#[test]
fn every_default_that_is_shown_can_be_written_back() {
    let shown = load_local("").unwrap().sources();
    for setting in shown.iter().filter(|setting| !setting.key.starts_with("agents.claude")) {
        let text = format!("{} = {}\n", setting.key, setting.value);
        let config = load_local(&text).unwrap_or_else(|error| unreachable!("{text}: {error}"));
        assert!(
            config.sources().iter().any(|again| again.value == setting.value && again.origin == Origin::Local),
            "{text}"
        );
    }
}

#[test]
fn errors_name_file_place_key_and_what_is_allowed() {
    assert_eq!(
        refusal("[worktree]\nsetpu = \"x\"\n"),
        "read .ve/config.toml:2:1: worktree.setpu: unknown key \"setpu\"; did you mean \"setup\"? (known: setup, setup_timeout)"
    );
    assert_eq!(
        refusal("oracle = \"maybe\""),
        "read .ve/config.toml:1:10: oracle: unknown variant `maybe`, expected `enforce` or `advise`"
    );
    assert_eq!(
        refusal("\n[limits]\n  max_agents = 0\n"),
        "read .ve/config.toml:3:16: limits.max_agents: invalid value: integer `0`, expected a nonzero u32"
    );
    assert_eq!(
        refusal("[limits]\nwarm_for = \"soon\"\n"),
        "read .ve/config.toml:2:12: limits.warm_for: invalid value: string \"soon\", expected a duration such as \"2h\", \"15m\" or \"1h 30m\""
    );
    assert!(refusal("[limits]\ndisk_floor = \"1 apple\"\n").contains("expected a number of bytes such as"));
    assert_eq!(
        refusal("phases = [\"goal\", \"plan\", \"complete\"]\n"),
        "read .ve/config.toml:1:1: phases: \"implement\" is missing: goal, plan, implement, complete are always needed"
    );
    assert!(refusal("phases = [\"goal\", \"implment\"]\n").contains("did you mean \"implement\"?"));
    assert!(refusal("phases = [\"plan\", \"goal\", \"implement\", \"complete\"]\n").contains("in this order"));
    assert!(refusal("x = ").starts_with("read .ve/config.toml:1:"));
    assert!(!refusal("x = ").contains('\n'));
}

#[test]
fn agents_are_checked() {
    assert_eq!(
        refusal("[agents]\nreveiw = \"claude\"\n"),
        "read .ve/config.toml:2:1: agents.reveiw: not a phase: \"reveiw\"; did you mean \"review\"? \
         (known: default, goal, plan, implement, rebase, review, complete)"
    );
    assert!(refusal("[agents]\ndefault = \"nobody\"\n").contains(
        "unknown agent \"nobody\" (known: claude, codex, opencode, gemini, cursor); describe it in [agents.nobody]"
    ));
    assert!(
        refusal("[agents.x]\nkind = \"cluade\"\n")
            .contains("agents.x.kind: unknown kind of agent \"cluade\"; did you mean \"claude\"?")
    );
    assert!(refusal("[agents.x]\nkind = \"command\"\n").contains("agents.x.program: must name a program"));
    assert!(refusal("[agents.review]\nkind = \"claude\"\n").contains("cannot itself be an agent"));
    assert_eq!(
        refusal("[agents.claude]\nenv = { A = \"${NOPE}\" }\n"),
        "read .ve/config.toml:2:9: agents.claude.env.A: NOPE is not set in the daemon's environment"
    );
    let unknown = refusal("[agents.claude]\nprogam = \"x\"\n");
    assert!(
        unknown.contains(":2:1: agents.claude.progam: unknown key \"progam\"; did you mean \"program\"?"),
        "{unknown}"
    );
}

#[test]
fn a_mistake_that_needs_two_files_names_the_one_that_made_it() {
    let error = load_both("[agents.mine]\nkind = \"command\"\nprogram = \"x\"\n", "\nagents.default = \"mien\"\n", &[]);
    let error = error.unwrap_err();
    assert_eq!((error.file.as_str(), error.position), (".ve/config.toml", Some((2, 8))));
    let error = load_both("", "", &[("backend", "gone")]).unwrap_err();
    assert!(error.to_string().starts_with("read stored settings: backend: unknown agent \"gone\""), "{error}");
}

#[test]
fn the_sensitive_part_of_a_committed_file_counts_only_as_accepted() {
    let load_with = |committed: &str, accepted: Option<&SensitiveContent>| {
        let stored = BTreeMap::new();
        load(Texts { committed: Some(committed), accepted, local: None, stored: &stored }, &env).unwrap()
    };
    let fresh = load_with(FULL, None);
    assert_eq!(fresh.policy.max_agents, 6);
    assert_eq!((fresh.sandbox.mode, fresh.setup.as_deref()), (SandboxMode::On, None));
    assert_eq!(fresh.policy.setup_timeout, Duration::from_secs(300));
    assert_eq!(fresh.agents.default.as_str(), "claude");
    assert!(fresh.gates.worker.is_empty());

    let before = accepted(FULL);
    let changed = FULL.replace("cargo test", "curl evil").replace("max_agents = 6", "max_agents = 9");
    let config = load_with(&changed, Some(&before));
    assert_eq!(config.gates.worker, ["cargo test"]);
    assert_eq!(config.policy.max_agents, 9);

    let after = accepted(&changed);
    assert_ne!(before.digest(), after.digest());
    let differences = before.differences(&after);
    assert_eq!(differences.len(), 1);
    let shown = differences[0].to_string();
    assert_eq!(shown, "ve.toml gates\n- worker = [\"cargo test\"]\n+ worker = [\"curl evil\"]\n");
}

#[test]
fn prompts_and_the_include_list_are_sensitive_and_can_be_stored() {
    let prompts = BTreeMap::from([(Phase::Review, "be kind\n".to_owned())]);
    let content = SensitiveContent::of(None, &prompts, Some(".env\n"));
    assert_eq!((content.prompt(Phase::Review), content.prompt(Phase::Plan)), (Some("be kind\n"), None));
    assert_eq!(content.worktreeinclude(), Some(".env\n"));
    let stored = serde_json::to_string(&content).unwrap();
    assert_eq!(serde_json::from_str::<SensitiveContent>(&stored).unwrap(), content);
    let names: Vec<String> =
        SensitiveContent::default().differences(&content).into_iter().map(|difference| difference.name).collect();
    assert_eq!(names, [".worktreeinclude", "prompt review"]);
    assert!(content.differences(&content).is_empty());
}

fn patch(body: Value) -> Result<BTreeMap<String, String>, String> {
    let Value::Object(body) = body else { return Ok(BTreeMap::new()) };
    validate_patch(&body, &load_local("agents.mine = { kind = \"command\", program = \"x\" }").unwrap().agents)
}

#[test]
fn a_patch_is_all_or_nothing() {
    let ok =
        patch(json!({"max_agents": 3, "dispatch_interval_seconds": 0.5, "backend": "mine", "unknown": 1})).unwrap();
    assert_eq!(ok.len(), 3);
    let config = load_both(FULL, "", &[("dispatch_interval_seconds", &ok["dispatch_interval_seconds"])]).unwrap();
    assert_eq!(config.policy.dispatch_interval, Duration::from_millis(500));

    for (body, message) in [
        (json!({"max_turns_implement": 1, "max_agents": 0}), "max_agents must be a positive integer"),
        (json!({"max_agents": true}), "max_agents must be a positive integer"),
        (json!({"max_agents": 1.5}), "max_agents must be a positive integer"),
        (json!({"worktree_warning_threshold": "1"}), "worktree_warning_threshold must be a positive integer"),
        (json!({"dispatch_interval_seconds": -1}), "dispatch_interval_seconds must be a positive number"),
        (json!({"dispatch_interval_seconds": 1e300}), "dispatch_interval_seconds must be a positive number"),
        (json!({"backend": " "}), "backend must be a non-empty string"),
        (json!({"backend": "x"}), "Unknown backend 'x'. Available backends: claude, mine"),
    ] {
        assert_eq!(patch(body).unwrap_err(), message);
    }
}

#[test]
fn what_is_pushed_needs_a_base_at_origin() {
    let load = |text: &str| {
        let stored = BTreeMap::new();
        layers::load(Texts { committed: None, accepted: None, local: Some(text), stored: &stored }, &|_| None)
    };
    let error = load("base = \"main\"\npush = true\n").unwrap_err().to_string();
    assert!(error.starts_with("read .ve/config.toml:2:1: push: needs a base at origin"), "{error}");
    assert!(load("base = \"origin/main\"\npush = true\n").unwrap().push);
    let own = load("push = false\n[sandbox]\nobjects = \"own\"\n").unwrap();
    assert!(!own.push && own.sandbox.objects == SharedObjects::Own);
}

#[test]
fn without_the_sandbox_an_agent_that_cannot_ask_is_refused_by_name() {
    let written = |sandbox: &str| format!("[agents]\ndefault = \"claude\"\nreview = \"codex\"\n[sandbox]\n{sandbox}\n");
    let refused = refusal(&written("mode = \"off\""));
    for part in [
        ".ve/config.toml:5:1",
        "sandbox.mode",
        "agent codex (review phase)",
        "cannot ask for permissions",
        "accept = [\"permissions\"]",
    ] {
        assert!(refused.contains(part), "{part} in {refused}");
    }
    for sandbox in ["mode = \"on\"", "mode = \"off\"\naccept = [\"permissions\"]"] {
        load_local(&written(sandbox)).unwrap();
    }
    let unused = "phases = [\"goal\", \"plan\", \"implement\", \"complete\"]\n".to_owned() + &written("mode = \"off\"");
    load_local(&unused).unwrap();
    let stored = BTreeMap::from([("backend".to_owned(), "codex".to_owned())]);
    let local = "[agents.codex]\n[sandbox]\nmode = \"off\"\n";
    let texts = Texts { committed: None, accepted: None, local: Some(local), stored: &stored };
    assert!(load(texts, &env).unwrap_err().to_string().contains("agent codex (goal phase)"));
    for kind in AgentKind::ALL.into_iter().filter(|kind| kind.can_ask()) {
        let local = format!(
            "[agents]\ndefault = \"mine\"\n[agents.mine]\nkind = \"{}\"\nprogram = \"p\"\n[sandbox]\nmode = \"off\"\n",
            kind.as_str()
        );
        load_local(&local).unwrap();
    }
}

#[test]
fn a_word_of_the_sandbox_that_means_nothing_is_refused() {
    let refused = refusal("[sandbox]\naccept = [\"metadata\", \"permisions\"]\n");
    for part in
        [".ve/config.toml:2:1", "unknown guarantee \"permisions\"", "did you mean \"permissions\"?", "shared-memory"]
    {
        assert!(refused.contains(part), "{part} in {refused}");
    }
    assert!(refusal("[sandbox]\ntoolchains = [\"ruby\"]\n").contains("unknown toolchain \"ruby\""));
}
