//! The syntax of UN/EDIFACT (ISO 9735, version 3): reading with any service string advice, writing with the standard one.

use super::syntax::{CUT, Interchange, Message, NONE, Party, Segment, Written, counted, latin, same};

/// The characters that structure an interchange. A release character of a blank means that there is none.
struct Marks {
    component: char,
    element: char,
    decimal: char,
    release: char,
    end: char,
}

const STANDARD: Marks = Marks { component: ':', element: '+', decimal: '.', release: '?', end: '\'' };

/// The directory of the messages that are written here; CONTRL has a version of its own.
fn version(kind: &str) -> [&str; 4] {
    if kind == "CONTRL" { [kind, "2", "2", "UN"] } else { [kind, "D", "96A", "UN"] }
}

/// The service string advice (UNA) and what comes after it.
fn advice(text: &str) -> Result<(Marks, &str), &'static str> {
    let text = text.trim_start_matches(['\u{feff}', ' ', '\r', '\n']);
    let Some(rest) = text.strip_prefix("UNA") else { return Ok((STANDARD, text)) };
    let six: Vec<char> = rest.chars().take(6).collect();
    let [component, element, decimal, release, _, end] = six[..] else { return Err(CUT) };
    let length: usize = six.iter().map(|letter| letter.len_utf8()).sum();
    Ok((Marks { component, element, decimal, release, end }, rest.get(length..).unwrap_or("")))
}

/// The segments; the character after a release character stands for itself. Line breaks are no part of the data.
fn segments(text: &str, marks: &Marks) -> Result<Vec<Segment>, &'static str> {
    let mut found = Vec::new();
    let (mut word, mut parts, mut elements) = (String::new(), Vec::new(), Vec::new());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        if letter == marks.release && letter != ' ' {
            word.push(letters.next().ok_or(CUT)?);
        } else if letter == marks.component {
            parts.push(std::mem::take(&mut word));
        } else if letter == marks.element {
            parts.push(std::mem::take(&mut word));
            elements.push(std::mem::take(&mut parts));
        } else if letter == marks.end {
            parts.push(std::mem::take(&mut word));
            elements.push(std::mem::take(&mut parts));
            found.push(segment(std::mem::take(&mut elements))?);
        } else if letter != '\r' && letter != '\n' {
            word.push(letter);
        }
    }
    if word.trim().is_empty() && parts.is_empty() && elements.is_empty() { Ok(found) } else { Err(CUT) }
}

/// The first element names the segment.
fn segment(mut elements: Vec<Vec<String>>) -> Result<Segment, &'static str> {
    if elements.is_empty() {
        return Err(NONE);
    }
    let tag = elements.remove(0).first().map(|tag| tag.trim().to_string()).unwrap_or_default();
    if tag.is_empty() { Err(NONE) } else { Ok(Segment { tag, elements }) }
}

/// Reads an interchange: UNB, then messages from UNH to UNT, in groups (UNG, UNE) or not, then UNZ.
pub fn read(text: &str) -> Result<Interchange, &'static str> {
    let (marks, rest) = advice(text)?;
    let all = segments(rest, &marks)?;
    let mut all = all.into_iter();
    let Some(head) = all.next().filter(|one| one.tag == "UNB") else { return Err(NONE) };
    let party = |at: usize| Party { id: head.get(at).to_string(), qualifier: head.part(at, 2).to_string() };
    let mut interchange = Interchange {
        sender: party(2),
        recipient: party(3),
        control: head.get(5).to_string(),
        test: head.get(11) == "1",
        decimal: marks.decimal,
        messages: Vec::new(),
    };
    if interchange.control.is_empty() {
        return Err(NONE);
    }
    let (mut group, mut groups, mut within) = (String::new(), 0, 0);
    let mut open: Option<Message> = None;
    for segment in all {
        match (segment.tag.as_str(), &mut open) {
            ("UNH", None) => {
                let (kind, reference) = (segment.get(2).to_string(), segment.get(1).to_string());
                open = Some(Message { kind, reference, group: group.clone(), segments: Vec::new() });
            }
            ("UNT", Some(message)) => {
                counted(segment.get(1), message.segments.len() + 2)?;
                same(&message.reference, segment.get(2))?;
                interchange.messages.extend(open.take());
                within += 1;
            }
            ("UNG", None) => {
                group = segment.get(5).to_string();
                (groups, within) = (groups + 1, 0);
            }
            ("UNE", None) => {
                counted(segment.get(1), within)?;
                same(&group, segment.get(2))?;
                group = String::new();
            }
            ("UNZ", None) => {
                counted(segment.get(1), if groups > 0 { groups } else { interchange.messages.len() })?;
                same(&interchange.control, segment.get(2))?;
                return Ok(interchange);
            }
            (_, Some(message)) => message.segments.push(segment),
            (_, None) => return Err(NONE),
        }
    }
    Err(CUT)
}

/// The segments as they stand in the text, each with the character that ends it.
fn pieces<'a>(text: &'a str, marks: &Marks) -> Vec<&'a str> {
    let (mut found, mut from, mut released) = (Vec::new(), 0, false);
    for (at, letter) in text.char_indices() {
        if released {
            released = false;
        } else if letter == marks.release && letter != ' ' {
            released = true;
        } else if letter == marks.end {
            let next = at + letter.len_utf8();
            found.extend(text.get(from..next));
            from = next;
        }
    }
    found
}

/// The tag of a segment as it stands in the text.
fn tag(piece: &str, marks: &Marks) -> String {
    let (mut word, mut letters) = (String::new(), piece.chars());
    while let Some(letter) = letters.next() {
        if letter == marks.release && letter != ' ' {
            word.extend(letters.next());
        } else if [marks.component, marks.element, marks.end].contains(&letter) {
            break;
        } else if letter != '\r' && letter != '\n' {
            word.push(letter);
        }
    }
    word.trim().to_string()
}

/// Each message of an interchange that reads, within the header it came with and trailers of its own.
pub fn apart(text: &str, interchange: &Interchange) -> Vec<String> {
    let Ok((marks, rest)) = advice(text) else { return Vec::new() };
    let trailer = |tag: &str, reference: &str| {
        let structures = [marks.component, marks.element, marks.release, marks.end];
        let mut out = format!("{tag}{0}1{0}", marks.element);
        for letter in reference.chars() {
            if letter != ' ' && structures.contains(&letter) {
                out.push(marks.release);
            }
            out.push(letter);
        }
        out.push(marks.end);
        out
    };
    let mut head = text.get(..text.len() - rest.len()).unwrap_or("").to_string();
    let (mut group, mut own, mut inside) = (String::new(), String::new(), false);
    let mut found: Vec<String> = Vec::with_capacity(interchange.messages.len());
    for piece in pieces(rest, &marks) {
        match (tag(piece, &marks).as_str(), inside) {
            ("UNB", false) => head.push_str(piece),
            ("UNG", false) => group = piece.to_string(),
            ("UNE", false) => group = String::new(),
            ("UNZ", false) => break,
            ("UNT", true) => {
                own.push_str(piece);
                let Some(message) = interchange.messages.get(found.len()) else { return found };
                let end = if group.is_empty() { String::new() } else { trailer("UNE", &message.group) };
                found.push(format!("{head}{group}{own}{end}{}", trailer("UNZ", &interchange.control)));
                own = String::new();
                inside = false;
            }
            (_, _) => {
                inside = true;
                own.push_str(piece);
            }
        }
    }
    found
}

/// Data with the characters released that would structure it.
fn released(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in latin(text).chars() {
        if matches!(letter, ':' | '+' | '?' | '\'') {
            out.push('?');
        }
        out.push(letter);
    }
    out
}

/// Adds a segment as it goes over the wire: what is empty at an end is left out.
fn put(out: &mut String, segment: &Segment) {
    let element = |parts: &Vec<String>| {
        let last = parts.iter().rposition(|part| !part.is_empty()).map_or(0, |at| at + 1);
        parts.iter().take(last).map(|part| released(part)).collect::<Vec<_>>().join(":")
    };
    let elements: Vec<String> = segment.elements.iter().map(element).collect();
    let last = elements.iter().rposition(|one| !one.is_empty()).map_or(0, |at| at + 1);
    out.push_str(&segment.tag);
    for one in elements.iter().take(last) {
        out.push('+');
        out.push_str(one);
    }
    out.push('\'');
}

/// Writes an interchange with one message.
pub fn write(of: &Written) -> String {
    let control = of.control.to_string();
    let (day, time) = (of.at.format("%y%m%d").to_string(), of.at.format("%H%M").to_string());
    let mut out = String::from("UNA:+.? '");
    let own = [of.own.id.as_str(), of.own.qualifier.as_str()];
    let partner = [of.partner.id.as_str(), of.partner.qualifier.as_str()];
    put(&mut out, &Segment::new("UNB", &[&["UNOC", "3"], &own, &partner, &[&day, &time], &[&control]]));
    put(&mut out, &Segment::new("UNH", &[&["1"], &version(of.kind)]));
    of.body.iter().for_each(|segment| put(&mut out, segment));
    let count = (of.body.len() + 2).to_string();
    put(&mut out, &Segment::plain("UNT", &[&count, "1"]));
    put(&mut out, &Segment::plain("UNZ", &["1", &control]));
    out
}
