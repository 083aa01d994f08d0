//! What is said between a client and the listener, without the connection it is said over.

use crm::inbound::LARGEST;

/// Recipients of a mail (RFC 5321, 4.5.3.1.8).
const RECIPIENTS: usize = 100;
/// Commands without sense before a client has to leave.
const MISTAKES: usize = 20;
/// The longest address.
const PATH: usize = 256;

/// What follows from a command.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    Say(String),
    /// The bytes of a mail come now.
    Receive,
    Leave(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Protocol {
    Smtp,
    /// Every recipient gets an answer of its own.
    Lmtp,
}

/// A conversation.
pub(super) struct Session<'a> {
    host: &'a str,
    /// The domain whose mails are taken.
    domain: &'a str,
    protocol: Option<Protocol>,
    sender: Option<String>,
    recipients: Vec<String>,
    mistakes: usize,
}

impl<'a> Session<'a> {
    pub(super) fn new(host: &'a str, domain: &'a str) -> Session<'a> {
        Session { host, domain, protocol: None, sender: None, recipients: Vec::new(), mistakes: 0 }
    }

    pub(super) fn greeting(&self) -> String {
        format!("220 {} ESMTP and LMTP\r\n", self.host)
    }

    /// Whom a bounce of the mail would go to.
    pub(super) fn sender(&self) -> Option<String> {
        self.sender.clone()
    }

    pub(super) fn recipients(&self) -> &[String] {
        &self.recipients
    }

    /// What is said when a mail was stored or not; a new one may begin then.
    pub(super) fn received(&mut self, answer: &str) -> String {
        let answers = if self.protocol == Some(Protocol::Lmtp) { self.recipients.len() } else { 1 };
        self.reset();
        format!("{answer}\r\n").repeat(answers)
    }

    fn reset(&mut self) {
        self.sender = None;
        self.recipients.clear();
    }

    /// Takes a command, without its line end.
    pub(super) fn command(&mut self, line: &[u8]) -> Step {
        let text = String::from_utf8_lossy(line);
        let (verb, rest) = text.split_once(' ').unwrap_or((&*text, ""));
        match verb.to_ascii_uppercase().as_str() {
            "EHLO" => self.hello(Protocol::Smtp, rest, true),
            "HELO" => self.hello(Protocol::Smtp, rest, false),
            "LHLO" => self.hello(Protocol::Lmtp, rest, true),
            "MAIL" => self.mail(rest),
            "RCPT" => self.recipient(rest),
            "DATA" if self.recipients.is_empty() => self.wrong("503 5.5.1 nobody to give it to"),
            "DATA" => Step::Receive,
            "RSET" => {
                self.reset();
                say("250 2.0.0 forgotten")
            }
            "NOOP" => say("250 2.0.0 here"),
            "VRFY" => say("252 2.1.5 send it and see"),
            "HELP" => say("214 2.0.0 RFC 5321, RFC 2033"),
            "QUIT" => Step::Leave("221 2.0.0 goodbye\r\n".into()),
            _ => self.wrong("500 5.5.2 no such command"),
        }
    }

    fn wrong(&mut self, text: &str) -> Step {
        self.mistakes += 1;
        if self.mistakes > MISTAKES { Step::Leave("421 4.7.0 too many mistakes\r\n".into()) } else { say(text) }
    }

    fn hello(&mut self, protocol: Protocol, name: &str, extended: bool) -> Step {
        if name.trim().is_empty() {
            return self.wrong("501 5.5.4 say who you are");
        }
        self.reset();
        self.protocol = Some(protocol);
        if !extended {
            return say(&format!("250 {}", self.host));
        }
        let extensions = ["PIPELINING", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES"];
        let lines: String = extensions.iter().map(|name| format!("250-{name}\r\n")).collect();
        Step::Say(format!("250-{}\r\n{lines}250 SIZE {LARGEST}\r\n", self.host))
    }

    fn mail(&mut self, rest: &str) -> Step {
        if self.protocol.is_none() {
            return self.wrong("503 5.5.1 say hello first");
        }
        if self.sender.is_some() {
            return self.wrong("503 5.5.1 there is a sender already");
        }
        let Some((path, parameters)) = path(rest, "FROM:") else { return self.wrong("501 5.5.4 MAIL FROM:<address>") };
        for parameter in parameters.split_whitespace() {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            match name.to_ascii_uppercase().as_str() {
                "SIZE" => match value.parse::<u64>() {
                    Ok(size) if size <= LARGEST as u64 => {}
                    Ok(_) => return say("552 5.3.4 it is too large"),
                    Err(_) => return self.wrong("501 5.5.4 no size"),
                },
                "BODY" | "SMTPUTF8" => {}
                _ => return self.wrong("555 5.5.4 no such parameter"),
            }
        }
        self.sender = Some(path);
        say("250 2.1.0 fine")
    }

    fn recipient(&mut self, rest: &str) -> Step {
        if self.sender.is_none() {
            return self.wrong("503 5.5.1 who sends it?");
        }
        let Some((path, parameters)) = path(rest, "TO:") else { return self.wrong("501 5.5.4 RCPT TO:<address>") };
        if !parameters.trim().is_empty() {
            return self.wrong("555 5.5.4 no such parameter");
        }
        // Every server knows its postmaster (RFC 5321, 4.5.1).
        let here = match path.rsplit_once('@') {
            Some((local, domain)) => !local.is_empty() && domain.eq_ignore_ascii_case(self.domain),
            None => path.eq_ignore_ascii_case("postmaster"),
        };
        if !here {
            return self.wrong("550 5.7.1 not for this shop");
        }
        if self.recipients.len() >= RECIPIENTS {
            return say("452 4.5.3 too many recipients");
        }
        self.recipients.push(path);
        say("250 2.1.5 fine")
    }
}

fn say(text: &str) -> Step {
    Step::Say(format!("{text}\r\n"))
}

/// The address between angle brackets behind a word, without a route before it, and what stands behind it.
fn path<'a>(text: &'a str, word: &str) -> Option<(String, &'a str)> {
    let head = text.get(..word.len())?;
    let rest = text[word.len()..].trim_start().strip_prefix('<').filter(|_| head.eq_ignore_ascii_case(word))?;
    let (inside, behind) = rest.split_once('>')?;
    let address = match inside.strip_prefix('@') {
        Some(route) => route.split_once(':')?.1,
        None => inside,
    };
    let sound = address.len() <= PATH && !address.chars().any(|c| c.is_control() || c.is_whitespace() || c == '<');
    sound.then(|| (address.to_string(), behind))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(session: &mut Session, line: &str) -> String {
        match session.command(line.as_bytes()) {
            Step::Say(text) | Step::Leave(text) => text[..3].to_string(),
            Step::Receive => "354".into(),
        }
    }

    #[test]
    fn a_mail_needs_hello_sender_and_a_recipient_of_the_shop() {
        let mut session = Session::new("shop.example", "help.example");
        for (line, code) in [
            ("MAIL FROM:<ann@example.com>", "503"),
            ("EHLO", "501"),
            ("EHLO mx.example", "250"),
            ("RCPT TO:<tea@help.example>", "503"),
            ("MAIL FROM:ann@example.com", "501"),
            ("MAIL FROM:<ann@example.com> SIZE=52428801", "552"),
            ("MAIL FROM:<ann@example.com> RET=FULL", "555"),
            ("mail from: <ann@example.com> size=100 BODY=8BITMIME", "250"),
            ("MAIL FROM:<bob@example.com>", "503"),
            ("DATA", "503"),
            ("RCPT TO:<tea@other.example>", "550"),
            ("RCPT TO:<@help.example:tea@other.example>", "550"),
            ("RCPT TO:<@help.example>", "501"),
            ("RCPT TO:<tea@HELP.example>", "250"),
            ("RCPT TO:<postmaster>", "250"),
            ("VRFY tea", "252"),
            ("DATA", "354"),
        ] {
            assert_eq!(said(&mut session, line), code, "{line}");
        }
        assert_eq!((session.sender().as_deref(), session.recipients().len()), (Some("ann@example.com"), 2));
        assert_eq!(session.received("250 stored"), "250 stored\r\n");
        assert_eq!(said(&mut session, "DATA"), "503", "the next mail has an envelope of its own");
        assert_eq!(said(&mut session, "MAIL FROM:<>"), "250");
        assert_eq!(session.sender().as_deref(), Some(""));
        assert_eq!(said(&mut session, "quit"), "221");
    }

    #[test]
    fn lmtp_answers_for_each_recipient() {
        let mut session = Session::new("shop.example", "help.example");
        for line in ["LHLO mx", "MAIL FROM:<a@b.example>", "RCPT TO:<a@help.example>", "RCPT TO:<b@help.example>"] {
            assert_eq!(said(&mut session, line), "250");
        }
        assert_eq!(session.received("250 stored"), "250 stored\r\n250 stored\r\n");
    }

    #[test]
    fn who_makes_no_sense_has_to_leave() {
        let mut session = Session::new("shop.example", "help.example");
        for _ in 0..MISTAKES {
            assert_eq!(said(&mut session, "\u{fffd}GET / HTTP/1.1"), "500");
        }
        assert_eq!(said(&mut session, "AUTH PLAIN"), "421");
        let mut session = Session::new("shop.example", "help.example");
        said(&mut session, "EHLO x");
        said(&mut session, "MAIL FROM:<a@b.example>");
        for _ in 0..RECIPIENTS {
            assert_eq!(said(&mut session, "RCPT TO:<a@help.example>"), "250");
        }
        assert_eq!(said(&mut session, "RCPT TO:<a@help.example>"), "452");
        assert!(matches!(session.command(&[0xff, 0xfe, 0x00]), Step::Say(_)));
    }
}
