//! A mail server that takes everything and a client that sends what it is given: what the shop's own sending is measured against. Both are as
//! plain as they can be, speak one command at a time, and run in the process of the benchmark. Beside them the mail server of the tests.

use parking_lot::Mutex;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
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

/// The mail server of the tests in a process of its own: it writes each mail into a file.
pub struct Stored {
    pub port: u16,
    child: Child,
    folder: PathBuf,
}

impl Stored {
    /// `None` without the Python that `bin/test` installs.
    pub fn start() -> Option<Stored> {
        let python = std::env::var("REGULARS_TEST_PYTHON").ok().filter(|python| !python.is_empty())?;
        let folder = std::env::temp_dir().join(format!("regulars_bench_mails_{}", std::process::id()));
        let mut command = Command::new(python);
        command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/smtp_sink.py")).arg(&folder);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut port = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut port).unwrap();
        Some(Stored { port: port.trim().parse().unwrap(), child, folder })
    }

    /// Mails that were stored so far.
    pub fn taken(&self) -> u64 {
        let files = std::fs::read_dir(&self.folder).unwrap().flatten();
        files.filter(|file| file.path().extension().is_some_and(|ending| ending == "eml")).count() as u64
    }
}

impl Drop for Stored {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
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
