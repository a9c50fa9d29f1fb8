//! How fluid the dashboard is in a real browser: a full board under a steady rate of events, and a long log that is followed and scrolled.

use crate::browser::{Browser, Tab};
use crate::project::{Project, SLEEPS, chunk};
use crate::table;
use std::time::{Duration, Instant};

const UNITS: usize = 500;
/// Changes a second, and for how long.
const RATE: u32 = 50;
const TIME: Duration = Duration::from_secs(20);
const LINES: usize = 100_000;

/// Prints all lines within ten seconds or so, as a busy agent would, and stays.
const TALKS: &str = r#"for hundred in $(seq 0 99); do
  seq -f "line %.0f says what was done and why, at the length of a usual line of a log" $((hundred * 1000 + 1)) $((hundred * 1000 + 1000))
  sleep 0.1
done; exec sleep 3600"#;

/// Collects long tasks, which are those of more than 50 ms, and the greatest number of nodes that a frame began with.
const WATCH: &str = "window.tasks = []; window.most = 0;
new PerformanceObserver((list) => tasks.push(...list.getEntries().map((task) => task.duration))).observe({ entryTypes: ['longtask'] });
const look = () => {
  most = Math.max(most, document.evaluate('count(//node())', document, null, XPathResult.NUMBER_TYPE).numberValue);
  requestAnimationFrame(look);
};
look()";

/// Up to the beginning and down to the end again, a page of rows and more with every frame.
const SCROLL: &str = "new Promise((done) => {
  const box = document.querySelector('.log');
  const end = box.scrollHeight;
  let frame = 0;
  const step = () => {
    frame += 1;
    box.scrollTop = end * Math.abs(1 - frame / 600);
    if (frame < 1200) requestAnimationFrame(step); else done();
  };
  step();
})";

pub fn run() {
    let project = Project::new(1, TALKS, "");
    let Some(browser) = Browser::start(&project) else { return };
    project.start(&["--port", "0"]);
    log(&browser, &project);
    drop(project);
    let project = Project::new(0, SLEEPS, "");
    project.start(&["--paused", "--port", "0"]);
    board(&browser, &project);
}

fn board(browser: &Browser, project: &Project) {
    let mut connection = project.connect();
    for number in 0..UNITS {
        let body = serde_json::json!({ "chunk": chunk(number), "status": "READY" }).to_string();
        connection.post("/work-units", &body).unwrap();
    }
    let tab = browser.open(project, "#/board");
    tab.wait("all cards", &format!("document.querySelectorAll('.column-ready .card').length === {UNITS}"));
    tab.eval(WATCH);
    let quiet = tab.busy();
    pause_until(Instant::now() + TIME);
    let idle = long_tasks(&tab);
    let quiet = (tab.busy() - quiet) / TIME.as_secs_f64();
    let busy = tab.busy();
    // The other one was idle for too long.
    let mut connection = project.connect();
    let begun = Instant::now();
    let changes = RATE * u32::try_from(TIME.as_secs()).unwrap();
    for change in 0..changes {
        pause_until(begun + change * TIME / changes);
        // Spread over the board; each unit is moved more than once, to another place each time.
        let (number, priority) = (change as usize * 7 % UNITS, change * 31 % 97 + 1);
        let path = format!("/work-units/{}/priority", chunk(number));
        connection.patch(&path, &format!("{{\"priority\":{priority}}}")).unwrap();
    }
    let took = begun.elapsed().as_secs_f64();
    let busy = (tab.busy() - busy) / took;
    connection.patch(&format!("/work-units/{}/priority", chunk(0)), "{\"priority\":1234}").unwrap();
    let first = "document.querySelector('.column-ready .card')";
    tab.wait("the last change", &format!("{first}.textContent.includes('p 1234')"));
    let what =
        format!("board of {UNITS}, {:.0} events a second for {took:.0} s: long tasks", f64::from(changes) / took);
    table::plain(&what, &long_tasks(&tab), &format!("idle {} s: {idle}", TIME.as_secs()));
    let share = |share: f64| format!("{:.1} %", share * 100.0);
    table::plain("beside it: the page's main thread at work", &share(busy), &format!("idle: {}", share(quiet)));
    table::plain("beside it: most nodes in the page", &most(&tab), "");
    tab.behaved();
}

fn log(browser: &Browser, project: &Project) {
    let body = serde_json::json!({ "chunk": chunk(0), "hold": true }).to_string();
    project.connect().post("/work-units/inject", &body).unwrap();
    let tab = browser.open(project, &format!("#/unit/{}", chunk(0)));
    tab.sees("No attempt yet.");
    tab.eval(WATCH);
    project.connect().post(&format!("/work-units/{}/release", chunk(0)), "{}").unwrap();
    tab.wait("the whole log", &format!("document.querySelector('.log-rows')?.textContent.includes('line {LINES} ')"));
    table::plain("log of 100,000 lines, followed: long tasks", &long_tasks(&tab), "");
    tab.eval(SCROLL);
    table::plain("the same, scrolled from end to end and back: long tasks", &long_tasks(&tab), "");
    table::plain("most nodes in the page meanwhile", &most(&tab), "");
    tab.behaved();
}

/// How many since the last time one asked, the longest and the sum.
fn long_tasks(tab: &Tab) -> String {
    let tasks = tab.eval("tasks.splice(0)");
    let tasks: Vec<f64> = tasks.as_array().unwrap().iter().map(|task| task.as_f64().unwrap()).collect();
    match tasks.iter().copied().reduce(f64::max) {
        None => "none".to_owned(),
        Some(longest) => {
            format!("{}, longest {longest:.0} ms, sum {:.0} ms", tasks.len(), tasks.iter().sum::<f64>())
        }
    }
}

fn most(tab: &Tab) -> String {
    tab.eval("most").to_string()
}

#[expect(clippy::disallowed_methods, reason = "the rate of what is measured is given")]
fn pause_until(moment: Instant) {
    std::thread::sleep(moment.saturating_duration_since(Instant::now()));
}
