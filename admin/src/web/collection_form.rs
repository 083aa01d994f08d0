//! A collection as a form, and back. A condition is a row of a kind and a value.

use super::languages;
use super::promotion_goods::not_found;
use super::stale::{self, Label, Labels};
use kernel::error::Fields;
use kernel::money::{Currency, Money};
use kernel::web::i18n::Language;
use kernel::{Conn, Result};
use serde_json::{Value, json};
use std::collections::HashSet;
use storefront::catalog::{self, Categories};
use storefront::collections::{Collection, Condition, Filling, Rule};
use storefront::shop::{self, OWN_LANGUAGE};
use storefront::web::posted::Posted;
use storefront::web::views::form::Form;
use storefront::web::words::Words;

const BASE: &[&str] = &["updated_at", "name", "slug", "text", "active", "filling", "match", "products"];
/// The fields that there are in further languages too.
const SAID: &[&str] = &["name", "text"];
const LABELS: &Labels = &[
    ("name", "admin-col-name", ""),
    ("slug", "admin-slug", ""),
    ("text", "admin-collection-text", ""),
    ("active", "admin-collection-active", ""),
    ("filling", "admin-collection-filled-by", "admin-collection-"),
    ("match", "admin-collection-match", "admin-collection-"),
    ("products", "admin-collection-products", ""),
];
/// Rows for conditions.
const CONDITIONS: usize = 8;
/// The kinds of conditions.
const KINDS: [&str; 6] = ["tag", "brand", "category", "price", "in_stock", "title"];

/// What the form says, and what of it does not read.
pub struct Typed {
    pub collection: Collection,
    pub wrong: Fields,
}

/// The kinds of conditions, as a choice.
pub fn kinds() -> Vec<Value> {
    KINDS.iter().map(|kind| json!({ "value": kind, "label": format!("admin-condition-{}", kind.replace('_', "-")) })).collect()
}

/// The rows of conditions: the beginning of their names, and their numbers.
pub fn conditions() -> Vec<Value> {
    (0..CONDITIONS).map(|at| json!({ "prefix": format!("c{at}_"), "number": at + 1 })).collect()
}

/// The names of the form, in its order.
pub fn names() -> Vec<String> {
    let rows = (0..CONDITIONS).flat_map(|at| [format!("c{at}_kind"), format!("c{at}_value")]);
    BASE.iter().map(ToString::to_string).chain(languages::further(SAID)).chain(rows).collect()
}

/// What a field is called.
pub fn label(name: &str, words: &Words) -> Option<Label> {
    if let Some((at, field)) = name.strip_prefix('c').and_then(|rest| rest.split_once('_')) {
        let number = (at.parse::<usize>().ok()? + 1).to_string();
        let text = words.with(&format!("admin-condition-{field}"), &[("number", &number)]).ok()?;
        return Some(Label { text, values: if field == "kind" { "admin-condition-" } else { "" }, ..Label::default() });
    }
    stale::label(LABELS, name, words)
}

/// The form with nothing in it.
pub fn blank() -> Form {
    Form::new(&names())
}

/// The form as it was typed, with what is wrong.
pub fn typed(posted: &Posted, wrong: &Fields) -> Form {
    blank().typed(posted.pairs()).refuse(&names(), wrong)
}

/// The form of a collection.
pub fn filled(conn: &mut Conn, collection: &Collection) -> Result<Form> {
    let mut form = blank()
        .fill("name", &collection.name)
        .fill("slug", &collection.slug)
        .fill("text", &collection.description)
        .fill("active", super::forms::tick(collection.active))
        .fill("match", "all");
    for language in Language::further() {
        let Some((_, name, text)) = collection.texts.iter().find(|(code, ..)| code == language.code()) else { continue };
        form = form.fill(&languages::field("name", language), name).fill(&languages::field("text", language), text);
    }
    match &collection.filling {
        Filling::ByHand(products) => {
            let lines = catalog::addresses_in_order(conn, products)?;
            form = form.fill("filling", "hand").fill("products", lines.join("\n"));
        }
        Filling::ByRule(rule) => {
            let all = rule.all || rule.conditions.is_empty();
            form = form.fill("filling", "rule").fill("match", if all { "all" } else { "any" });
            let (tree, currency) = (catalog::categories(conn, OWN_LANGUAGE)?, shop::get(conn)?.currency);
            for (at, condition) in rule.conditions.iter().enumerate() {
                let (kind, value) = spelled(condition, &tree, currency);
                form = form.fill(&format!("c{at}_kind"), kind).fill(&format!("c{at}_value"), value);
            }
        }
    }
    Ok(form)
}

fn spelled(condition: &Condition, tree: &Categories, currency: Currency) -> (&'static str, String) {
    match condition {
        Condition::Tag(tag) => ("tag", tag.clone()),
        Condition::Brand(brand) => ("brand", brand.clone()),
        Condition::Category(id) => ("category", tree.get(*id).map(|category| category.slug.clone()).unwrap_or_default()),
        Condition::Price(from, to) => {
            let amount = |minor: &Option<i64>| super::forms::amount(*minor, currency);
            ("price", format!("{} – {}", amount(from), amount(to)).trim().to_string())
        }
        Condition::InStock => ("in_stock", String::new()),
        Condition::Title(words) => ("title", words.clone()),
    }
}

/// The collection that the form means, over the one that is stored.
pub fn read(conn: &mut Conn, posted: &Posted, before: Collection, words: &Words) -> Result<Typed> {
    let mut wrong = Fields::default();
    let text = |name: &str| posted.get(name).trim().to_string();
    let filling =
        if posted.get("filling") == "hand" { by_hand(conn, posted, words, &mut wrong)? } else { by_rule(conn, posted, &mut wrong)? };
    // What is said in a language that is not known now stays as it is.
    let mut texts: Vec<(String, String, String)> = before.texts.into_iter().filter(|(code, ..)| Language::parse(code).is_none()).collect();
    for language in Language::further() {
        let said = |name: &str| text(&languages::field(name, language));
        texts.push((language.code().into(), said("name"), said("text")));
    }
    let collection = Collection {
        id: before.id,
        slug: text("slug"),
        name: text("name"),
        description: text("text"),
        texts,
        active: posted.ticked("active"),
        filling,
    };
    Ok(Typed { collection, wrong })
}

/// Products by address or SKU, one a line, in their order.
fn by_hand(conn: &mut Conn, posted: &Posted, words: &Words, wrong: &mut Fields) -> Result<Filling> {
    let names: Vec<String> = posted.get("products").lines().map(str::trim).filter(|name| !name.is_empty()).map(str::to_string).collect();
    let (mut products, mut seen, mut unknown) = (Vec::new(), HashSet::new(), Vec::new());
    for (name, found) in names.iter().zip(catalog::products_named(conn, &names)?) {
        match found {
            Some(id) if seen.insert(id) => products.push(id),
            Some(_) => {}
            None => unknown.push(name.clone()),
        }
    }
    if !unknown.is_empty() {
        wrong.add("products", not_found(&unknown, words)?);
    }
    Ok(Filling::ByHand(products))
}

fn by_rule(conn: &mut Conn, posted: &Posted, wrong: &mut Fields) -> Result<Filling> {
    let (tree, currency) = (catalog::categories(conn, OWN_LANGUAGE)?, shop::get(conn)?.currency);
    let mut conditions = Vec::new();
    for at in 0..CONDITIONS {
        let (kind, field) = (posted.get(&format!("c{at}_kind")), format!("c{at}_value"));
        let value = posted.get(&field).trim().to_string();
        if kind.is_empty() {
            continue;
        }
        if value.is_empty() && kind != "in_stock" {
            wrong.add(&field, "admin-required");
            continue;
        }
        match kind {
            "tag" => conditions.push(Condition::Tag(value)),
            "brand" => conditions.push(Condition::Brand(value)),
            "title" => conditions.push(Condition::Title(value)),
            "in_stock" => conditions.push(Condition::InStock),
            "category" => match tree.by_slug(&value) {
                Some(category) => conditions.push(Condition::Category(category.id)),
                None => wrong.add(&field, "admin-condition-category-unknown"),
            },
            "price" => match price(&value, currency) {
                Some((from, to)) => conditions.push(Condition::Price(from, to)),
                None => wrong.add(&field, "admin-condition-price-invalid"),
            },
            _ => wrong.add(&field, "admin-required"),
        }
    }
    Ok(Filling::ByRule(Rule { all: posted.get("match") != "any", conditions }))
}

/// `10 – 20`, `10 –` or `– 20`, with any kind of dash.
fn price(text: &str, currency: Currency) -> Option<(Option<i64>, Option<i64>)> {
    let (from, to) = text.split_once(['-', '–', '—', '~', '～'])?;
    let amount = |text: &str| match text.trim() {
        "" => Some(None),
        text => Money::parse(text, currency).ok().map(|amount| Some(amount.minor)),
    };
    let (from, to) = (amount(from)?, amount(to)?);
    from.or(to).map(|_| (from, to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_has_two_ends_or_one() {
        let read = |text: &str| price(text, Currency::EUR);
        assert_eq!(read("10 - 20.50"), Some((Some(1000), Some(2050))));
        assert_eq!(read("– 20"), Some((None, Some(2000))));
        assert_eq!(read("10 –"), Some((Some(1000), None)));
        for odd in ["10", "-", "a - b", ""] {
            assert_eq!(read(odd), None, "{odd}");
        }
    }
}
