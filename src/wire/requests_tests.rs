//! Requests as clients write them, and what is wrong with those that are refused.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;
use crate::wire::config::ConfigPatch;
use crate::wire::trust::Accept;

/// What a request becomes when it is written again, or why it is refused.
fn read<T: Serialize>(parse: fn(&[u8]) -> Result<T, BadRequest>, body: &str) -> String {
    match parse(body.as_bytes()) {
        Ok(request) => serde_json::to_string(&request).unwrap(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn creation() {
    for (body, expected) in [
        (r#"{"chunk":"a"}"#, r#"{"chunk":"a","phase":"GOAL","status":"READY","blocked_by":[]}"#),
        (
            r#"{"chunk":"a","phase":"plan","status":"completed","blocked_by":["b"],"worktree":null}"#,
            r#"{"chunk":"a","phase":"PLAN","status":"DONE","blocked_by":["b"]}"#,
        ),
        ("", "Invalid JSON body"),
        ("{", "Invalid JSON body"),
        ("[]", "JSON body must be an object"),
        ("{}", "missing chunk"),
        (r#"{"chunk":"  "}"#, "missing chunk"),
        (r#"{"chunk":7}"#, "chunk must be a string"),
        (r#"{"chunk":"../x"}"#, "invalid chunk name \"../x\": it holds a slash"),
        (r#"{"chunk":"a","status":"RUNNING"}"#, "Invalid status: a work unit cannot be created RUNNING"),
        (
            r#"{"chunk":"a","phase":"TEST"}"#,
            "Invalid phase: TEST. Valid phases: GOAL, PLAN, IMPLEMENT, REBASE, REVIEW, COMPLETE",
        ),
    ] {
        assert_eq!(read(Create::parse, body), expected, "{body}");
    }
}

#[test]
fn injection() {
    for (body, expected) in [
        (
            r#"{"chunk":"a"}"#,
            r#"{"chunk":"a","phase":null,"priority":0,"blocked_by":null,"explicit_deps":null,"retain_worktree":false}"#,
        ),
        (
            r#"{"chunk":"a","phase":"IMPLEMENT","priority":-3,"blocked_by":[],"explicit_deps":true,"retain_worktree":true}"#,
            r#"{"chunk":"a","phase":"IMPLEMENT","priority":-3,"blocked_by":[],"explicit_deps":true,"retain_worktree":true}"#,
        ),
        (r#"{"chunk":"a","priority":true}"#, "priority must be an integer"),
        (r#"{"chunk":"a","priority":1.5}"#, "priority must be an integer"),
        (r#"{"chunk":"a","priority":9999999999}"#, "priority must be an integer"),
        (r#"{"chunk":"a","blocked_by":"b"}"#, "blocked_by must be a list"),
        (r#"{"chunk":"a","blocked_by":[1]}"#, "blocked_by must be a list of chunk names"),
        (r#"{"chunk":"a","explicit_deps":"yes"}"#, "explicit_deps must be a boolean"),
        (r#"{"chunk":"a","retain_worktree":1}"#, "retain_worktree must be a boolean"),
    ] {
        assert_eq!(read(Inject::parse, body), expected, "{body}");
    }
    assert_eq!(
        read(InjectBatch::parse, r#"{"chunks":["a","b"],"priority":2}"#),
        r#"{"chunks":["a","b"],"phase":null,"priority":2,"retain_worktree":false}"#
    );
    assert_eq!(read(InjectBatch::parse, r#"{"chunks":[]}"#), "missing chunks");
}

#[test]
fn changes() {
    assert_eq!(read(PatchUnit::parse, "{}"), "{}");
    assert_eq!(
        read(PatchUnit::parse, r#"{"status":"done","phase":"review","worktree":"/x","retain_worktree":false}"#),
        r#"{"phase":"REVIEW","status":"DONE","retain_worktree":false}"#
    );
    assert_eq!(read(Prioritize::parse, r#"{"priority":5}"#), r#"{"priority":5}"#);
    assert_eq!(read(Prioritize::parse, "{}"), "missing priority");
    assert_eq!(read(Interrupt::parse, ""), r#"{"message":null}"#);
    assert_eq!(read(Interrupt::parse, r#"{"message":"stop"}"#), r#"{"message":"stop"}"#);
    assert_eq!(read(Prune::parse, "nonsense"), r#"{"dry_run":false}"#);
    assert_eq!(read(Prune::parse, r#"{"dry_run":true}"#), r#"{"dry_run":true}"#);
    assert_eq!(read(Accept::parse, "{}"), "missing digest");
}

#[test]
fn pairs() {
    for (body, expected) in [
        (r#"{"other_chunk":"b","verdict":"parallelize"}"#, r#"{"other_chunk":"b","verdict":"parallelize"}"#),
        (r#"{"other_chunk":"b","verdict":"maybe"}"#, "Invalid verdict: maybe. Must be parallelize or serialize"),
        (r#"{"verdict":"serialize"}"#, "missing other_chunk"),
        (r#"{"other_chunk":"b"}"#, "missing verdict"),
    ] {
        assert_eq!(read(Resolve::parse, body), expected, "{body}");
    }
    assert_eq!(Resolution::Parallelize.verdict(), VerdictName::Independent);
    assert_eq!(read(Analyze::parse, r#"{"chunk_a":"a"}"#), "missing chunk_b");
}

#[test]
fn configuration() {
    for (body, expected) in [
        ("{}", "{}"),
        (r#"{"max_agents":2,"unknown":1}"#, r#"{"max_agents":2}"#),
        (r#"{"dispatch_interval_seconds":0.5}"#, r#"{"dispatch_interval_seconds":0.5}"#),
        (r#"{"max_agents":0}"#, "max_agents must be a positive integer"),
        (r#"{"max_agents":true}"#, "max_agents must be a positive integer"),
        (r#"{"max_turns_complete":"20"}"#, "max_turns_complete must be a positive integer"),
        (r#"{"dispatch_interval_seconds":0}"#, "dispatch_interval_seconds must be a positive number"),
        (r#"{"backend":""}"#, "backend must be a non-empty string"),
        (r#"{"backend":3}"#, "backend must be a non-empty string"),
    ] {
        assert_eq!(read(ConfigPatch::parse, body), expected, "{body}");
    }
    let patch = ConfigPatch { backend: Some("nobody".into()), ..ConfigPatch::default() };
    let error = patch.check_backend(&["claude", "command"]).unwrap_err();
    assert_eq!(error.to_string(), "Unknown backend 'nobody'. Available backends: claude, command");
    assert_eq!(patch.check_backend(&["nobody"]), Ok(()));
}
