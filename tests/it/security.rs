//! Who may talk to the daemon, and who may not.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use crate::client::{ask, port};
use crate::project::Project;
use std::os::unix::fs::PermissionsExt;

fn paused() -> Project {
    let project = Project::new("");
    project.chunk("a", "[]");
    project.ok(&["start", "--paused", "--port", "0"]);
    project
}

#[test]
fn the_port_wants_a_token_a_known_host_and_no_foreign_page() {
    let project = paused();
    for path in [".ve/orchestrator.sock", ".ve/token"] {
        let mode = project.root().join(path).metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{path}");
    }
    let get = |path: &str| ask(&project, "GET", path).tcp();
    get("/healthz").gives(200);
    // The page tells nothing; what it shows it asks for.
    assert_eq!(get("/").reply().status, 200);
    for path in ["/status", "/nope", "/work-units", "/events", "/ws", "/readyz", "//healthz", "/healthz/"] {
        get(path).gives(401);
        get(path).header("Authorization", "Bearer wrong").gives(401);
    }
    get("/status?token=x").gives(401);
    get("/status").token().gives(200);
    let own = port(&project);
    for host in ["evil.example".to_owned(), format!("evil.example:{own}"), "127.0.0.1:1".to_owned()] {
        get("/status").header("Host", &host).token().gives(403);
        get("/healthz").header("Host", &host).gives(403);
    }
    for origin in ["https://evil.example", "null", "http://localhost:1", "http://127.0.0.1.evil.example:80"] {
        get("/status").header("Origin", origin).token().gives(403);
    }
    get("/status").header("Origin", &format!("http://localhost:{own}")).token().gives(200);
    // What a page of another site can send without asking first.
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"] {
        ask(&project, "POST", "/pause").tcp().token().header("Content-Type", kind).body("{}").gives(415);
    }
    ask(&project, "POST", "/pause").tcp().json("{}").gives(401);
    let token = project.read(".ve/token");
    assert!(!project.daemon_log().contains(token.trim()));
}

#[test]
fn a_link_opens_once_and_its_token_is_not_the_permanent_one() {
    let project = paused();
    let token = project.read(".ve/token").trim().to_owned();
    let link = project.ok(&["url"]);
    let (page, code) = link.trim().split_once("#code=").unwrap();
    assert_eq!(page, format!("http://127.0.0.1:{}/", port(&project)));
    assert!(!link.contains(&token));
    let body = format!(r#"{{"code": "{code}"}}"#);
    let open = || ask(&project, "POST", "/session").tcp().json(&body);
    open().header("Origin", "https://evil.example").gives(403);
    let session = open().gives(200)["token"].as_str().unwrap().to_owned();
    assert_ne!(session, token);
    open().gives(401);
    let bearer = format!("Bearer {session}");
    ask(&project, "GET", "/status").tcp().header("Authorization", &bearer).gives(200);
    let hold = ask(&project, "POST", "/work-units").tcp().header("Authorization", &bearer);
    hold.json(r#"{"chunk": "a"}"#).gives(201);
    let history = ask(&project, "GET", "/work-units/a/history").gives(200);
    assert!(history["history"][0]["who"].as_str().unwrap().contains("browser"), "{history}");
    ask(&project, "GET", "/status").tcp().header("Authorization", &format!("Bearer {code}")).gives(401);
    let url = format!("http://127.0.0.1:{}", port(&project));
    project.ok(&["status", "--url", &url, "--token", &token]);
    let refused = project.ve(&["status", "--url", &url, "--token", "x"]);
    assert_eq!(refused.status.code(), Some(1));
}

#[test]
fn an_agent_without_a_sandbox_does_not_steer_the_daemon() {
    // Once with its mark, once by a process that has shed it and left its parents.
    let script = "implement() {
  sock=$(cat \"$HOME/socket\")
  call() { curl -s -o /dev/null -w '%{http_code}\\n' --max-time 20 --unix-socket \"$sock\" -X POST http://localhost/pause; }
  call > $HOME/plain
  env -i PATH=\"$PATH\" setsid -f sh -c \"curl -s -o /dev/null -w '%{http_code}\\n' --max-time 20 --unix-socket $sock -X POST http://localhost/pause > $HOME/shed.part; mv $HOME/shed.part $HOME/shed\"
  await_file shed
  echo x > x.txt; save implement
}";
    let project = Project::new(script);
    project.write(".ve/config.toml", "[sandbox]\nmode = \"off\"\n");
    project.chunk("a", "[]");
    project.ok(&["start", "--paused", "--port", "0"]);
    assert_eq!(project.json(&["status"])["sandbox"]["mode"], "off");
    project.inject(&["a"]);
    let home = project.unit_home("a");
    std::fs::create_dir_all(&home).unwrap();
    std::fs::write(home.join("socket"), project.root().join(".ve/orchestrator.sock").to_str().unwrap()).unwrap();
    project.ok(&["resume"]);
    project.wait_trace("a", "shed");
    let said = |file: &str| std::fs::read_to_string(home.join(file)).unwrap();
    assert_eq!((said("plain").trim(), said("shed").trim()), ("403", "403"));
    assert_eq!(project.json(&["status"])["paused"], serde_json::Value::Null);
}

#[test]
fn a_form_is_taken_over_the_socket_and_from_our_own_page_only() {
    let project = Project::new("implement() { ask 'left or right?'; }");
    project.chunk("a", "[]");
    project.chunk("b", "[]");
    project.start();
    project.inject(&["a", "b"]);
    for chunk in ["a", "b"] {
        project.wait_status(chunk, "NEEDS_ATTENTION");
    }
    let form = |chunk: &str| {
        let path = format!("/work-units/{chunk}/answer");
        ask(&project, "POST", &path).header("Content-Type", "application/x-www-form-urlencoded").body("answer=left")
    };
    let own = format!("http://127.0.0.1:{}", crate::client::port(&project));
    // What any page on the web can make a browser send.
    assert_eq!(form("a").tcp().header("Origin", "https://evil.example").reply().status, 403);
    assert_eq!(form("a").tcp().header("Origin", &own).reply().status, 401);
    assert_eq!(form("a").tcp().token().reply().status, 415, "no page has sent this");
    assert_eq!(project.unit("a")["status"], "NEEDS_ATTENTION");
    let hold = ask(&project, "POST", "/work-units/a/hold").header("Content-Type", "application/x-www-form-urlencoded");
    hold.body("x=y").gives(415);
    assert_eq!(form("a").tcp().token().header("Origin", &own).reply().status, 303);
    assert_eq!(form("b").reply().status, 303);
    form("ghost").gives(404);
    project.ok(&["cancel", "a"]);
    project.ok(&["cancel", "b"]);
}
