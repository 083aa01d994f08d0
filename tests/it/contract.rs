//! The API against its own description. Schemathesis, a program of its own, makes right and wrong requests from `/api/openapi.json` for every
//! operation, and holds every answer to what is written there: status, content type, schema, and never a 5xx.

use crate::support::goods::{self, now};
use crate::support::house::House;
use std::process::{Command, Stdio};
use storefront::api_keys::{self, Scope};
use storefront::checkout::Settlement;

/// Requests made up for an operation, beside those that cover each bound of its schema.
const EXAMPLES: &str = "12";

#[test]
fn every_answer_is_as_the_description_says() {
    let python = std::env::var("REGULARS_TEST_PYTHON").expect("REGULARS_TEST_PYTHON is not set: run the tests by bin/test");
    let house = House::open_with(&[
        ("REGULARS_LIMITS_CHECKOUT_PER_MINUTE", "100000"),
        ("REGULARS_LIMITS_SEARCH_PER_MINUTE", "100000"),
        ("REGULARS_LIMITS_SIGN_IN_PER_MINUTE", "100000"),
    ]);
    let mug = goods::product(&house.db, "Mug", 1200, 50);
    let (cart, seen) = goods::cart(&house.db, &[(mug, 2)], "ann@example.com", "bank_transfer", "");
    goods::place(&house.db, cart, seen, Settlement::After).unwrap();
    let (_, secret) = house.db.write_now(|conn| api_keys::create(conn, "A program", Scope::ALL, None, now())).unwrap();

    let ran = Command::new(python)
        .args(["-c", "from schemathesis.cli import schemathesis; schemathesis()", "run"])
        .arg(format!("{}/api/openapi.json", house.base_url))
        .args(["--header", &format!("Authorization: Bearer {secret}"), "--seed", "1", "--max-examples", EXAMPLES])
        .args(["--phases", "examples,coverage,fuzzing,stateful", "--no-shrink", "--continue-on-failure", "--warnings", "off"])
        .args(["--checks", "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"])
        // It keeps notes of its own in the working folder.
        .current_dir(std::env::temp_dir())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success(), "{said}\n{}", String::from_utf8_lossy(&ran.stderr));
    assert!(said.contains("passed") && !said.contains(" 0 generated"), "nothing was tried: {said}");
    house.work();
    goods::assert_books(&house.db);
}
