//! What an operator does with the page, from beginning to end, in a real browser.

use super::browser::{Browser, Tab};
use crate::client::ask;
use crate::gates::GATES;
use crate::project::Project;
use serde_json::json;

/// Asks before it implements anything but chunk `b`, and says what it does.
const ASKS: &str = r#"implement() {
  say "Looking at the code before I change it."
  printf '{"ve":"tool","name":"Read","input":{"file_path":"src"}}\n'
  if [ "$VE_CHUNK" != b ] && [ -z "${VE_ANSWER:-}" ]; then ask "left or right?"; exit 0; fi
  mkdir -p src; echo "${VE_ANSWER:-}" > "src/$VE_CHUNK.txt"; save implement
}"#;

#[test]
fn a_unit_goes_from_injection_to_landing_under_ones_eyes() {
    let project = Project::new(ASKS);
    project.chunk_in("road", "FUTURE", "[]", None);
    let Some(browser) = Browser::start(&project) else { return };
    project.start();
    let tab = browser.open(&project, "#/board");
    tab.wait("the chunk in the backlog", "document.querySelector('.column-backlog .card[aria-label=road]')");
    tab.click(".card[aria-label=road] summary", "");
    tab.click(".card[aria-label=road] .menu-list button", "Inject");
    tab.wait("it to ask", "document.querySelector('.column-attention .card[aria-label=road]')");
    tab.wait("the title to say so", "document.title.startsWith('(1)')");
    tab.go("#/attention");
    tab.sees("left or right?");
    tab.sees("Do road.");
    tab.wait("what it said before", "document.querySelector('.excerpt')?.innerText.includes('before I change it')");
    tab.key("2");
    tab.sees("road ← right");
    tab.sees("goes to the agent in");
    tab.key("u");
    tab.wait(
        "it to be taken back",
        "document.querySelector('.outbox') === null && document.querySelector('.question')",
    );
    tab.sees("left or right?");
    assert_eq!(project.unit("road")["status"], "NEEDS_ATTENTION", "an agent gets nothing of what was taken back");
    tab.key("1");
    tab.sees("Nothing waits for you.");
    tab.go("#/unit/road");
    tab.sees("Looking at the code before I change it.");
    tab.wait("it to be done", "document.querySelector('.unit-title .status-done')");
    // A call is seen also where its row says when.
    let call = "document.querySelector('.log-call')";
    tab.eval("{ const list = document.getElementById('attempt'); list.value = '3'; list.dispatchEvent(new Event('change')) }");
    tab.wait("the call", call);
    tab.eval(&format!("{call}.prepend(Object.assign(document.createElement('time'), {{ textContent: '00:00:00' }}))"));
    let bottom = |of: &str| tab.eval(&format!("{call}{of}.getBoundingClientRect().bottom")).as_f64();
    assert!(bottom(".querySelector('b')") <= bottom(""));
    assert_eq!(project.read("src/road.txt"), "left\n");
    tab.go("#/unit/road/history");
    tab.sees("answered");
    tab.sees("token browser");
    tab.go("#/unit/road/diff");
    tab.wait("what landed", "document.querySelector('.diff-body')?.textContent.includes('+left')");
    tab.go("#/unit/road/documents");
    tab.sees("As the goal says.");
    tab.go("#/whole");
    tab.wait("its landing to be drawn", "document.querySelector('.mark-done')");
    tab.go("#/board");
    tab.wait("its card to be at the end", "document.querySelector('.column-done .card[aria-label=road]')");
    tab.go("#/control");
    tab.click("button", "Stop…");
    tab.sees("No agent is at work.");
    tab.click("dialog button", "Stop the daemon");
    tab.wait("the loss to be seen", "document.querySelector('.banner')");
    project.wait("the daemon and its keeper to be gone", || project.processes().is_empty().then_some(()));
    tab.behaved();
}

#[test]
fn what_is_typed_survives_updates_and_a_restart_and_two_tabs_agree() {
    let project = Project::new(ASKS);
    for chunk in ["east", "west"] {
        project.chunk(chunk, "[]");
    }
    let Some(browser) = Browser::start(&project) else { return };
    project.start();
    project.inject(&["east"]);
    project.wait_status("east", "NEEDS_ATTENTION");
    let (tab, other) = (browser.open(&project, "#/attention"), browser.open(&project, "#/attention"));
    tab.sees("left or right?");
    tab.key("a");
    tab.wait("the field to have the focus", "document.activeElement.tagName === 'TEXTAREA'");
    tab.type_in("straight on, 1 ");
    let half = "document.activeElement.value === 'straight on, 1 '";
    tab.wait("what was typed", half);
    project.inject(&["west"]);
    project.wait_status("west", "NEEDS_ATTENTION");
    tab.wait("the new entry", "document.querySelectorAll('.queue .entry').length === 2");
    assert_eq!(tab.eval(half), json!(true), "an update leaves the field alone");
    let port = crate::client::port(&project).to_string();
    project.stop();
    tab.wait("the loss to be seen", "document.querySelector('.banner')");
    assert_eq!(tab.eval(half), json!(true));
    project.ok(&["start", "--port", &port]);
    tab.wait("the page to be live again", "document.querySelector('.connection-live')");
    assert_eq!(tab.eval(half), json!(true), "so does a restart");
    tab.type_in("please");
    tab.key("Enter");
    tab.sees("east ← straight on, 1 please");
    landed(&project, "east");
    assert_eq!(project.read("src/east.txt"), "straight on, 1 please\n");
    other.wait("the other tab to agree", "document.querySelectorAll('.queue .entry').length === 1");
    // The address of what does not wait, or not yet, opens nothing else.
    other.go("#/attention/unit%2099");
    other.sees("This does not wait for you.");
    other.key("2");
    assert_eq!(project.unit("west")["status"], "NEEDS_ATTENTION");
    other.go("#/unit/west");
    other.click(".unit-title a", "Answer");
    other.wait("its entry", "document.querySelector('.ask h2')?.textContent.includes('west')");
    other.click(".option", "right");
    landed(&project, "west");
    tab.wait("this tab to agree", "document.querySelectorAll('.queue .entry').length === 0");
    tab.behaved();
    other.behaved();
}

#[test]
fn five_hundred_units_and_many_events_are_kept_up_with_and_cards_are_dragged() {
    let project = Project::new("");
    project.chunk_in("later", "FUTURE", "[]", None);
    project.ok(&["start", "--paused", "--port", "0"]);
    for number in 0..500 {
        let body = json!({ "chunk": format!("unit_{number:03}"), "status": "PENDING" });
        ask(&project, "POST", "/work-units").json(&body.to_string()).gives(201);
    }
    let Some(browser) = Browser::start(&project) else { return };
    let tab = browser.open(&project, "#/board");
    tab.wait("all cards", "document.querySelectorAll('.column-held .card').length === 500");
    tab.eval(
        "window.tasks = []; new PerformanceObserver((list) => tasks.push(...list.getEntries().map((task) => Math.round(task.duration)))).observe({ entryTypes: ['longtask'] })",
    );
    let busy = tab.busy();
    for round in 0..200 {
        let verb = if round % 2 == 0 { "release" } else { "hold" };
        let path = format!("/work-units/unit_{:03}/{verb}", round / 2);
        ask(&project, "POST", &path).json("{}").gives(200);
    }
    ask(&project, "POST", "/work-units/unit_499/release").json("{}").gives(200);
    tab.wait("the last change", "document.querySelector('.column-ready .card[aria-label=unit_499]')");
    tab.wait("all others as they were", "document.querySelectorAll('.column-held .card').length === 499");
    eprintln!("201 events: long tasks in ms {}, {:.1} s of the page's time", tab.eval("tasks"), tab.busy() - busy);

    let held = "document.querySelector('.column-held .cards').scrollTop";
    tab.eval(&format!(
        "{held} = 3000; new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
    ));
    tab.go("#/unit/unit_030");
    tab.sees("No attempt yet.");
    tab.go("#/board");
    // What is not seen has an estimated height, so that the number may be another one.
    tab.wait("about the place one left", &format!("Math.abs({held} - 3000) < 800"));

    let card = |chunk: &str| format!(".card[aria-label={chunk}]");
    tab.drag(&card("later"), ".column-ready h2");
    tab.wait("it to be injected", "document.querySelector('.column-ready .card[aria-label=later]')");
    let first = "document.querySelector('.column-ready .card').getAttribute('aria-label')";
    assert_eq!(tab.eval(first), json!("unit_499"));
    // Cards grow with what they say; only then are they where they stay.
    tab.wait("both to say why they wait", "document.querySelectorAll('.column-ready .card-why').length === 2");
    tab.drag(&card("later"), &card("unit_499"));
    tab.wait("it to be the first", &format!("{first} === 'later'"));
    assert_eq!(project.unit("later")["priority"], 1);
    tab.drag(&card("unit_499"), ".column-held h2");
    tab.wait("it to be held", "document.querySelector('.column-held .card[aria-label=unit_499]')");
    assert_eq!(project.unit("unit_499")["status"], "PENDING");
    tab.behaved();
}

/// Meets, one after the other: a crash, an allowance that is used up (chunk `b`), and a status that nobody moves on.
const TROUBLE: &str = r#"implement() {
  if [ ! -e "$HOME/once" ]; then touch "$HOME/once"; echo "no compiler here" >&2; exit 1; fi
  if [ "$VE_CHUNK" = b ] && [ ! -e "$HOME/twice" ]; then
    touch "$HOME/twice"; say '{"ve":"error","kind":"usage_limit","message":"used up","resets_at":"2100-01-01T00:00:00Z"}'; exit 1
  fi
  mkdir -p src; echo "$VE_CHUNK" > "src/$VE_CHUNK.txt"; save implement
}
complete() { :; }"#;

#[test]
fn whatever_else_waits_is_dealt_with_by_a_key() {
    let project = Project::with(TROUBLE, "[limits]\ncrash_retries = 0\ncompletion_retries = 0\n");
    for chunk in ["a", "b"] {
        project.chunk(chunk, "null");
        let goal = format!("docs/chunks/{chunk}/GOAL.md");
        let links = "subsystems:\n  - subsystem_id: store\n    relationship: implements\n";
        project.write(&goal, &project.read(&goal).replace("code_paths:", &format!("{links}code_paths:")));
    }
    project.commit("a subsystem that both implement");
    let Some(browser) = Browser::start(&project) else { return };
    project.start();
    let tab = browser.open(&project, "#/attention");
    tab.sees("Nothing waits for you.");
    project.inject(&["a", "b"]);
    // The one that may start meets its crash meanwhile.
    open(&tab, ["conflict", "failure"], "May a and b run at once?");
    tab.key("1");
    tab.wait("the pair to be decided", "!document.querySelector('.kind-conflict')");
    assert_eq!(project.json(&["conflicts", "a"])["conflicts"][0]["verdict"], "INDEPENDENT");

    open(&tab, ["failure", "failure"], "Do b.");
    tab.key("r");
    open(&tab, ["limit", "failure"], "Resume now");
    tab.wait(
        "whom it frees",
        "[...document.querySelectorAll('.ask .goal .chunk')].some((one) => one.textContent === 'b')",
    );
    tab.key("r");
    open(&tab, ["completion", "failure"], "no compiler here");
    tab.key("r");
    open(&tab, ["completion", "completion"], "Do a.");
    tab.key("y");
    tab.wait("the first to be approved", "document.querySelectorAll('.queue .entry').length === 1");
    tab.key("y");
    tab.sees("Nothing waits for you.");
    project.wait_done(&["a", "b"]);

    project.write("ve.toml", &format!("{}[gates]\nworker = [\"true\"]\n", project.read("ve.toml")));
    tab.sees("+ worker = [\"true\"]");
    tab.key("y");
    tab.sees("Nothing waits for you.");

    project.write("ve.toml", &format!("{}max_agent = 1\n", project.read("ve.toml")));
    tab.sees("unknown key");
    tab.click(".ask a", "Control");
    tab.wait("Control to say it, too", "document.querySelector('.control')?.textContent.includes('max_agent')");
    tab.behaved();
}

/// Waits until exactly two entries of these kinds are in the queue, and opens the one that shows this text.
#[track_caller]
fn open(tab: &Tab<'_>, kinds: [&str; 2], shows: &str) {
    let mut sorted = kinds;
    sorted.sort_unstable();
    let found = "JSON.stringify([...document.querySelectorAll('.queue .entry-foot .kind')].map((kind) => kind.textContent).sort())";
    tab.wait(&format!("{kinds:?}"), &format!("{found} === {}", json!(json!(sorted).to_string())));
    let is_open = format!("document.querySelector('.ask').innerText.includes({})", json!(shows));
    if tab.eval(&is_open) != json!(true) {
        tab.key("j");
    }
    if tab.eval(&is_open) != json!(true) {
        tab.key("k");
    }
    tab.wait(shows, &is_open);
}

#[test]
fn gates_are_seen_with_what_they_printed() {
    let project = Project::with("", GATES);
    project.chunk("a", "[]");
    project.chunk("b", "[\"a\"]");
    let Some(browser) = Browser::start(&project) else { return };
    project.start();
    let tab = browser.open(&project, "#/gates");
    tab.wait("the gates", "document.querySelectorAll('.gates-commands > li').length === 2");
    tab.sees("has not run lately");
    project.inject(&["a", "b"]);
    project.wait_status("b", "NEEDS_ATTENTION");
    tab.sees("1 of 2 green");
    tab.sees("◆ landed");
    tab.click("button", "1 of 2 green");
    tab.wait("only the red one", "document.querySelectorAll('.gates .facts-table tbody tr').length === 1");
    tab.click(".facts-table button", "red");
    tab.wait("its output", "document.querySelector('.gate-output .log')?.textContent.includes('looked at b')");
    tab.behaved();
}

#[test]
fn every_view_fits_a_telephone_and_is_accessible() {
    let project = Project::with(ASKS, GATES);
    for chunk in ["b", "east", "west"] {
        project.chunk(chunk, "[]");
    }
    project.chunk_in("later", "FUTURE", "[]", None);
    let Some(browser) = Browser::start(&project) else { return };
    project.start();
    project.inject(&["b", "east", "west"]);
    for chunk in ["b", "east", "west"] {
        project.wait_status(chunk, "NEEDS_ATTENTION");
    }
    let axe = std::env::var_os("VE_AXE").map(|path| std::fs::read_to_string(path).unwrap());
    if axe.is_none() {
        eprintln!("skipped: VE_AXE names no axe.min.js; scripts/install-axe DIR installs it and prints its path");
    }
    let tab = browser.open(&project, "#/attention");
    if let Some(axe) = &axe {
        tab.inject(axe);
    }
    for (view, shows) in super::VIEWS {
        tab.go(&view.replace("CHUNK", "east"));
        tab.wait(view, &format!("document.querySelector({})", json!(shows)));
        tab.size(390, 844);
        let wide = tab.eval("[document.documentElement.scrollWidth, innerWidth]");
        assert!(wide[0].as_u64() <= wide[1].as_u64(), "{view} is wider than a telephone: {wide}");
        tab.size(1280, 800);
        for theme in ["light", "dark"].into_iter().filter(|_| axe.is_some()) {
            tab.theme(theme);
            let found = tab.eval(
                "axe.run({ resultTypes: ['violations'] }).then(({ violations }) => violations.filter((one) => ['serious', 'critical'].includes(one.impact))\
                 .map((one) => `${one.id}: ${one.nodes.map((node) => `${node.html} ${node.failureSummary}`).join('; ')}`))",
            );
            assert_eq!(found, json!([]), "{view} in {theme}");
        }
    }
    tab.behaved();
}

/// Waits until a unit has landed, which an answer that can still be taken back puts off.
#[track_caller]
fn landed(project: &Project, chunk: &str) {
    project.wait(&format!("{chunk} to land"), || (project.unit(chunk)["status"] == "DONE").then_some(()));
}
