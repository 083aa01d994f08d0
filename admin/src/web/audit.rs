//! Who changed what, with what it was before and after.

use super::audit_actions::ACTIONS;
use super::desk::{Desk, ROWS};
use crate::audit::diff::changes;
use crate::audit::{self, Entry, Filter, Who};
use crate::permissions::Permission;
use crate::{StaffId, roles, staff};
use actix_web::HttpResponse;
use kernel::Result;
use kernel::web::i18n::{Language, Texts};
use serde_json::{Value, json};
use std::collections::HashMap;
use storefront::api_keys;
use storefront::ids::ApiKeyId;

pub async fn list(desk: Desk) -> Result<HttpResponse> {
    let (person, action, subject) = (desk.query("staff"), desk.query("action"), desk.query("subject").trim().to_string());
    let filter = Filter { who: who(&person), action: action.clone(), subject: subject.clone(), before: desk.after() };
    let (found, people, keys) =
        desk.read(move |conn| Ok((audit::list(conn, &filter, ROWS)?, staff::list(conn)?, api_keys::list(conn)?))).await?;
    let texts = desk.door.templates.texts()?;
    let words = |action: &str| json!({ "value": action, "label": named(&texts, desk.visit.language, action) });
    let mut actions: Vec<Value> = ACTIONS.iter().map(|action| words(action)).collect();
    if !action.is_empty() && !ACTIONS.contains(&action.as_str()) {
        actions.push(words(&action));
    }
    let mut people: Vec<Value> = people.iter().map(|one| json!({ "value": one.id.to_string(), "label": one.name })).collect();
    let words = desk.words()?;
    for key in &keys {
        people.push(json!({ "value": format!("{KEY}{}", key.id), "label": words.with("admin-audit-key", &[("name", &key.name)])? }));
    }
    let next = desk.next(found.len(), found.last().map(|entry| entry.id));
    let view = json!({ "entries": rows(&desk, &found).await?, "people": people, "actions": actions, "staff": person, "action": action,
        "subject": subject, "next": next });
    desk.page("admin/audit.html", "admin-audit", view)
}

/// What the number of a key begins with, where people have numbers alone.
const KEY: &str = "key-";

/// Whose changes are asked for; nobody's for what is no number.
fn who(asked: &str) -> Option<Who> {
    match asked.strip_prefix(KEY) {
        Some(key) => key.parse().ok().map(|id| Who::Key(ApiKeyId(id))),
        None => asked.parse().ok().map(|id| Who::Staff(StaffId(id))),
    }
}

/// Changes as they are shown.
pub async fn rows(desk: &Desk, entries: &[Entry]) -> Result<Value> {
    let (people, known, keys) = desk.read(|conn| Ok((staff::list(conn)?, roles::list(conn)?, api_keys::list(conn)?))).await?;
    let names: HashMap<StaffId, &str> = people.iter().map(|one| (one.id, one.name.as_str())).collect();
    // People and roles have names; everything else is known by its number.
    let mut labels: HashMap<String, String> = people.iter().map(|one| (one.actor(), one.name.clone())).collect();
    labels.extend(known.iter().map(|role| (format!("role:{}", role.id), role.label())));
    let (texts, words) = (desk.door.templates.texts()?, desk.words()?);
    let programs: HashMap<ApiKeyId, String> =
        keys.into_iter().map(|key| Ok((key.id, words.with("admin-audit-key", &[("name", &key.name)])?))).collect::<Result<_>>()?;
    let row = |entry: &Entry| {
        let who = entry.staff_id.and_then(|id| names.get(&id).copied());
        let who = who.or_else(|| programs.get(&entry.api_key_id?).map(String::as_str));
        json!({ "id": entry.id, "who": who, "staff": entry.staff_id, "action": entry.action,
            "did": named(&texts, desk.visit.language, &entry.action), "about": labels.get(&entry.subject).unwrap_or(&entry.subject), "to": page_of(desk, &entry.subject),
            "at": entry.created_at, "changes": changes(&entry.before, &entry.after) })
    };
    Ok(entries.iter().map(row).collect())
}

/// An action in words; one that has none stands for itself.
fn named(texts: &Texts, language: Language, action: &str) -> String {
    let key = format!("admin-did-{}", action.replace(['.', '_'], "-"));
    if texts.has(language, &key) { texts.message(language, &key) } else { action.to_string() }
}

/// The page of what was changed, if there is one and the person may see it.
fn page_of(desk: &Desk, subject: &str) -> Option<String> {
    let (page, permission) = address(subject)?;
    desk.may(permission).then_some(page)
}

/// The page of what the log or a topic of the forum speaks of, and what it takes to see it.
pub fn address(subject: &str) -> Option<(String, Permission)> {
    let (kind, id) = subject.split_once(':').unwrap_or((subject, ""));
    let number = || id.parse::<i64>().ok();
    let plain = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    match kind {
        "order" if plain => Some((format!("/admin/orders/{id}"), Permission::OrdersView)),
        "ticket" if plain => Some((format!("/admin/tickets/{id}"), Permission::TicketsView)),
        "dispute" if plain => Some((format!("/admin/disputes/{id}"), Permission::TicketsView)),
        "customer" => Some((format!("/admin/customers/{}", number()?), Permission::CustomersView)),
        "company" => Some((format!("/admin/companies/{}", number()?), Permission::CompaniesView)),
        "quote" if plain => Some((format!("/admin/quotes/{id}"), Permission::QuotesView)),
        "opportunity" => Some((format!("/admin/sales/{}", number()?), Permission::SalesView)),
        "sales_stage" => Some((format!("/admin/sales/stages/{}", number()?), Permission::SalesView)),
        "forum" => Some((format!("/admin/forum/{}", number()?), Permission::ForumRead)),
        "forum_categories" => Some(("/admin/forum/categories".into(), Permission::ForumManage)),
        "levels" => Some(("/admin/levels".into(), Permission::SettingsView)),
        "routing" => Some(("/admin/routing".into(), Permission::SettingsView)),
        "service" => Some(("/admin/service".into(), Permission::SettingsView)),
        "return" => Some((format!("/admin/returns/{}", number()?), Permission::ReturnsView)),
        "product" => Some((format!("/admin/products/{}", number()?), Permission::ProductsView)),
        "variant" => Some((format!("/admin/stock/{}", number()?), Permission::StockView)),
        "location" => Some(("/admin/stock/locations".into(), Permission::StockAdjust)),
        "promotion" => Some((format!("/admin/promotions/{}", number()?), Permission::PromotionsView)),
        "gift_card" => Some((format!("/admin/gift-cards/{}", number()?), Permission::GiftCardsView)),
        "store_credit" => Some((format!("/admin/store-credit/{}", number()?), Permission::StoreCreditView)),
        "company_account" => Some((format!("/admin/companies/{}/account", number()?), Permission::ReceivablesView)),
        "receivables" => Some(("/admin/receivables/reminders".into(), Permission::ReceivablesView)),
        "shipping" => Some((format!("/admin/shipping/{}", number()?), Permission::ShippingView)),
        "recommendations" => Some(("/admin/recommendations".into(), Permission::RecommendationsView)),
        "mail" => Some((format!("/admin/mails/{}", number()?), Permission::MailsView)),
        "staff" => Some((format!("/admin/staff/{}", number()?), Permission::StaffManage)),
        "tax" => Some(("/admin/taxes".into(), Permission::TaxesView)),
        "attribute" => Some((format!("/admin/attributes/{}", number()?), Permission::ProductsView)),
        "campaign" => Some((format!("/admin/campaigns/{}", number()?), Permission::CampaignsView)),
        "journey" => Some((format!("/admin/journeys/{}", number()?), Permission::CampaignsView)),
        "segment" => Some((format!("/admin/segments/{}", number()?), Permission::SegmentsView)),
        "collection" => Some((format!("/admin/collections/{}", number()?), Permission::ProductsView)),
        "batch" => Some((format!("/admin/products/batches/{}", number()?), Permission::ProductsView)),
        "filter" => Some(("/admin/products".into(), Permission::ProductsView)),
        "suppression" => Some(("/admin/suppressions".into(), Permission::CustomersView)),
        "topic" => Some((format!("/admin/mail-topics/{}", number()?), Permission::SettingsView)),
        "survey" => Some((format!("/admin/surveys/{}", number()?), Permission::CampaignsView)),
        "review" => Some((format!("/admin/reviews/{}", number()?), Permission::ReviewsView)),
        "reviews" => Some(("/admin/reviews".into(), Permission::ReviewsView)),
        "price_list" => Some((format!("/admin/price-lists/{}", number()?), Permission::ProductsView)),
        "contract" => Some(("/admin/price-lists/contracts".into(), Permission::ProductsView)),
        "redirect" => Some(("/admin/redirects".into(), Permission::SettingsEdit)),
        "shop" => Some(("/admin/settings".into(), Permission::SettingsView)),
        "examination" => Some(("/admin/doctor".into(), Permission::JobsView)),
        "job" => Some(("/admin/jobs".into(), Permission::JobsView)),
        "api_key" => Some(("/admin/api-keys".into(), Permission::ApiKeysManage)),
        "webhook" => Some((format!("/admin/webhooks/{}", number()?), Permission::ApiKeysManage)),
        "partner" => Some((format!("/admin/partners/{}", number()?), Permission::ApiKeysManage)),
        "sending" => Some((format!("/admin/sending/{}", number()?), Permission::SettingsView)),
        "mail_server" => Some((format!("/admin/sending/servers/{}", number()?), Permission::SettingsView)),
        "mail_rate" => Some(("/admin/sending/rates".into(), Permission::SettingsView)),
        "page" if plain => Some((format!("/admin/pages/{id}"), Permission::ContentEdit)),
        "home_page" => Some(("/admin/home-page".into(), Permission::ContentEdit)),
        "menu" => Some(("/admin/menus".into(), Permission::ContentEdit)),
        "theme" => Some(("/admin/theme".into(), Permission::ContentEdit)),
        "role" => Some(("/admin/staff/roles".into(), Permission::StaffManage)),
        "invitation" => Some(("/admin/staff".into(), Permission::StaffManage)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_leads_to_its_page_and_nowhere_else() {
        let to = |subject: &str| address(subject).map(|(page, _)| page);
        assert_eq!(to("order:R1001").as_deref(), Some("/admin/orders/R1001"));
        assert_eq!(to("variant:7").as_deref(), Some("/admin/stock/7"));
        assert_eq!(to("shop").as_deref(), Some("/admin/settings"));
        for odd in ["order:../x", "order:", "product:x", "unknown:1", ""] {
            assert_eq!(to(odd), None, "{odd}");
        }
    }

    #[test]
    fn every_action_that_can_be_asked_for_has_words() {
        let texts = Texts::load(None).expect("texts load");
        for action in ACTIONS {
            for language in [Language::ENGLISH, Language::CHINESE] {
                assert_ne!(named(&texts, language, action), *action);
            }
        }
    }
}
