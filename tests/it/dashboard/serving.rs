//! The page's files over HTTP, and the page's modules under node's test runner.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use crate::client::ask;
use crate::project::Project;
use serde_json::json;
use std::path::Path;
use std::process::Command;

#[test]
fn the_page_is_served_without_a_token_and_may_do_nothing_but_ask_this_daemon() {
    let project = Project::new("");
    project.chunk("a", "[]");
    project.chunk_in("later", "FUTURE", r#"["a"]"#, None);
    project.ok(&["start", "--paused", "--port", "0"]);
    let get = |path: &str| ask(&project, "GET", path).tcp();
    let page = get("/").reply();
    assert_eq!(page.status, 200);
    assert!(page.body.contains("/assets/main.js"), "{}", page.body);
    for expected in [
        "content-type: text/html; charset=utf-8",
        "content-security-policy: default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "x-content-type-options: nosniff",
        "referrer-policy: no-referrer",
    ] {
        assert!(page.head.contains(expected), "{expected} in {}", page.head);
    }
    assert!(!page.head.contains("unsafe") && !page.head.contains("set-cookie"), "{}", page.head);
    let script = get("/assets/main.js").reply();
    assert!(script.head.contains("content-type: text/javascript"), "{}", script.head);
    let tag = script.head.lines().find_map(|line| line.strip_prefix("etag: ")).unwrap();
    let again = get("/assets/main.js").header("If-None-Match", tag).reply();
    assert_eq!((again.status, again.body.as_str()), (304, ""));
    assert_eq!(get("/assets/main.js").header("If-None-Match", "\"other\"").reply().status, 200);
    for path in ["/assets/none.js", "/assets/../mod.rs", "/assets/%2e%2e/mod.rs"] {
        assert_eq!(get(path).reply().status, 404, "{path}");
    }

    // What only the page asks for.
    project.inject(&["a"]);
    let board = ask(&project, "GET", "/board").gives(200);
    assert_eq!(board["backlog"], json!([{ "chunk": "later", "summary": "Do later.", "depends_on": ["a"] }]));
    assert_eq!(board["columns"][1]["work_units"][0]["chunk"], "a");
    let documents = ask(&project, "GET", "/work-units/a/documents").gives(200);
    assert!(documents["goal"].as_str().unwrap().starts_with("---\nstatus: IMPLEMENTING"), "{documents}");
    assert!(documents["plan"].as_str().unwrap().contains("Just do it."), "{documents}");
    ask(&project, "GET", "/work-units/ghost/documents").gives(404);
    let timeline = ask(&project, "GET", "/timeline").gives(200);
    assert_eq!((&timeline["attempts"], &timeline["changes"][0]["new_status"]), (&json!([]), &json!("READY")));
    assert_eq!(ask(&project, "GET", "/timeline?hours=0").gives(200)["changes"], json!([]));
    ask(&project, "GET", "/timeline?hours=9999").gives(400);
    let machine = ask(&project, "GET", "/machine").gives(200);
    assert!(machine["disk_free"].as_u64().unwrap() < machine["disk_total"].as_u64().unwrap(), "{machine}");
    let log = ask(&project, "GET", "/log?lines=5").gives(200);
    assert!(log["lines"].as_array().unwrap().iter().any(|line| line.as_str().unwrap().contains("serving")), "{log}");
    ask(&project, "GET", "/log?lines=x").gives(400);
}

#[test]
fn a_browser_stays_signed_in_over_a_restart() {
    let project = Project::new("");
    project.ok(&["start", "--paused", "--port", "0"]);
    let link = project.ok(&["url"]);
    let code = link.trim().split_once("#code=").unwrap().1;
    let session = ask(&project, "POST", "/session").tcp().json(&json!({ "code": code }).to_string()).gives(200);
    let bearer = format!("Bearer {}", session["token"].as_str().unwrap());
    project.stop();
    project.ok(&["start", "--paused", "--port", "0"]);
    ask(&project, "GET", "/status").tcp().header("Authorization", &bearer).gives(200);
    ask(&project, "GET", "/status").tcp().header("Authorization", &format!("{bearer}0")).gives(401);
}

#[test]
fn the_pages_modules_pass_their_own_tests() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files: Vec<_> =
        std::fs::read_dir(root.join("tests/dashboard")).unwrap().map(|file| file.unwrap().path()).collect();
    files.retain(|file| file.to_str().unwrap().ends_with(".test.js"));
    files.sort();
    let Ok(output) = Command::new("node").arg("--test").args(&files).output() else {
        eprintln!("skipped: there is no node to run tests/dashboard with");
        return;
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}
