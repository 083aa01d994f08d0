//! Mail servers that answer late, refuse, or are gone.

use super::{Shop, at};
use crate::support::office::{at_work, role};
use admin::permissions::Preset;
use crm::campaigns::Standing;
use crm::consents::Consent;

#[test]
fn an_answer_that_was_lost_is_unknown_and_goes_out_again_only_when_somebody_says_so() {
    let shop = Shop::open(&["--mode", "hangup", "--times", "1"]);
    shop.people(3, Consent::Given);
    let id = shop.written(&[]);
    shop.press(id, "schedule", "The campaign is scheduled.");
    shop.house.follow();
    assert_eq!((shop.standing(id, Standing::Unknown), shop.standing(id, Standing::Accepted)), (1, 2));
    shop.later(60);
    assert_eq!(shop.taken().len(), 3, "it does not go out by itself");
    shop.marketer.get(&at(id)).says(200, "Of one mail nobody knows whether it arrived.");
    let page = shop.marketer.get(&format!("{}/deliveries?state=unknown", at(id)));
    let again = page.form_ending("/again");
    shop.marketer.submit(&page, &again, &[]).says(200, "The mail is sent again.");
    shop.later(1);
    let taken = shop.taken();
    assert_eq!((taken.len(), shop.standing(id, Standing::Accepted)), (4, 3));
    // Pressed once more in a page that is old, nothing happens.
    shop.marketer.submit(&page, &again, &[]).says(200, "decided about this mail already");
    assert_eq!(shop.standing(id, Standing::Accepted), 3);
}

#[test]
fn a_server_that_says_later_gets_them_later_and_one_recipient_refused_stops_nobody() {
    let shop = Shop::open(&["--mode", "temporary", "--times", "2"]);
    shop.people(5, Consent::Given);
    let id = shop.written(&[]);
    shop.press(id, "schedule", "The campaign is scheduled.");
    shop.house.follow();
    assert_eq!((shop.standing(id, Standing::Accepted), shop.standing(id, Standing::Waiting)), (3, 2));
    shop.later(2);
    assert_eq!((shop.taken().len(), shop.standing(id, Standing::Accepted)), (5, 5));
    let shop = Shop::open(&["--mode", "reject", "--reject", "p1@example.com"]);
    shop.people(5, Consent::Given);
    let id = shop.written(&[]);
    shop.press(id, "schedule", "The campaign is scheduled.");
    shop.house.follow();
    assert_eq!((shop.taken().len(), shop.standing(id, Standing::Accepted), shop.standing(id, Standing::Refused)), (4, 4, 1));
    shop.marketer.get(&format!("{}/deliveries?state=refused", at(id))).says(200, "550");
}

#[test]
fn a_server_that_refuses_the_sender_stops_the_campaign_and_no_mail_is_refused_for_it() {
    let shop = Shop::open(&["--mode", "sender"]);
    shop.people(30, Consent::Given);
    let id = shop.written(&[]);
    shop.press(id, "schedule", "The campaign is scheduled.");
    // Once more after somebody had it tried again too early.
    for mended in [false, true] {
        shop.house.follow();
        let standings = [Standing::Waiting, Standing::Refused, Standing::Sending].map(|of| shop.standing(id, of));
        assert_eq!(standings, [30, 0, 0]);
        shop.marketer.get(&at(id)).says(200, "stopped by itself").says(200, "Sender not allowed here");
        if mended {
            shop.mend();
        }
        shop.press(id, "resume", "The campaign goes on.");
    }
    shop.house.follow();
    assert_eq!((shop.taken().len(), shop.standing(id, Standing::Accepted)), (30, 30));
    shop.marketer.get(&at(id)).says(200, "Finished");
    // What is said after the mail itself is about that mail alone.
    let shop = Shop::open(&["--mode", "spam", "--times", "1"]);
    shop.people(5, Consent::Given);
    let id = shop.written(&[]);
    shop.press(id, "schedule", "The campaign is scheduled.");
    shop.house.follow();
    assert_eq!((shop.standing(id, Standing::Refused), shop.standing(id, Standing::Accepted)), (1, 4));
}

#[test]
fn staff_see_which_server_refuses_the_shop_and_have_it_tried_again() {
    let shop = Shop::open(&["--mode", "sender"]);
    let (_, owner) = at_work(&shop.house, "olga", role(&shop.house, Preset::Owner));
    shop.people(2, Consent::Given);
    let id = shop.written(&[]);
    shop.press(id, "schedule", "The campaign is scheduled.");
    shop.house.follow();
    owner.get("/admin/sending").says(200, "Set aside");
    let server = shop.house.db.read_now(kernel::mail::post::transports).unwrap().remove(0).id;
    let page = owner.get(&format!("/admin/sending/servers/{server}")).says(200, "Sender not allowed here");
    owner.submit(&page, &format!("/admin/sending/servers/{server}/again"), &[]).says(200, "The server is tried again.");
    assert!(shop.house.db.read_now(kernel::mail::post::setbacks).unwrap().is_empty());
    shop.mend();
    shop.press(id, "resume", "The campaign goes on.");
    shop.house.follow();
    assert_eq!(shop.taken().len(), 2);
}

#[test]
fn a_mail_server_that_is_gone_loses_nothing() {
    let mut shop = Shop::open(&[]);
    shop.people(3, Consent::Given);
    let id = shop.written(&[]);
    shop.server.kill();
    shop.press(id, "schedule", "The campaign is scheduled.");
    shop.house.follow();
    assert_eq!((shop.standing(id, Standing::Waiting), shop.standing(id, Standing::Unknown)), (3, 0));
}
