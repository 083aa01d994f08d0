//! Languages that an operator adds: a folder for each, named by its code, with Fluent files as the binary carries them for English. Every
//! text may be left out. `language-name`, `language-tag`, `language-date` (with `$day`, `$month`, `$year`), `language-months` (January
//! first, with commas between) and `country-DE` and its like say what is the language's own.

use super::language::{Known, Language, Manner, Piece};
use super::texts::carried;
use crate::{Error, Result};
use fluent_syntax::ast::{CallArguments, Entry, Expression, InlineExpression, Pattern, PatternElement, Resource};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use unic_langid::LanguageIdentifier;

/// What a text asks for.
#[derive(Clone, Default)]
struct Needs {
    arguments: BTreeSet<String>,
    /// Other messages, and terms with a hyphen before their names.
    others: BTreeSet<String>,
}

/// A text, and where it stands.
struct Text {
    at: String,
    needs: Needs,
    /// Its words when there is nothing else in it.
    plain: Option<String>,
}

/// What a folder says.
#[derive(Default)]
struct Draft {
    texts: BTreeMap<String, Text>,
    pieces: Vec<Piece>,
    sources: Vec<(String, String)>,
}

/// Learns the languages that have a folder in `dir`; none when there is no such folder. A language that is known already stays what it
/// is. Fails with every mistake there is, with file and line; what is only of no use is logged.
pub fn learn(dir: &Path) -> Result<()> {
    let folders = folders(dir)?;
    let (mut mistakes, mut drafts) = (Vec::new(), Vec::new());
    for (code, folder) in folders {
        if code_is_wrong(&code) {
            mistakes
                .push(format!("{}: name the folder by a code of small letters, such as de or pt-br, that no page has", folder.display()));
            continue;
        }
        drafts.push((read(&folder, &mut mistakes)?, code));
    }
    let sound: Vec<(String, Own, Draft)> = drafts.into_iter().filter_map(|(draft, code)| own(code, draft, &mut mistakes)).collect();
    if !mistakes.is_empty() {
        return Err(Error::unexpected(mistakes.join("\n")));
    }
    for (code, own, draft) in sound {
        let known = Language::parse(&code).is_some();
        if !known {
            useless(&draft).iter().for_each(|remark| tracing::warn!("{remark}"));
        }
        let name: &'static str = code.clone().leak();
        let make = |place| Known {
            place,
            code: name,
            tag: own.tag.leak(),
            name: own.name.leak(),
            manner: own.manner,
            countries: own.countries,
            sources: draft.sources,
        };
        Language::add(make, &code);
    }
    Ok(())
}

/// The folders in `dir` by their names.
fn folders(dir: &Path) -> Result<BTreeMap<String, std::path::PathBuf>> {
    let failed = |error: std::io::Error| Error::unexpected(format!("{}: {error}", dir.display()));
    let entries = match fs::read_dir(dir) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        entries => entries.map_err(failed)?,
    };
    let mut found = BTreeMap::new();
    for entry in entries {
        let path = entry.map_err(failed)?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if path.is_dir() && !name.starts_with('.') {
            found.insert(name, path);
        }
    }
    Ok(found)
}

/// Two or three small letters, and after a hyphen two to four more. English and Chinese are no folders, and `/api` is an address.
fn code_is_wrong(code: &str) -> bool {
    let letters = |text: &str, most: usize| (2..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_lowercase());
    let (language, more) = code.split_once('-').map_or((code, None), |(language, more)| (language, Some(more)));
    let taken = [Language::ENGLISH.code(), Language::CHINESE.code(), "api"].contains(&code);
    taken || !letters(language, 3) || more.is_some_and(|more| !letters(more, 4)) || code.parse::<LanguageIdentifier>().is_err()
}

fn read(folder: &Path, mistakes: &mut Vec<String>) -> Result<Draft> {
    let failed = |path: &Path, error: std::io::Error| Error::unexpected(format!("{}: {error}", path.display()));
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| failed(folder, error))? {
        let path = entry.map_err(|error| failed(folder, error))?.path();
        if path.extension().is_some_and(|ending| ending == "ftl") {
            files.push(path);
        }
    }
    files.sort();
    let mut draft = Draft::default();
    for path in files {
        let name = path.display().to_string();
        let source = fs::read_to_string(&path).map_err(|error| failed(&path, error))?;
        let source = source.trim_start_matches('\u{feff}').to_string();
        match fluent_syntax::parser::parse_runtime(source.as_str()) {
            Ok(resource) => take(&mut draft, &resource, &name, &source, mistakes),
            Err((_, errors)) => {
                mistakes.extend(errors.iter().map(|error| format!("{name}:{}: {error}", line(&source, error.pos.start))));
            }
        }
        draft.sources.push((name, source));
    }
    Ok(draft)
}

fn line(source: &str, at: usize) -> usize {
    source.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}

fn take(draft: &mut Draft, resource: &Resource<&str>, file: &str, source: &str, mistakes: &mut Vec<String>) {
    for entry in &resource.body {
        let (key, value) = match entry {
            Entry::Message(message) => (message.id.name.to_string(), message.value.as_ref()),
            Entry::Term(term) => (format!("-{}", term.id.name), Some(&term.value)),
            _ => continue,
        };
        // Names are parts of the source, which is all that tells where they stand.
        let name = key.trim_start_matches('-').to_string();
        let start = match entry {
            Entry::Message(message) => message.id.name.as_ptr() as usize,
            Entry::Term(term) => term.id.name.as_ptr() as usize,
            _ => continue,
        };
        let at = format!("{file}:{}", line(source, start.saturating_sub(source.as_ptr() as usize)));
        let Some(value) = value else {
            mistakes.push(format!("{at}: {name} has no text"));
            continue;
        };
        if key == "language-date" {
            draft.pieces = pieces(value);
        }
        let text = Text { at: at.clone(), needs: needs(value), plain: plain(value) };
        if let Some(first) = draft.texts.insert(key, text) {
            mistakes.push(format!("{at}: {name} stands at {} too", first.at));
        }
    }
}

fn plain(of: &Pattern<&str>) -> Option<String> {
    let word = |element: &PatternElement<&str>| match element {
        PatternElement::TextElement { value } => Some(value.to_string()),
        PatternElement::Placeable { .. } => None,
    };
    of.elements.iter().map(word).collect()
}

/// The pieces of a date; none when there is anything in it but text, day, month and year.
fn pieces(of: &Pattern<&str>) -> Vec<Piece> {
    let piece = |element: &PatternElement<&str>| match element {
        PatternElement::TextElement { value } => Some(Piece::Text(value.to_string())),
        PatternElement::Placeable { expression: Expression::Inline(InlineExpression::VariableReference { id }) } => match id.name {
            "day" => Some(Piece::Day),
            "month" => Some(Piece::Month),
            "year" => Some(Piece::Year),
            _ => None,
        },
        PatternElement::Placeable { .. } => None,
    };
    of.elements.iter().map(piece).collect::<Option<Vec<Piece>>>().unwrap_or_default()
}

fn needs(of: &Pattern<&str>) -> Needs {
    let mut needs = Needs::default();
    pattern(of, &mut needs);
    needs
}

fn pattern(of: &Pattern<&str>, needs: &mut Needs) {
    for element in &of.elements {
        if let PatternElement::Placeable { expression: one } = element {
            expression(one, needs);
        }
    }
}

fn expression(of: &Expression<&str>, needs: &mut Needs) {
    match of {
        Expression::Inline(one) => inline(one, needs),
        Expression::Select { selector, variants } => {
            inline(selector, needs);
            variants.iter().for_each(|variant| pattern(&variant.value, needs));
        }
    }
}

fn inline(of: &InlineExpression<&str>, needs: &mut Needs) {
    let called = |arguments: &CallArguments<&str>, needs: &mut Needs| {
        arguments.positional.iter().chain(arguments.named.iter().map(|one| &one.value)).for_each(|one| inline(one, needs));
    };
    match of {
        InlineExpression::StringLiteral { .. } | InlineExpression::NumberLiteral { .. } => {}
        InlineExpression::VariableReference { id } => drop(needs.arguments.insert(id.name.to_string())),
        InlineExpression::MessageReference { id, .. } => drop(needs.others.insert(id.name.to_string())),
        InlineExpression::TermReference { id, arguments, .. } => {
            needs.others.insert(format!("-{}", id.name));
            arguments.iter().for_each(|arguments| called(arguments, needs));
        }
        InlineExpression::FunctionReference { id, arguments } => {
            // No function is set up; what asks for one is said in English.
            needs.others.insert(format!("{}()", id.name));
            called(arguments, needs);
        }
        InlineExpression::Placeable { expression: one } => expression(one, needs),
    }
}

/// What is the language's own.
struct Own {
    tag: String,
    name: String,
    manner: Manner,
    countries: BTreeMap<String, String>,
}

const SAID_OF_ITSELF: [&str; 4] = ["language-name", "language-tag", "language-date", "language-months"];

fn own(code: String, draft: Draft, mistakes: &mut Vec<String>) -> Option<(String, Own, Draft)> {
    let plain = |key: &str| draft.texts.get(key).and_then(|text| text.plain.clone()).map(|text| text.trim().to_string());
    let mut wrong = |key: &str, should: &str| {
        let at = draft.texts.get(key).map_or("", |text| &text.at);
        mistakes.push(format!("{at}: {key} must be {should}"));
    };
    let before = mistakes_of(&draft, &plain, &mut wrong);
    let manner = match (draft.pieces.is_empty(), plain("language-months")) {
        (true, _) => Manner::Iso,
        (false, months) => Manner::Own { pieces: draft.pieces.clone(), months: months.map(|text| list(&text)).unwrap_or_default() },
    };
    let countries = draft.texts.keys().filter_map(|key| Some((key.strip_prefix("country-")?.to_string(), plain(key)?)));
    let countries = countries.filter(|(country, _)| is_country(country)).collect();
    let own = Own {
        tag: plain("language-tag").unwrap_or_else(|| code.clone()),
        name: plain("language-name").unwrap_or_else(|| code.clone()),
        manner,
        countries,
    };
    before.then_some((code, own, draft))
}

/// Tells what is wrong of what a language says of itself; answers whether nothing is.
fn mistakes_of(draft: &Draft, plain: &impl Fn(&str) -> Option<String>, wrong: &mut impl FnMut(&str, &str)) -> bool {
    let mut sound = true;
    let mut check = |key: &str, right: bool, should: &str| {
        if draft.texts.contains_key(key) && !right {
            wrong(key, should);
            sound = false;
        }
    };
    let short = |text: String| !text.is_empty() && text.chars().count() <= 40;
    check("language-name", plain("language-name").is_some_and(short), "the name of the language in itself, of 40 letters at most");
    let tag = plain("language-tag").is_some_and(|tag| tag.parse::<LanguageIdentifier>().is_ok());
    check("language-tag", tag, "a BCP 47 tag such as de or pt-BR");
    let all = [Piece::Day, Piece::Month, Piece::Year];
    check("language-date", all.iter().all(|piece| draft.pieces.contains(piece)), "text with { $day }, { $month } and { $year }");
    let months = plain("language-months").is_some_and(|text| list(&text).len() == 12);
    check("language-months", months, "the names of twelve months with commas between");
    sound
}

fn list(text: &str) -> Vec<String> {
    text.split([',', '、', '،']).map(|word| word.trim().to_string()).filter(|word| !word.is_empty()).collect()
}

fn is_country(code: &str) -> bool {
    code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase())
}

/// What an operator may want to know of a folder and no page suffers from: texts of no key, and texts that cannot be said as they are
/// written and are said in English.
fn useless(draft: &Draft) -> Vec<String> {
    let english = english();
    let known = |key: &str| SAID_OF_ITSELF.contains(&key) || key.strip_prefix("country-").is_some_and(is_country);
    let mut remarks = Vec::new();
    for (key, text) in draft.texts.iter().filter(|(key, _)| !key.starts_with('-') && !known(key)) {
        let at = &text.at;
        let Some(given) = english.get(key) else {
            remarks.push(format!("{at}: no text has the key {key}"));
            continue;
        };
        let needs = all_needs(&text.needs, |other| Some(&draft.texts.get(other)?.needs));
        let lacks = needs.others.iter().find(|other| !draft.texts.contains_key(*other));
        if let Some(lacks) = lacks {
            remarks.push(format!("{at}: {key} asks for {lacks}, which this language lacks; it is said in English"));
        } else if let Some(argument) = needs.arguments.difference(given).next() {
            remarks.push(format!("{at}: {key} asks for ${argument}, which it is not given; it is said in English"));
        }
    }
    remarks
}

/// The arguments that each English text is given.
fn english() -> BTreeMap<String, BTreeSet<String>> {
    let mut all: BTreeMap<String, Needs> = BTreeMap::new();
    for (_, source) in carried(Language::ENGLISH) {
        let Ok(resource) = fluent_syntax::parser::parse_runtime(source.as_str()) else { continue };
        for entry in &resource.body {
            if let Entry::Message(message) = entry {
                all.insert(message.id.name.to_string(), message.value.as_ref().map(needs).unwrap_or_default());
            }
        }
    }
    all.iter().map(|(key, own)| (key.clone(), all_needs(own, |other| all.get(other)).arguments)).collect()
}

/// What a text and those it asks for need together.
fn all_needs<'n>(of: &'n Needs, find: impl Fn(&str) -> Option<&'n Needs>) -> Needs {
    let mut all = of.clone();
    let mut open: Vec<String> = of.others.iter().cloned().collect();
    while let Some(other) = open.pop() {
        let Some(found) = find(&other) else { continue };
        all.arguments.extend(found.arguments.iter().cloned());
        open.extend(found.others.iter().filter(|more| all.others.insert((*more).clone())).cloned());
    }
    all
}

#[cfg(test)]
#[path = "folder_tests.rs"]
mod tests;
