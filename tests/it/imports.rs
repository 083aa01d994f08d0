//! Files of products from the back office: the difference shown first, what cannot be read told in both languages, and undone.

use crate::catalogue::price;
use crate::desk::staff;
use crate::support::goods::{self, now};
use crate::support::house::House;
use crate::support::visitor::{Page, Visitor};
use diesel::connection::SimpleConnection;
use storefront::catalog::{self, Product, Saving, Status, Variant};
use storefront::{batches, shop};

const FILE: &str = "Handle,Title,Status,Option1 Name,Option1 Value,Variant SKU,Variant Price,Variant Inventory Qty,Variant Inventory Tracker\n\
    mug,Big mug,active,Title,Default Title,MUG,13.00,5,shopify\n\
    kettle,Kettle,active,Title,Default Title,K1,50.00,2,shopify\n\
    broken,Broken,active,Title,Default Title,B1,much,2,shopify\n";

#[test]
fn a_file_comes_in_goes_out_and_is_undone() {
    let house = House::open();
    let mug = goods::product(&house.db, "Mug", 1200, 5);
    let mei = staff(&house);
    let form = mei.get("/admin/products/import").says(200, "Shopify or WooCommerce");
    let to = "/admin/products/import";
    for (content, wrong) in [
        (&b""[..], "Choose a file"),
        (b"PK\x03\x04 a workbook", "not CSV"),
        (b"a,b\n1,2\n", "no product export"),
        (b"Handle;Title\nx;y\n", "not by commas"),
        (b"Handle,Title\nx,\xff\xfe\n", "not UTF-8"),
        (b"Handle,Title\n", "holds no products"),
    ] {
        mei.upload(&form, to, "x.csv", content).says(200, wrong);
    }
    let large = vec![b'a'; (32 << 20) + 1];
    mei.upload(&form, to, "x.csv", &large).says(200, "too large");
    let preview = mei.upload(&form, to, "../../spring.csv", FILE.as_bytes()).says(200, "A new product");
    let text = preview.text();
    assert!(
        preview.body.contains("<h1>spring.csv</h1>")
            && text.contains("12.00")
            && text.contains("13.00")
            && text.contains("Line 4, Variant Price"),
        "{text}"
    );
    assert_eq!(price(&house, mug), (1200, None));
    mei.submit(&preview, &preview.form_ending("/confirm"), &[]);
    house.work();
    mei.get(&preview.at).says(200, "Done").says(200, "Refused");
    assert_eq!(price(&house, mug), (1300, None));
    let ann = house.visitor();
    ann.get("/products/kettle").says(200, "Kettle");
    ann.get("/search?q=kettle").says(200, "Kettle");

    // What goes out comes in again unchanged; a formula goes out as text.
    house
        .db
        .write_now(|conn| {
            let variant = Variant { sku: Some("=1+1".into()), price: Some(100), ..Variant::default() };
            let product =
                Product { title: "=HYPERLINK(\"x\")".into(), status: Status::Draft, variants: vec![variant], ..Product::default() };
            catalog::save_product(conn, &product, &Saving { currency: goods::EUR, actor: "test", base: None, now: now() })
        })
        .unwrap();
    let whole = mei.get("/admin/products/export.csv?");
    assert_eq!((whole.status, whole.headers["content-disposition"].as_str()), (200, "attachment; filename=\"products.csv\""));
    assert!(whole.body.contains("'=HYPERLINK") && whole.body.contains("'=1+1") && whole.body.contains("kettle"));
    let drafts = mei.get("/admin/products/export.csv?status=draft").body;
    assert!(drafts.contains("HYPERLINK") && !drafts.contains("kettle"));
    let same = mei.upload(&form, to, "same.csv", whole.body.as_bytes()).says(200, "same.csv");
    assert!(!same.body.contains("/confirm"), "nothing is to be done");

    let undo = mei.get(&format!("{}/undo", preview.at)).says(200, "Old values back");
    mei.submit(&undo, &undo.form_ending("/undo"), &[]);
    house.work();
    mei.get(&preview.at).says(200, "Undone");
    assert_eq!(price(&house, mug), (1200, None));
    assert_eq!(ann.get("/products/kettle").status, 404);
    ann.get("/search?q=kettle").says(200, "found nothing");
    mei.get("/admin/audit?action=batch.undo").says(200, "spring.csv");
    assert!(house.db.read_now(|conn| batches::list(conn, None, 10)).unwrap().iter().all(|batch| batch.state != batches::State::Draft));
}

/// Takes a file in as far as it can be read, and answers the page of the import.
fn bring(house: &House, mei: &Visitor, file: &str) -> Page {
    let form = mei.get("/admin/products/import");
    let preview = mei.upload(&form, "/admin/products/import", "file.csv", file.as_bytes());
    mei.submit(&preview, &preview.form_ending("/confirm"), &[]);
    house.work();
    mei.get(&preview.at)
}

#[test]
fn what_cannot_be_read_is_told_in_the_language_of_the_page() {
    let house = House::open();
    let mei = staff(&house);
    let done = bring(&house, &mei, FILE).says(200, "Line 4, Variant Price: “much” is not an amount such as 12.50");
    let chinese = format!("/zh{}", done.at);
    mei.get(&chinese).says(200, "4, Variant Price: “much”不是金额，应形如 12.50");
    let twice = FILE.replace("B1,much", "K1,9.00");
    let form = mei.get("/admin/products/import");
    let preview = mei.upload(&form, "/admin/products/import", "twice.csv", twice.as_bytes());
    preview.says(200, "line 3 has this SKU already (K1)");

    // What an earlier version told stands as it was told.
    let old = "UPDATE batch_rows SET note = '4, Variant Price: not a whole number (much)' WHERE state = 'refused'";
    house.db.write_now(move |conn| Ok(kernel::on_each!(conn, c => c.batch_execute(old))?)).unwrap();
    mei.get(&chinese).says(200, "4, Variant Price: not a whole number (much)");
}

fn tree(house: &House) -> Vec<String> {
    let tree = house.db.read_now(|conn| catalog::categories(conn, shop::OWN_LANGUAGE)).unwrap();
    let mut paths: Vec<String> = tree
        .0
        .iter()
        .map(|category| tree.path(category.id).iter().map(|above| above.name.as_str()).collect::<Vec<_>>().join(" > "))
        .collect();
    paths.sort();
    paths
}

#[test]
fn undoing_an_import_takes_the_categories_away_that_it_added_and_that_are_empty() {
    let house = House::open();
    let mei = staff(&house);
    let file = "Handle,Title,Product Category,Variant SKU,Variant Price\n\
        mug,Mug,Home > Mugs,M1,13.00\n\
        cup,Cup,Home > Cups > Small,C1,9.00\n\
        pot,Pot,Garden > Pots > Large,P1,30.00\n\
        pan,Pan,Kitchen,K1,20.00\n";
    bring(&house, &mei, "Handle,Title,Product Category,Variant SKU,Variant Price\nlid,Lid,Kitchen,L1,2.00\n");
    let import = bring(&house, &mei, file);
    let all = ["Garden", "Garden > Pots", "Garden > Pots > Large", "Home", "Home > Cups", "Home > Cups > Small", "Home > Mugs", "Kitchen"];
    assert_eq!(tree(&house), all);
    // Somebody writes a text for one, and puts a product into another.
    let cups = house.db.read_now(|conn| catalog::categories(conn, "en")).unwrap();
    let id = cups.by_slug("cups").unwrap().id;
    let page = mei.get(&format!("/admin/categories/{id}"));
    mei.submit(&page, &format!("/admin/categories/{id}"), &[("text", "For tea")]).says(200, "Saved.");
    let pots = cups.by_slug("pots").unwrap().id;
    house
        .db
        .write_now(move |conn| {
            let product = Product { title: "Vase".into(), categories: vec![pots], ..Product::default() };
            catalog::save_product(conn, &product, &Saving { currency: goods::EUR, actor: "test", base: None, now: now() })
        })
        .unwrap();
    let undo = mei.get(&format!("{}/undo", import.at));
    mei.submit(&undo, &undo.form_ending("/undo"), &[]);
    house.work();
    mei.get(&import.at).says(200, "Undone");
    assert_eq!(tree(&house), ["Garden", "Garden > Pots", "Home", "Home > Cups", "Kitchen"], "Kitchen was there before");
}
