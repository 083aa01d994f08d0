//! A mail server that takes everything and a client that sends what it is given: what the shop's own sending is measured against. Both are as
//! plain as they can be, speak one command at a time, and run in the process of the benchmark.

use parking_lot::Mutex;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Mails that are kept, to be sent again by the bare client.
const KEPT: usize = 2000;

#[derive(Clone)]
pub struct Sink {
    pub port: u16,
    taken: Arc<AtomicU64>,
    kept: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Sink {
    /// Listens on a port of its own until the process ends.
    pub fn start() -> Sink {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let sink = Sink { port: listener.local_addr().unwrap().port(), taken: Arc::default(), kept: Arc::default() };
        let own = sink.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let own = own.clone();
                // A client that goes away ends its thread.
                std::thread::spawn(move || drop(own.serve(stream)));
            }
        });
        sink
    }

    /// Mails that were taken so far.
    pub fn taken(&self) -> u64 {
        self.taken.load(Ordering::Relaxed)
    }

    /// The first mails that were taken, with their ends and doubled dots as they came.
    pub fn kept(&self) -> Vec<Vec<u8>> {
        self.kept.lock().clone()
    }

    fn serve(&self, stream: TcpStream) -> std::io::Result<()> {
        stream.set_nodelay(true)?;
        let mut answers = stream.try_clone()?;
        let mut lines = BufReader::new(stream);
        answers.write_all(b"220 sink.test\r\n")?;
        let mut line = Vec::new();
        loop {
            line.clear();
            if lines.read_until(b'\n', &mut line)? == 0 {
                return Ok(());
            }
            let verb: String = line.iter().take(4).map(|byte| char::from(byte.to_ascii_uppercase())).collect();
            match verb.as_str() {
                "EHLO" => answers.write_all(b"250-sink.test\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n")?,
                "DATA" => {
                    answers.write_all(b"354 go on\r\n")?;
                    self.take(&mut lines)?;
                    answers.write_all(b"250 taken\r\n")?;
                }
                "QUIT" => return answers.write_all(b"221 bye\r\n"),
                _ => answers.write_all(b"250 ok\r\n")?,
            }
        }
    }

    fn take(&self, lines: &mut BufReader<TcpStream>) -> std::io::Result<()> {
        let mut mail = Vec::new();
        loop {
            let from = mail.len();
            if lines.read_until(b'\n', &mut mail)? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            if &mail[from..] == b".\r\n" {
                break;
            }
        }
        self.taken.fetch_add(1, Ordering::Relaxed);
        let mut kept = self.kept.lock();
        if kept.len() < KEPT {
            kept.push(mail);
        }
        Ok(())
    }
}

/// Sends these mails over `connections` connections, `count` in all, one after the other on each.
pub fn send_bare(port: u16, mails: &[Vec<u8>], connections: usize, count: usize) -> std::io::Result<()> {
    std::thread::scope(|scope| {
        let hands: Vec<_> = (0..connections)
            .map(|hand| {
                scope.spawn(move || {
                    let own = mails.iter().cycle().skip(hand * mails.len() / connections).take(count / connections);
                    send(port, own)
                })
            })
            .collect();
        hands.into_iter().try_for_each(|hand| hand.join().unwrap())
    })
}

fn send<'a>(port: u16, mails: impl Iterator<Item = &'a Vec<u8>>) -> std::io::Result<()> {
    let stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_nodelay(true)?;
    let mut commands = stream.try_clone()?;
    let mut answers = BufReader::new(stream);
    let mut say = |command: &[u8]| -> std::io::Result<()> {
        commands.write_all(command)?;
        answered(&mut answers)
    };
    say(b"")?;
    say(b"EHLO bench.test\r\n")?;
    for mail in mails {
        say(b"MAIL FROM:<shop@shop.test>\r\n")?;
        say(b"RCPT TO:<somebody@example.com>\r\n")?;
        say(b"DATA\r\n")?;
        say(mail)?;
    }
    say(b"QUIT\r\n")
}

/// Reads an answer, which may have several lines (RFC 5321, 4.2.1).
fn answered(answers: &mut BufReader<TcpStream>) -> std::io::Result<()> {
    let mut line = String::new();
    loop {
        line.clear();
        if answers.read_line(&mut line)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        if line.as_bytes().get(3) != Some(&b'-') {
            return Ok(());
        }
    }
}
