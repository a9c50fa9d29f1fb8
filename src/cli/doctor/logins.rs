//! Which login an agent uses: a credential in its environment, the directory that all units of this machine share, or none.

use super::finding::Finding;
use crate::agent::logins::{Ways, ways};
use crate::domain::agent::AgentConfig;
use std::path::{Path, PathBuf};

/// Where logins are looked for.
pub(super) struct Surroundings<'a> {
    /// Whether a variable has a value here.
    pub(super) is_set: &'a dyn Fn(&str) -> bool,
    /// Holds the shared directories, by the names of agents.
    pub(super) logins: PathBuf,
}

impl Surroundings<'_> {
    /// What logs `agent` in; nothing where nothing is known of its kind and no directory was made for it.
    pub(super) fn login(&self, agent: &AgentConfig) -> Option<Finding> {
        let about = format!("login {}", agent.name);
        let dir = self.logins.join(agent.name.as_str());
        let Some(ways) = ways(agent.kind) else {
            let text = format!("it may use {}, as its program likes", dir.display());
            return dir.is_dir().then(|| Finding::ok(about, text));
        };
        let configured = |name: &&&str| agent.env.iter().any(|(known, value)| known == **name && !value.is_empty());
        if let Some(name) = ways.credentials.iter().find(configured) {
            return Some(Finding::ok(about, format!("{name} is configured")));
        }
        if let Some(name) = ways.credentials.iter().find(|name| (self.is_set)(name)) {
            let text = format!("{name} is set; the daemon has it if it was started from such a shell");
            return Some(Finding::ok(about, text));
        }
        Some(shared(about, &dir, &agent.program, ways))
    }
}

fn shared(about: String, dir: &Path, program: &str, ways: Ways) -> Finding {
    let Ways { credentials, files, directory, arguments } = ways;
    let path = dir.display();
    let log_in = format!("{directory}={path} {program}{arguments}");
    if files.iter().any(|file| dir.join(file).is_file()) {
        return Finding::ok(about, format!("somebody has logged in in {path}, which all units share"));
    }
    if dir.is_dir() {
        return Finding::warn(
            about,
            format!("{path} is there, but nobody has logged in there"),
            format!("log in, once: {log_in}"),
        );
    }
    let cure = format!(
        "set one of {} and restart the daemon, or log in, once: mkdir -p -m 700 {path} && {log_in}",
        credentials.join(", ")
    );
    Finding::warn(about, "nothing logs it in: no variable is set here, and no directory was made for it", cure)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::cli::doctor::finding::Level;
    use crate::domain::agent::AgentKind;
    use crate::domain::ids::AgentName;
    use std::fs;

    fn agent(kind: AgentKind, env: &[(&str, &str)]) -> AgentConfig {
        AgentConfig {
            name: AgentName::parse("mine").unwrap(),
            kind,
            program: "/nonexistent/agent".into(),
            args: vec![],
            env: env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        }
    }

    fn found(agent: &AgentConfig, set: &str, logins: &Path) -> Option<(Level, String)> {
        let surroundings = Surroundings { is_set: &|name| name == set, logins: logins.to_owned() };
        surroundings.login(agent).map(|finding| (finding.level, finding.text))
    }

    #[test]
    fn a_credential_counts_first_whether_configured_or_inherited() {
        let nowhere = Path::new("/nonexistent");
        let (level, text) = found(&agent(AgentKind::Claude, &[("ANTHROPIC_API_KEY", "x")]), "", nowhere).unwrap();
        assert_eq!((level, text.as_str()), (Level::Ok, "ANTHROPIC_API_KEY is configured"));
        let (level, text) = found(&agent(AgentKind::Codex, &[]), "OPENAI_API_KEY", nowhere).unwrap();
        assert!(level == Level::Ok && text.starts_with("OPENAI_API_KEY is set"), "{text}");
        let empty = agent(AgentKind::Claude, &[("ANTHROPIC_API_KEY", "")]);
        assert_eq!(found(&empty, "", nowhere).unwrap().0, Level::Warn);
    }

    #[test]
    fn a_shared_directory_is_told_from_one_where_nobody_has_logged_in() {
        for (kind, file) in [
            (AgentKind::Claude, ".credentials.json"),
            (AgentKind::Codex, "auth.json"),
            (AgentKind::Gemini, ".gemini/oauth_creds.json"),
            (AgentKind::Opencode, "opencode/auth.json"),
        ] {
            let logins = tempfile::tempdir().unwrap();
            let look = || found(&agent(kind, &[]), "", logins.path()).unwrap();
            assert!(look().1.starts_with("nothing logs it in"), "{kind:?}");
            let path = logins.path().join("mine").join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            assert!(look().1.ends_with("but nobody has logged in there"), "{kind:?}");
            fs::write(&path, "{}").unwrap();
            let (level, text) = look();
            assert!(level == Level::Ok && text.starts_with("somebody has logged in"), "{kind:?}: {text}");
        }
    }

    #[test]
    fn of_programs_that_log_in_as_they_like_only_the_directory_is_told() {
        let logins = tempfile::tempdir().unwrap();
        let acp = agent(AgentKind::Acp, &[]);
        assert_eq!(found(&acp, "", logins.path()), None);
        fs::create_dir(logins.path().join("mine")).unwrap();
        assert_eq!(found(&acp, "", logins.path()).unwrap().0, Level::Ok);
    }
}
