//! A small HTTP client, so that a test says exactly what goes over the wire and sees exactly what comes back.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use crate::openapi::Contract;
use crate::project::{BOUND, Project};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::sync::LazyLock;
use ve::project::socket::SocketAddress;

/// What answers must look like.
pub static CONTRACT: LazyLock<Contract> = LazyLock::new(Contract::new);

/// Anything that HTTP can be spoken over.
pub trait Wire: Read + Write + Send {}
impl<T: Read + Write + Send> Wire for T {}

/// A request being written.
pub struct Ask<'a> {
    project: &'a Project,
    head: String,
    tcp: Option<u16>,
    body: Option<String>,
}

/// An answer.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub head: String,
    pub body: String,
}

/// Asks for a path over the daemon's socket.
pub fn ask<'a>(project: &'a Project, method: &str, path: &str) -> Ask<'a> {
    Ask { project, head: format!("{method} {path} HTTP/1.1\r\n"), tcp: None, body: None }
}

/// The daemon's TCP port.
pub fn port(project: &Project) -> u16 {
    project.read(".ve/orchestrator.port").trim().parse().unwrap()
}

/// A connection to the daemon's socket.
pub fn socket(project: &Project) -> UnixStream {
    let address = SocketAddress::new(&project.root().join(".ve/orchestrator.sock")).unwrap();
    let stream = UnixStream::connect(address.path()).unwrap();
    stream.set_read_timeout(Some(BOUND)).unwrap();
    stream
}

/// A connection to the daemon's TCP port.
pub fn tcp(port: u16) -> TcpStream {
    let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(BOUND)).unwrap();
    stream
}

impl Ask<'_> {
    /// Over TCP instead, with the right `Host` unless another is given.
    pub fn tcp(mut self) -> Self {
        self.tcp = Some(port(self.project));
        self
    }

    /// Adds a header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.head.push_str(&format!("{name}: {value}\r\n"));
        self
    }

    /// Presents the token of the project.
    pub fn token(self) -> Self {
        let token = self.project.read(".ve/token");
        self.header("Authorization", &format!("Bearer {}", token.trim()))
    }

    /// Sends this as JSON.
    pub fn json(self, body: &str) -> Self {
        self.header("Content-Type", "application/json").body(body)
    }

    /// Sends this as whatever the headers say.
    pub fn body(mut self, body: &str) -> Self {
        self.body = Some(body.to_owned());
        self
    }

    fn send(mut self) -> Box<dyn Wire> {
        let host = match self.tcp {
            Some(port) => format!("127.0.0.1:{port}"),
            None => "localhost".to_owned(),
        };
        if !self.head.contains("\r\nHost: ") {
            self = self.header("Host", &host);
        }
        if let Some(body) = &self.body {
            let length = body.len().to_string();
            self = self.header("Content-Length", &length);
        }
        let mut wire: Box<dyn Wire> = match self.tcp {
            Some(port) => Box::new(tcp(port)),
            None => Box::new(socket(self.project)),
        };
        let body = self.body.unwrap_or_default();
        // A server that refuses a long body hangs up while it is being written.
        drop(wire.write_all(format!("{}\r\n{body}", self.head).as_bytes()));
        wire
    }

    /// The whole answer.
    #[track_caller]
    pub fn reply(self) -> Reply {
        let mut bytes = Vec::new();
        // Over the limit, the rest of the request is answered with a reset; what was read before counts.
        drop(self.header("Connection", "close").send().read_to_end(&mut bytes));
        let text = String::from_utf8(bytes).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {text:?}"));
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Reply { status, head: head.to_lowercase(), body: body.to_owned() }
    }

    /// The answer, which must be JSON with this status and of the described shape; an error must say what to do.
    #[track_caller]
    pub fn gives(self, status: u16) -> Value {
        let mut words = self.head.split(' ').map(str::to_owned);
        let (method, path) = (words.next().unwrap(), words.next().unwrap());
        let reply = self.reply();
        assert_eq!(reply.status, status, "{}\n{}", reply.head, reply.body);
        assert!(reply.head.contains("content-type: application/json"), "{}", reply.head);
        let value: Value =
            serde_json::from_str(&reply.body).unwrap_or_else(|error| panic!("{error} in {}", reply.body));
        if status >= 400 {
            assert!(value["error"].is_string() && value["hint"].is_string(), "{value}");
        }
        CONTRACT.holds(&method, &path, status, &value);
        value
    }

    /// The lines of an answer that does not end, without those of its head.
    #[track_caller]
    pub fn lines(self) -> Lines {
        let mut reader = BufReader::new(self.send());
        let mut first = String::new();
        reader.read_line(&mut first).unwrap();
        assert!(first.contains(" 200 "), "{first}");
        let mut lines = Lines(reader);
        while !lines.read().unwrap().is_empty() {}
        lines
    }
}

/// Lines as they come.
pub struct Lines(BufReader<Box<dyn Wire>>);

impl Lines {
    fn read(&mut self) -> Option<String> {
        let mut line = String::new();
        match self.0.read_line(&mut line) {
            Ok(0) | Err(_) => None,
            Ok(_) => Some(line.trim_end().to_owned()),
        }
    }

    /// The next line that begins with `prefix`, without it; none when the answer ends.
    pub fn next(&mut self, prefix: &str) -> Option<String> {
        loop {
            if let Some(rest) = self.read()?.strip_prefix(prefix) {
                return Some(rest.to_owned());
            }
        }
    }
}

/// Whether the fields stand in this order in the text of an object.
#[track_caller]
pub fn in_order(text: &str, keys: &[&str]) {
    let mut from = 0;
    for key in keys {
        let place = text[from..].find(&format!("\"{key}\":"));
        from += place.unwrap_or_else(|| panic!("{key} is missing, or not in its place: {text}"));
    }
}
