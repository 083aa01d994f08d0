//! Who or what wrote a mail. Whatever a program wrote is never answered by a program (RFC 3834, section 2), or two of them would never stop.

kernel::words!(
    /// Who or what wrote a mail.
    Nature {
        Person = "person",
        /// A program by itself: a note of absence, a receipt, a newsletter's robot.
        Automatic = "automatic",
        /// A mailing list, or who writes to many.
        List = "list",
        /// A mail server about a mail that the shop sent (RFC 3464).
        Bounce = "bounce",
        /// A mailbox provider about a mail that its reader did not want (RFC 5965).
        Complaint = "complaint",
        /// Nothing that can be read as a mail.
        Unreadable = "unreadable",
    }
);

impl Nature {
    /// Whether a program may answer it.
    pub fn may_be_answered(self) -> bool {
        matches!(self, Nature::Person | Nature::Unreadable)
    }
}

/// What tells the nature of a mail.
#[derive(Debug, Default)]
pub(super) struct Marks<'a> {
    /// The sender of the envelope, empty for one that wants no answer; `None` when nobody said.
    pub return_path: Option<&'a str>,
    pub from: &'a str,
    pub subject: &'a str,
    /// The type of the whole, such as `multipart/report`, and of which report.
    pub content_type: &'a str,
    pub report_type: &'a str,
    /// Names of headers in lower case, with their values.
    pub headers: &'a [(String, String)],
}

/// Headers by which lists are known (RFC 2369, RFC 2919).
const OF_LISTS: [&str; 6] = ["list-id", "list-unsubscribe", "list-post", "list-help", "list-owner", "list-archive"];
/// Headers that only programs write.
const OF_PROGRAMS: [&str; 5] = ["x-autoreply", "x-autorespond", "x-auto-response-suppress", "x-autoresponder", "x-vacation"];
/// Addresses that nobody reads.
const NOBODY: [&str; 8] = ["mailer-daemon", "postmaster", "noreply", "no-reply", "do-not-reply", "donotreply", "no_reply", "listserv"];
/// What notes of absence begin with that do not say so in a header.
const ABSENT: [&str; 9] = [
    "automatic reply:",
    "auto reply:",
    "auto-reply:",
    "autoreply:",
    "out of office:",
    "automatische antwort:",
    "abwesenheitsnotiz:",
    "自动回复",
    "自動回覆",
];

/// Tells the nature of a mail from its envelope and headers, never from what its text says.
pub(super) fn of(marks: &Marks) -> Nature {
    let header = |name: &str| marks.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.trim().to_lowercase());
    let local = marks.from.split('@').next().unwrap_or("").to_lowercase();
    let null = marks.return_path.is_some_and(|path| path.trim_matches(['<', '>', ' ']).is_empty());
    let daemon = matches!(local.as_str(), "mailer-daemon" | "postmaster");
    if marks.content_type == "multipart/report" {
        return match marks.report_type {
            "delivery-status" => Nature::Bounce,
            "feedback-report" => Nature::Complaint,
            _ => Nature::Automatic,
        };
    }
    if null && daemon {
        return Nature::Bounce;
    }
    let said = header("auto-submitted").is_some_and(|said| said.split(';').next().is_some_and(|said| said.trim() != "no"));
    let precedence = header("precedence").unwrap_or_default();
    if OF_LISTS.iter().any(|name| header(name).is_some()) || precedence == "list" {
        return Nature::List;
    }
    let bulk = matches!(precedence.as_str(), "bulk" | "junk" | "auto_reply");
    let program = OF_PROGRAMS.iter().any(|name| header(name).is_some_and(|value| value != "no" && value != "none"));
    let subject = marks.subject.trim_start().to_lowercase();
    let absent = ABSENT.iter().any(|begin| subject.starts_with(begin));
    if said || bulk || program || null || absent || NOBODY.contains(&local.as_str()) { Nature::Automatic } else { Nature::Person }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: &str, value: &str) -> Nature {
        let headers = [(name.to_string(), value.to_string())];
        of(&Marks { return_path: Some("ann@example.com"), from: "ann@example.com", headers: &headers, ..Marks::default() })
    }

    #[test]
    fn programs_are_known_by_their_headers() {
        for (name, value) in [
            ("auto-submitted", "auto-replied"),
            ("auto-submitted", "auto-generated; type=x"),
            ("precedence", "Bulk"),
            ("precedence", "auto_reply"),
            ("x-autoreply", "yes"),
            ("x-auto-response-suppress", "All"),
        ] {
            assert_eq!(with(name, value), Nature::Automatic, "{name}: {value}");
        }
        assert_eq!(with("list-id", "<news.example.com>"), Nature::List);
        assert_eq!(with("precedence", "list"), Nature::List);
        for (name, value) in [("auto-submitted", "no"), ("auto-submitted", "No ; x=y"), ("precedence", "normal"), ("x-mailer", "x")] {
            assert_eq!(with(name, value), Nature::Person, "{name}: {value}");
        }
    }

    #[test]
    fn nobody_is_behind_an_empty_return_path() {
        let plain = Marks { return_path: Some(""), from: "ann@example.com", ..Marks::default() };
        assert_eq!(of(&plain), Nature::Automatic);
        assert_eq!(of(&Marks { return_path: Some("<>"), from: "MAILER-DAEMON@example.com", ..Marks::default() }), Nature::Bounce);
        assert_eq!(of(&Marks { from: "no-reply@example.com", ..Marks::default() }), Nature::Automatic);
        assert_eq!(of(&Marks { from: "ann@example.com", subject: "Automatische Antwort: Tee", ..Marks::default() }), Nature::Automatic);
        assert_eq!(of(&Marks { from: "ann@example.com", subject: "About an automatic reply: tea", ..Marks::default() }), Nature::Person);
        let report = |report_type| Marks { content_type: "multipart/report", report_type, ..Marks::default() };
        assert_eq!(of(&report("delivery-status")), Nature::Bounce);
        assert_eq!(of(&report("feedback-report")), Nature::Complaint);
        assert_eq!(of(&report("disposition-notification")), Nature::Automatic);
    }
}
