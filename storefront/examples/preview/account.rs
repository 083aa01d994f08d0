//! The customer's account.

use super::Preview;
use super::orders::{at, choice, countries};
use super::samples::{eur, refused};
use super::views::account::*;
use super::views::company::CompanyNav;
use super::views::form::{self, Form};
use std::error::Error;

pub fn pages(p: &Preview) -> Result<(), Box<dyn Error>> {
    let l = p.language;
    p.page(
        "account/sign_in",
        "account-sign-in",
        SignInView { form: refused(form::SIGN_IN, Form::new(form::SIGN_IN).fill("email", "ann@")) },
    )?;
    p.page("account/register", "account-register", RegisterView { form: Form::new(form::REGISTER) })?;
    p.page("account/forgot", "account-forgot", ForgotView { form: Form::new(form::FORGOT), sent: false })?;
    p.page("account/forgot", "account-forgot-sent", ForgotView { form: Form::new(form::FORGOT), sent: true })?;
    p.page("account/reset", "account-reset", ResetView { form: Form::new(form::RESET).fill("token", "t"), expired: false })?;
    p.page("account/reset", "account-reset-expired", ResetView { form: Form::new(form::RESET), expired: true })?;
    for (name, state) in
        [("sent", VerifyState::Sent), ("ask", VerifyState::Ask), ("done", VerifyState::Done), ("expired", VerifyState::Expired)]
    {
        p.page(
            "account/verify",
            &format!("account-verify-{name}"),
            VerifyView { token: "t".to_string(), state, email: Some("ann@example.com".to_string()) },
        )?;
    }
    let order_row = |number: &str, status: &str| OrderRow {
        number: number.to_string(),
        to: format!("/account/orders/{number}"),
        placed_at: at(9),
        total: eur(10930),
        items: 3,
        status: status.to_string(),
        payment_status: "paid".to_string(),
        fulfilment_status: "fulfilled".to_string(),
    };
    let orders = || vec![order_row("R1001", "confirmed"), order_row("R0987", "cancelled"), order_row("R0912", "completed")];
    let address: Vec<String> = ["Ann Weber", "Lindenstraße 12", "04109 Leipzig", "Germany"].map(String::from).to_vec();
    p.page(
        "account/overview",
        "account",
        OverviewView {
            name: "Ann".to_string(),
            email: "ann@example.com".to_string(),
            verified: false,
            orders: orders(),
            address: Some(address.clone()),
            credit: vec![eur(1250)],
        },
    )?;
    p.page(
        "account/credit",
        "account-credit",
        CreditPageView {
            balances: vec![eur(1250)],
            entries: vec![CreditEntry {
                at: at(9),
                text: "store-credit-entry-refunded".to_string(),
                order: Some("R1001".to_string()),
                amount: eur(1250),
            }],
            next: None,
        },
    )?;
    p.page(
        "account/statement",
        "account-statement",
        StatementView {
            nav: CompanyNav::default(),
            company: "Teeladen GmbH".to_string(),
            account: Some(StatementAccount {
                limit: eur(500_000),
                owed: eur(21860),
                left: eur(478_140),
                overdue: Some(eur(10930)),
                days: 30,
            }),
            above: false,
            items: vec![StatementItem {
                number: "R1001".to_string(),
                to: Some("/account/company/orders/R1001".to_string()),
                invoice: "RE-00001".to_string(),
                placed_at: at(9),
                due: at(10),
                late: 3,
                open: eur(10930),
                settled: Some(eur(500)),
            }],
            next: None,
            from: "2026-11-01".to_string(),
            to: "2026-11-23".to_string(),
        },
    )?;
    p.page(
        "account/orders",
        "account-orders",
        OrdersView { orders: orders(), next: Some("/account/orders?after=1".to_string()), first: None },
    )?;
    p.page(
        "account/addresses",
        "account-addresses",
        AddressesView {
            addresses: vec![
                AddressView { id: "1".to_string(), lines: address.clone(), default: true },
                AddressView { id: "2".to_string(), lines: address, default: false },
            ],
        },
    )?;
    p.page(
        "account/address",
        "account-address",
        AddressFormView { id: Some("1".to_string()), form: Form::new(form::ADDRESS).fill("name", "Ann Weber"), countries: countries(l) },
    )?;
    p.page(
        "account/profile",
        "account-profile",
        ProfileView {
            form: Form::new(form::PROFILE).fill("name", "Ann"),
            languages: vec![choice("en", "English", true), choice("zh", "简体中文", false)],
        },
    )?;
    Ok(())
}
