//! As little of an HTTP client as measures the server and not itself: blocking, one connection, kept alive.

use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;

/// A connection to the daemon's Unix socket.
pub struct Connection(BufReader<UnixStream>);

impl Connection {
    /// Connects; none while nobody listens.
    pub fn open(socket: &Path) -> Option<Self> {
        UnixStream::connect(socket).ok().map(|stream| Self(BufReader::new(stream)))
    }

    /// Asks for `path`.
    pub fn get(&mut self, path: &str) -> Option<Vec<u8>> {
        self.request(&format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n"))
    }

    /// Posts a body.
    pub fn post(&mut self, path: &str, body: &str) -> Option<Vec<u8>> {
        self.send("POST", path, body)
    }

    /// Patches with a body.
    pub fn patch(&mut self, path: &str, body: &str) -> Option<Vec<u8>> {
        self.send("PATCH", path, body)
    }

    fn send(&mut self, method: &str, path: &str, body: &str) -> Option<Vec<u8>> {
        let length = body.len();
        let head = format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n");
        self.request(&format!("{head}content-length: {length}\r\n\r\n{body}"))
    }

    /// The answer's body; none when the connection is lost. Anything but a success is the end of the benchmark.
    fn request(&mut self, request: &str) -> Option<Vec<u8>> {
        self.0.get_mut().write_all(request.as_bytes()).ok()?;
        let head = self.head()?;
        let length =
            head.iter().find_map(|line| line.strip_prefix("content-length: ")).map(|text| text.parse().unwrap());
        let mut body = vec![0; length.unwrap_or(0)];
        self.0.read_exact(&mut body).ok()?;
        assert!(head[0].starts_with("HTTP/1.1 2"), "{request}\n{}\n{}", head[0], String::from_utf8_lossy(&body));
        Some(body)
    }

    fn head(&mut self) -> Option<Vec<String>> {
        let mut head = Vec::new();
        loop {
            let mut line = String::new();
            if self.0.read_line(&mut line).ok()? == 0 {
                return None;
            }
            match line.trim_end() {
                "" => return Some(head),
                text => head.push(text.to_owned()),
            }
        }
    }

    /// The journal after `seq`, entry by entry, until the connection is lost.
    pub fn events(mut self, seq: i64) -> impl Iterator<Item = Value> {
        let request = format!("GET /events?since={seq} HTTP/1.1\r\nhost: localhost\r\n\r\n");
        self.0.get_mut().write_all(request.as_bytes()).ok();
        // Each event comes as one chunk, so its line of data is never broken by the framing.
        let lines = self.0.lines().map_while(Result::ok);
        lines.filter_map(|line| serde_json::from_str(line.strip_prefix("data: ")?).ok())
    }
}
