//! Servers of others that tests talk to, as Python programs of tests/support.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

/// Starts a program of tests/support, and answers it with its port. It ends with this process, or when it is killed.
pub fn start(script: &str, arguments: &[&str]) -> (Child, u16) {
    let python = std::env::var("REGULARS_TEST_PYTHON").ok().filter(|python| !python.is_empty());
    let python = python.expect("REGULARS_TEST_PYTHON is not set: run the tests by bin/test, which installs the mail servers they need");
    let mut server = Command::new(python)
        .arg(format!("{}/tests/support/{script}", env!("CARGO_MANIFEST_DIR")))
        .args(arguments)
        // A pipe: the server ends with this process.
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut port = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut port).unwrap();
    (server, port.trim().parse().unwrap())
}
