//! How the shop looks: drafted, looked at, published, brought back; and nothing that cannot be read.

use crate::support::goods;
use crate::support::house::House;
use crate::support::office::{at_work, csrf, role};
use crate::support::visitor::{Page, Visitor};
use admin::audit::{self, Filter};
use admin::permissions::Preset;
use storefront::stores::MAIN;
use storefront::theme::{self, Colour, Role, Theme};

/// A shop that serves a page from memory for as long as any of these tests takes.
fn house() -> House {
    House::open_with(&[("REGULARS_PAGE_CACHE_MS", "60000")])
}

/// The address of the theme's style sheet on a page.
fn sheet(page: &Page) -> Option<String> {
    let (_, rest) = page.body.split_once("id=\"theme\" href=\"")?;
    Some(rest.split_once('"').unwrap().0.to_string())
}

fn publish(max: &Visitor, typed: &[(&str, &str)]) -> Page {
    let form = max.get("/admin/theme");
    let fields = form.form("/admin/theme", typed);
    max.post("/admin/theme/publish", &fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect::<Vec<_>>())
}

fn logged(house: &House) -> Vec<String> {
    let filter = Filter { subject: "theme".into(), ..Filter::default() };
    house.db.read_now(move |conn| audit::list(conn, &filter, 50)).unwrap().into_iter().map(|entry| entry.action).collect()
}

/// The page answered and holds `text` somewhere, in a field or a name that is not written out.
fn holds(page: &Page, text: &str) {
    assert!(page.body.contains(text), "{}: {text} is not in {}", page.at, page.body);
}

/// A picture of one colour.
pub fn png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    image::RgbImage::from_pixel(width, height, image::Rgb([40, 120, 80])).write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

#[test]
fn a_draft_is_seen_in_the_preview_alone_until_it_is_published() {
    let house = house();
    goods::product(&house.db, "Mug", 1200, 5);
    let (_, max) = at_work(&house, "max", role(&house, Preset::Marketer));
    let ann = house.visitor();
    assert_eq!(sheet(&ann.get("/").says(200, "Mug")), None, "a new shop needs no second sheet");
    let form = max.get("/admin/theme").says(200, "Everything can be read");
    max.submit(&form, "/admin/theme", &[("accent", "#1f6b4a")]).says(200, "The draft is kept.").says(200, "You are looking at a draft.");
    assert_eq!(sheet(&ann.get("/")), None);
    assert_eq!(ann.get_once("/admin/theme/preview?page=/").status, 303, "the draft is for staff");

    for path in ["/", "/products/mug"] {
        let seen = max.get(&format!("/admin/theme/preview?page={path}")).says(200, "Mug");
        let policy = &seen.headers["content-security-policy"];
        assert!(policy.contains("frame-ancestors 'self'") && policy.contains("form-action 'none'"), "{policy}");
        let css = max.get(&sheet(&seen).unwrap());
        assert!(css.body.contains("--clay:#1f6b4a;"), "{}", css.body);
        assert!(!seen.body.contains(&csrf(&max)), "a page in the preview can send nothing");
    }
    assert!(ann.get("/").headers["content-security-policy"].contains("frame-ancestors 'none'"));
    max.get("/admin/theme/preview?page=/no-such-page").says(200, "Mug");
    max.get("/zh/admin/theme/preview?page=/").says(200, "最新上架");

    publish(&max, &[]).says(200, "Published.");
    let page = ann.get("/").says(200, "Mug");
    let worn = sheet(&page).expect("a page in memory follows at once");
    let css = ann.get(&worn);
    assert_eq!((css.status, css.headers["content-type"].as_str()), (200, "text/css; charset=utf-8"));
    assert!(css.headers["cache-control"].contains("immutable") && css.body.contains("--clay:#1f6b4a;"));
    assert_eq!(ann.get("/theme-0123456789abcdef.css").status, 404);
    assert_eq!(sheet(&ann.get("/cart")), Some(worn.clone()));
    assert_eq!(sheet(&ann.get("/zh/no-such-page")), Some(worn));

    publish(&max, &[("accent", "#7a1f5c")]).says(200, "Published.");
    let earlier = max.get("/admin/theme");
    holds(&earlier, "Bring back theme 1");
    max.submit(&earlier, "/admin/theme/earlier/1/restore", &[]).says(200, "The earlier theme is the draft now.");
    let form = max.get("/admin/theme");
    holds(&form, "value=\"#1f6b4a\"");
    holds(&max.submit(&form, "/admin/theme/discard", &[]).says(200, "The draft is dropped."), "value=\"#7a1f5c\"");
    assert_eq!(logged(&house), ["theme.discard", "theme.draft", "theme.publish", "theme.publish", "theme.draft"]);
}

#[test]
fn what_cannot_be_read_is_refused_with_its_measure_and_what_would_do() {
    let house = house();
    let (_, max) = at_work(&house, "max", role(&house, Preset::Marketer));
    let faint = publish(&max, &[("text", "#a0a0a0")]).says(422, "Text on Background: 2.44 : 1, at least 4.5 : 1 is needed. #");
    holds(&faint, "value=\"#a0a0a0\"");
    publish(&max, &[("button", "#ffff00")]).says(422, "Text on buttons on Button: 1.07 : 1");
    publish(&max, &[("edge", "rot")]).says(422, "Write a colour as #");
    assert!(house.db.read_now(|conn| theme::published(conn, MAIN)).unwrap().number == 0 && logged(&house).is_empty());
    // A draft may be on its way to something that can be read.
    let form = max.get("/admin/theme");
    max.submit(&form, "/admin/theme", &[("text", "#a0a0a0")]).says(200, "3 pairs of colours cannot be read");
    // A dark ground takes the bright colours of messages with it.
    let night = max.get("/admin/theme");
    max.submit(&night, "/admin/theme/preset", &[("preset", "night")]).says(200, "Everything can be read");
    publish(&max, &[]).says(200, "Published.");
    let css = house.visitor().get(&sheet(&house.visitor().get("/cart")).unwrap());
    assert!(css.body.contains("color-scheme:dark") && css.body.contains("--bad:#ffa396"), "{}", css.body);
}

#[test]
fn of_two_who_publish_the_second_is_shown_both() {
    let house = house();
    let (_, max) = at_work(&house, "max", role(&house, Preset::Marketer));
    let (_, mia) = at_work(&house, "mia", role(&house, Preset::Manager));
    let form = max.get("/admin/theme");
    publish(&mia, &[("accent", "#1f6b4a")]).says(200, "Published.");
    let fields = form.form("/admin/theme", &[("accent", "#7a1f5c")]);
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let both = max.post("/admin/theme/publish", &fields).says(409, "Published meanwhile, and yours");
    assert!(both.text().contains("#1f6b4a") && both.text().contains("#7a1f5c"), "{}", both.text());
    assert_eq!(house.db.read_now(|conn| theme::published(conn, MAIN)).unwrap().theme.colour(Role::Accent), Colour(0x1f, 0x6b, 0x4a));
    let again = both.form("/admin/theme", &[]);
    let again: Vec<(&str, &str)> = again.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    max.post("/admin/theme/publish", &again).says(200, "Published.");
    assert_eq!(house.db.read_now(|conn| theme::published(conn, MAIN)).unwrap().number, 2);
}

#[test]
fn a_logo_stands_on_pages_and_in_mails_and_what_is_no_picture_is_refused() {
    let house = house();
    let (_, max) = at_work(&house, "max", role(&house, Preset::Marketer));
    let token = csrf(&max);
    let upload = |place: &str, bytes: &[u8]| {
        max.upload_parts(&format!("/admin/theme/pictures/{place}"), &[("csrf", token.as_str())], ("picture", bytes))
    };
    upload("logo", b"<svg onload=alert(1)>").says(200, "JPEG");
    upload("icon", &png(300, 100)).says(200, "An icon has to be a square picture.");
    upload("logo", &png(300, 100)).says(200, "The draft is kept.");
    upload("icon", &png(200, 200)).says(200, "The draft is kept.");
    let ann = house.visitor();
    assert!(!ann.get("/").body.contains("/pictures/"));
    assert!(ann.get("/favicon.ico").headers["content-type"].contains("svg"));
    publish(&max, &[]).says(200, "Published.");
    let page = ann.get("/");
    assert!(page.body.contains("width=\"300\" height=\"100\" alt=\"Regulars\"") && page.body.contains("rel=\"icon\" href=\"/pictures/"));
    assert_eq!(ann.get("/favicon.ico").headers["content-type"], "image/webp");
    let variant = goods::product(&house.db, "Mug", 1200, 5);
    let (cart, seen) = goods::cart(&house.db, &[(variant, 1)], "ann@example.com", "bank_transfer", "");
    assert!(goods::place(&house.db, cart, seen, storefront::checkout::Settlement::After).is_ok());
    house.work();
    let mail = &house.mails("ann@example.com")[0];
    assert!(mail.body_html.contains("/400.webp\" width=\"108\" alt=\"Regulars\""), "{}", mail.body_html);
    let form = max.get("/admin/theme");
    max.submit(&form, "/admin/theme/pictures/logo/remove", &[]).says(200, "The draft is kept.");
    publish(&max, &[]).says(200, "Published.");
    assert!(!ann.get("/").body.contains("alt=\"Regulars\""));
}

#[test]
fn the_script_is_told_the_sheet_and_the_measures() {
    let house = house();
    let (_, max) = at_work(&house, "max", role(&house, Preset::Marketer));
    let form = max.get("/admin/theme");
    let ask = |typed: &[(&str, &str)]| {
        let fields = form.form("/admin/theme", typed);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let page = max.post_accepting("/admin/theme", &fields, "application/json");
        serde_json::from_str::<serde_json::Value>(&page.body).unwrap()
    };
    let told = ask(&[("accent", "#1f6b4a")]);
    let mut green = Theme::default();
    green.set_colour(Role::Accent, Colour(0x1f, 0x6b, 0x4a));
    assert_eq!(told["sheet"], storefront::web::theme::address(&green.sheet()));
    assert!(told["checks"].as_str().unwrap().contains("Everything can be read"));
    assert_eq!(ask(&[("accent", "#12")])["wrong"]["accent"], "Write a colour as # and six digits from 0 to f, such as #87452a.");
    ask(&[("accent", "#00ff00")]);
    assert_eq!(logged(&house), ["theme.draft"], "trying out is logged once");
}
