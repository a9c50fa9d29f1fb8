//! A real Chromium, told over its own protocol what a person would do: open, look, click, type.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use crate::project::{BOUND, Project};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::rc::Rc;
use tempfile::TempDir;
use tokio_tungstenite::tungstenite::{self, Message, WebSocket};

/// The programs that are one.
const PROGRAMS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// It does what the test says, and talks to nobody else.
const SWITCHES: [&str; 12] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--remote-debugging-port=0",
];

/// The line to a browser. Messages of all tabs come over it.
struct Line {
    socket: WebSocket<TcpStream>,
    last: u64,
    /// What happened that nobody has asked for, by tab.
    heard: Vec<(String, Value)>,
}

/// A browser. It ends with this value.
pub struct Browser {
    child: Child,
    line: Rc<RefCell<Line>>,
    _profile: TempDir,
}

/// A tab.
pub struct Tab<'a> {
    project: &'a Project,
    line: Rc<RefCell<Line>>,
    session: String,
}

impl Browser {
    /// Starts one, where there is one.
    pub fn start(project: &Project) -> Option<Self> {
        let program = PROGRAMS.into_iter().find(|program| {
            Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success())
        });
        let Some(program) = program else {
            eprintln!("skipped: there is no Chromium");
            return None;
        };
        let profile = TempDir::new().unwrap();
        let child = Command::new(program)
            .args(SWITCHES)
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .env("HOME", profile.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let file = profile.path().join("DevToolsActivePort");
        let (port, path) = project.wait("Chromium", || {
            let text = std::fs::read_to_string(&file).ok()?;
            let (port, path) = text.split_once('\n')?;
            Some((port.parse::<u16>().ok()?, path.trim().to_owned())).filter(|(_, path)| !path.is_empty())
        });
        let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_read_timeout(Some(BOUND)).unwrap();
        let (socket, _) = tungstenite::client(format!("ws://127.0.0.1:{port}{path}"), stream).unwrap();
        let line = Rc::new(RefCell::new(Line { socket, last: 0, heard: Vec::new() }));
        Some(Self { child, line, _profile: profile })
    }

    /// A new tab, signed in by a link of its own, at this view.
    pub fn open<'a>(&self, project: &'a Project, view: &str) -> Tab<'a> {
        let mut line = self.line.borrow_mut();
        let context = line.call(None, "Target.createBrowserContext", json!({}))["browserContextId"].clone();
        let target =
            line.call(None, "Target.createTarget", json!({ "url": "about:blank", "browserContextId": context }));
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        let session = line.call(None, "Target.attachToTarget", attach)["sessionId"].as_str().unwrap().to_owned();
        for domain in ["Page", "Runtime", "Network", "Log", "Performance"] {
            line.call(Some(&session), &format!("{domain}.enable"), json!({}));
        }
        drop(line);
        let tab = Tab { project, line: self.line.clone(), session };
        tab.size(1280, 800);
        tab.call("Page.navigate", json!({ "url": project.ok(&["url"]).trim() }));
        tab.wait("the page to be live", "document.querySelector('.connection-live') !== null");
        tab.go(view);
        tab.eval("window.stillTheSamePage = true");
        tab
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It may be gone already, with the test that failed.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

impl Line {
    fn call(&mut self, session: Option<&str>, method: &str, params: Value) -> Value {
        self.last += 1;
        let mut message = json!({ "id": self.last, "method": method, "params": params });
        if let Some(session) = session {
            message["sessionId"] = json!(session);
        }
        self.socket.send(Message::text(message.to_string())).unwrap();
        loop {
            let Message::Text(text) = self.socket.read().unwrap() else { continue };
            let message: Value = serde_json::from_str(&text).unwrap();
            if message["id"] == self.last {
                assert!(message["error"].is_null(), "{method}: {message}");
                return message["result"].clone();
            }
            if let (Some(session), true) = (message["sessionId"].as_str(), message["method"].is_string()) {
                self.heard.push((session.to_owned(), message));
            }
        }
    }
}

impl Tab<'_> {
    fn call(&self, method: &str, params: Value) -> Value {
        self.line.borrow_mut().call(Some(&self.session), method, params)
    }

    /// Shows a view.
    pub fn go(&self, view: &str) {
        self.eval(&format!("location.hash = {}", json!(view)));
    }

    /// A window of this size; a telephone where it is narrow.
    pub fn size(&self, width: u32, height: u32) {
        let phone = width < 600;
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": phone });
        self.call("Emulation.setDeviceMetricsOverride", metrics);
    }

    /// Light or dark, as the system would say.
    pub fn theme(&self, theme: &str) {
        let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": theme }] });
        self.call("Emulation.setEmulatedMedia", features);
    }

    /// The value of an expression, or of the promise that it is.
    #[track_caller]
    pub fn eval(&self, expression: &str) -> Value {
        let params = json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
        let result = self.call("Runtime.evaluate", params);
        assert!(result["exceptionDetails"].is_null(), "{expression}: {result}");
        result["result"]["value"].clone()
    }

    /// Waits until an expression is true.
    #[track_caller]
    pub fn wait(&self, what: &str, expression: &str) {
        self.project.wait(&format!("{what}; the page says: {}", self.text()), || {
            (self.eval(&format!("Boolean({expression})")) == json!(true)).then_some(())
        });
    }

    /// Waits until a text is to be seen.
    #[track_caller]
    pub fn sees(&self, text: &str) {
        self.wait(&format!("{text:?}"), &format!("document.body.innerText.includes({})", json!(text)));
    }

    fn text(&self) -> String {
        self.eval("document.body?.innerText ?? ''").as_str().unwrap_or_default().replace('\n', " | ")
    }

    /// Clicks what this selector finds and, if given, has this text.
    #[track_caller]
    pub fn click(&self, selector: &str, text: &str) {
        let place = self.place(selector, text);
        for kind in ["mousePressed", "mouseReleased"] {
            self.mouse(kind, &place);
        }
    }

    /// Drags what one selector finds onto what the other one finds.
    #[track_caller]
    pub fn drag(&self, from: &str, onto: &str) {
        self.call("Input.setInterceptDrags", json!({ "enabled": true }));
        let to = self.place(onto, "");
        let from = self.place(from, "");
        self.mouse("mousePressed", &from);
        self.mouse("mouseMoved", &json!([from[0], from[1].as_f64().unwrap() + 8.0]));
        self.mouse("mouseMoved", &to);
        let data = self.project.wait("the drag to begin", || {
            // What happened comes with the answer to anything.
            self.eval("0");
            let mut line = self.line.borrow_mut();
            let mine = |(session, message): &(String, Value)| {
                *session == self.session && message["method"] == "Input.dragIntercepted"
            };
            let at = line.heard.iter().position(mine)?;
            Some(line.heard.swap_remove(at).1["params"]["data"].clone())
        });
        for kind in ["dragEnter", "dragOver", "drop"] {
            let event = json!({ "type": kind, "x": to[0], "y": to[1], "data": data });
            self.call("Input.dispatchDragEvent", event);
        }
        self.mouse("mouseReleased", &to);
    }

    /// The middle of what is found, which is then to be seen.
    #[track_caller]
    fn place(&self, selector: &str, text: &str) -> Value {
        let find = format!(
            "[...document.querySelectorAll({})].find((one) => one.textContent.includes({}))",
            json!(selector),
            json!(text)
        );
        self.wait(&format!("{selector} {text:?}"), &find);
        self.eval(&format!(
            "(() => {{ const one = {find}; one.scrollIntoView({{ block: 'nearest' }}); const box = one.getBoundingClientRect(); \
             return [box.x + box.width / 2, box.y + box.height / 2] }})()"
        ))
    }

    fn mouse(&self, kind: &str, place: &Value) {
        let event =
            json!({ "type": kind, "x": place[0], "y": place[1], "button": "left", "buttons": 1, "clickCount": 1 });
        self.call("Input.dispatchMouseEvent", event);
    }

    /// Presses a key.
    pub fn key(&self, key: &str) {
        let text = if key.chars().count() == 1 { json!(key) } else { json!("") };
        for kind in ["keyDown", "keyUp"] {
            self.call("Input.dispatchKeyEvent", json!({ "type": kind, "key": key, "text": text }));
        }
    }

    /// Types into what has the focus.
    pub fn type_in(&self, text: &str) {
        self.call("Input.insertText", json!({ "text": text }));
    }

    /// How long the page's main thread was at work since the tab was opened, in seconds.
    pub fn busy(&self) -> f64 {
        let metrics = self.call("Performance.getMetrics", json!({}))["metrics"].clone();
        let of = |metric: &&Value| metric["name"] == "TaskDuration";
        metrics.as_array().into_iter().flatten().find(of).unwrap()["value"].as_f64().unwrap()
    }

    /// Runs a script that the page itself would not allow.
    pub fn inject(&self, source: &str) {
        self.call("Runtime.evaluate", json!({ "expression": source }));
    }

    /// A picture of the window.
    pub fn picture(&self, path: &Path) {
        let png = self.call("Page.captureScreenshot", json!({ "format": "png" }))["data"].as_str().unwrap().to_owned();
        let decoded = self.project.command("base64").arg("-d").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut decoder = decoded.unwrap();
        let mut stdin = decoder.stdin.take().unwrap();
        let writer = std::thread::spawn(move || std::io::Write::write_all(&mut stdin, png.as_bytes()).unwrap());
        let output = decoder.wait_with_output().unwrap();
        writer.join().unwrap();
        std::fs::write(path, output.stdout).unwrap();
    }

    /// Nothing was asked of anybody but this daemon, nothing was thrown, and the page was never loaded anew.
    #[track_caller]
    pub fn behaved(&self) {
        assert_eq!(self.eval("window.stillTheSamePage"), json!(true), "the page was loaded anew");
        let own = self.eval("location.host").as_str().unwrap().to_owned();
        let line = self.line.borrow();
        for (_, message) in line.heard.iter().filter(|(session, _)| *session == self.session) {
            let params = &message["params"];
            match message["method"].as_str().unwrap() {
                "Network.requestWillBeSent" => {
                    let url = params["request"]["url"].as_str().unwrap();
                    assert!(url.starts_with(&format!("http://{own}/")) || url.starts_with("data:"), "{url}");
                }
                "Network.webSocketCreated" => {
                    let url = params["url"].as_str().unwrap();
                    assert!(url.starts_with(&format!("ws://{own}/")), "{url}");
                }
                "Runtime.exceptionThrown" => panic!("{params:#}"),
                "Log.entryAdded" if params["entry"]["source"] == "security" => panic!("{params:#}"),
                _ => {}
            }
        }
    }
}
