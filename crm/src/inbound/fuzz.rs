//! Mails as programs write them, cut off, bent and put together wrongly: each is stored as it came and filed, and what is kept of it can be
//! shown.

use super::tests::arrives_as;
use super::*;
use crate::tickets::{self, BODY, Eyes};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

const MAILS: [&str; 7] = [
    // A letter in two forms with a picture in it and a document beside it.
    "Return-Path: <ann@example.com>\r\nReceived: from mx.example.com by help.test; Mon, 1 Jun 2026 12:00:00 +0200\r\nDKIM-Signature: v=1; a=rsa-sha256; d=example.com;\r\n\tbh=abc=; b=def=\r\nFrom: =?utf-8?Q?Ann_M=C3=BCller?= <ann@example.com>\r\nTo: Tea <help@tea.example>\r\nSubject: =?utf-8?B?5p2v5a2Q56KO5LqG?=\r\n =?iso-8859-1?Q?_kaputt=E4?=\r\nMessage-ID: <1@example.com>\r\nDate: Mon, 1 Jun 2026 12:00:00 +0200\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"outer=_1\"\r\n\r\nThis is a multi-part message.\r\n--outer=_1\r\nContent-Type: multipart/alternative; boundary=inner\r\n\r\n--inner\r\nContent-Type: text/plain; charset=utf-8; format=flowed\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nThe mug is broken =E2=98=B9 and I =\r\nwant another.\r\n--inner\r\nContent-Type: multipart/related; boundary=rel\r\n\r\n--rel\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<html><body><p style=\"color:red\">The mug is <b>broken</b><img src=\"cid:p1\"><script>alert(1)</script></p></body></html>\r\n--rel\r\nContent-Type: image/png\r\nContent-ID: <p1>\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw0KGgoAAAANSUhEUg==\r\n--rel--\r\n--inner--\r\n--outer=_1\r\nContent-Type: application/pdf; name*0=\"bill\"; name*1=\".pdf\"\r\nContent-Disposition: attachment; filename*=utf-8''Rechnung%20%E8%8C%B6.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\nJVBERi0xLjcKJeLjz9MK\r\n--outer=_1--\r\n",
    // Characters of another time.
    "From: =?gb18030?B?zfU=?= <wang@example.cn>\r\nSubject: =?big5?B?r/mzeQ==?=\r\nMessage-ID: <2@example.cn>\r\nContent-Type: text/plain; charset=\"gb18030\"\r\nContent-Transfer-Encoding: base64\r\n\r\nztK1xLLou/rGxsHLoaM=\r\n",
    "From: Karl <karl@example.de>\r\nSubject: Tasse\r\nMessage-ID: <3@example.de>\r\nContent-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nDie Tasse ist zerbrochen. Gr=FC=DFe\r\n\r\nAm 1. Juni 2026 schrieb Tea:\r\n> Ihr Paket\r\n>> kommt\r\n-- \r\nKarl\r\n",
    // A mail server about a mail.
    "Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.example\r\nSubject: Undelivered\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=\"r\"\r\n\r\n--r\r\n\r\nSorry.\r\n--r\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\nFinal-Recipient: rfc822; gone@example.com\r\nAction: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; 550 no\r\n\r\n--r\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: <x@help.test>\r\nFrom: help@tea.example\r\n\r\nHello\r\n--r--\r\n",
    // A letter within a letter, and an invitation.
    "From: ann@example.com\r\nSubject: Fwd: mug\r\nMessage-ID: <5@example.com>\r\nContent-Type: multipart/mixed; boundary=f\r\n\r\n--f\r\n\r\nSee below\r\n--f\r\nContent-Type: message/rfc822\r\nContent-Disposition: inline\r\n\r\nFrom: bob@example.net\r\nContent-Type: multipart/mixed; boundary=g\r\n\r\n--g\r\nContent-Type: message/rfc822\r\n\r\nFrom: carl@example.net\r\n\r\ndeep\r\n--g--\r\n--f\r\nContent-Type: text/calendar; method=REQUEST\r\n\r\nBEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n--f--\r\n",
    // Nothing but HTML, as newsletters and telephones write it.
    "From: ann@example.com\r\nSubject: \r\nMessage-ID: <6@example.com>\r\nContent-Type: text/html; charset=windows-1252\r\nContent-Transfer-Encoding: 8bit\r\n\r\n<!doctype html><table background=\"http://spy.example/b.gif\"><tr><td>Hi<br>there</table><a href=\"javascript:x()\">x</a><svg onload=x()><math><mi><style><img title=\"</style><img src=http://spy.example onerror=x()>\">\r\n",
    "From: ann@example.com\r\nSubject: Re: Re: AW: \u{202e} mug\r\nMessage-ID: <7@example.com>\r\nIn-Reply-To: <1@example.com>\r\nReferences: <0@x>\r\n <1@example.com>\r\n\r\nYes\r\n",
];

/// A bend: which one, at which part of the mail, over how many bytes, and with which byte.
type Bend = (u8, u16, u8, u8);

fn bent(mail: &[u8], bends: &[Bend]) -> Vec<u8> {
    let mut raw = mail.to_vec();
    for (kind, at, long, byte) in bends {
        let at = raw.len() * usize::from(*at) / (usize::from(u16::MAX) + 1);
        let end = (at + usize::from(*long)).min(raw.len());
        match kind % 9 {
            0 => raw.truncate(at),
            1 => drop(raw.drain(at..end)),
            2 => drop(raw.splice(at..at, vec![*byte; usize::from(*long)])),
            3 => raw.extend_from_within(at..end),
            4 => drop(raw.splice(at..end, std::iter::once(*byte))),
            5 => drop(raw.splice(at..at, *b"\r\n\r\n")),
            6 => drop(raw.splice(at..at, "=?utf-8?B?/w==?= \u{0}\u{202e}茶".bytes())),
            // A line many times: boundaries, headers, quotes.
            7 => {
                let line: Vec<u8> = raw[at..].split_inclusive(|byte| *byte == b'\n').nth(1).unwrap_or_default().to_vec();
                drop(raw.splice(at..at, line.repeat(usize::from(*long))));
            }
            _ => raw.retain(|one| one != byte),
        }
    }
    raw
}

#[test]
fn a_bent_mail_is_stored_as_it_came_and_filed() {
    let db = kernel::testing::db();
    let mut runner = TestRunner::new(Config { cases: 400, failure_persistence: None, ..Config::default() });
    let at = std::cell::Cell::new(0);
    let bends = proptest::collection::vec(any::<Bend>(), 0..6);
    let ran = runner.run(&(0..MAILS.len(), bends), |(which, bends)| {
        let bytes = bent(MAILS[which].as_bytes(), &bends);
        if bytes.is_empty() {
            return Ok(());
        }
        at.set(at.get() + 1);
        let stored = arrives_as(&db, &bytes, Some("ann@example.com"), at.get());
        prop_assert!(stored.filed_at.is_some() && stored.fate != Fate::Waiting, "{:?}", stored);
        let (id, ticket) = (stored.id, stored.ticket_id);
        prop_assert_eq!(db.read_now(move |conn| raw(conn, id)).unwrap(), bytes);
        if let Some(ticket) = ticket {
            let last = db.read_now(move |conn| tickets::thread(conn, ticket, Eyes::Staff, None, 1)).unwrap().remove(0);
            prop_assert!(last.body.chars().count() <= BODY && !last.body.contains('\0'));
            let html = last.html.unwrap_or_default().to_lowercase();
            prop_assert!(!["<script", "<img", "<svg", "<style", "href=\"javascript:"].iter().any(|bad| html.contains(bad)), "{}", html);
        }
        Ok(())
    });
    ran.unwrap();
}
