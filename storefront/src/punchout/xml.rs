//! As much XML as a punch-out needs: elements by their paths, with attributes and text. Entities beyond the five of XML 1.0 and numbers are none,
//! and a document that defines its own is refused.

/// The most elements, and the deepest nesting, that are read.
const MOST: usize = 5000;
const DEEPEST: usize = 40;

/// An element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Element {
    /// The names from the root, with slashes between.
    pub path: String,
    pub attributes: Vec<(String, String)>,
    pub text: String,
}

/// The elements of a document in their order; `None` for what is no well-formed document.
pub fn elements(document: &str) -> Option<Vec<Element>> {
    let mut rest = document.trim_start_matches('\u{feff}');
    let (mut path, mut open, mut found): (Vec<&str>, Vec<usize>, Vec<Element>) = (Vec::new(), Vec::new(), Vec::new());
    while let Some(at) = rest.find('<') {
        let (before, after) = rest.split_at(at);
        say(&mut found, &open, &decoded(before)?);
        rest = if let Some(tail) = after.strip_prefix("<?") {
            tail.split_once("?>")?.1
        } else if let Some(tail) = after.strip_prefix("<!--") {
            tail.split_once("-->")?.1
        } else if let Some(tail) = after.strip_prefix("<![CDATA[") {
            let (data, tail) = tail.split_once("]]>")?;
            say(&mut found, &open, data);
            tail
        } else if let Some(tail) = after.strip_prefix("<!") {
            let (inside, tail) = tail.split_once('>')?;
            if inside.contains('[') {
                return None;
            }
            tail
        } else if let Some(tail) = after.strip_prefix("</") {
            let (name, tail) = tail.split_once('>')?;
            if path.pop()? != name.trim() {
                return None;
            }
            open.pop()?;
            tail
        } else {
            let (inside, tail) = after.strip_prefix('<')?.split_once('>')?;
            let (inside, closed) = inside.strip_suffix('/').map_or((inside, false), |inside| (inside, true));
            let (name, attributes) = inside.split_once(char::is_whitespace).unwrap_or((inside, ""));
            if name.is_empty() || path.len() >= DEEPEST || found.len() >= MOST {
                return None;
            }
            path.push(name);
            found.push(Element { path: path.join("/"), attributes: pairs(attributes)?, text: String::new() });
            if closed {
                path.pop();
            } else {
                open.push(found.len() - 1);
            }
            tail
        };
    }
    (path.is_empty() && !found.is_empty() && rest.trim().is_empty()).then_some(found)
}

/// Adds text to the element that is open.
fn say(found: &mut [Element], open: &[usize], text: &str) {
    if let Some(element) = open.last().and_then(|at| found.get_mut(*at)) {
        element.text.push_str(text);
    }
}

fn pairs(text: &str) -> Option<Vec<(String, String)>> {
    let (mut rest, mut found) = (text.trim(), Vec::new());
    while !rest.is_empty() {
        let (name, after) = rest.split_once('=')?;
        let after = after.trim_start();
        let quote = after.chars().next().filter(|letter| matches!(letter, '"' | '\''))?;
        let (value, after) = after.strip_prefix(quote)?.split_once(quote)?;
        found.push((name.trim().to_string(), decoded(value)?));
        rest = after.trim_start();
    }
    Some(found)
}

fn decoded(text: &str) -> Option<String> {
    let mut parts = text.split('&');
    let mut out = parts.next().unwrap_or("").to_string();
    for part in parts {
        let (name, after) = part.split_once(';')?;
        out.push(match name {
            "lt" => '<',
            "gt" => '>',
            "amp" => '&',
            "quot" => '"',
            "apos" => '\'',
            name => number(name)?,
        });
        out.push_str(after);
    }
    Some(out)
}

fn number(name: &str) -> Option<char> {
    let digits = name.strip_prefix('#')?;
    let code = match digits.strip_prefix('x') {
        Some(hex) => u32::from_str_radix(hex, 16).ok()?,
        None => digits.parse().ok()?,
    };
    char::from_u32(code).filter(|letter| *letter != '\0')
}

/// Text with the characters escaped that would be markup.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            letter if letter.is_control() => out.push(' '),
            letter => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_have_paths_attributes_and_text() {
        let text = "\u{feff}<?xml version=\"1.0\"?><!DOCTYPE a SYSTEM \"a.dtd\"><a x='1 &amp; 2'><!-- <no/> --><b>&lt;&#65;<![CDATA[<&>]]></b><c/></a>\n";
        let all = elements(text).expect("it is well formed");
        let seen: Vec<(&str, &str)> = all.iter().map(|one| (one.path.as_str(), one.text.as_str())).collect();
        assert_eq!(seen, [("a", ""), ("a/b", "<A<&>"), ("a/c", "")]);
        assert_eq!(all[0].attributes, [("x".to_string(), "1 & 2".to_string())]);
        assert_eq!(escaped("<a b=\"&\">"), "&lt;a b=&quot;&amp;&quot;&gt;");
        for wrong in ["", "x", "<a>", "<a></b>", "<a>&who;</a>", "<a", "<a b=c/>", "<!DOCTYPE a [<!ENTITY who \"x\">]><a/>", "<a/>x"] {
            assert_eq!(elements(wrong), None, "{wrong}");
        }
        for (at, _) in text.trim_end().char_indices() {
            assert_eq!(elements(&text[..at]), None, "{}", &text[..at]);
        }
    }
}
