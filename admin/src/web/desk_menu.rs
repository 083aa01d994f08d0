//! The menu of the back office: its parts by groups, and what it takes to see each.

use crate::permissions::{Grants, Permission};
use serde::Serialize;

/// The parts of the menu by groups, and what it takes to see each.
const MENU: &[(&str, &[(&str, Permission)])] = &[
    (
        "selling",
        &[
            ("orders", Permission::OrdersView),
            ("quotes", Permission::QuotesView),
            ("returns", Permission::ReturnsView),
            ("cases", Permission::CasesView),
            ("gift-cards", Permission::GiftCardsView),
            ("store-credit", Permission::StoreCreditView),
            ("receivables", Permission::ReceivablesView),
        ],
    ),
    (
        "memory",
        &[
            ("customers", Permission::CustomersView),
            ("companies", Permission::CompaniesView),
            ("sales", Permission::SalesView),
            ("tickets", Permission::TicketsView),
            ("disputes", Permission::TicketsView),
            ("wall", Permission::TicketsView),
            ("reports", Permission::TicketsView),
            ("tasks", Permission::CustomersView),
            ("segments", Permission::SegmentsView),
            ("forecasts", Permission::CustomersView),
            ("recommendations", Permission::RecommendationsView),
            ("offers", Permission::PromotionsView),
        ],
    ),
    (
        "campaigns",
        &[
            ("campaigns", Permission::CampaignsView),
            ("journeys", Permission::CampaignsView),
            ("surveys", Permission::CampaignsView),
            ("mail-topics", Permission::SettingsView),
            ("suppressions", Permission::CustomersView),
            ("sending", Permission::SettingsView),
        ],
    ),
    (
        "goods",
        &[
            ("products", Permission::ProductsView),
            ("categories", Permission::ProductsView),
            ("attributes", Permission::ProductsView),
            ("collections", Permission::ProductsView),
            ("reviews", Permission::ReviewsView),
            ("stock", Permission::StockView),
            ("promotions", Permission::PromotionsView),
            ("price-lists", Permission::ProductsView),
        ],
    ),
    (
        "content",
        &[
            ("home-page", Permission::ContentEdit),
            ("pages", Permission::ContentEdit),
            ("articles", Permission::ContentEdit),
            ("menus", Permission::ContentEdit),
            ("theme", Permission::ContentEdit),
        ],
    ),
    (
        "shop",
        &[
            ("shipping", Permission::ShippingView),
            ("taxes", Permission::TaxesView),
            ("service", Permission::SettingsView),
            ("levels", Permission::SettingsView),
            ("routing", Permission::SettingsView),
            ("stores", Permission::SettingsView),
            ("redirects", Permission::SettingsEdit),
            ("settings", Permission::SettingsView),
        ],
    ),
    ("people", &[("forum", Permission::ForumRead), ("staff", Permission::StaffManage), ("audit", Permission::AuditView)]),
    (
        "machine",
        &[
            ("mails", Permission::MailsView),
            ("inbound", Permission::MailsView),
            ("jobs", Permission::JobsView),
            ("doctor", Permission::JobsView),
            ("api-keys", Permission::ApiKeysManage),
            ("webhooks", Permission::ApiKeysManage),
            ("partners", Permission::ApiKeysManage),
        ],
    ),
];

/// A group of the menu.
#[derive(Serialize)]
pub struct Group {
    name: &'static str,
    parts: Vec<&'static str>,
}

/// The groups in which `can` opens anything.
pub fn menu(can: &Grants) -> Vec<Group> {
    let parts = |all: &[(&'static str, Permission)]| all.iter().filter(|(_, needed)| can.may(*needed)).map(|(part, _)| *part).collect();
    let groups = MENU.iter().map(|(name, all)| Group { name, parts: parts(all) });
    groups.filter(|group: &Group| !group.parts.is_empty()).collect()
}
