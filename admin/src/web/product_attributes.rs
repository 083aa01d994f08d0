//! The typed attributes of a product as fields of its form, and back. A field is called `a` and the number of its definition; of several
//! choices each is a field of its own (`a3_0`) whose value is the choice.

use super::desk::Desk;
use super::forms::Reader;
use kernel::Result;
use serde_json::{Value, json};
use storefront::attributes::{Definition, Definitions, Kind};
use storefront::catalog::{Categories, Product};
use storefront::ids::CategoryId;
use storefront::labels::Labels;
use storefront::web::posted::Posted;
use storefront::web::shown_attribute::YES_NO;
use storefront::web::views::form::Form;

/// Between several values of one field, where they stand in one text: no line of a text holds it.
const BETWEEN: char = '\n';

type Pairs = Vec<(String, String)>;

/// The names of the fields.
pub fn names(definitions: &Definitions) -> Vec<String> {
    definitions.all.iter().map(name).collect()
}

fn name(of: &Definition) -> String {
    format!("a{}", of.id.map_or(0, |id| id.0))
}

/// Fills the fields from a stored product: what nobody defined goes into the field of free attributes, one a line.
pub fn filled(mut form: Form, product: &Product, definitions: &Definitions, tree: &Categories) -> Form {
    let free = product.attributes.iter().filter(|(name, _)| definitions.named(name).is_none());
    let free: Vec<String> = free.map(|(name, value)| format!("{name}: {value}")).collect();
    let drawn: Vec<String> = drawn(definitions, &product.categories, product, tree).into_iter().map(name).collect();
    form = form.fill("attributes", free.join("\n")).fill("attributes_of", drawn.join(" "));
    for definition in &definitions.all {
        form = form.fill(&name(definition), values(&product.attributes, definition).join(&BETWEEN.to_string()));
    }
    form
}

fn values<'a>(of: &'a [(String, String)], definition: &Definition) -> Vec<&'a str> {
    of.iter().filter(|(name, _)| *name == definition.name).map(|(_, value)| value.as_str()).collect()
}

/// The definitions that the form has fields of: those asked for in these categories, and those that the product has a value of.
fn drawn<'a>(definitions: &'a Definitions, categories: &[CategoryId], product: &Product, tree: &Categories) -> Vec<&'a Definition> {
    let asked = definitions.asked_of(categories, tree);
    let known = |one: &&Definition| asked.iter().any(|other| other.id == one.id) || !values(&product.attributes, one).is_empty();
    definitions.all.iter().filter(known).collect()
}

/// Gathers the ticked choices of each field, as a form that is shown again has them.
pub fn typed(mut form: Form, posted: &Posted, definitions: &Definitions) -> Form {
    for definition in definitions.all.iter().filter(|definition| definition.several) {
        form = form.fill(&name(definition), ticked(posted, definition).join(&BETWEEN.to_string()));
    }
    form
}

fn ticked<'p>(posted: &'p Posted, definition: &Definition) -> Vec<&'p str> {
    let prefix = format!("{}_", name(definition));
    posted.pairs().filter(|(name, value)| name.starts_with(&prefix) && !value.is_empty()).map(|(_, value)| value).collect()
}

/// The attributes that the form means. What the form had no field of stays as it is stored.
pub fn read(reader: &mut Reader, posted: &Posted, stored: &[(String, String)], definitions: &Definitions) -> Pairs {
    let drawn: Vec<&str> = posted.get("attributes_of").split_whitespace().collect();
    // A definition that was deleted meanwhile left free texts that the form does not show.
    if drawn.iter().any(|field| definitions.all.iter().all(|one| name(one) != *field)) {
        reader.wrong.add("attributes", "form-expired");
    }
    let mut wanted = Pairs::new();
    for definition in &definitions.all {
        let field = name(definition);
        if !drawn.contains(&field.as_str()) {
            wanted.extend(values(stored, definition).into_iter().map(|value| (definition.name.clone(), value.to_string())));
            continue;
        }
        let one = posted.get(&field);
        let said: Vec<&str> = match definition.kind {
            Kind::Choice if definition.several => ticked(posted, definition),
            Kind::Text => one.lines().collect(),
            // Several that were written before there was a definition stand in one field, and may stay.
            _ if values(stored, definition).join("; ") == one => values(stored, definition),
            _ => vec![one],
        };
        let said = said.into_iter().map(str::trim).filter(|value| !value.is_empty());
        wanted.extend(said.map(|value| (definition.name.clone(), value.to_string())));
    }
    for line in posted.get("attributes").lines().map(str::trim).filter(|line| !line.is_empty()) {
        match line.split_once([':', '：']).map(|(name, value)| (name.trim(), value.trim())) {
            Some((name, value)) if !name.is_empty() && !value.is_empty() => wanted.push((name.to_string(), value.to_string())),
            _ => reader.wrong.add("attributes", "admin-attributes-invalid"),
        }
    }
    let (fitted, unfit) = definitions.fit(&wanted, stored);
    for unfit in unfit {
        let field = definitions.named(&unfit.name).map(name).filter(|field| drawn.contains(&field.as_str()));
        reader.wrong.add(field.as_deref().unwrap_or("attributes"), unfit.why.key());
    }
    // The same values in another order are no change.
    let sorted = |pairs: &[(String, String)]| {
        let mut pairs = pairs.to_vec();
        pairs.sort();
        pairs
    };
    if sorted(&fitted) == sorted(stored) { stored.to_vec() } else { fitted }
}

/// What the template draws of each field, for the categories that are ticked in the form.
pub async fn view(desk: &Desk, form: &Form, product: &Product, definitions: &Definitions, tree: &Categories) -> Result<Vec<Value>> {
    let ticked = tree.0.iter().filter(|category| form.value(&format!("category-{}", category.id)) == "on");
    let categories: Vec<CategoryId> = ticked.map(|category| category.id).collect();
    let language = desk.visit.language.code();
    let labels = if definitions.all.is_empty() { Labels::default() } else { desk.read(move |conn| Labels::load(conn, language)).await? };
    let field = |definition: &Definition| {
        let field = name(definition);
        let said: Vec<&str> = form.value(&field).split(BETWEEN).filter(|value| !value.is_empty()).collect();
        let has = |value: &str| said.contains(&value);
        let odd: Vec<&str> = said.iter().copied().filter(|value| !value.is_empty() && definition.canonical(value).is_err()).collect();
        let mut choices: Vec<Value> = match definition.kind {
            Kind::Choice => {
                let choice = |one: &storefront::attributes::Choice| json!({ "value": one.name, "label": labels.of(&one.name), "swatch": one.swatch, "selected": has(&one.name) });
                definition.choices.iter().map(choice).collect()
            }
            Kind::YesNo => {
                YES_NO.iter().map(|(value, key)| json!({ "value": value, "label": key, "swatch": "", "selected": has(value) })).collect()
            }
            _ => Vec::new(),
        };
        if !choices.is_empty() {
            choices.extend(odd.iter().map(|value| json!({ "value": value, "label": value, "swatch": "", "selected": true })));
        }
        // What a field of one value cannot show stands in it as text.
        let plain = matches!(definition.kind, Kind::Date) && odd.is_empty() && said.len() < 2;
        let value = if definition.kind == Kind::Text { said.join("\n") } else { said.join("; ") };
        json!({ "name": field, "label": labels.of(&definition.name), "kind": definition.kind, "several": definition.several, "unit": definition.unit,
            "choices": choices, "value": value, "input": if plain { "date" } else { "text" }, "odd": if odd.is_empty() { "" } else { "odd" } })
    };
    Ok(drawn(definitions, &categories, product, tree).into_iter().map(field).collect())
}

/// The names of the fields that [`view`] draws, for the form to say which they were.
pub fn drawn_names(fields: &[Value]) -> String {
    fields.iter().filter_map(|field| field["name"].as_str()).collect::<Vec<_>>().join(" ")
}
