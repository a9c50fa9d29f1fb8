//! How a program that speaks the `command` protocol is started.

use crate::agent::launch::{Launch, Stdin, environment};
use crate::agent::spec::{Session, SessionSpec};

/// The configured program, told in its environment what it resumes, what was answered and why it is entered again.
pub(crate) fn launch(spec: &SessionSpec) -> Launch {
    let mut told = Vec::new();
    if let Session::Resume(id) = &spec.session {
        told.push(("VE_SESSION", id.as_str()));
    }
    if let Some(answer) = &spec.answer {
        told.push(("VE_ANSWER", answer));
    }
    if let Some(reason) = &spec.reason {
        told.push(("VE_REASON", reason));
    }
    let argv = std::iter::once(&spec.config.program).chain(&spec.config.args).map(Into::into).collect();
    Launch { argv, env: environment(&spec.place, &[], &told, &spec.config.env), stdin: Stdin::Close, files: Vec::new() }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::agent::launch::tests::spec;
    use crate::domain::agent::AgentKind;
    use crate::domain::ids::SessionId;

    fn told(session: Session, answer: Option<&str>, reason: Option<&str>) -> Vec<String> {
        let mut spec = spec(AgentKind::Command, &[("ANTHROPIC_API_KEY", "not its business")]);
        spec.session = session;
        spec.answer = answer.map(str::to_owned);
        spec.reason = reason.map(str::to_owned);
        spec.config.env = vec![("API".into(), "x".into())];
        let launch = launch(&spec);
        assert_eq!((launch.argv, launch.stdin), (vec!["agent".into(), "--extra".into()], Stdin::Close));
        let own = ["HOME", "LANG", "PATH", "PWD", "TMPDIR", "TZ", "VE_ATTEMPT", "VE_CHUNK", "VE_PHASE"];
        let others = launch.env.iter().filter(|(name, _)| own.iter().all(|own| name != own));
        others.map(|(name, value)| format!("{}={}", name.display(), value.display())).collect()
    }

    #[test]
    fn the_environment_says_what_is_resumed_answered_and_why() {
        let id = SessionId::parse("s-1").unwrap();
        assert_eq!(told(Session::New(id.clone()), None, None), ["API=x"]);
        assert_eq!(
            told(Session::Resume(id), Some("JWT"), Some("review feedback")),
            ["API=x", "VE_ANSWER=JWT", "VE_REASON=review feedback", "VE_SESSION=s-1"]
        );
    }
}
