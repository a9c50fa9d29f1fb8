//! Actors that fall over: each in turn, while a batch is under way. The batch finishes, agents live on, and the log says what happened.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use crate::project::Project;
use serde_json::Value;
use std::time::Duration;

const CHUNKS: [&str; 4] = ["held", "after", "lone", "solo"];

/// Runs a batch while `faults` strike; one agent is at work from before the first fault that can strike late until after the others are done.
fn a_batch_survives(faults: &str) -> Project {
    let project = Project::new(
        r#"implement() {
            if [ "$VE_CHUNK" = held ]; then echo started; touch "$HOME/started"; await_file go; fi
            mkdir -p src; echo "$VE_CHUNK" > "src/$VE_CHUNK.txt"; save implement
        }"#,
    );
    for chunk in CHUNKS {
        project.chunk(chunk, if chunk == "after" { "[\"lone\"]" } else { "[]" });
    }
    project.start_with(&[("VE_FAULT", faults)]);
    let daemon = project.daemon_pid();
    // Answered in the moment of a restart, an order may have been refused; giving it again is refused once it was taken.
    project.wait("the units to be taken", || {
        project.ve(&[&["inject"], &CHUNKS[..]].concat());
        let units = answer(&project, &["ps"])?;
        (units["work_units"].as_array()?.len() == CHUNKS.len()).then_some(())
    });
    let home = project.wait("the held unit", || {
        let unit = answer(&project, &["work-unit", "show", "held"])?;
        Some(project.state().join(format!("units/{}/home", unit["unit_id"].as_i64()?)))
    });
    project.wait("the held agent", || home.join("started").exists().then_some(()));
    // Has the configuration read again.
    project.ve(&["config"]);
    let shim = project.wait("the held attempt", || shim(&project));
    project.wait_all(&["lone", "solo", "after"], Duration::from_secs(120));
    assert_eq!(project.attempts("held").last().unwrap()["pid"], shim, "the running agent was left alone");
    std::fs::write(home.join("go"), "").unwrap();
    project.wait_done(&CHUNKS);
    for chunk in CHUNKS {
        assert_eq!(project.read(&format!("src/{chunk}.txt")), format!("{chunk}\n"));
        let attempts = project.attempts(chunk);
        let phases: Vec<&str> = attempts.iter().map(|attempt| attempt["phase"].as_str().unwrap()).collect();
        assert_eq!(phases, ["IMPLEMENT", "REVIEW", "COMPLETE"], "{chunk}: nothing runs twice");
    }
    assert_eq!(project.log("held", 1), "started\n");
    assert_eq!(project.daemon_pid(), daemon, "the daemon lives on");
    for fault in faults.split(',') {
        let (place, _) = fault.rsplit_once(':').unwrap();
        let log = project.daemon_log();
        assert!(log.contains(&format!("fault injected at {place}")), "{place} did not fall over, or nobody said so");
    }
    project
}

/// Process id of the held agent's shim.
fn shim(project: &Project) -> Option<i64> {
    answer(project, &["status"])?;
    project.attempts("held").last()?["pid"].as_i64()
}

/// What the daemon answers, or nothing in the moment of a restart.
fn answer(project: &Project, args: &[&str]) -> Option<Value> {
    let output = project.ve(&[args, &["--json"]].concat());
    output.status.success().then(|| serde_json::from_slice(&output.stdout).unwrap())
}

#[test]
fn of_the_store() {
    a_batch_survives("persistence:20");
}

#[test]
fn of_the_hub() {
    a_batch_survives("hub:9");
}

#[test]
fn of_the_settings() {
    a_batch_survives("settings:1");
}

#[test]
fn of_the_repository() {
    a_batch_survives("repository:7");
}

#[test]
fn of_the_landing() {
    a_batch_survives("landing:3");
}

#[test]
fn of_the_registry_of_units() {
    a_batch_survives("units:14");
}

#[test]
fn of_the_intake() {
    a_batch_survives("intake:1");
}

#[test]
fn of_the_oracle() {
    a_batch_survives("oracle:2");
}

#[test]
fn of_the_scheduler() {
    a_batch_survives("scheduler:12");
}

#[test]
fn of_a_unit_before_it_decides() {
    a_batch_survives("work unit:11");
}

#[test]
fn of_a_unit_that_has_saved() {
    a_batch_survives("work unit: saved:12");
}

#[test]
fn of_a_unit_that_has_published() {
    a_batch_survives("work unit: published:13");
}

#[test]
fn of_a_unit_that_has_performed() {
    a_batch_survives("work unit: performed:14");
}

#[test]
fn of_an_agent() {
    a_batch_survives("agent:1");
}

#[test]
fn of_everything_once() {
    a_batch_survives("hub:25,landing:4,scheduler:30,work unit:21,repository:11");
}

#[test]
fn a_unit_that_falls_over_again_and_again_needs_attention() {
    let project = Project::new("");
    project.chunk("alpha", "[]");
    let places = ["work unit:2", "work unit: saved:2", "work unit: published:3", "work unit: performed:4"];
    project.start_with(&[("VE_FAULT", &places.join(","))]);
    project.inject(&["alpha"]);
    let unit = project.wait_status("alpha", "NEEDS_ATTENTION");
    let reason = unit["attention_reason"].as_str().unwrap();
    assert!(reason.contains("fell over") && reason.contains("fault injected"), "{reason}");
    project.ok(&["retry", "alpha"]);
    project.wait_done(&["alpha"]);
}

#[test]
fn of_a_unit_that_was_rebased_and_has_not_saved_it() {
    let script = "implement() { touch \"$HOME/started\"; await_file go; mkdir -p src; echo a > src/a.txt; save a; }";
    let project = Project::new(script);
    project.chunk("a", "[]");
    // It is told that it is prepared, then gathered, then rebased.
    project.start_with(&[("VE_FAULT", "work unit: answered:3")]);
    project.inject(&["a"]);
    project.wait_trace("a", "started");
    project.write("src/b.txt", "b\n");
    project.commit("meanwhile");
    project.signal("a", "go");
    project.wait_done(&["a"]);
    assert!(project.daemon_log().contains("fault injected at work unit: answered"));
    let merges = project.git(&["log", "--format=%s", "--grep=^Merge branch 'main' into", "main"]);
    assert_eq!(merges, "Merge branch 'main' into orch/a", "it was merged once");
}

#[test]
fn of_a_web_socket() {
    let project = Project::new(
        "implement() { echo started; touch \"$HOME/started\"; await_file go; mkdir -p src; echo made > src/alpha.txt; save implement; }",
    );
    project.chunk("alpha", "[]");
    project.start_with(&[("VE_FAULT", "websocket:3")]);
    let (port, token) = (project.read(".ve/orchestrator.port"), project.read(".ve/token"));
    let (address, token) = (format!("127.0.0.1:{}", port.trim()), token.trim());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut socket = runtime.block_on(follow(&address, token));
    assert!(runtime.block_on(next(&mut socket)).unwrap().contains("initial_state"));

    project.inject(&["alpha"]);
    project.wait_trace("alpha", "started");
    let shim = project.shim_pid("alpha");
    while runtime.block_on(next(&mut socket)).is_some() {}
    assert!(project.daemon_log().contains("fault injected at websocket"));

    let mut socket = runtime.block_on(follow(&address, token));
    assert!(runtime.block_on(next(&mut socket)).unwrap().contains("RUNNING"));
    assert_eq!(project.shim_pid("alpha"), shim);
    project.signal("alpha", "go");
    project.wait_done(&["alpha"]);
    let until_done = std::iter::from_fn(|| runtime.block_on(next(&mut socket)));
    assert!(until_done.take(100).any(|message| message.contains("\"DONE\"")));
}

type Socket = tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>;

/// A WebSocket client with its token.
async fn follow(address: &str, token: &str) -> Socket {
    use tokio_tungstenite::tungstenite::client::IntoClientRequest;
    let mut request = format!("ws://{address}/ws").into_client_request().unwrap();
    request.headers_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
    tokio_tungstenite::connect_async(request).await.unwrap().0
}

/// The next message; none when the connection is over.
async fn next(socket: &mut Socket) -> Option<String> {
    use tokio_tungstenite::tungstenite::Message;
    loop {
        let message = tokio::time::timeout(crate::project::BOUND, futures_util::StreamExt::next(socket)).await.unwrap();
        match message? {
            Ok(Message::Text(text)) => return Some(text.to_string()),
            other @ (Ok(Message::Close(_)) | Err(_)) => {
                println!("the connection ended with {other:?}");
                return None;
            }
            Ok(_) => {}
        }
    }
}
