//! Bad days, on demand. Each fault strikes once.

use crate::Inner;
use std::time::Duration;

/// What goes wrong next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The call happens, and the connection breaks before its answer.
    LoseReply,
    /// The call happens, and its answer comes after so many milliseconds.
    Slow(u64),
    /// 500 before the endpoint began: nothing happened and the same key works again.
    Error500,
    /// 500 after the endpoint began: nothing happened, and the same key gets the same 500 for ever.
    Error500Kept,
    /// 429: nothing happened.
    TooMany,
    /// The call happens, and the answer is not JSON.
    Garbage,
    /// The next event is never delivered.
    DropWebhook,
    /// The next event is delivered twice.
    DoubleWebhook,
    /// The next event is delivered after so many milliseconds.
    LateWebhook(u64),
}

impl Fault {
    pub fn of_webhooks(&self) -> bool {
        matches!(self, Fault::DropWebhook | Fault::DoubleWebhook | Fault::LateWebhook(_))
    }
}

/// A fault that waits for what it strikes: part of `METHOD path`, or of an event's type.
#[derive(Clone, Debug)]
pub struct Trap {
    pub on: String,
    pub fault: Fault,
}

impl Inner {
    /// The fault that strikes this call, if one waits for it.
    pub fn fault_of_call(&self, method: &str, path: &str) -> Option<Fault> {
        let call = format!("{method} {path}");
        let mut traps = self.traps.lock();
        let at = traps.iter().position(|trap| !trap.fault.of_webhooks() && call.contains(&trap.on))?;
        Some(traps.remove(at).fault)
    }

    /// The delays of each delivery of an event: one, none or two.
    pub fn fates(&self, kind: &str) -> Vec<Duration> {
        let mut traps = self.traps.lock();
        let fault = traps.iter().position(|trap| trap.fault.of_webhooks() && kind.contains(&trap.on)).map(|at| traps.remove(at).fault);
        match fault {
            Some(Fault::DropWebhook) => Vec::new(),
            Some(Fault::DoubleWebhook) => vec![Duration::ZERO, Duration::ZERO],
            Some(Fault::LateWebhook(late)) => vec![Duration::from_millis(late)],
            _ => vec![Duration::ZERO],
        }
    }
}
