//! Requests over connections that stay open, one at a time on each, without a library in between.

use super::Dice;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

pub struct Client {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// Where the body of the last answer lies in the buffer.
pub struct Answer<'a> {
    pub status: u16,
    pub head: &'a [u8],
    pub body: &'a [u8],
}

impl Client {
    pub fn connect(to: SocketAddr) -> std::io::Result<Client> {
        let stream = TcpStream::connect(to)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        Ok(Client { stream, buffer: vec![0; 1 << 20] })
    }

    /// Sends a request as it stands and reads the whole answer, which must tell its length.
    pub fn ask(&mut self, request: &[u8]) -> std::io::Result<Answer<'_>> {
        self.stream.write_all(request)?;
        let mut filled = 0;
        let (head, length) = loop {
            filled += self.read(filled)?;
            if let Some(end) = self.buffer[..filled].windows(4).position(|four| four == b"\r\n\r\n") {
                break (end + 4, content_length(&self.buffer[..end]).ok_or_else(|| std::io::Error::other("an answer without its length"))?);
            }
        };
        if self.buffer.len() < head + length {
            self.buffer.resize(head + length, 0);
        }
        while filled < head + length {
            filled += self.read(filled)?;
        }
        let status = std::str::from_utf8(&self.buffer[9..12]).ok().and_then(|text| text.parse().ok()).unwrap_or(0);
        Ok(Answer { status, head: &self.buffer[..head], body: &self.buffer[head..head + length] })
    }

    fn read(&mut self, from: usize) -> std::io::Result<usize> {
        match self.stream.read(&mut self.buffer[from..])? {
            0 => Err(std::io::Error::other("the server closed the connection")),
            read => Ok(read),
        }
    }
}

fn content_length(head: &[u8]) -> Option<usize> {
    let head = std::str::from_utf8(head).ok()?;
    head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        if name.eq_ignore_ascii_case("content-length") { value.trim().parse().ok() } else { None }
    })
}

/// A GET as a browser that keeps the connection open sends it.
pub fn get(path: &str, cookie: &str) -> Vec<u8> {
    let cookie = if cookie.is_empty() { String::new() } else { format!("Cookie: {cookie}\r\n") };
    format!("GET {path} HTTP/1.1\r\nHost: shop.test\r\nUser-Agent: bench\r\nAccept: text/html\r\n{cookie}\r\n").into_bytes()
}

/// What came of driving a server for a while.
#[derive(Clone, Debug, Default)]
pub struct Driven {
    pub per_second: f64,
    pub requests: usize,
    /// Answers that were not 200 or shorter than expected.
    pub wrong: usize,
    pub slowest_ms: f64,
}

/// Sends `requests` in random order over `connections` connections for `time`. Each answer has to be 200 and of `least` bytes.
pub fn drive(to: SocketAddr, requests: &[Vec<u8>], connections: usize, time: Duration, least: usize) -> Driven {
    let begun = Instant::now();
    let all: Vec<Driven> = std::thread::scope(|scope| {
        let one = |number: usize| {
            let mut driven = Driven::default();
            let mut dice = Dice::new(number as u64 + 1);
            let mut client = Client::connect(to).expect("the server takes connections");
            while begun.elapsed() < time {
                let sent = Instant::now();
                let right = match client.ask(&requests[dice.roll(requests.len() as u64) as usize]) {
                    Ok(answer) => answer.status == 200 && answer.body.len() >= least,
                    Err(_) => {
                        client = Client::connect(to).expect("the server takes connections");
                        false
                    }
                };
                driven.requests += 1;
                driven.wrong += usize::from(!right);
                driven.slowest_ms = driven.slowest_ms.max(super::ms(sent.elapsed()));
            }
            driven
        };
        let threads: Vec<_> = (0..connections).map(|number| scope.spawn(move || one(number))).collect();
        threads.into_iter().map(|thread| thread.join().expect("a client ran to its end")).collect()
    });
    let seconds = begun.elapsed().as_secs_f64();
    let requests: usize = all.iter().map(|driven| driven.requests).sum();
    Driven {
        per_second: requests as f64 / seconds,
        requests,
        wrong: all.iter().map(|driven| driven.wrong).sum(),
        slowest_ms: all.iter().map(|driven| driven.slowest_ms).fold(0.0, f64::max),
    }
}

/// Whether a text holds another one.
pub fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}
