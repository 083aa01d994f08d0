//! Attributes with types from the back office to the shopper's page, the facets, the API and files.

use crate::desk::staff;
use crate::support::goods::{EUR, now};
use crate::support::house::House;
use crate::support::visitor::{Page, Visitor};
use kernel::Error;
use kernel::web::i18n::{Language, Texts};
use storefront::attributes::{self, Choice, Definition, Definitions, Kind};
use storefront::catalog::{self, CategoryChange, Product, Saving, Status, Variant};
use storefront::ids::{AttributeId, CategoryId, ProductId};
use storefront::imports::apply::{Mode, apply};
use storefront::imports::{ProductDraft, VariantDraft};
use storefront::search::SearchQuery;
use storefront::shop;

fn product(house: &House, title: &str, category: Option<CategoryId>, pairs: &[(&str, &str)]) -> ProductId {
    let variant = Variant { sku: Some(title.to_uppercase()), price: Some(1200), count: Some(5), ..Variant::default() };
    let product = Product {
        status: Status::Active,
        title: title.into(),
        variants: vec![variant],
        categories: category.into_iter().collect(),
        attributes: pairs.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect(),
        ..Product::default()
    };
    let saving = Saving { currency: EUR, actor: "test", base: None, now: now() };
    house.db.write_now(move |conn| catalog::save_product(conn, &product, &saving)).unwrap().id
}

fn category(house: &House, name: &str) -> CategoryId {
    let change = CategoryChange { name: name.into(), ..CategoryChange::default() };
    house.db.write_now(move |conn| catalog::save_category(conn, &change, now())).unwrap()
}

fn define(house: &House, definition: Definition) -> AttributeId {
    house.db.write_now(move |conn| attributes::save(conn, &definition, now())).unwrap()
}

fn number(name: &str, unit: &str) -> Definition {
    Definition { name: name.into(), kind: Kind::Number, unit: unit.into(), ..Definition::default() }
}

fn stored(house: &House, id: ProductId) -> Vec<(String, String)> {
    house.db.read_now(move |conn| catalog::products(conn, &[id], EUR)).unwrap().remove(0).attributes
}

fn pairs(of: &[(&str, &str)]) -> Vec<(String, String)> {
    of.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect()
}

fn save(mei: &Visitor, at: &str, typed: &[(&str, &str)]) -> Page {
    let page = mei.get(at);
    mei.submit(&page, at.split('?').next().unwrap(), typed)
}

#[test]
fn a_definition_takes_over_what_products_have_after_somebody_saw_what_does_not_fit() {
    let house = House::open();
    let (mei, ann) = (staff(&house), house.visitor());
    let cup = product(&house, "Cup", None, &[("Volume", "350 ml"), ("Care", "By hand")]);
    let pot = product(&house, "Pot", None, &[("Volume", "about 900")]);
    mei.get("/admin/attributes").says(200, "No attribute has a type yet.").holds("new?name=Volume");
    mei.get("/admin/attributes/new?name=Care").holds("value=\"By hand\"");

    let typed = [("name", "Volume"), ("name_zh", "容量"), ("kind", "number"), ("unit", "ml")];
    let look = save(&mei, "/admin/attributes/new?name=Volume", &typed).says(200, "1 value does not fit").says(200, "about 900");
    let look = look.says(200, "1 value is written anew").says(200, "350 ml");
    assert_eq!(stored(&house, cup), pairs(&[("Volume", "350 ml"), ("Care", "By hand")]), "nothing is done yet");
    let made = mei.submit(&look, "/admin/attributes/new", &[]).says(200, "Saved.");
    let made = made.says(200, "Some products have values that do not fit.");
    assert_eq!(stored(&house, cup), pairs(&[("Volume", "350"), ("Care", "By hand")]));
    assert_eq!(stored(&house, pot), pairs(&[("Volume", "about 900")]));
    ann.get("/products/cup").says(200, "350 ml");
    ann.get("/zh/products/cup").says(200, "容量");
    ann.get("/products/pot").says(200, "about 900");

    // The form of the product has a field of the type, and keeps what does not read beside what is wrong.
    let id: i64 = made.at.rsplit('/').next().unwrap().parse().unwrap();
    let (at, field) = (format!("/admin/products/{cup}"), format!("a{id}"));
    mei.get(&at).says(200, "Volume (ml)").says(200, "Care: By hand");
    save(&mei, &at, &[(&field, "a lot")]).says(422, "Write a number such as 350 or 0.5.").holds("value=\"a lot\"");
    save(&mei, &at, &[(&field, "1,250.50 ml")]).says(200, "Saved.");
    assert_eq!(stored(&house, cup), pairs(&[("Volume", "1250.5"), ("Care", "By hand")]));
    ann.get("/products/cup").says(200, "1,250.5 ml");
    save(&mei, &format!("/admin/products/{pot}"), &[("title", "Big pot")]).says(200, "Saved.");
    assert_eq!(stored(&house, pot), pairs(&[("Volume", "about 900")]), "what was there before may stay");

    // A stale form is refused; deleting shows what is lost and keeps the numbers with their unit.
    let (at, old) = (format!("/admin/attributes/{id}"), mei.get(&format!("/admin/attributes/{id}")));
    save(&mei, &at, &[("shown", "")]).says(200, "Saved.");
    mei.submit(&old, &at, &[("unit", "cl")]).says(409, "Somebody else changed this attribute");
    assert!(!ann.get("/products/cup").body.contains("1,250.5"));
    let gone = mei.get(&format!("{at}/delete")).says(200, "2 products have a value of it.").says(200, "about 900");
    mei.submit(&gone, &format!("{at}/delete"), &[]).says(200, "Deleted.");
    assert_eq!(stored(&house, cup), pairs(&[("Volume", "1250.5 ml"), ("Care", "By hand")]));
    let log = house.db.read_now(move |conn| admin::audit::of(conn, &format!("attribute:{id}"), 10)).unwrap();
    assert_eq!(log.len(), 3);
}

#[test]
fn choices_are_named_ordered_coloured_and_renamed_everywhere() {
    let house = House::open();
    let (mei, ann) = (staff(&house), house.visitor());
    let shelf = category(&house, "Shelf");
    let (oak, both) = (
        product(&house, "Tray", Some(shelf), &[("Wood", "oak")]),
        product(&house, "Box", Some(shelf), &[("Wood", "Walnut"), ("Wood", "Oak")]),
    );
    let rows = [
        ("name", "Wood"),
        ("kind", "choice"),
        ("several", "on"),
        ("c0_name", "Walnut"),
        ("c0_name_zh", "胡桃木"),
        ("c0_swatch", "#5A3A22"),
        ("c1_name", "Oak"),
        ("c2_name", "Ash"),
    ];
    save(&mei, "/admin/attributes/new", &[("name", "Wood"), ("kind", "choice")]).says(422, "Name at least one choice");
    save(&mei, "/admin/attributes/new", &[rows.as_slice(), &[("c1_name", "walnut")]].concat()).says(422, "This choice stands twice.");
    save(&mei, "/admin/attributes/new", &[rows.as_slice(), &[("c0_swatch", "red")]].concat()).says(422, "Write a colour such as #aa8855.");
    let look = save(&mei, "/admin/attributes/new", &rows).says(200, "1 value is written anew");
    let made = mei.submit(&look, "/admin/attributes/new", &[]).says(200, "Saved.");
    let id: i64 = made.at.rsplit('/').next().unwrap().parse().unwrap();
    assert_eq!(stored(&house, oak), pairs(&[("Wood", "Oak")]));
    house.follow();
    let list = ann.get("/categories/shelf");
    let places: Vec<usize> = ["value=\"Walnut\"", "value=\"Oak\""].iter().map(|text| list.body.find(text).expect(text)).collect();
    assert!(places[0] < places[1], "in the order of the definition, not by how many there are");
    list.holds("fill=\"#5a3a22\"");
    ann.get("/zh/categories/shelf").says(200, "胡桃木");
    ann.get("/products/box").says(200, "Walnut").holds("fill=\"#5a3a22\"");

    let at = format!("/admin/products/{both}");
    mei.get(&at).holds(&format!("name=\"a{id}_0\" value=\"Walnut\" checked"));
    save(&mei, &at, &[(&format!("a{id}_0"), ""), (&format!("a{id}_2"), "Ash")]).says(200, "Saved.");
    assert_eq!(stored(&house, both), pairs(&[("Wood", "Oak"), ("Wood", "Ash")]));
    let renamed = [("c1_name", "Solid oak"), ("c2_name", "")];
    let look = save(&mei, &format!("/admin/attributes/{id}"), &renamed).says(200, "Solid oak").says(200, "1 value does not fit");
    mei.submit(&look, &format!("/admin/attributes/{id}"), &[]).says(200, "Saved.");
    assert_eq!(stored(&house, both), pairs(&[("Wood", "Solid oak"), ("Wood", "Ash")]));
    assert_eq!(stored(&house, oak), pairs(&[("Wood", "Solid oak")]));
}

#[test]
fn numbers_are_a_range_when_there_are_many_and_yes_stands_before_no() {
    let house = House::open();
    let ann = house.visitor();
    let shelf = category(&house, "Shelf");
    define(&house, number("Volume", "ml"));
    define(&house, Definition { name: "Lid".into(), kind: Kind::YesNo, ..Definition::default() });
    define(&house, Definition { name: "Made".into(), kind: Kind::Date, facet: false, ..Definition::default() });
    for at in 1..=10 {
        let lid = if at % 3 == 0 { "Yes" } else { "No" };
        let (title, volume) = (format!("Jug{at}"), (at * 100).to_string());
        product(&house, &title, Some(shelf), &[("Volume", &volume), ("Lid", lid), ("Made", "2026-11-22")]);
    }
    house.follow();
    let list = ann.get("/categories/shelf");
    let list = list.holds("name=\"min.Volume\"").holds("placeholder=\"100\"").holds("placeholder=\"1000\"");
    assert!(list.body.find("value=\"Yes\"").unwrap() < list.body.find("value=\"No\"").unwrap());
    assert!(!list.body.contains("a.Made"), "it is no filter");
    let some = ann.get("/categories/shelf?min.Volume=300&max.Volume=500").says(200, "3 products");
    some.says(200, "Volume: 300 ml – 500 ml").holds("value=\"300\"");
    ann.get("/categories/shelf?min.Volume=300&max.Volume=500&a.Lid=Yes").says(200, "1 product");
    ann.get("/categories/shelf?min.Volume=5000").says(200, "0 products").holds("name=\"min.Volume\"");
    ann.get("/categories/shelf?min.Volume=lots").says(200, "10 products").says(200, "Write numbers such as 350 or 0.5.");
    ann.get("/products/jug3").says(200, "22 November 2026").holds("<td>Yes</td>");
    ann.get("/zh/products/jug3").says(200, "2026年11月22日").holds("<td>是</td>");
    let found = house.state.door.search.search(&SearchQuery { text: "300 ml".into(), limit: 5, ..SearchQuery::default() }).unwrap();
    assert!(!found.hits.is_empty(), "people look for a number with its unit");
}

#[test]
fn files_are_read_by_the_type_and_what_does_not_fit_is_an_error_of_its_row() {
    let house = House::open();
    define(&house, number("Volume", "ml"));
    let draft = |handle: &str, volume: &str| ProductDraft {
        handle: handle.into(),
        title: handle.into(),
        attributes: pairs(&[("Volume", volume), ("Free", "as it is")]),
        variants: vec![VariantDraft { price: Some(1000), ..VariantDraft::default() }],
        line: 7,
        ..ProductDraft::default()
    };
    let drafts = [draft("cup", "350 ML"), draft("pot", "a lot")];
    let saving = Saving { currency: EUR, actor: "import", base: None, now: now() };
    let report = house.db.write_now(move |conn| apply(conn, &drafts, &saving, Mode::KeepGood, &mut |_| ())).unwrap();
    assert_eq!((report.created, report.errors.len()), (1, 1));
    let told = |language| report.errors[0].reason.told(&Texts::load(None).unwrap(), language);
    assert_eq!(told(Language::ENGLISH), "Volume: a lot is not a number");
    assert_eq!(told(Language::CHINESE), "Volume：a lot 不是数字");
    let seen = |conn: &mut kernel::Conn| {
        let shop = shop::get(conn)?;
        catalog::page(conn, &shop, "cup", "en")
    };
    let page = house.db.read_now(seen).unwrap();
    assert_eq!((page.attributes[0].text.as_str(), page.attributes[0].code.as_deref()), ("350", Some("volume")));
    assert_eq!(stored(&house, page.id), pairs(&[("Volume", "350"), ("Free", "as it is")]));
}

#[test]
fn a_category_that_goes_leaves_the_definition_to_the_one_above_it() {
    let house = House::open();
    let top = category(&house, "Top");
    let change = CategoryChange { name: "Below".into(), parent_id: Some(top), ..CategoryChange::default() };
    let below = house.db.write_now(move |conn| catalog::save_category(conn, &change, now())).unwrap();
    let id = define(&house, Definition { categories: vec![below], ..number("Volume", "ml") });
    let asked = move |conn: &mut kernel::Conn, of: CategoryId| {
        let tree = catalog::categories(conn, "en")?;
        Ok::<_, Error>(Definitions::load(conn)?.asked_of(&[of], &tree).len())
    };
    assert_eq!(house.db.read_now(move |conn| Ok((asked(conn, below)?, asked(conn, top)?))).unwrap(), (1, 0));
    house.db.write_now(move |conn| catalog::remove_category(conn, below)).unwrap();
    assert_eq!(house.db.read_now(move |conn| Ok(attributes::get(conn, id)?.categories)).unwrap(), [top]);
    let twice = Definition { choices: vec![Choice { name: "A".into(), ..Choice::default() }], ..number("Volume", "l") };
    assert!(matches!(house.db.write_now(move |conn| attributes::save(conn, &twice, now())), Err(Error::Invalid(_))));
}

#[test]
fn a_product_form_drawn_before_a_definition_was_deleted_loses_no_value() {
    let house = House::open();
    let mei = staff(&house);
    let id = define(&house, number("Volume", "ml"));
    let cup = product(&house, "Cup", None, &[("Volume", "350"), ("Care", "By hand")]);
    let at = format!("/admin/products/{cup}");
    let old = mei.get(&at).says(200, "Volume (ml)");
    house.db.write_now(move |conn| attributes::remove(conn, id, false, now())).unwrap();
    mei.submit(&old, &at, &[("title", "Big cup")]).says(422, "This page was open for too long.");
    assert_eq!(stored(&house, cup), pairs(&[("Volume", "350 ml"), ("Care", "By hand")]));
    mei.get("/admin/attributes").says(200, "Care 1 time").says(200, "Volume 1 time");
}

#[test]
fn an_option_and_an_attribute_of_one_name_are_one_facet_of_the_page() {
    let house = House::open();
    let ann = house.visitor();
    let shelf = category(&house, "Shelf");
    product(&house, "Cup", Some(shelf), &[("Volume", "350 ml"), ("Glaze", "Moss")]);
    product(&house, "Bowl", Some(shelf), &[("Volume", "900 ml"), ("Glaze", "Ash")]);
    let variant = |volume: &str, glaze: &str| Variant {
        sku: Some(format!("{volume}-{glaze}")),
        price: Some(1200),
        count: Some(5),
        options: vec![volume.into(), glaze.into()],
        ..Variant::default()
    };
    let jug = Product {
        status: Status::Active,
        title: "Jug".into(),
        options: vec!["Volume".into(), "Glaze".into()],
        variants: vec![variant("350 ml", "Moss"), variant("350 ml", "Sand"), variant("900 ml", "Moss")],
        categories: vec![shelf],
        ..Product::default()
    };
    let saving = Saving { currency: EUR, actor: "test", base: None, now: now() };
    house.db.write_now(move |conn| catalog::save_product(conn, &jug, &saving)).unwrap();
    house.follow();
    let legends = |page: &Page, name: &str| page.body.matches(&format!("<summary>{name}</summary>")).count();
    let list = ann.get("/categories/shelf");
    assert_eq!((legends(&list, "Volume"), legends(&list, "Glaze")), (1, 1), "{}", list.body);

    // The definition came last: options are looked for as it writes them, and links that were shared before lead on.
    define(&house, number("Volume", "ml"));
    house.follow();
    let list = ann.get("/categories/shelf").says(200, "350 ml");
    assert_eq!(legends(&list, "Volume"), 1);
    for shared in ["o.Volume=350+ml", "o.Volume=350", "a.Volume=350", "a.Volume=350+ml", "o.Volume=350&a.Volume=350+ml"] {
        let found = ann.get(&format!("/categories/shelf?{shared}")).says(200, "2 products").says(200, "Volume: 350 ml");
        assert_eq!(legends(&found, "Volume"), 1, "{shared}");
    }
    ann.get("/categories/shelf?o.Volume=350&a.Glaze=Sand").says(200, "1 product");
    ann.get("/categories/shelf?o.Volume=900&o.Glaze=Sand").says(200, "0 products");
    ann.get("/categories/shelf?a.Volume=350&a.Volume=900&o.Glaze=Moss&o.Glaze=Ash").says(200, "3 products");
    ann.get("/categories/shelf?min.Volume=500").says(200, "2 products");
    ann.get("/search?min.Volume=500&max.Volume=1000&o.Glaze=Sand").says(200, "0 products");
}
