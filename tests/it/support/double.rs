//! Programs of tests/support that run beside a test: a mail server, a DNS server.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

/// The Python with the packages of the tests.
pub fn python() -> String {
    let python = std::env::var("REGULARS_TEST_PYTHON").ok().filter(|python| !python.is_empty());
    python.expect("REGULARS_TEST_PYTHON is not set: run the tests by bin/test, which installs the programs they need")
}

/// The path of a file in tests/support.
pub fn file(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support")).join(name)
}

/// A program that prints its port first and listens there until it is dropped.
pub struct Double {
    child: Child,
    pub port: u16,
}

impl Double {
    pub fn start(script: &str, arguments: &[String]) -> Double {
        // A pipe as its input: it ends with this process.
        let mut command = Command::new(python());
        command.arg(file(script)).args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut port = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut port).unwrap();
        Double { child, port: port.trim().parse().unwrap() }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends it as a machine that breaks down would.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Double {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The messages that tests/support/smtp_sink.py kept in `folder`, in order, each below the two lines of its envelope.
pub fn taken(folder: &std::path::Path) -> Vec<String> {
    let Ok(files) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = files.map(|file| file.unwrap().path()).filter(|path| path.extension().unwrap() == "eml").collect();
    paths.sort();
    paths.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect()
}
