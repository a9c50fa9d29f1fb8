//! What happens on the way to a daemon.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::answer::decode;
use super::stub::{over_tcp, over_unix, response};
use super::*;
use crate::cli::lifecycle::fake::Fake;
use crate::cli::target::Address;
use crate::project::socket::SocketAddress;
use std::fs;
use std::path::PathBuf;
use tempfile::TempDir;
use tokio::net::{TcpListener, UnixListener};

struct Project {
    _dir: TempDir,
    root: PathBuf,
}

impl Project {
    /// A project below a path of about `length` bytes.
    fn new(length: usize) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("x".repeat(length));
        fs::create_dir_all(root.join(".ve")).unwrap();
        Self { _dir: dir, root }
    }

    fn target(&self) -> Target {
        Target { root: self.root.clone(), address: None }
    }

    fn listen(&self) -> UnixListener {
        UnixListener::bind(SocketAddress::new(&self.target().socket()).unwrap().path()).unwrap()
    }
}

async fn get(client: &Client<'_>, listener: &UnixListener, response: &[u8]) -> Result<Answer, CommandError> {
    tokio::join!(client.get("/status"), over_unix(listener, response)).0
}

#[tokio::test]
async fn an_answer_comes_as_it_was_sent_whatever_the_length_of_the_path() {
    for length in [1, 200] {
        let project = Project::new(length);
        let listener = project.listen();
        let client = Client::new(project.target(), &Fake::Runs);
        let response = response("200 OK", r#"{"b":1.0,"a":[]}"#);
        assert_eq!(get(&client, &listener, &response).await.unwrap().text(), r#"{"b":1.0,"a":[]}"#);
    }
}

#[tokio::test]
async fn a_refusal_is_told_with_its_hint() {
    let project = Project::new(1);
    let listener = project.listen();
    let client = Client::new(project.target(), &Fake::Runs);
    let response = response("404 Not Found", r#"{"error":"Work unit 'x' not found","hint":"look at ve orch ps"}"#);
    let error = get(&client, &listener, &response).await.unwrap_err();
    assert_eq!(error.to_string(), "Work unit 'x' not found");
    assert_eq!((error.hint(), error.exit_code()), (Some("look at ve orch ps"), 1));
}

#[tokio::test]
async fn what_is_no_json_is_shown_as_it_came() {
    let project = Project::new(1);
    let listener = project.listen();
    let client = Client::new(project.target(), &Fake::Runs);
    for (status, body, shown) in [
        ("200 OK", "<html>\u{1b}[2J", "Invalid response from daemon: <html> [2J"),
        ("200 OK", "", "Invalid response from daemon: it is empty"),
        ("502 Bad Gateway", "nope", "Invalid response from daemon: 502 Bad Gateway: nope"),
    ] {
        let error = get(&client, &listener, &response(status, body)).await.unwrap_err();
        assert_eq!(error.to_string(), shown);
    }
}

#[tokio::test]
async fn a_silent_daemon_is_not_waited_for() {
    let project = Project::new(1);
    let listener = project.listen();
    let client = Client::new(project.target(), &Fake::Runs).within(Duration::from_millis(50));
    let error = tokio::select! {
        answer = client.get("/status") => answer.unwrap_err(),
        _ = over_unix(&listener, b"") => unreachable!("it never answers"),
    };
    assert_eq!(error.to_string(), "Request to daemon timed out");
}

#[tokio::test]
async fn a_broken_connection_is_told() {
    let project = Project::new(1);
    let listener = project.listen();
    let client = Client::new(project.target(), &Fake::Runs);
    let error = get(&client, &listener, b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n{").await.unwrap_err();
    assert!(error.to_string().starts_with("Connection to daemon lost"), "{error}");
}

#[tokio::test]
async fn without_a_daemon_the_next_command_is_named() {
    let project = Project::new(1);
    let client = Client::new(project.target(), &Fake::IsStopped);
    let error = client.get("/status").await.unwrap_err();
    assert_eq!(error.to_string(), "Orchestrator daemon is not running. Start it with: ve orch start");
    assert_eq!(error.exit_code(), 3);

    // What is left of a killed daemon is no daemon.
    drop(project.listen());
    assert_eq!(client.get("/status").await.unwrap_err().exit_code(), 3);
}

#[tokio::test]
async fn a_daemon_without_a_socket_is_reached_over_its_port() {
    let project = Project::new(1);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    fs::write(project.root.join(".ve/orchestrator.port"), port.to_string()).unwrap();
    fs::write(project.root.join(".ve/token"), "secret\n").unwrap();
    let client = Client::new(project.target(), &Fake::Runs);
    let response = response("200 OK", "{}");
    let (answer, request) = tokio::join!(client.get("/status"), over_tcp(&listener, &response));
    assert!(answer.is_ok());
    assert!(request.contains("authorization: Bearer secret\r\n"), "{request}");

    // Whoever listens there is not ours while nobody holds the project's lock: it must not see the token.
    let stopped = Client::new(project.target(), &Fake::IsStopped);
    assert!(matches!(stopped.get("/status").await, Err(CommandError::NotRunning)));
    drop(listener);
    assert!(matches!(client.get("/status").await, Err(CommandError::Deaf { pid: 7, .. })));
}

#[tokio::test]
async fn an_address_goes_before_the_socket() {
    let project = Project::new(1);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let authority = listener.local_addr().unwrap().to_string();
    let address = Address { authority: authority.clone(), token: Some("t".into()) };
    let client = Client::new(Target { address: Some(address), ..project.target() }, &Fake::IsStopped);
    let response = response("200 OK", "{}");
    let (_, request) = tokio::join!(client.post("/pause"), over_tcp(&listener, &response));
    assert!(request.starts_with("POST /pause HTTP/1.1\r\n"), "{request}");
    assert!(request.contains(&format!("host: {authority}\r\n")), "{request}");
    assert!(request.contains("authorization: Bearer t\r\n"), "{request}");
    drop(listener);
    let error = client.get("/status").await.unwrap_err();
    assert!(error.to_string().starts_with("Cannot connect to orchestrator daemon at 127.0.0.1:"), "{error}");
    assert_eq!(error.exit_code(), 3);
}

#[tokio::test]
async fn a_stream_comes_in_pieces() {
    let project = Project::new(1);
    let listener = project.listen();
    let client = Client::new(project.target(), &Fake::Runs);
    let chunked = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
    let read = async {
        let mut pieces = client.stream("/x").await.unwrap();
        let mut all = Vec::new();
        while let Some(piece) = pieces.next().await.unwrap() {
            all.extend_from_slice(&piece);
        }
        all
    };
    assert_eq!(tokio::join!(read, over_unix(&listener, chunked)).0, b"abcde");
    let refused = response("404 Not Found", r#"{"error":"no such attempt"}"#);
    let (stream, _) = tokio::join!(client.stream("/x"), over_unix(&listener, &refused));
    assert_eq!(stream.err().unwrap().to_string(), "no such attempt");
}

#[test]
fn names_are_safe_in_a_path() {
    assert_eq!(segment("ünï#?/%"), "%C3%BCn%C3%AF%23%3F%2F%25");
    assert_eq!(segment("orch_foundation-1.x"), "orch_foundation-1.x");
}

#[test]
fn text_of_agents_does_not_reach_the_terminal_as_it_is() {
    let text: String = decode("\"a\\u001b[2Jb\u{9b}c\u{202e}d\\n\\te\"".as_bytes()).unwrap();
    assert_eq!(text, "a\u{fffd}[2Jb\u{fffd}c\u{fffd}d\n\te");
}
