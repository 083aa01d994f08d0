use crate::shop::Shop;
use regulars_storefront::api_keys::Scope;
use serde_json::Value;

fn operations(document: &Value) -> Vec<(String, String, Value)> {
    let paths = document["paths"].as_object().unwrap();
    let of_path = |(path, item): (&String, &Value)| {
        let item = item.as_object().unwrap().clone();
        item.into_iter().map(|(method, operation)| (path.clone(), method.to_uppercase(), operation)).collect::<Vec<_>>()
    };
    paths.iter().flat_map(of_path).collect()
}

#[test]
fn every_documented_operation_is_mounted_and_says_what_it_needs() {
    let shop = Shop::open();
    let mut client = shop.client(&Scope::ALL[..1]);
    let held = Scope::ALL[0].as_str();
    let document = client.get("/api/openapi.json").is(200);
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    let operations = operations(&document);
    assert_eq!(operations.len(), 37);
    for (path, method, operation) in operations {
        let name = format!("{method} {path}");
        assert!(path.starts_with("/api/v1/"), "{name}");
        assert!(operation["summary"].is_string() && operation["responses"]["401"].is_object(), "{name}");
        let scope = operation["security"][0]["key"][0].as_str().expect(&name).to_string();
        let in_path = operation["parameters"].as_array().into_iter().flatten().filter(|parameter| parameter["in"] == "path").count();
        assert_eq!(in_path, path.matches('{').count(), "{name}");
        let keyed = operation["parameters"].as_array().into_iter().flatten().any(|parameter| parameter["name"] == "Idempotency-Key");
        assert_eq!(keyed, method != "GET", "{name}");
        let real = path
            .replace("{cart}", "none")
            .replace("{line}", "1")
            .replace("{number}", "R1")
            .replace("{slug}", "none")
            .replace("{list}", "1");
        // What is mounted asks for the scope; what is not would be 404 or 405.
        let status = client.send(&method, &real, &[], (method != "GET" && method != "DELETE").then(|| "{}".into())).status;
        assert_eq!(status == 403, scope != held, "{name}: {status}");
        let secret = std::mem::take(&mut client.secret);
        assert_eq!(client.send(&method, &real, &[], None).status, 401, "{name}");
        client.secret = secret;
    }
}

#[test]
fn every_schema_that_is_named_is_there() {
    let shop = Shop::open();
    let document = shop.client(&Scope::ALL[..1]).get("/api/openapi.json").is(200);
    let text = document.to_string();
    let names: Vec<&str> = text.split("#/components/schemas/").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert!(names.len() > 20);
    for name in names {
        assert!(document["components"]["schemas"][name].is_object(), "{name}");
    }
}

#[test]
fn a_method_there_is_not_is_told_apart_from_a_path_there_is_not() {
    let shop = Shop::open();
    let client = shop.client(Scope::ALL);
    let answer = client.send("PATCH", "/carts/none/lines/1", &[], Some("{}".into()));
    assert_eq!((answer.status, answer.header("allow")), (405, "DELETE, PUT"));
    let answer = client.get("/nothing");
    assert_eq!((answer.status, answer.header("content-type")), (404, "application/problem+json"));
}
