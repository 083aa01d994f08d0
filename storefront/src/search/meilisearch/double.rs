//! A server on loopback that keeps documents and answers as Meilisearch's reference says, for tests: no package registry ships the
//! server itself. It refuses what the server would refuse, such as a filter on a field that the settings do not name.

mod filter;
mod ranking;

use super::MeilisearchSearch;
use actix_web::web::{self, Bytes};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use filter::{Filter, texts};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A server for one test. It goes away with the process.
pub struct Double {
    url: String,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// Each request: method and path, and its body.
    seen: Vec<(String, Value)>,
    indexes: BTreeMap<String, Index>,
    /// How often an index was written.
    writes: usize,
    /// By number: why it failed, if it did.
    tasks: Vec<Option<&'static str>>,
}

#[derive(Default)]
struct Index {
    documents: BTreeMap<i64, Value>,
    settings: Value,
    /// The number of its last write.
    written: usize,
}

impl Double {
    pub fn start() -> Double {
        let state = Arc::new(Mutex::new(State::default()));
        let (tell, told) = std::sync::mpsc::channel();
        let known = state.clone();
        std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let data = web::Data::from(known);
                let server = HttpServer::new(move || {
                    App::new().app_data(data.clone()).app_data(web::PayloadConfig::new(100 << 20)).default_service(web::to(answer))
                });
                let server = server.workers(1).bind(("127.0.0.1", 0)).unwrap();
                tell.send(server.addrs()[0]).unwrap();
                server.run().await.unwrap();
            });
        });
        Double { url: format!("http://{}", told.recv().unwrap()), state }
    }

    pub fn engine(&self) -> MeilisearchSearch {
        MeilisearchSearch::new(&self.url, Some("key"), "products").unwrap()
    }

    /// An engine that reads lists in parts of so many products.
    pub fn engine_in_parts(&self, at_once: usize) -> MeilisearchSearch {
        let mut engine = self.engine();
        engine.at_once = at_once;
        engine
    }

    /// The bodies of the requests with this method and path.
    pub fn asked(&self, what: &str) -> Vec<Value> {
        self.state.lock().unwrap().seen.iter().filter(|(line, _)| line == what).map(|(_, body)| body.clone()).collect()
    }
}

async fn answer(request: HttpRequest, body: Bytes, state: web::Data<Mutex<State>>) -> HttpResponse {
    assert_eq!(request.headers().get("authorization").unwrap(), "Bearer key");
    let body: Value = serde_json::from_slice(&body).unwrap_or(Value::Null);
    if body["q"] == "slow" {
        actix_web::rt::time::sleep(Duration::from_secs(30)).await;
    }
    if body["q"] == "broken" {
        return HttpResponse::InternalServerError().body("out of memory");
    }
    let mut state = state.lock().unwrap();
    state.seen.push((format!("{} {}", request.method(), request.path()), body.clone()));
    let path: Vec<&str> = request.path().trim_matches('/').split('/').collect();
    match (request.method().as_str(), path.as_slice()) {
        ("GET", ["health"]) => HttpResponse::Ok().json(json!({"status": "available"})),
        ("GET", ["tasks", number]) => HttpResponse::Ok().json(state.task(number.parse().unwrap())),
        ("GET", ["indexes", name, "stats"]) => match state.indexes.get(*name) {
            Some(index) => {
                HttpResponse::Ok().json(json!({"numberOfDocuments": index.documents.len(), "isIndexing": false, "fieldDistribution": {}, "numberOfEmbeddedDocuments": 0,
                    "numberOfEmbeddings": 0, "rawDocumentDbSize": 0, "avgDocumentSize": 0}))
            }
            None => missing(),
        },
        ("GET", ["indexes", name]) => match state.indexes.get(*name) {
            Some(index) => HttpResponse::Ok().json(json!({"uid": name, "primaryKey": "id", "createdAt": TIME,
                "updatedAt": format!("2026-01-01T00:00:00.{:09}Z", index.written)})),
            None => missing(),
        },
        ("POST", ["indexes", name, "documents", "fetch"]) => match state.indexes.get(*name) {
            Some(index) => index.fetch(&body),
            None => missing(),
        },
        ("POST", ["indexes", name, "search"]) => match state.indexes.get(*name) {
            Some(index) => index.search(&body),
            None => missing(),
        },
        (method, path) => {
            let failure = state.change(method, path, &body);
            state.tasks.push(failure);
            HttpResponse::Accepted().json(json!({
                "taskUid": state.tasks.len() - 1, "indexUid": "products", "status": "enqueued", "type": "documentDeletion", "details": null,
                "enqueuedAt": TIME}))
        }
    }
}

const TIME: &str = "2026-01-01T00:00:00Z";

fn missing() -> HttpResponse {
    HttpResponse::NotFound().json(json!({"message": "Index not found.", "code": "index_not_found", "type": "invalid_request", "link": ""}))
}

impl State {
    fn task(&self, number: usize) -> Value {
        let error = self.tasks[number].map(|code| json!({"message": code, "code": code, "type": "invalid_request", "link": ""}));
        json!({
            "uid": number, "indexUid": "products", "status": if error.is_some() { "failed" } else { "succeeded" },
            "type": "documentDeletion", "details": {"deletedDocuments": 0}, "canceledBy": null, "error": error,
            "duration": "PT0.1S", "enqueuedAt": TIME, "startedAt": TIME, "finishedAt": TIME})
    }

    /// Does at once what the server does when the task's turn comes; the code of its failure.
    fn change(&mut self, method: &str, path: &[&str], body: &Value) -> Option<&'static str> {
        match (method, path) {
            ("POST", ["indexes"]) => {
                let name = body["uid"].as_str().unwrap().to_string();
                if self.indexes.contains_key(&name) {
                    return Some("index_already_exists");
                }
                self.indexes.insert(name, Index::default());
            }
            ("DELETE", ["indexes", name]) => {
                if self.indexes.remove(*name).is_none() {
                    return Some("index_not_found");
                }
            }
            ("PATCH", ["indexes", name, "settings"]) => self.index(name).settings = body.clone(),
            ("POST", ["indexes", name, "documents"]) => {
                for document in body.as_array().unwrap() {
                    self.index(name).documents.insert(document["id"].as_i64().unwrap(), document.clone());
                }
            }
            ("POST", ["indexes", name, "documents", "delete-batch"]) => {
                for id in body.as_array().unwrap() {
                    self.index(name).documents.remove(&id.as_i64().unwrap());
                }
            }
            ("DELETE", ["indexes", name, "documents"]) => self.index(name).documents.clear(),
            ("POST", ["swap-indexes"]) => {
                let both = texts(&body[0], "indexes");
                let (Some(a), Some(b)) = (self.indexes.remove(&both[0]), self.indexes.remove(&both[1])) else {
                    return Some("index_not_found");
                };
                self.indexes.insert(both[0].clone(), b);
                self.indexes.insert(both[1].clone(), a);
            }
            other => panic!("the double does not know {other:?}"),
        }
        None
    }

    /// An index to be written, made by the first that does.
    fn index(&mut self, name: &str) -> &mut Index {
        self.writes += 1;
        let index = self.indexes.entry(name.to_string()).or_default();
        index.written = self.writes;
        index
    }
}

impl Index {
    /// What the server says of a filter on fields that the settings do not name.
    fn refusal(&self, filter: Option<&Filter>) -> Option<HttpResponse> {
        let known = texts(&self.settings, "filterableAttributes");
        let refused: Vec<&str> =
            filter.into_iter().flat_map(Filter::fields).filter(|field| !known.iter().any(|one| one == field)).collect();
        let message = format!("{refused:?} cannot be filtered by");
        let answer = json!({"message": message, "code": "invalid_search_filter", "type": "invalid_request", "link": ""});
        (!refused.is_empty()).then(|| HttpResponse::BadRequest().json(answer))
    }

    fn search(&self, body: &Value) -> HttpResponse {
        let filter = body["filter"].as_str().map(Filter::parse);
        if let Some(refusal) = self.refusal(filter.as_ref()) {
            return refusal;
        }
        let accepted = |document: &&Value| filter.as_ref().is_none_or(|filter| filter.accepts(document));
        let mut wanted = ranking::words(body["q"].as_str().unwrap_or_default());
        let mut found = Vec::new();
        // Unless all words have to match, the last ones are left out one by one until the page is full.
        loop {
            for document in self.documents.values().filter(accepted) {
                let known = found.iter().any(|(known, _): &(&Value, _)| known["id"] == document["id"]);
                if let Some(matched) = ranking::matched(document, &self.settings, &wanted).filter(|_| !known) {
                    found.push((document, matched));
                }
            }
            if body["matchingStrategy"] == "all" || wanted.len() < 2 {
                break;
            }
            wanted.pop();
        }
        found.sort_by(|a, b| ranking::order((a.0, &a.1), (b.0, &b.1)));
        let count = |name: &str, default| body[name].as_u64().unwrap_or(default) as usize;
        // Beyond this the server shows nothing, whatever is asked.
        let most = self.settings["pagination"]["maxTotalHits"].as_u64().unwrap_or(1000) as usize;
        let hits = found.iter().take(most).skip(count("offset", 0)).take(count("limit", 20));
        let hits: Vec<Value> = hits.map(|(document, _)| self.shown(document, body)).collect();
        HttpResponse::Ok().json(json!({
            "hits": hits, "offset": count("offset", 0), "limit": count("limit", 20), "estimatedTotalHits": found.len(), "processingTimeMs": 1,
            "query": body["q"]}))
    }

    /// Documents as they are kept, by their ids or a filter.
    fn fetch(&self, body: &Value) -> HttpResponse {
        let filter = body["filter"].as_str().map(Filter::parse);
        if let Some(refusal) = self.refusal(filter.as_ref()) {
            return refusal;
        }
        let (ids, fields) = (texts(body, "ids"), texts(body, "fields"));
        let wanted = |document: &&Value| {
            let named = body["ids"].is_null() || ids.contains(&document["id"].to_string());
            named && filter.as_ref().is_none_or(|filter| filter.accepts(document))
        };
        let found: Vec<&Value> = self.documents.values().filter(wanted).collect();
        let (offset, limit) = (body["offset"].as_u64().unwrap_or(0), body["limit"].as_u64().unwrap_or(20));
        let chosen =
            |document: &&Value| Value::Object(fields.iter().map(|field| (field.clone(), document[field].clone())).collect::<Map<_, _>>());
        let results: Vec<Value> = found.iter().skip(offset as usize).take(limit as usize).map(chosen).collect();
        HttpResponse::Ok().json(json!({"results": results, "offset": offset, "limit": limit, "total": found.len()}))
    }

    fn shown(&self, document: &Value, body: &Value) -> Value {
        let asked = texts(body, "attributesToRetrieve");
        let shown = texts(&self.settings, "displayedAttributes").into_iter().filter(|field| asked.contains(field));
        Value::Object(shown.map(|field| (field.clone(), document[&field].clone())).collect::<Map<_, _>>())
    }
}
