//! The bytes of a mail as SMTP carries them (RFC 5321, 4.5.2): a dot on a line of its own ends it, and one more dot stands before a line that
//! begins with one. A line ends with CR and LF together and nothing else: who took a bare LF for one could be sent a second mail inside the first.

/// Where in a mail the next byte is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum At {
    #[default]
    LineStart,
    /// Behind a dot at the start of a line, and behind the CR after it.
    Dot,
    DotCr,
    Cr,
    Text,
}

/// Takes bytes until the end of a mail.
#[derive(Debug, Default)]
pub(super) struct Dots {
    at: At,
}

impl Dots {
    /// Puts what belongs to the mail behind `raw`. Answers how many bytes were taken, and whether the mail has ended with them.
    pub(super) fn feed(&mut self, bytes: &[u8], raw: &mut Vec<u8>) -> (usize, bool) {
        for (taken, byte) in (1..).zip(bytes.iter().copied()) {
            match (self.at, byte) {
                (At::LineStart, b'.') => self.at = At::Dot,
                (At::Dot, b'\r') => self.at = At::DotCr,
                (At::DotCr, b'\n') => return (taken, true),
                (At::DotCr, _) => {
                    raw.push(b'\r');
                    self.keep(byte, true, raw);
                }
                (at, _) => self.keep(byte, at == At::Cr, raw),
            }
        }
        (bytes.len(), false)
    }

    fn keep(&mut self, byte: u8, behind_cr: bool, raw: &mut Vec<u8>) {
        raw.push(byte);
        self.at = match byte {
            b'\r' => At::Cr,
            b'\n' if behind_cr => At::LineStart,
            _ => At::Text,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::Dots;
    use proptest::prelude::*;

    fn read(bytes: &[u8]) -> Option<(Vec<u8>, usize)> {
        let (mut dots, mut raw) = (Dots::default(), Vec::new());
        let (taken, ended) = dots.feed(bytes, &mut raw);
        ended.then_some((raw, taken))
    }

    #[test]
    fn a_mail_ends_with_a_dot_between_real_line_ends() {
        assert_eq!(read(b"a\r\n.\r\nQUIT"), Some((b"a\r\n".to_vec(), 6)));
        assert_eq!(read(b".\r\n"), Some((Vec::new(), 3)));
        assert_eq!(read(b"..a\r\n...\r\n.\r\n").unwrap().0, b".a\r\n..\r\n");
        for smuggled in [&b"a\n.\r\nb"[..], b"a\n.\nb", b"a\r.\rb", b"a\r\n.\nb", b"a\r\n.\rb", b"a\n.\r\n"] {
            assert_eq!(read(smuggled), None, "{smuggled:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_sent_arrives_in_whatever_pieces(lines in proptest::collection::vec("[.a\r]{0,4}", 0..12), size in 1usize..7) {
            let mail: String = lines.iter().map(|line| format!("{}x\r\n", line)).collect();
            let stuffed: String = mail.split_inclusive("\r\n").map(|line| if line.starts_with('.') { format!(".{line}") } else { line.into() }).collect();
            let sent = format!("{stuffed}.\r\n");
            let (mut dots, mut raw, mut ended) = (Dots::default(), Vec::new(), false);
            for piece in sent.as_bytes().chunks(size) {
                prop_assert!(!ended);
                ended = dots.feed(piece, &mut raw).1;
            }
            prop_assert!(ended);
            prop_assert_eq!(raw, mail.as_bytes());
        }
    }
}
