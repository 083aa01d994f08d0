//! Articles that answer questions: written by the merchant, found and judged by shoppers.

use crate::support::house::House;
use crate::support::office::{at_work, role};
use admin::permissions::Preset;

#[test]
fn an_article_is_written_found_by_a_question_and_voted_for_once() {
    let house = House::open();
    let (_, max) = at_work(&house, "max", role(&house, Preset::Marketer));
    let ann = house.visitor();
    ann.get("/help").says(200, "There are no articles yet.");
    assert!(!ann.get("/").body.contains("href=\"/help\""), "a shop without articles does not lead to them");
    let form = max.get("/admin/articles/new").says(200, "New article");
    max.submit(&form, "/admin/articles/new", &[("slug", "parcel"), ("title_zh", "包裹")]).says(422, "Title");
    let typed = [
        ("slug", "Parcel"),
        ("published", "on"),
        ("topic_en", "Delivery"),
        ("title_en", "When does my parcel come?"),
        ("body_en", "<p onclick=\"x\">In <b>two</b> days.</p>"),
        ("title_zh", "包裹什么时候到？"),
    ];
    let page = max.submit(&form, "/admin/articles/new", &typed).says(200, "Saved.");
    assert_eq!(page.at, "/admin/articles/parcel");
    max.submit(&form, "/admin/articles/new", &typed).says(422, "There is a page at this address already.");

    ann.get("/help").says(200, "Delivery").says(200, "When does my parcel come?");
    ann.get("/help?q=where+is+my+parcell").says(200, "This may answer it").says(200, "When does my parcel come?");
    ann.get("/help?q=zzzzz").says(200, "Nothing answers that yet.");
    ann.get("/zh/help?q=%E6%88%91%E7%9A%84%E5%8C%85%E8%A3%B9").says(200, "包裹什么时候到？");
    assert!(ann.get("/").body.contains("/help"));
    let shown = ann.get("/help/parcel").says(200, "In two days.");
    assert!(!shown.body.contains("onclick"));
    let voted = ann.submit(&shown, "/help/parcel/votes", &[("helpful", "yes")]).says(200, "You said that it was helpful.");
    ann.submit(&voted, "/help/parcel/votes", &[("helpful", "no")]).says(200, "You said that it was not helpful.");
    let bob = house.visitor();
    let shown = bob.get("/help/parcel");
    bob.submit(&shown, "/help/parcel/votes", &[("helpful", "yes")]).says(200, "Thank you for telling us.");
    assert_eq!(bob.submit(&shown, "/help/parcel/votes", &[("helpful", "maybe")]).status, 404);
    assert_eq!(bob.get("/help/parcel/votes").status, 404, "a link never votes");
    max.get("/admin/articles").says(200, "1 yes, 1 no");

    // Who is about to ask what an article answers is shown it once, and asks all the same when it does not help.
    let contact = bob.get("/contact");
    let typed = [("email", "bob@example.com"), ("subject", "Where is my parcel?"), ("body", "When does it come?")];
    let shown = bob.submit(&contact, "/contact", &typed).says(200, "This may answer your question").says(200, "When does my parcel come?");
    let asked = |house: &House| house.db.read_now(|conn| crm::tickets::list(conn, &Default::default(), 10)).unwrap().len();
    assert_eq!(asked(&house), 0, "nothing was sent yet");
    bob.submit(&shown, "/contact", &[]);
    assert_eq!(asked(&house), 1);

    let seen = max.get("/admin/articles/parcel");
    let change = [("title_en", "When does my parcel come?"), ("body_en", "<p>In three days.</p>")];
    max.submit(&seen, "/admin/articles/parcel", &change).says(200, "Saved.");
    max.submit(&seen, "/admin/articles/parcel", &[("title_en", "Other")]).says(409, "three days");
    max.get("/admin/articles/parcel/versions/en/1").says(200, "In two days.");
    ann.get("/help/parcel").says(200, "In three days.");
    let page = max.get("/admin/articles/parcel");
    max.submit(&page, "/admin/articles/parcel/remove", &[]).says(200, "The article was removed.");
    assert_eq!(ann.get("/help/parcel").status, 404);
}
