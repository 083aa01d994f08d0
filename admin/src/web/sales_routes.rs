//! The addresses of sales: a part of [`super::routes`].

use super::access::{Route, get, post};
use super::{company_plan, sales, sales_acts, sales_figures, sales_stages};
use crate::permissions::Permission::{SalesEdit, SalesView, StaffManage};

pub fn all() -> Vec<Route> {
    vec![
        get("/sales", SalesView, sales::list),
        get("/sales/board", SalesView, sales::board),
        get("/sales/new", SalesEdit, sales::new),
        post("/sales/new", SalesEdit, sales_acts::create),
        get("/sales/opportunities.csv", SalesView, sales_figures::csv),
        get("/sales/forecast", SalesView, sales_figures::forecast),
        get("/sales/calls", SalesView, sales_figures::calls),
        post("/sales/calls", SalesEdit, sales_acts::call),
        get("/sales/commissions", SalesView, sales_figures::commissions),
        post("/sales/commissions", StaffManage, sales_figures::set_rate),
        get("/sales/commissions.csv", SalesView, sales_figures::commissions_csv),
        get("/sales/stages", SalesView, sales_stages::list),
        post("/sales/stages", SalesEdit, sales_stages::add),
        get("/sales/stages/{stage}", SalesView, sales_stages::edit),
        post("/sales/stages/{stage}", SalesEdit, sales_stages::save),
        get("/sales/{opportunity}", SalesView, sales::show),
        post("/sales/{opportunity}", SalesEdit, sales_acts::edit),
        post("/sales/{opportunity}/stage", SalesEdit, sales_acts::move_to),
        post("/sales/{opportunity}/contacts", SalesEdit, sales_acts::say),
        post("/sales/{opportunity}/convert", SalesEdit, sales_acts::convert),
        get("/companies/{company}/plan", SalesView, company_plan::show),
        post("/companies/{company}/owner", SalesEdit, company_plan::own),
    ]
}
