//! A small blocking HTTP/1.1 server: one request per connection, a thread each.

use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// A request, as far as anyone asks.
pub struct Request {
    pub method: String,
    /// Without the query.
    pub path: String,
    pub body: Value,
}

/// An answer.
pub enum Reply {
    Json {
        status: u16,
        headers: Vec<(&'static str, &'static str)>,
        body: Value,
    },
    /// Server-sent events: name, where they have one, and data.
    Events(Vec<(&'static str, Value)>),
}

/// A listening server; dropping it stops it.
pub struct Server {
    address: SocketAddr,
    stop: Arc<AtomicBool>,
    accepting: Option<JoinHandle<()>>,
}

impl Server {
    pub fn start(answer: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        let (stopped, answer) = (Arc::clone(&stop), Arc::new(answer));
        let accepting = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if stopped.load(Ordering::SeqCst) {
                    return;
                }
                let (Ok(stream), answer) = (stream, Arc::clone(&answer)) else { continue };
                // A client that hangs up in the middle is its own business.
                std::thread::spawn(move || serve(stream, &*answer).ok());
            }
        });
        Self { address, stop, accepting: Some(accepting) }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // Wakes the accepting thread; when nobody listens any more it is gone already.
        drop(TcpStream::connect(self.address));
        if let Some(accepting) = self.accepting.take() {
            accepting.join().unwrap();
        }
    }
}

fn serve(stream: TcpStream, answer: &(dyn Fn(&Request) -> Reply + Sync)) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    stream.set_write_timeout(Some(Duration::from_secs(10)))?;
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let mut words = first.split_whitespace();
    let method = words.next().unwrap_or_default().to_owned();
    let path = words.next().unwrap_or_default().split('?').next().unwrap_or_default().to_owned();
    let mut length = 0;
    loop {
        let mut header = String::new();
        if reader.read_line(&mut header)? == 0 || header.trim().is_empty() {
            break;
        }
        if let Some((name, value)) = header.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap_or(0);
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let body = serde_json::from_slice(&body).unwrap_or_default();
    write(stream, answer(&Request { method, path, body }))
}

fn write(mut stream: TcpStream, reply: Reply) -> std::io::Result<()> {
    match reply {
        Reply::Json { status, headers, body } => {
            let body = body.to_string();
            write!(stream, "HTTP/1.1 {status} scripted\r\nContent-Type: application/json\r\n")?;
            for (name, value) in headers {
                write!(stream, "{name}: {value}\r\n")?;
            }
            write!(stream, "Content-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())?;
        }
        Reply::Events(events) => {
            write!(stream, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n")?;
            for (name, data) in events {
                let name = if name.is_empty() { String::new() } else { format!("event: {name}\n") };
                write!(stream, "{name}data: {data}\n\n")?;
            }
        }
    }
    stream.flush()
}
