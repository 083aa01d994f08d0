//! How far long work is: a bar on a terminal, a line every tenth where output goes to a file.

use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use std::sync::atomic::{AtomicU64, Ordering};

/// Shows progress on standard error until it is dropped.
pub struct Bar {
    what: &'static str,
    bar: Option<ProgressBar>,
    tenth: AtomicU64,
}

impl Bar {
    /// `what` names the work, such as `backup`.
    pub fn new(what: &'static str) -> Bar {
        let bar = std::io::stderr().is_terminal().then(|| {
            let style = ProgressStyle::with_template("{prefix} [{bar:40}] {pos}/{len} {msg} ({eta} left)");
            ProgressBar::new(0).with_prefix(what).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
        });
        Bar { what, bar, tenth: AtomicU64::new(0) }
    }

    /// Shows that `done` of `total` are done, now in `part`.
    pub fn at(&self, done: u64, total: u64, part: &str) {
        if let Some(bar) = &self.bar {
            bar.set_length(total);
            bar.set_position(done);
            if bar.message() != part {
                bar.set_message(part.to_string());
            }
            return;
        }
        let tenth = (done * 10).checked_div(total).unwrap_or(10);
        if tenth > self.tenth.swap(tenth, Ordering::Relaxed) {
            eprintln!("{}: {}% ({done} of {total})", self.what, tenth * 10);
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
