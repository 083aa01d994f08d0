//! A mail as it goes over the wire: RFC 5322, with words in any script (RFC 2047), and what lists have to offer (RFC 2369, 2919, 8058).

use super::dkim::{self, DkimKey};
use crate::Result;
use crate::clock::Time;
use crate::mail::{Mail, WrittenBy};
use lettre::message::header::{Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::{Address, Message};

/// A mail of a campaign, ready to be put into bytes. Mailboxes are an address, or a name and an address in angle brackets. Texts that are
/// empty leave their header out.
#[derive(Clone, Debug, Default)]
pub struct Parcel {
    /// Without angle brackets.
    pub message_id: String,
    pub from: String,
    pub reply_to: String,
    pub to: String,
    pub subject: String,
    pub text: String,
    pub html: String,
    pub date: Time,
    /// Where one click unsubscribes (https), and an address that does it by mail.
    pub list_unsubscribe: Option<(String, String)>,
    /// What the mail belongs to, such as `news.shop.example` (RFC 2919).
    pub list_id: String,
    /// By what a receiver tells campaigns apart in its reports.
    pub feedback_id: String,
    pub written_by: WrittenBy,
}

/// The bytes of a mail, signed by each of `keys`. Fails with the reason when an address or a header cannot be: no server would take it.
pub fn message(parcel: &Parcel, keys: &[DkimKey]) -> Result<Vec<u8>, String> {
    let sheet = Sheet {
        message_id: &parcel.message_id,
        from: &parcel.from,
        reply_to: &parcel.reply_to,
        to: &parcel.to,
        subject: &parcel.subject,
        text: &parcel.text,
        html: &parcel.html,
        date: parcel.date,
        written_by: parcel.written_by,
        in_reply_to: "",
        thread: "",
    };
    let mut message = sheet.message()?;
    if let Some((page, mail)) = &parcel.list_unsubscribe {
        left(&mut message, page, mail)?;
    }
    belongs(&mut message, &parcel.list_id)?;
    let headers = message.headers_mut();
    if !parcel.feedback_id.is_empty() {
        headers.insert_raw(HeaderValue::new(HeaderName::new_from_ascii_str("Feedback-ID"), one_line(&parcel.feedback_id)));
    }
    dkim::signed(message.formatted(), keys)
}

/// The bytes of a mail of the outbox, signed by each of `keys`.
pub(super) fn of_mail(mail: &Mail, from: &str, keys: &[DkimKey]) -> Result<Vec<u8>, String> {
    let sheet = Sheet {
        message_id: &mail.message_id,
        from,
        reply_to: &mail.reply_to,
        to: &mail.recipient,
        subject: &mail.subject,
        text: &mail.body_text,
        html: &mail.body_html,
        date: mail.created_at,
        written_by: mail.written_by,
        in_reply_to: &mail.in_reply_to,
        thread: &mail.thread,
    };
    let mut message = sheet.message()?;
    if !mail.list_unsubscribe.is_empty() {
        left(&mut message, &mail.list_unsubscribe, "")?;
    }
    belongs(&mut message, &mail.list_id)?;
    dkim::signed(message.formatted(), keys)
}

/// Says how to get no such mail any more: a page, which takes one click where it is encrypted (RFC 8058), and an address (RFC 2369). One of them may
/// be empty.
fn left(message: &mut Message, page: &str, mail: &str) -> Result<(), String> {
    let ways: Vec<String> = [page, mail].into_iter().filter(|way| !way.is_empty()).map(bracketed).collect::<Result<_, _>>()?;
    let headers = message.headers_mut();
    headers.insert_raw(plain("List-Unsubscribe", &ways.join(", "), &ways.join(",\r\n ")));
    if page.starts_with("https://") {
        let click = "List-Unsubscribe=One-Click";
        headers.insert_raw(plain("List-Unsubscribe-Post", click, click));
    }
    Ok(())
}

/// Says what a mail belongs to (RFC 2919); empty for nothing.
fn belongs(message: &mut Message, list_id: &str) -> Result<(), String> {
    if !list_id.is_empty() {
        let id = bracketed(list_id)?;
        message.headers_mut().insert_raw(plain("List-ID", &id, &id));
    }
    Ok(())
}

/// What both kinds of mail have.
struct Sheet<'a> {
    message_id: &'a str,
    from: &'a str,
    reply_to: &'a str,
    to: &'a str,
    subject: &'a str,
    text: &'a str,
    html: &'a str,
    date: Time,
    written_by: WrittenBy,
    in_reply_to: &'a str,
    thread: &'a str,
}

impl Sheet<'_> {
    fn message(&self) -> Result<Message, String> {
        let mut message = Message::builder()
            .from(mailbox(self.from).map_err(|error| format!("the sender cannot be used: {error}"))?)
            .to(mailbox(self.to).map_err(|error| format!("the address cannot be used: {error}"))?)
            .subject(one_line(self.subject))
            .date(self.date.and_utc().into())
            .message_id(Some(bracketed(self.message_id)?))
            .header(AutoSubmitted(self.written_by));
        if !self.reply_to.is_empty() {
            message = message.reply_to(mailbox(self.reply_to).map_err(|error| format!("the address for replies cannot be used: {error}"))?);
        }
        // Others made up what these name: one that no header can hold is left out.
        if let Ok(answered) = bracketed(self.in_reply_to) {
            message = message.in_reply_to(answered);
        }
        let thread: Vec<String> = self.thread.split_whitespace().filter_map(|one| bracketed(one).ok()).collect();
        if !thread.is_empty() {
            message = message.references(thread.join(" "));
        }
        message
            .multipart(MultiPart::alternative_plain_html(self.text.to_string(), self.html.to_string()))
            .map_err(|error| error.to_string())
    }
}

/// Reads `name <address>` or an address. A name may hold what would have to be quoted there; it is quoted or encoded when it is written.
pub fn mailbox(text: &str) -> Result<Mailbox, String> {
    let text = one_line(text);
    let strict = text.parse::<Mailbox>();
    let inner = text.strip_suffix('>').and_then(|rest| rest.rsplit_once('<'));
    match (strict, inner) {
        (Ok(mailbox), _) => Ok(mailbox),
        (Err(_), Some((name, address))) => {
            let address: Address = address.trim().parse().map_err(|error| format!("{error}"))?;
            let name = name.trim().trim_matches('"').replace('"', "'");
            Ok(Mailbox::new((!name.is_empty()).then_some(name), address))
        }
        (Err(error), None) => Err(error.to_string()),
    }
}

/// `text` without anything that could end a header.
fn one_line(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect::<String>().trim().to_string()
}

/// An address of the web, of mail, or of a message, in angle brackets. It goes into a header as it is, so it has to be plain.
fn bracketed(text: &str) -> Result<String, String> {
    if text.is_empty() || text.len() > 900 || text.bytes().any(|byte| !byte.is_ascii_graphic() || matches!(byte, b'<' | b'>')) {
        return Err("a header holds something that is no address".to_string());
    }
    Ok(format!("<{text}>"))
}

/// A header that is written as it is: words of programs are never folded or encoded.
fn plain(name: &'static str, value: &str, folded: &str) -> HeaderValue {
    HeaderValue::dangerous_new_pre_encoded(HeaderName::new_from_ascii_str(name), value.to_string(), folded.to_string())
}

/// Who or what wrote a mail (RFC 3834).
#[derive(Clone)]
struct AutoSubmitted(WrittenBy);

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(text: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        WrittenBy::parse(text.trim()).map(AutoSubmitted).ok_or_else(|| format!("{text} is none of {:?}", WrittenBy::ALL).into())
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), self.0.as_str().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Every header that a mail of a campaign has.
    const HEADERS: [&str; 13] = [
        "From",
        "To",
        "Subject",
        "Date",
        "Message-ID",
        "Reply-To",
        "Auto-Submitted",
        "MIME-Version",
        "Content-Type",
        "List-Unsubscribe",
        "List-Unsubscribe-Post",
        "List-ID",
        "Feedback-ID",
    ];

    fn parcel() -> Parcel {
        Parcel {
            message_id: "1@shop.example".into(),
            from: "Tea, \"Cups\" & Co <news@shop.example>".into(),
            to: "Ann <ann@example.com>".into(),
            subject: "Neu: grüner Tee 绿茶\r\nBcc: all@example.com".into(),
            text: "Hello".into(),
            html: "<p>Hello</p>".into(),
            list_unsubscribe: Some(("https://shop.example/m/t/unsubscribe".into(), "mailto:off@shop.example".into())),
            list_id: "news.shop.example".into(),
            feedback_id: "7:shop".into(),
            ..Parcel::default()
        }
    }

    #[test]
    fn a_mail_of_a_list_can_be_left_by_one_click_and_nothing_typed_adds_a_header() {
        let text = String::from_utf8(message(&parcel(), &[]).unwrap()).unwrap();
        let (head, _) = text.split_once("\r\n\r\n").unwrap();
        for line in [
            "List-Unsubscribe: <https://shop.example/m/t/unsubscribe>,\r\n <mailto:off@shop.example>",
            "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
            "List-ID: <news.shop.example>",
            "Feedback-ID: 7:shop",
            "Message-ID: <1@shop.example>",
            "Auto-Submitted: auto-generated",
        ] {
            assert!(head.contains(line), "{line}\nis not in\n{head}");
        }
        assert!(!head.lines().any(|line| line.starts_with("Bcc:")), "{head}");
        assert!(head.contains("Subject: ") && head.is_ascii(), "{head}");
        assert!(head.contains("<news@shop.example>"), "{head}");
    }

    #[test]
    fn a_mail_of_the_outbox_that_somebody_allowed_can_be_left_by_one_click() {
        let mail = Mail {
            id: 1,
            message_id: "1@shop.example".into(),
            template: "review_request".into(),
            recipient: "ann@example.com".into(),
            subject: "Your tea".into(),
            body_text: "Hello".into(),
            body_html: "<p>Hello</p>".into(),
            state: "queued".into(),
            error: None,
            created_at: Time::default(),
            sent_at: None,
            reply_to: String::new(),
            in_reply_to: String::new(),
            thread: String::new(),
            written_by: WrittenBy::Shop,
            list_unsubscribe: "https://shop.example/orders/R1/reviews/stop?key=k".into(),
            list_id: "news.shop.example".into(),
        };
        let head = |mail: &Mail| String::from_utf8(of_mail(mail, "shop@shop.example", &[]).unwrap()).unwrap();
        let text = head(&mail);
        for line in [
            "List-Unsubscribe: <https://shop.example/orders/R1/reviews/stop?key=k>\r\n",
            "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n",
            "List-ID: <news.shop.example>\r\n",
        ] {
            assert!(text.contains(line), "{line} is not in\n{text}");
        }
        let other = Mail { list_unsubscribe: String::new(), list_id: String::new(), ..mail };
        assert!(!head(&other).contains("List-"));
    }

    proptest! {
        #[test]
        fn whatever_is_typed_there_are_the_same_headers(name: String, subject: String, feedback: String) {
            let one = Parcel {
                from: format!("{name} <news@shop.example>"),
                to: format!("{name} <ann@example.com>"),
                subject,
                feedback_id: feedback,
                ..parcel()
            };
            prop_assert_eq!(mailbox(&one.from).unwrap().email.to_string(), "news@shop.example");
            let Ok(bytes) = message(&one, &[]) else { return Ok(()) };
            let text = String::from_utf8(bytes).unwrap();
            let (head, _) = text.split_once("\r\n\r\n").unwrap();
            prop_assert!(head.is_ascii(), "{}", head);
            for line in head.split("\r\n").filter(|line| !line.starts_with([' ', '\t'])) {
                let header = line.split(':').next().unwrap_or_default();
                prop_assert!(HEADERS.contains(&header), "{} in\n{}", line, head);
            }
        }
    }

    #[test]
    fn what_cannot_be_sent_is_said_and_not_sent() {
        let with = |change: fn(&mut Parcel)| {
            let mut one = parcel();
            change(&mut one);
            message(&one, &[])
        };
        assert!(with(|one| one.to = "nobody".into()).is_err());
        assert!(with(|one| one.from = "x".into()).is_err());
        assert!(with(|one| one.message_id = "a b".into()).is_err());
        assert!(with(|one| one.list_id = "a>\r\nX: y".into()).is_err());
        assert!(with(|one| one.list_unsubscribe = Some(("https://a b".into(), String::new()))).is_err());
    }
}
