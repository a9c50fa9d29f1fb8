//! How each kind of agent is logged in: by a credential in its environment, else by what its program left in the directory that the operator made for it.

use crate::domain::agent::AgentKind;

/// What is known about the logins of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ways {
    /// Variables of which one is enough.
    pub credentials: &'static [&'static str],
    /// Files of which one is in the shared directory once somebody has logged in there.
    pub files: &'static [&'static str],
    /// Names the shared directory to the program.
    pub directory: &'static str,
    /// What follows the program's name to log in, once.
    pub arguments: &'static str,
}

/// The ways of `kind`; none for programs that log in as they like.
pub fn ways(kind: AgentKind) -> Option<Ways> {
    Some(match kind {
        AgentKind::Claude => Ways {
            credentials: &["CLAUDE_CODE_OAUTH_TOKEN", "ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"],
            files: &[".credentials.json"],
            directory: "CLAUDE_CONFIG_DIR",
            arguments: ", then /login",
        },
        AgentKind::Codex => Ways {
            credentials: &["OPENAI_API_KEY", "CODEX_API_KEY"],
            files: &["auth.json"],
            directory: "CODEX_HOME",
            arguments: " login",
        },
        AgentKind::Gemini => Ways {
            credentials: &["GEMINI_API_KEY", "GOOGLE_API_KEY"],
            files: &[".gemini/oauth_creds.json"],
            directory: "GEMINI_CLI_HOME",
            arguments: "",
        },
        AgentKind::Opencode => Ways {
            credentials: &[
                "ANTHROPIC_API_KEY",
                "OPENAI_API_KEY",
                "OPENROUTER_API_KEY",
                "GEMINI_API_KEY",
                "MISTRAL_API_KEY",
            ],
            files: &["opencode/auth.json"],
            directory: "XDG_DATA_HOME",
            arguments: " auth login",
        },
        AgentKind::Cursor => Ways {
            credentials: &["CURSOR_API_KEY"],
            files: &["auth.json", "cli-config.json"],
            directory: "CURSOR_CONFIG_DIR",
            arguments: " login",
        },
        AgentKind::Acp | AgentKind::Command => return None,
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::agent::launch::tests::spec;

    /// What the operator is told to do is what the program is told to look at.
    #[test]
    fn the_program_is_started_with_what_is_looked_for() {
        for kind in AgentKind::ALL {
            let Some(ways) = ways(kind) else { continue };
            for credential in ways.credentials {
                let mut spec = spec(kind, &[(credential, "secret")]);
                spec.login = Some("/logins/mine".into());
                let env = crate::agent::launch(&spec).env;
                let get = |name: &str| {
                    let found = env.iter().find(|(known, _)| known == name);
                    found.map(|(_, value)| value.to_str().unwrap().to_owned()).unwrap_or_default()
                };
                assert_eq!(get(credential), "secret", "{kind:?}");
                assert_eq!(get(ways.directory), "/logins/mine", "{kind:?}");
            }
        }
    }

    #[test]
    fn agents_with_directories_of_their_own_have_accounts_of_their_own() {
        let mut spec = spec(AgentKind::Claude, &[]);
        let login = |spec: &crate::agent::spec::SessionSpec, dir: &str| {
            crate::agent::login(&spec.config, &spec.place.inherited, Some(std::path::Path::new(dir))).unwrap()
        };
        assert_ne!(login(&spec, "/logins/one"), login(&spec, "/logins/two"));
        spec.place.inherited.push(("ANTHROPIC_API_KEY".into(), "key".into()));
        assert_eq!(login(&spec, "/logins/one"), login(&spec, "/logins/two"), "the credential counts first");
    }
}
