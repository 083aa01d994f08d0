//! Texts with variables, and text that is formatted a little.
//!
//! `{{ name | there }}` is the recipient's name, or "there" for whoever has none. Without a fallback whoever lacks the value gets no mail. The
//! values are text and nothing else: they are escaped where HTML is made, and have no line ends where a header is.

use crate::imports::unescaped;
use ammonia::Builder;
use kernel::error::said;
use kernel::web::templates::escape;
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

/// What there is to say of a recipient.
pub const VARIABLES: &[&str] = &["name", "email", "shop", "orders", "offer", "offer_until"];
/// Characters of a value that are written.
const LONGEST: usize = 200;

/// What is known of a recipient, by the names of the variables.
#[derive(Clone, Debug, Default)]
pub struct Values(HashMap<&'static str, String>);

impl Values {
    /// Keeps a value in one line; an empty one is none.
    pub fn put(&mut self, name: &'static str, value: &str) {
        let value = one_line(value);
        if !value.is_empty() {
            self.0.insert(name, value.chars().take(LONGEST).collect());
        }
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

/// Text without line ends and other signs that control, so that it can stand in a header.
pub fn one_line(text: &str) -> String {
    // Marks of direction turn around what stands behind them.
    let turns = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let text: String = text.chars().map(|c| if c.is_control() || turns(c) { ' ' } else { c }).collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A variable that the recipient has no value of, and that has no fallback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missing(pub &'static str);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Variable { name: &'static str, fallback: Option<String> },
}

/// A text with variables, read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Template(Vec<Piece>);

impl Template {
    /// Reads a text. The mistake is a sentence or its key.
    pub fn read(text: &str) -> Result<Template, String> {
        let (mut pieces, mut rest) = (Vec::new(), text);
        while let Some(at) = rest.find("{{") {
            let inside = &rest[at + 2..];
            let end = inside.find("}}").ok_or("campaign-words-variable-open")?;
            if at > 0 {
                pieces.push(Piece::Text(rest[..at].to_string()));
            }
            let (name, fallback) = match inside[..end].split_once('|') {
                Some((name, fallback)) => (name.trim(), Some(fallback.trim().to_string())),
                None => (inside[..end].trim(), None),
            };
            let known = VARIABLES.iter().find(|known| **known == name);
            let name =
                *known.ok_or_else(|| said("campaign-words-variable-unknown", &[("name", &name), ("known", &VARIABLES.join(", "))]))?;
            pieces.push(Piece::Variable { name, fallback });
            rest = &inside[end + 2..];
        }
        if !rest.is_empty() {
            pieces.push(Piece::Text(rest.to_string()));
        }
        Ok(Template(pieces))
    }

    /// The variables, and whether each has a fallback.
    pub fn variables(&self) -> impl Iterator<Item = (&'static str, bool)> + '_ {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Variable { name, fallback } => Some((*name, fallback.is_some())),
            Piece::Text(_) => None,
        })
    }

    /// Whether nothing is written.
    pub fn is_blank(&self) -> bool {
        self.0.is_empty()
    }

    /// The text as one recipient reads it.
    pub fn fill(&self, values: &Values) -> Result<String, Missing> {
        let mut text = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(own) => text.push_str(own),
                Piece::Variable { name, fallback } => text.push_str(values.get(name).or(fallback.as_deref()).ok_or(Missing(name))?),
            }
        }
        Ok(text)
    }
}

/// What a text of a mail may consist of.
static MAIL_TEXT: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let tags = ["a", "b", "blockquote", "br", "em", "h2", "h3", "i", "li", "ol", "p", "s", "strong", "u", "ul"];
    let mut builder = Builder::default();
    builder
        .tags(HashSet::from(tags))
        .tag_attributes(HashMap::from([("a", HashSet::from(["href"]))]))
        .generic_attributes(HashSet::new())
        .url_schemes(HashSet::from(["http", "https", "mailto", "tel"]))
        .link_rel(None);
    builder
});

#[derive(Clone, Debug, PartialEq, Eq)]
enum Node {
    Text(Template),
    Open(String),
    Close(String),
    /// A link to where it leads, as it was typed.
    Link(String),
}

/// Formatted text with variables, read. What somebody typed is cleaned first, so that only these elements are left.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rich(Vec<Node>);

impl Rich {
    /// Reads HTML; text without any tag has its empty lines between paragraphs. The mistake is a sentence or its key.
    pub fn read(html: &str) -> Result<Rich, String> {
        let typed = if html.contains('<') { html.to_string() } else { paragraphs(html) };
        let clean = MAIL_TEXT.clean(&typed).to_string();
        let (mut nodes, mut rest) = (Vec::new(), clean.as_str());
        while let Some(at) = rest.find('<') {
            text(&mut nodes, &rest[..at])?;
            let end = at + tag_end(&rest[at..]);
            tag(&mut nodes, &rest[at..end]);
            rest = &rest[end..];
        }
        text(&mut nodes, rest)?;
        Ok(Rich(nodes))
    }

    /// Where its links lead.
    pub fn links(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|node| match node {
            Node::Link(target) => Some(target.as_str()),
            Node::Text(_) | Node::Open(_) | Node::Close(_) => None,
        })
    }

    /// As HTML of a mail, with styles at each element, since mail programs take style sheets out.
    pub fn html(&self, values: &Values, accent: &str, link: &dyn Fn(&str) -> String) -> Result<String, Missing> {
        let mut html = String::new();
        for node in &self.0 {
            match node {
                Node::Text(template) => html.push_str(&escape(&template.fill(values)?)),
                Node::Open(name) => html.push_str(&format!("<{name}{}>", style(name))),
                Node::Close(name) => html.push_str(&format!("</{name}>")),
                Node::Link(target) => html.push_str(&format!("<a href=\"{}\" style=\"color:{}\">", escape(&link(target)), escape(accent))),
            }
        }
        Ok(html)
    }

    /// As plain text, with the addresses of links behind them.
    pub fn text(&self, values: &Values, link: &dyn Fn(&str) -> String) -> Result<String, Missing> {
        let (mut plain, mut target) = (String::new(), None);
        for node in &self.0 {
            match node {
                Node::Text(template) => words(&mut plain, &template.fill(values)?),
                Node::Open(name) if name == "br" => plain.push('\n'),
                Node::Open(name) if name == "li" => {
                    fresh_line(&mut plain, 1);
                    plain.push_str("- ");
                }
                Node::Open(name) if is_block(name) => fresh_line(&mut plain, 2),
                Node::Close(name) if name == "li" => fresh_line(&mut plain, 1),
                Node::Close(name) if is_block(name) => fresh_line(&mut plain, 2),
                Node::Close(name) if name == "a" => {
                    if let Some(target) = target.take() {
                        plain.push_str(&format!(" ({})", link(target)));
                    }
                }
                Node::Open(_) | Node::Close(_) => {}
                Node::Link(to) => target = Some(to),
            }
        }
        Ok(plain.trim().to_string())
    }
}

/// Text that was typed without tags, as paragraphs.
fn paragraphs(text: &str) -> String {
    let lines = text.replace("\r\n", "\n");
    let parts = lines.split("\n\n").map(str::trim).filter(|part| !part.is_empty());
    parts.map(|part| format!("<p>{}</p>", escape(part).replace('\n', "<br>"))).collect()
}

/// Where the tag ends that `html` begins with. A value of an attribute may hold the sign that ends tags.
fn tag_end(html: &str) -> usize {
    let mut quoted = false;
    for (at, byte) in html.bytes().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b'>' if !quoted => return at + 1,
            _ => {}
        }
    }
    html.len()
}

fn text(nodes: &mut Vec<Node>, html: &str) -> Result<(), String> {
    if !html.is_empty() {
        nodes.push(Node::Text(Template::read(&unescaped(html))?));
    }
    Ok(())
}

/// Takes over a tag of cleaned HTML. None has attributes but the address of a link.
fn tag(nodes: &mut Vec<Node>, tag: &str) {
    let inside = tag.trim_start_matches('<').trim_end_matches('>');
    if let Some(name) = inside.strip_prefix('/') {
        nodes.push(Node::Close(name.to_string()));
        return;
    }
    let name = inside.split_whitespace().next().unwrap_or_default();
    let target = inside.split_once("href=\"").and_then(|(_, rest)| rest.split_once('"')).map(|(target, _)| unescaped(target));
    match target {
        Some(target) if name == "a" => nodes.push(Node::Link(target)),
        _ => nodes.push(Node::Open(name.to_string())),
    }
}

fn style(name: &str) -> &'static str {
    match name {
        "p" => " style=\"margin:0 0 16px\"",
        "h2" => " style=\"margin:24px 0 8px;font-size:20px;line-height:1.3;font-weight:600\"",
        "h3" => " style=\"margin:16px 0 8px;font-size:17px;line-height:1.3;font-weight:600\"",
        "ul" | "ol" => " style=\"margin:0 0 16px;padding:0 0 0 24px\"",
        "li" => " style=\"margin:0 0 4px\"",
        "blockquote" => " style=\"margin:0 0 16px;padding:0 0 0 16px;border-left:3px solid #e6dfd4\"",
        _ => "",
    }
}

fn is_block(name: &str) -> bool {
    matches!(name, "p" | "h2" | "h3" | "ul" | "ol" | "blockquote")
}

/// Ends the line, with an empty one when `ends` is two. Nothing at the beginning.
fn fresh_line(plain: &mut String, ends: usize) {
    while plain.ends_with(' ') {
        plain.pop();
    }
    if plain.is_empty() {
        return;
    }
    let there = plain.chars().rev().take_while(|c| *c == '\n').count();
    plain.push_str(&"\n".repeat(ends.saturating_sub(there)));
}

/// Adds words with single blanks between them.
fn words(plain: &mut String, text: &str) {
    if text.starts_with(char::is_whitespace) && !plain.is_empty() && !plain.ends_with(char::is_whitespace) {
        plain.push(' ');
    }
    plain.push_str(&text.split_whitespace().collect::<Vec<_>>().join(" "));
    if text.ends_with(char::is_whitespace) && !plain.is_empty() && !plain.ends_with(char::is_whitespace) {
        plain.push(' ');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ann(name: &str) -> Values {
        let mut values = Values::default();
        values.put("name", name);
        values
    }

    fn html(text: &str, name: &str) -> String {
        Rich::read(text).unwrap().html(&ann(name), "#112233", &|target| target.to_string()).unwrap()
    }

    #[test]
    fn a_variable_without_a_value_has_its_fallback_or_is_missing() {
        let template = Template::read("Hello {{ name | there }}, {{orders}} orders").unwrap();
        assert_eq!(template.variables().collect::<Vec<_>>(), [("name", true), ("orders", false)]);
        assert_eq!(template.fill(&ann("Ann")), Err(Missing("orders")));
        let mut values = ann("");
        values.put("orders", "3");
        assert_eq!(template.fill(&values).unwrap(), "Hello there, 3 orders");
        assert_eq!(Template::read("{{ name | }}").unwrap().fill(&Values::default()).unwrap(), "");
        assert_eq!(Template::read("{{ name").unwrap_err(), "campaign-words-variable-open");
        assert!(Template::read("{{ password }}").unwrap_err().starts_with("campaign-words-variable-unknown"));
        assert_eq!(Template::read("a } b { c }} {").unwrap().fill(&Values::default()).unwrap(), "a } b { c }} {");
    }

    #[test]
    fn a_hostile_name_is_a_name() {
        let name = "Ann\r\nBcc: all@example.com <script>alert(1)</script> \u{202e}{{ email }}";
        let subject = Template::read("{{ name }}!").unwrap().fill(&ann(name)).unwrap();
        assert_eq!(subject, "Ann Bcc: all@example.com <script>alert(1)</script> {{ email }}!");
        let made = html("<p>Dear {{ name }}</p>", name);
        assert!(!made.contains("<script") && made.contains("&lt;script&gt;") && made.contains("{{ email }}"), "{made}");
        let link = html("<a href=\"/x?{{ name }}\" title=\"{{ name }}\">{{ name }}</a>", "\" onclick=\"x");
        assert!(link.contains("href=\"/x?{{ name }}\"") && !link.contains("onclick=\"x"), "{link}");
        assert_eq!(ann(&"x".repeat(1000)).get("name").unwrap().len(), LONGEST);
    }

    #[test]
    fn only_what_a_mail_needs_is_left_of_a_text() {
        let dirty = "<h1>Tea</h1><p onclick=\"x()\" style=\"color:red\">Green <script>alert(1)</script><b>leaf</b><img src=x onerror=y>";
        assert_eq!(html(dirty, ""), "Tea<p style=\"margin:0 0 16px\">Green <b>leaf</b></p>");
        assert_eq!(html("<a href=\"javascript:alert(1)\">x</a>", ""), "<a>x</a>");
        assert_eq!(
            html("<a href=\"/a?b=1&amp;c=>2\">x</a>", ""),
            format!("<a href=\"{}\" style=\"color:#112233\">x</a>", escape("/a?b=1&c=>2"))
        );
        assert_eq!(
            html("One & two\nthree\n\nFour", ""),
            "<p style=\"margin:0 0 16px\">One &amp; two<br>three</p><p style=\"margin:0 0 16px\">Four</p>"
        );
    }

    #[test]
    fn plain_text_is_made_of_the_same_text() {
        let rich = Rich::read("<h2>Tea</h2>\n<p>Dear {{ name }},\n<b>look</b> at <a href=\"/tea\">our tea</a>.</p><ul><li>green</li><li>black</li></ul><p>Bye</p>").unwrap();
        let text = rich.text(&ann("Ann & Bo"), &|target| format!("https://shop.test{target}")).unwrap();
        assert_eq!(text, "Tea\n\nDear Ann & Bo, look at our tea (https://shop.test/tea).\n\n- green\n- black\n\nBye");
        assert_eq!(rich.links().collect::<Vec<_>>(), ["/tea"]);
    }
}
