//! Every form of the shop and of the back office with what nobody should type: no page breaks, and nothing typed comes back as code.

use crate::pairs::Things;
use crate::support::goods;
use crate::support::house::House;
use crate::support::office::{self, at_work, role};
use crate::support::visitor::{Page, Shown, Visitor};
use admin::permissions::Preset;
use admin::web::routes;
use std::collections::BTreeSet;
use storefront::checkout::Settlement;
use url::form_urlencoded::Serializer;

/// What is typed; the last two stand for a text of 100 kB and for bytes that are no UTF-8.
const NASTY: [&str; 14] = [
    "",
    "-1",
    "99999999999999999999999999",
    "9223372036854775807",
    "1e309",
    "a\0b",
    "💥 🫖",
    "\u{202e}txet \u{2066}x",
    "'; DROP TABLE products; --",
    "<script>alert(1)</script>",
    "../../../etc/passwd",
    "%s%n{{7*7}}${7*7}",
    LONG,
    BROKEN,
];
const LONG: &str = "long";
const BROKEN: &str = "broken";
/// Requests of one form; beyond, each field gets some of the values in turn.
const WHOLE: usize = 90;
/// Browsers at once.
const THREADS: usize = 4;

/// The body of a form with one field replaced.
fn body(form: &Shown, field: &str, value: &str) -> String {
    let rest = form.fields.iter().filter(|(name, _)| name != field);
    let body = Serializer::new(String::new()).extend_pairs(rest).finish();
    let name = encoded(field);
    let value = match value {
        BROKEN => "%ff%fe%c3%28".to_string(),
        LONG => "x".repeat(100_000),
        value => encoded(value),
    };
    format!("{body}&{name}={value}")
}

fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// A row of a table like the others of it: one of them is enough.
fn kind(field: &str) -> String {
    field.chars().filter(|c| !c.is_ascii_digit()).collect()
}

/// What is wrong with an answer.
fn fault(page: &Page, form: &Shown, field: &str, value: &str) -> Option<String> {
    let at = format!("{} {field}={:?}: {}", form.action, value.chars().take(30).collect::<String>(), page.status);
    if page.status >= 500 || page.status == 400 {
        return Some(at);
    }
    if page.body.contains("<script>alert(1)") {
        return Some(format!("{at}: the answer has the script"));
    }
    let told = page.headers.get("content-type").is_some_and(|kind| kind.starts_with("text/html") || kind.starts_with("application/json"));
    if (page.status == 422 || page.status == 409) && !(told && page.body.len() > 20) {
        return Some(format!("{at}: refused without a word"));
    }
    // A form that is refused for what was typed into a field has what was typed into the others. Who forges a choice or a hidden field
    // may lose what hangs on it.
    if !form.typed.iter().any(|name| name == field) {
        return None;
    }
    let own = page.forms().into_iter().find(|shown| shown.action == form.action);
    let lost = own.filter(|_| page.status == 422).and_then(|shown| {
        let kept = |(name, typed): &&(String, String)| {
            shown.fields.iter().any(|(known, value)| known == name && value.replace("\r\n", "\n").trim() == typed.trim())
        };
        let texts = form.fields.iter().filter(|(name, typed)| name != field && form.typed.contains(name) && !typed.trim().is_empty());
        texts.filter(|pair| !kept(pair)).map(|(name, _)| name.clone()).next()
    });
    lost.map(|name| format!("{at}: what was typed into {name} is gone"))
}

/// Sends every form with everything nasty; answers how many requests that were, and what went wrong.
fn attack(visitor: &Visitor, forms: &[Shown]) -> (usize, Vec<String>) {
    let results: Vec<(usize, Vec<String>)> = std::thread::scope(|scope| {
        let run = |thread: usize| {
            let (tab, own) = (visitor.tab(), forms.iter().skip(thread).step_by(THREADS));
            scope.spawn(move || {
                let (mut sent, mut faults) = (0, Vec::new());
                for form in own {
                    let mut kinds = BTreeSet::new();
                    let fields: Vec<&str> =
                        form.fields.iter().map(|(name, _)| name.as_str()).filter(|name| kinds.insert(kind(name))).collect();
                    let each = if fields.len() * NASTY.len() <= WHOLE { NASTY.len() } else { (WHOLE / fields.len()).max(2) };
                    for (at, field) in fields.iter().enumerate() {
                        for value in (0..each).map(|n| NASTY[(at * each + n) % NASTY.len()]) {
                            let page = tab.post_raw(&form.action, &body(form, field, value));
                            sent += 1;
                            faults.extend(fault(&page, form, field, value));
                        }
                    }
                }
                (sent, faults)
            })
        };
        let threads: Vec<_> = (0..THREADS).map(run).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    results.into_iter().fold((0, Vec::new()), |(sent, mut faults), (more, told)| {
        faults.extend(told);
        (sent + more, faults)
    })
}

/// The forms of these pages, each address once, and none that ends the visit.
fn forms_of(visitor: &Visitor, pages: &[String]) -> Vec<Shown> {
    let mut seen = BTreeSet::new();
    let shown = pages.iter().map(|path| visitor.get(path)).flat_map(|page| page.forms());
    shown
        .filter(|form| form.fields.len() > 1 && !form.action.ends_with("/sign-out") && !form.action.contains("/sessions"))
        .filter(|form| {
            let names: BTreeSet<String> = form.fields.iter().map(|(name, _)| kind(name)).collect();
            seen.insert((form.action.clone(), names))
        })
        .collect()
}

#[test]
fn no_form_of_the_back_office_breaks() {
    let house = office::open();
    let (id, olga) = at_work(&house, "olga", role(&house, Preset::Owner));
    let things = Things::make(&house, id);
    let pages: Vec<String> = routes::all()
        .into_iter()
        .filter(|route| route.method == "GET" && route.path != "/second-factor" && !route.path.starts_with("/sign-in"))
        .map(|route| things.address(route.path))
        .filter(|path| !path.ends_with(".csv") && !path.contains("/export"))
        .collect();
    let forms = forms_of(&olga, &pages);
    assert!(forms.len() > 60, "only {} forms were found", forms.len());
    let (sent, faults) = attack(&olga, &forms);
    assert!(sent > 1500, "only {sent} requests");
    assert!(faults.is_empty(), "{} of {sent}:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn no_form_of_the_shop_breaks() {
    let house = House::open_with(&[("REGULARS_LIMITS_SIGN_IN_PER_MINUTE", "100000"), ("REGULARS_LIMITS_CHECKOUT_PER_MINUTE", "100000")]);
    let mug = goods::product(&house.db, "Mug", 1200, 50);
    goods::product(&house.db, "Pot", 4500, 0);
    let (cart, seen) = goods::cart(&house.db, &[(mug, 2)], "ann@example.com", "bank_transfer", "");
    assert!(goods::place(&house.db, cart, seen, Settlement::After).is_ok());
    let ann = house.visitor();
    ann.submit(&ann.get("/products/mug"), "/cart/lines", &[("quantity", "2")]).says(200, "Mug");
    let pot = ann.get("/products/pot");
    let waiting = pot.body.split("href=\"").filter_map(|rest| rest.split('"').next()).find(|to| to.contains("waiting")).map(str::to_string);
    let order = format!("/orders/R1001?key={}", house.state.signer.sign("order", "R1001"));
    let mut pages: Vec<String> =
        ["/", "/products/mug", "/cart", "/checkout", "/account/sign-in", "/account/register", "/account/forgot", "/gift-cards", "/privacy"]
            .map(str::to_string)
            .to_vec();
    pages.push(order);
    pages.extend(waiting);
    let forms = forms_of(&ann, &pages);
    let actions: BTreeSet<&str> = forms.iter().map(|form| form.action.as_str()).collect();
    assert!(actions.len() >= 8, "only {actions:?}");
    let (sent, faults) = attack(&ann, &forms);
    assert!(faults.is_empty(), "{} of {sent}:\n{}", faults.len(), faults.join("\n"));
    let shipping = ann.get("/checkout/shipping");
    let (_, faults) = attack(&ann, &shipping.forms());
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn a_form_that_is_too_large_is_told_so_in_a_page() {
    let house = office::open();
    let (_, olga) = at_work(&house, "olga", role(&house, Preset::Owner));
    let large = format!("csrf=x&title_en={}", "x".repeat(5 << 20));
    olga.post_raw("/admin/pages/new", &large).says(422, "more than a form may send");
    olga.post_raw("/zh/admin/pages/new", &large).says(422, "超出表单上限");
    let ann = house.visitor();
    ann.post_raw("/account/sign-in", &large).says(422, "more than a form may send");
    ann.post_raw("/zh/cart/lines", &large).says(422, "超出表单上限");
}
