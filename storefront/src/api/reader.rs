//! The OpenAPI document as a page for people, made on the server from the document itself. The well-known viewers load scripts and
//! write styles that the shop's content security policy forbids, and what they show is a few lists.

use super::document;
use crate::web::door::Door;
use actix_web::http::header;
use actix_web::{HttpResponse, web};
use kernel::web::i18n::Language;
use kernel::{Error, Result};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::LazyLock;

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// What the page shows, made once.
static VIEW: LazyLock<Option<Value>> = LazyLock::new(|| serde_json::from_str(document::text()?).ok().map(|document| view(&document)));

/// Serves the page. It needs no key.
pub async fn show(door: web::Data<Door>) -> Result<HttpResponse> {
    let view = VIEW.as_ref().ok_or_else(|| Error::unexpected("the API's document cannot be read"))?;
    let html = door.templates.render("api/docs.html", Language::ENGLISH, view)?;
    Ok(HttpResponse::Ok().content_type("text/html; charset=utf-8").insert_header((header::CACHE_CONTROL, "public, max-age=300")).body(html))
}

fn view(document: &Value) -> Value {
    let mut tags: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for (path, item) in entries(&document["paths"]) {
        for method in METHODS {
            let operation = &item[method];
            if !operation.is_null() {
                tags.entry(operation["tags"][0].as_str().unwrap_or("")).or_default().push(one(path, method, operation));
            }
        }
    }
    let groups: Vec<Value> = tags.into_iter().map(|(tag, operations)| json!({ "tag": tag, "operations": operations })).collect();
    let schemas: Vec<Value> = entries(&document["components"]["schemas"])
        .map(|(name, schema)| json!({ "name": name, "about": marked(&schema["description"]), "kind": kind(schema), "fields": fields(schema) }))
        .collect();
    let paragraphs: Vec<Value> = text(&document["info"]["description"]).split("\n\n").map(|part| marked(&json!(part))).collect();
    json!({ "title": document["info"]["title"], "version": document["info"]["version"], "about": paragraphs, "groups": groups, "schemas": schemas })
}

fn one(path: &str, method: &str, operation: &Value) -> Value {
    let params: Vec<Value> = list(&operation["parameters"])
        .map(|one| json!({ "name": one["name"], "place": one["in"], "required": one["required"], "about": marked(&one["description"]), "kind": kind(&one["schema"]) }))
        .collect();
    let responses: Vec<Value> = entries(&operation["responses"])
        .map(|(status, response)| json!({ "status": status, "about": marked(&response["description"]), "kind": body(response) }))
        .collect();
    let scopes: Vec<&Value> = list(&operation["security"]).flat_map(|one| list(&one["key"])).collect();
    json!({ "path": path, "method": method.to_uppercase(), "id": operation["operationId"], "title": operation["summary"],
        "about": marked(&operation["description"]), "scopes": scopes, "params": params, "body": body(&operation["requestBody"]),
        "responses": responses })
}

/// What a request or answer carries; null when it carries nothing.
fn body(of: &Value) -> Value {
    entries(&of["content"]).next().map_or(Value::Null, |(_, content)| kind(&content["schema"]))
}

/// The fields of an object.
fn fields(schema: &Value) -> Vec<Value> {
    let required: Vec<&str> = list(&schema["required"]).filter_map(Value::as_str).collect();
    entries(&schema["properties"])
        .map(|(name, field)| {
            json!({ "name": name, "required": required.contains(&name.as_str()), "about": marked(&field["description"]), "kind": kind(field) })
        })
        .collect()
}

/// A type in words, and the schema it leads to, if any.
fn kind(schema: &Value) -> Value {
    if let Some(name) = schema["$ref"].as_str().and_then(|reference| reference.rsplit('/').next()) {
        return json!({ "text": name, "schema": name });
    }
    for word in ["oneOf", "anyOf", "allOf"] {
        let all: Vec<Value> = list(&schema[word]).map(kind).collect();
        if !all.is_empty() {
            let words: Vec<&str> = all.iter().filter_map(|one| one["text"].as_str()).collect();
            let to = all.iter().find(|one| !one["schema"].is_null()).map(|one| one["schema"].clone());
            return json!({ "text": words.join(" or "), "schema": to });
        }
    }
    let inner = kind_of_items(schema);
    let named = match &schema["type"] {
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" or "),
        one => text(one).to_string(),
    };
    match inner {
        Some(items) => json!({ "text": format!("{named} of {}", text(&items["text"])), "schema": items["schema"] }),
        None => json!({ "text": limited(&named, schema), "schema": null }),
    }
}

fn kind_of_items(schema: &Value) -> Option<Value> {
    (!schema["items"].is_null()).then(|| kind(&schema["items"]))
}

/// A type with its bounds.
fn limited(named: &str, schema: &Value) -> String {
    let mut said = named.to_string();
    let values: Vec<String> = list(&schema["enum"]).map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_string)).collect();
    if !values.is_empty() {
        said = values.join(", ");
    }
    for (word, sign) in [("minimum", "≥"), ("maximum", "≤"), ("minLength", "length ≥"), ("maxLength", "length ≤")] {
        if !schema[word].is_null() {
            said.push_str(&format!(", {sign} {}", schema[word]));
        }
    }
    if let Some(pattern) = schema["pattern"].as_str() {
        said.push_str(&format!(", {pattern}"));
    }
    said
}

/// A description as parts that are plain, strong (`**`) or code (`` ` ``).
fn marked(description: &Value) -> Value {
    let mut parts = Vec::new();
    for (at, piece) in text(description).split("**").enumerate() {
        for (inner, words) in piece.split('`').enumerate() {
            let look = match (at % 2, inner % 2) {
                (_, 1) => "code",
                (1, _) => "strong",
                _ => "plain",
            };
            if !words.is_empty() {
                parts.push(json!({ "look": look, "text": words }));
            }
        }
    }
    Value::Array(parts)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("")
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn entries(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_and_schema_is_on_the_page_and_every_link_leads_somewhere() {
        let document: Value = serde_json::from_str(document::text().expect("there is one")).expect("JSON");
        let view = view(&document);
        let shown: usize = list(&view["groups"]).map(|group| list(&group["operations"]).count()).sum();
        let known: usize =
            entries(&document["paths"]).map(|(_, item)| METHODS.iter().filter(|method| !item[**method].is_null()).count()).sum();
        assert_eq!(shown, known);
        assert!(known > 20);
        let names: Vec<&str> = list(&view["schemas"]).map(|schema| text(&schema["name"])).collect();
        let fields = list(&view["schemas"]).flat_map(|schema| list(&schema["fields"]));
        for link in fields.filter_map(|field| field["kind"]["schema"].as_str()) {
            assert!(names.contains(&link), "{link}");
        }
        assert_eq!(
            marked(&json!("a **b** `c`")),
            json!([{ "look": "plain", "text": "a " }, { "look": "strong", "text": "b" },
            { "look": "plain", "text": " " }, { "look": "code", "text": "c" }])
        );
    }
}
