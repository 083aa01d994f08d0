//! A merchant writes pages and lays out the home page, and shoppers see it.

use crate::support::goods;
use crate::support::house::House;
use crate::support::office::{at_work, role};
use admin::permissions::Preset;

#[test]
fn a_page_is_written_shown_in_each_language_and_removed() {
    let house = House::open();
    let (_, max) = at_work(&house, "max", role(&house, Preset::Marketer));
    let ann = house.visitor();
    let form = max.get("/admin/pages/new").says(200, "New page");
    max.submit(&form, "/admin/pages/new", &[("slug", "!!!"), ("title_en", "Terms")]).says(422, "Give the page an address.");
    max.submit(&form, "/admin/pages/new", &[("slug", "terms"), ("title_zh", "条款")]).says(422, "Title");
    assert_eq!(ann.get("/pages/terms").status, 404, "nothing of a refused form is kept");
    let text = "<h2>Fair</h2><script>alert(1)</script><p onclick=\"x\">Returns within 30 days.</p>";
    let page = max.submit(&form, "/admin/pages/new", &[("slug", "Terms"), ("title_en", "Terms"), ("body_en", text)]).says(200, "Saved.");
    assert_eq!(page.at, "/admin/pages/terms");
    max.submit(&form, "/admin/pages/new", &[("slug", "terms"), ("title_en", "Again")])
        .says(422, "There is a page at this address already.");
    let shown = ann.get("/pages/terms").says(200, "Returns within 30 days.");
    assert!(!shown.body.contains("alert(1)") && !shown.body.contains("onclick"));
    ann.get("/zh/pages/terms").says(200, "Returns within 30 days.");
    max.submit(&page, "/admin/pages/terms", &[("title_zh", "条款"), ("body_zh", "<p>三十天内退货。</p>")]).says(200, "Saved.");
    ann.get("/zh/pages/terms").says(200, "三十天内退货。");
    let page = max.get("/admin/pages/terms");
    max.submit(&page, "/admin/pages/terms/remove", &[]).says(200, "The page was removed.");
    assert_eq!(ann.get("/pages/terms").status, 404);
}

#[test]
fn the_home_page_is_laid_out_and_leads_nowhere_that_is_not_there() {
    let house = House::open();
    goods::product(&house.db, "Mug", 1200, 5);
    goods::product(&house.db, "Teapot", 4500, 5);
    let (_, max) = at_work(&house, "max", role(&house, Preset::Marketer));
    let form = max.get("/admin/home-page").says(200, "Shelf 6");
    max.submit(&form, "/admin/home-page", &[("hero_shown", "on"), ("hero_title_en", "Hello"), ("hero_link", "nowhere")])
        .says(422, "There is no category with this address.");
    max.submit(&form, "/admin/home-page", &[("shelf_0_products", "mug\nno-such-thing")]).says(422, "Name 1 to 24 products");
    let shelf = [("shelf_0_title_en", "For a slow morning"), ("shelf_0_title_zh", "慢悠悠的早晨"), ("shelf_0_products", "teapot")];
    max.submit(&form, "/admin/home-page", &shelf).says(200, "Saved.");
    let ann = house.visitor();
    let home = ann.get("/").says(200, "For a slow morning").says(200, "Teapot");
    assert!(!home.text().contains("Mug"));
    ann.get("/zh/").says(200, "慢悠悠的早晨");
}
