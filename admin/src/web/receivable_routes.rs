//! The addresses of the accounts of companies: a part of [`super::routes`].

use super::access::{Route, get, post};
use super::{company_account, receivables};
use crate::permissions::Permission::{ReceivablesManage, ReceivablesView};

pub fn all() -> Vec<Route> {
    vec![
        get("/companies/{company}/account", ReceivablesView, company_account::show),
        post("/companies/{company}/account", ReceivablesManage, company_account::agree),
        post("/companies/{company}/account/payments", ReceivablesManage, company_account::pay),
        post("/companies/{company}/account/pause", ReceivablesManage, company_account::pause),
        post("/companies/{company}/account/waive", ReceivablesManage, company_account::waive),
        get("/companies/{company}/account/ledger", ReceivablesView, company_account::ledger),
        post("/companies/{company}/account/reverse", ReceivablesManage, company_account::reverse),
        get("/companies/{company}/account/bookings.csv", ReceivablesView, company_account::csv),
        post("/orders/{number}/deposit", ReceivablesManage, company_account::release),
        get("/receivables", ReceivablesView, receivables::list),
        get("/receivables/bookings.csv", ReceivablesView, receivables::bookings),
        get("/receivables/documents.csv", ReceivablesView, receivables::documents),
        get("/receivables/reminders", ReceivablesView, receivables::reminders),
        post("/receivables/reminders", ReceivablesManage, receivables::save),
    ]
}
