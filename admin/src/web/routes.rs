//! Every address of the back office: its method, its path below `/admin`, who may use it, and what answers. The server is built from
//! this list, and so is the test that tries every role at every address. Of paths that overlap, the first wins.

use super::access::Access::{Enrolling, Public, SignedIn};
use super::access::{Route, get, post};
use super::{
    account, api_keys, audit, cases, gift_cards, home, invitations, jobs, locations, mails, order, order_money, order_papers, order_ship,
    orders, person, pictures, product, products, promotion_bench, promotion_codes, promotions, return_money, returns, roles, second_factor,
    settings, shipping, sign_in, staff, stock, stock_goods, store_credit, taxes,
};
use crate::permissions::Permission::{
    ApiKeysManage, AuditView, CasesView, GiftCardsManage, GiftCardsView, JobsManage, JobsView, MailsResend, MailsView, OrdersCancel,
    OrdersCapture, OrdersNote, OrdersRefund, OrdersShip, OrdersView, ProductsEdit, ProductsView, PromotionsEdit, PromotionsView,
    ReturnsHandle, ReturnsView, SettingsEdit, SettingsView, ShippingEdit, ShippingView, StaffManage, StockAdjust, StockView,
    StoreCreditManage, StoreCreditView, TaxesEdit, TaxesView,
};

/// The list. Made anew for each worker of the server, since each has its own handlers.
pub fn all() -> Vec<Route> {
    let mut all = own();
    all.extend(shop());
    all.extend(house());
    all
}

/// The way in and out, and what is one's own.
fn own() -> Vec<Route> {
    vec![
        get("/sign-in", Public, sign_in::form),
        post("/sign-in", Public, sign_in::sign_in),
        get("/sign-in/code", Public, sign_in::code_form),
        post("/sign-in/code", Public, sign_in::code),
        post("/sign-out", Enrolling, sign_in::sign_out),
        get("/invitation", Public, invitations::show),
        post("/invitation", Public, invitations::accept),
        get("", SignedIn, home::home),
        get("/", SignedIn, home::home),
        get("/account", SignedIn, account::show),
        post("/account/password", SignedIn, account::password),
        post("/account/sessions/end", SignedIn, account::end),
        post("/account/sessions/end-others", SignedIn, account::end_others),
        get("/account/second-factor", Enrolling, second_factor::show),
        post("/account/second-factor/start", Enrolling, second_factor::start),
        post("/account/second-factor/confirm", Enrolling, second_factor::confirm),
        post("/account/second-factor/codes", SignedIn, second_factor::codes),
        post("/account/second-factor/off", SignedIn, second_factor::off),
    ]
}

/// Orders, goods and what they cost.
fn shop() -> Vec<Route> {
    vec![
        get("/orders", OrdersView, orders::list),
        get("/orders-news", OrdersView, orders::news),
        get("/orders/{number}", OrdersView, order::show),
        get("/orders/{number}/news", OrdersView, order::news),
        post("/orders/{number}/note", OrdersNote, order::note),
        get("/orders/{number}/cancel", OrdersCancel, order::cancel_form),
        post("/orders/{number}/cancel", OrdersCancel, order::cancel),
        get("/orders/{number}/payments/{payment}/capture", OrdersCapture, order_money::capture_form),
        post("/orders/{number}/payments/{payment}/capture", OrdersCapture, order_money::capture),
        get("/orders/{number}/payments/{payment}/receipt", OrdersCapture, order_money::receipt_form),
        post("/orders/{number}/payments/{payment}/receipt", OrdersCapture, order_money::receipt),
        get("/orders/{number}/refund", OrdersRefund, order_money::refund_form),
        post("/orders/{number}/refund", OrdersRefund, order_money::refund),
        get("/orders/{number}/ship", OrdersShip, order_ship::form),
        post("/orders/{number}/ship", OrdersShip, order_ship::ship),
        get("/orders/{number}/packing-slip", OrdersView, order_papers::slip),
        get("/orders/{number}/shipments/{shipment}/packing-slip", OrdersView, order_papers::parcel_slip),
        get("/orders/{number}/documents/{document}", OrdersView, order_papers::document),
        post("/orders/{number}/invoice", OrdersCapture, order_papers::issue),
        post("/orders/{number}/mails/{mail}/resend", MailsResend, order_papers::resend),
        get("/returns", ReturnsView, returns::list),
        get("/returns/{return}", ReturnsView, returns::show),
        post("/returns/{return}/approve", ReturnsHandle, returns::approve),
        post("/returns/{return}/decline", ReturnsHandle, returns::decline),
        post("/returns/{return}/withdraw", ReturnsHandle, returns::withdraw),
        get("/returns/{return}/label", ReturnsView, returns::label),
        post("/returns/{return}/label", ReturnsHandle, returns::upload),
        post("/returns/{return}/receive", ReturnsHandle, returns::receive),
        post("/returns/{return}/inspect", ReturnsHandle, returns::inspect),
        post("/returns/{return}/refund", OrdersRefund, return_money::refund),
        post("/returns/{return}/close", ReturnsHandle, returns::close),
        get("/cases", CasesView, cases::list),
        get("/products", ProductsView, products::list),
        get("/products/new", ProductsEdit, product::new),
        post("/products/new", ProductsEdit, product::create),
        get("/products/{id}", ProductsView, product::edit),
        post("/products/{id}", ProductsEdit, product::update),
        post("/products/{id}/pictures", ProductsEdit, pictures::upload),
        get("/stock", StockView, stock::list),
        get("/stock/waiting", StockView, stock::waiting_list),
        get("/stock/goods", StockAdjust, stock_goods::blank),
        post("/stock/goods", StockAdjust, stock_goods::run),
        get("/stock/locations", StockAdjust, locations::list),
        post("/stock/locations", StockAdjust, locations::add),
        post("/stock/locations/{location}", StockAdjust, locations::change),
        get("/stock/{variant}", StockView, stock::show),
        post("/stock/{variant}", StockAdjust, stock::count),
        post("/stock/{variant}/rules", StockAdjust, stock::rules),
        get("/promotions", PromotionsView, promotions::list),
        get("/promotions/new", PromotionsEdit, promotions::new),
        post("/promotions/new", PromotionsEdit, promotions::create),
        get("/promotions/bench", PromotionsView, promotion_bench::show),
        get("/promotions/{id}", PromotionsView, promotions::edit),
        post("/promotions/{id}", PromotionsEdit, promotions::update),
        post("/promotions/{id}/state", PromotionsEdit, promotions::switch),
        post("/promotions/{id}/copies", PromotionsEdit, promotions::duplicate),
        get("/promotions/{id}/codes", PromotionsEdit, promotion_codes::list),
        post("/promotions/{id}/codes", PromotionsEdit, promotion_codes::generate),
        get("/promotions/{id}/codes.csv", PromotionsEdit, promotion_codes::download),
        get("/gift-cards", GiftCardsView, gift_cards::list),
        get("/gift-cards/new", GiftCardsManage, gift_cards::new),
        post("/gift-cards/new", GiftCardsManage, gift_cards::issue),
        get("/gift-cards/{card}", GiftCardsView, gift_cards::show),
        post("/gift-cards/{card}/balance", GiftCardsManage, gift_cards::adjust),
        post("/gift-cards/{card}/terms", GiftCardsManage, gift_cards::terms),
        get("/store-credit", StoreCreditView, store_credit::list),
        post("/store-credit", StoreCreditManage, store_credit::grant),
        get("/store-credit/{customer}", StoreCreditView, store_credit::show),
        post("/store-credit/{customer}", StoreCreditManage, store_credit::adjust),
        get("/shipping", ShippingView, shipping::list),
        get("/shipping/new", ShippingEdit, shipping::new),
        post("/shipping/new", ShippingEdit, shipping::create),
        get("/shipping/{id}", ShippingView, shipping::edit),
        post("/shipping/{id}", ShippingEdit, shipping::update),
        get("/taxes", TaxesView, taxes::list),
        post("/taxes", TaxesEdit, taxes::set),
        post("/taxes/{id}/delete", TaxesEdit, taxes::delete),
    ]
}

/// The shop as a whole, its people and its machinery.
fn house() -> Vec<Route> {
    vec![
        get("/settings", SettingsView, settings::form),
        post("/settings", SettingsEdit, settings::save),
        get("/jobs", JobsView, jobs::list),
        post("/jobs/{id}/retry", JobsManage, jobs::retry),
        get("/mails", MailsView, mails::list),
        get("/mails/{id}", MailsView, mails::show),
        get("/mails/{id}/html", MailsView, mails::html),
        post("/mails/{id}/resend", MailsResend, mails::resend),
        get("/api-keys", ApiKeysManage, api_keys::list),
        post("/api-keys", ApiKeysManage, api_keys::create),
        post("/api-keys/{id}/revoke", ApiKeysManage, api_keys::revoke),
        get("/staff", StaffManage, staff::list),
        post("/staff/invitations", StaffManage, staff::invite),
        post("/staff/invitations/{invitation}/resend", StaffManage, staff::resend),
        post("/staff/invitations/{invitation}/revoke", StaffManage, staff::revoke),
        get("/staff/roles", StaffManage, roles::list),
        post("/staff/roles/second-factor", StaffManage, roles::demand),
        get("/staff/roles/new", StaffManage, roles::new),
        post("/staff/roles/new", StaffManage, roles::create),
        get("/staff/roles/{role}", StaffManage, roles::edit),
        post("/staff/roles/{role}", StaffManage, roles::update),
        post("/staff/roles/{role}/remove", StaffManage, roles::remove),
        get("/staff/{staff}", StaffManage, person::show),
        post("/staff/{staff}/role", StaffManage, person::role),
        post("/staff/{staff}/deactivate", StaffManage, person::deactivate),
        post("/staff/{staff}/reactivate", StaffManage, person::reactivate),
        post("/staff/{staff}/second-factor/off", StaffManage, person::second_factor_off),
        get("/audit", AuditView, audit::list),
    ]
}
