//! The addresses of what comes back of mail to many and of what people choose: a part of [`super::routes`].

use super::access::{Route, get, post};
use super::{mail_topics, suppressions};
use crate::permissions::Permission::{CustomersEdit, CustomersView, SettingsEdit, SettingsView};

pub fn all() -> Vec<Route> {
    vec![
        get("/suppressions", CustomersView, suppressions::list),
        post("/suppressions", CustomersEdit, suppressions::add),
        post("/suppressions/lift", CustomersEdit, suppressions::lift),
        post("/suppressions/import", CustomersEdit, suppressions::import),
        get("/mail-topics", SettingsView, mail_topics::list),
        get("/mail-topics/new", SettingsEdit, mail_topics::new),
        post("/mail-topics/new", SettingsEdit, mail_topics::create),
        get("/mail-topics/{topic}", SettingsView, mail_topics::edit),
        post("/mail-topics/{topic}", SettingsEdit, mail_topics::update),
        post("/mail-topics/{topic}/delete", SettingsEdit, mail_topics::delete),
    ]
}
