//! Pictures of every view in light and dark, of a project in the middle of its work. Made by `scripts/screenshots`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::browser::Browser;
use crate::project::Project;
use std::path::Path;

/// A day of a small web shop.
const SCRIPT: &str = r#"tool() { printf '{"ve":"tool","name":"%s","input":%s}\n' "$1" "$2"; }
implement() {
  say "I read the goal and the plan first, then the code that they name."
  tool Read '{"file_path":"src/http/session.rs"}'
  tool Grep '{"pattern":"SameSite","path":"src"}'
  say "The cookie is set in one place only. I change it there and add a test that fails without it."
  tool Edit '{"file_path":"src/http/session.rs","old_string":"SameSite::None","new_string":"SameSite::Lax"}'
  tool Bash '{"command":"cargo test --quiet session","description":"Run the tests"}'
  case "$VE_CHUNK" in
  session_store)
    if [ -z "${VE_ANSWER:-}" ]; then
      printf '{"ve":"question","header":"Storage","question":"Where should sessions live? The code has clients for two stores, and the goal does not say which of them production runs.","options":[{"label":"Redis","description":"shared by all instances; one more server to run"},{"label":"SQLite","description":"one file; every instance has its own sessions"},{"label":"Signed cookie","description":"nothing to store; sessions cannot be ended early"}]}\n'
      exit 0
    fi ;;
  price_import) echo "error[E0433]: cannot find 'csv' in the list of imported crates" >&2; exit 1 ;;
  monthly_report) say "Now the long part: rendering the tables."; await_file never ;;
  esac
  printf '{"ve":"usage","input_tokens":1200,"output_tokens":3400,"cache_read_tokens":53000,"cache_write_tokens":400,"cost_usd":0.42}\n'
  mkdir -p src
  for n in 1 2 3 4 5 6; do echo "pub fn ${VE_CHUNK}_step_$n() {}" >> "src/$VE_CHUNK.rs"; done
  save implement
}"#;

/// What must be green before anything lands.
const GATES: &str = "[gates]\nworker = [\"sh tools/lint.sh\"]\nintegration = [\"sh tools/test.sh\"]\n";

/// Chunks that are injected, with what they depend on and what they are to reach.
const AT_WORK: [(&str, &str, &str); 7] = [
    ("login_form", "[]", "Customers log in with a form that remembers them for thirty days."),
    ("article_search", "[]", "Search over all articles answers within 50 ms."),
    ("session_store", "[]", "Sessions survive a restart of the server, wherever they are stored."),
    ("logout_link", r#"["session_store"]"#, "Every page has a link that logs out."),
    ("profile_page", r#"["logout_link"]"#, "Customers see and change what the shop knows about them."),
    ("price_import", "[]", "Prices come from the supplier's nightly file."),
    ("monthly_report", "[]", "The bookkeeper gets the month's sales as a PDF."),
];

/// Chunks that wait to be injected.
const PLANNED: [(&str, &str); 3] = [
    ("audit_log", "Who changed what can be looked up for ninety days."),
    ("dark_mode", "The shop is readable at night."),
    ("news_feed", "New articles can be followed with a feed reader."),
];

#[test]
#[ignore = "makes pictures: scripts/screenshots DIR"]
fn every_view_in_light_and_dark() {
    let dir = std::env::var_os("VE_SCREENSHOTS").unwrap();
    let dir = Path::new(&dir);
    let mut project = Project::with(SCRIPT, GATES);
    project.move_to("webshop");
    project.write("tools/lint.sh", "echo 'all files are formatted'\n");
    project.write(
        "tools/test.sh",
        "for n in 1 2 3 4 5 6 7 8; do echo \"test $n ... ok\"; sleep 0.02; done; echo; echo '8 passed'\n",
    );
    for (chunk, depends_on, goal) in AT_WORK {
        project.chunk(chunk, depends_on);
        reach(&project, chunk, goal);
    }
    for (chunk, goal) in PLANNED {
        project.chunk_in(chunk, "FUTURE", "[]", None);
        reach(&project, chunk, goal);
    }
    project.commit("goals");
    let Some(browser) = Browser::start(&project) else { return };
    project.start();
    project.inject(&AT_WORK.map(|(chunk, _, _)| chunk));
    project.wait_done(&["login_form", "article_search"]);
    for chunk in ["session_store", "price_import"] {
        project.wait_status(chunk, "NEEDS_ATTENTION");
    }
    project.wait_status("monthly_report", "RUNNING");
    let tab = browser.open(&project, "#/attention");
    for (view, shows) in super::VIEWS {
        let chunk = if view == "#/unit/CHUNK" { "monthly_report" } else { "login_form" };
        tab.go(&view.replace("CHUNK", chunk));
        tab.wait(view, &format!("document.querySelector({shows:?})"));
        let name = view.trim_start_matches("#/").replace("/CHUNK", "").replace('/', "-");
        for theme in ["light", "dark"] {
            tab.theme(theme);
            for (size, width, height) in [("wide", 1280, 800), ("phone", 390, 844)] {
                tab.size(width, height);
                // Two frames later all is laid out for this size.
                tab.eval("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 300))))");
                tab.picture(&dir.join(format!("{name}-{theme}-{size}.png")));
            }
        }
    }
    tab.behaved();
    project.ok(&["cancel", "monthly_report"]);
}

fn reach(project: &Project, chunk: &str, goal: &str) {
    let path = format!("docs/chunks/{chunk}/GOAL.md");
    project.write(&path, &project.read(&path).replace(&format!("Do {chunk}."), goal));
}
