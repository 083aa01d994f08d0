//! The syntax of ASC X12, version 4010: the separators of an interchange stand in its ISA segment, which has a fixed length.

use super::syntax::{CUT, Interchange, Message, NONE, Party, Segment, Written, counted, latin, same};

/// Bytes of an ISA segment with the character that ends it.
const ISA: usize = 106;

fn segment(text: &str, element: char, component: char) -> Segment {
    let mut parts = text.split(element);
    let tag = parts.next().unwrap_or("").trim().to_string();
    let split = |one: &str| if tag == "ISA" { vec![one.to_string()] } else { one.split(component).map(str::to_string).collect() };
    let elements = parts.map(split).collect();
    Segment { tag, elements }
}

/// Reads an interchange: ISA, groups from GS to GE with transaction sets from ST to SE, then IEA.
pub fn read(text: &str) -> Result<Interchange, &'static str> {
    let text = text.trim_start_matches(['\u{feff}', ' ', '\r', '\n']);
    let head = text.get(..ISA).filter(|head| head.starts_with("ISA") && head.is_ascii()).ok_or(NONE)?;
    let marks: Vec<char> = [3, 104, 105].iter().filter_map(|at| head.chars().nth(*at)).collect();
    let [element, component, end] = marks[..] else { return Err(NONE) };
    let (whole, rest) = text.rsplit_once(end).ok_or(CUT)?;
    if !rest.trim().is_empty() {
        return Err(CUT);
    }
    let trimmed = whole.split(end).map(|one| one.trim_matches(['\r', '\n'])).filter(|one| !one.trim().is_empty());
    let mut all = trimmed.map(|one| segment(one, element, component));
    let Some(isa) = all.next().filter(|one| one.elements.len() == 16) else { return Err(NONE) };
    let party = |at: usize| Party { id: isa.get(at + 1).to_string(), qualifier: isa.get(at).to_string() };
    let mut interchange = Interchange {
        sender: party(5),
        recipient: party(7),
        control: isa.get(13).to_string(),
        test: isa.get(15) == "T",
        decimal: '.',
        messages: Vec::new(),
    };
    let (mut group, mut groups, mut within) = (String::new(), 0, 0);
    let mut open: Option<Message> = None;
    for segment in all {
        match (segment.tag.as_str(), &mut open) {
            ("GS", None) => {
                group = segment.get(6).to_string();
                (groups, within) = (groups + 1, 0);
            }
            ("GE", None) => {
                counted(segment.get(1), within)?;
                same(&group, segment.get(2))?;
            }
            ("ST", None) => {
                let (kind, reference) = (segment.get(1).to_string(), segment.get(2).to_string());
                open = Some(Message { kind, reference, group: group.clone(), segments: Vec::new() });
            }
            ("SE", Some(message)) => {
                counted(segment.get(1), message.segments.len() + 2)?;
                same(&message.reference, segment.get(2))?;
                interchange.messages.extend(open.take());
                within += 1;
            }
            ("IEA", None) => {
                counted(segment.get(1), groups)?;
                same(&interchange.control, segment.get(2))?;
                return Ok(interchange);
            }
            (_, Some(message)) => message.segments.push(segment),
            (_, None) => return Err(NONE),
        }
    }
    Err(CUT)
}

/// Each transaction set of an interchange that reads, within the header it came with and trailers of its own.
pub fn apart(text: &str, interchange: &Interchange) -> Vec<String> {
    let text = text.trim_start_matches(['\u{feff}', ' ', '\r', '\n']);
    let (Some(head), Some(rest)) = (text.get(..ISA), text.get(ISA..)) else { return Vec::new() };
    let marks: Vec<char> = [3, 105].iter().filter_map(|at| head.chars().nth(*at)).collect();
    let [element, end] = marks[..] else { return Vec::new() };
    let (mut group, mut own, mut inside) = (String::new(), String::new(), false);
    let mut found: Vec<String> = Vec::with_capacity(interchange.messages.len());
    for piece in rest.split(end).map(|one| one.trim_matches(['\r', '\n'])).filter(|one| !one.trim().is_empty()) {
        match (piece.split(element).next().unwrap_or("").trim(), inside) {
            ("GS", false) => group = format!("{piece}{end}"),
            ("GE", false) => {}
            ("IEA", false) => break,
            ("SE", true) => {
                own.push_str(piece);
                own.push(end);
                let Some(message) = interchange.messages.get(found.len()) else { return found };
                let close = match group.is_empty() {
                    true => String::new(),
                    false => format!("GE{element}1{element}{}{end}", message.group),
                };
                let groups = if group.is_empty() { 0 } else { 1 };
                found.push(format!("{head}{group}{own}{close}IEA{element}{groups}{element}{}{end}", interchange.control));
                own = String::new();
                inside = false;
            }
            (_, _) => {
                inside = true;
                own.push_str(piece);
                own.push(end);
            }
        }
    }
    found
}

/// The functional identifier of the group that a transaction set goes in.
fn functional(kind: &str) -> &'static str {
    match kind {
        "855" => "PR",
        "856" => "SH",
        "810" => "IN",
        _ => "FA",
    }
}

/// Data without the characters that structure an interchange here: X12 has no way to release them.
fn fit(text: &str) -> String {
    latin(text).chars().map(|letter| if matches!(letter, '*' | '~' | '>') { ' ' } else { letter }).collect()
}

/// Adds a segment as it goes over the wire: empty elements at its end are left out.
fn put(out: &mut String, segment: &Segment) {
    let elements: Vec<String> = segment.elements.iter().map(|parts| fit(&parts.join(" "))).collect();
    let last = elements.iter().rposition(|one| !one.is_empty()).map_or(0, |at| at + 1);
    out.push_str(&segment.tag);
    for one in elements.iter().take(last) {
        out.push('*');
        out.push_str(one);
    }
    out.push_str("~\n");
}

/// An identification as ISA wants it.
fn padded(text: &str, length: usize) -> String {
    let text: String = fit(text).chars().take(length).collect();
    format!("{text:<length$}")
}

/// Writes an interchange with one transaction set. Parties without a qualifier are mutually defined (ZZ).
pub fn write(of: &Written) -> String {
    let qualifier = |text: &str| if text.is_empty() { "ZZ".to_string() } else { padded(text, 2) };
    let control = format!("{:09}", of.control.rem_euclid(1_000_000_000));
    let (day, time) = (of.at.format("%y%m%d").to_string(), of.at.format("%H%M").to_string());
    let blank = padded("", 10);
    let isa: [&str; 16] = [
        "00",
        &blank,
        "00",
        &blank,
        &qualifier(&of.own.qualifier),
        &padded(&of.own.id, 15),
        &qualifier(&of.partner.qualifier),
        &padded(&of.partner.id, 15),
        &day,
        &time,
        "U",
        "00401",
        &control,
        "0",
        "P",
        ">",
    ];
    let mut out = format!("ISA*{}~\n", isa.join("*"));
    let (number, century) = (of.control.to_string(), of.at.format("%Y%m%d").to_string());
    put(&mut out, &Segment::plain("GS", &[functional(of.kind), &of.own.id, &of.partner.id, &century, &time, &number, "X", "004010"]));
    put(&mut out, &Segment::plain("ST", &[of.kind, "0001"]));
    of.body.iter().for_each(|segment| put(&mut out, segment));
    let count = (of.body.len() + 2).to_string();
    put(&mut out, &Segment::plain("SE", &[&count, "0001"]));
    put(&mut out, &Segment::plain("GE", &["1", &number]));
    put(&mut out, &Segment::plain("IEA", &["1", &control]));
    out
}
