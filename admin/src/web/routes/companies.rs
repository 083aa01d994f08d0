//! Companies that buy.

use crate::permissions::Permission::{CompaniesEdit, CompaniesView};
use crate::web::access::{Route, get, post};
use crate::web::{companies, company_acts};

pub fn all() -> Vec<Route> {
    vec![
        get("/companies", CompaniesView, companies::list),
        get("/companies/{company}", CompaniesView, companies::show),
        post("/companies/{company}/approve", CompaniesEdit, company_acts::approve),
        post("/companies/{company}/refuse", CompaniesEdit, company_acts::refuse),
        post("/companies/{company}/close", CompaniesEdit, company_acts::close),
        post("/companies/{company}/details", CompaniesEdit, company_acts::edit),
        post("/companies/{company}/settings", CompaniesEdit, company_acts::settings),
        post("/companies/{company}/vat", CompaniesEdit, company_acts::vat),
        post("/companies/{company}/members", CompaniesEdit, company_acts::invite),
        post("/companies/{company}/members/{member}", CompaniesEdit, company_acts::role),
        post("/companies/{company}/members/{member}/remove", CompaniesEdit, company_acts::remove),
        post("/companies/{company}/invitations/{invitation}/withdraw", CompaniesEdit, company_acts::withdraw),
    ]
}
