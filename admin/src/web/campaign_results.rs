//! What a campaign brought: what became of its mails, what followed from them, and what would not have been without them. Every number
//! leads to its rows (`campaign_result_rows`).

use super::desk::Desk;
use super::forms::{self, Reader};
use super::offers::compared;
use super::stale::{self, Labels, Refused};
use crate::permissions::Permission;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use crm::campaigns::attribution::{self, Model, Rules};
use crm::campaigns::results::{self, Compared, Earned, Moment, Results, Whole};
use crm::campaigns::{self, CampaignId, Standing, VariantId};
use crm::segments;
use kernel::money::{Currency, Money};
use kernel::{Conn, Error, Result};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use storefront::ids::ProductId;
use storefront::imports::export_campaign::export_deliveries;
use storefront::web::download;
use storefront::web::posted::Posted;
use storefront::web::views::form::Form;
use storefront::{catalog, earnings};

const RULES: &str = "/admin/attribution";
const FIELDS: &[&str] = &["model", "days", "opens"];
const LABELS: &Labels = &[
    ("model", "campaign-attribution-model", "campaign-attribution-model-"),
    ("days", "campaign-attribution-window", ""),
    ("opens", "campaign-attribution-opens", ""),
];
/// The numbers of a mail's way that the page shows.
const STANDINGS: [Standing; 4] = [Standing::Accepted, Standing::Refused, Standing::Skipped, Standing::Unknown];

/// Where the results of a campaign are.
pub fn address(id: CampaignId) -> String {
    format!("/admin/campaigns/{id}/results")
}

/// What merchants call a variant.
pub fn letter(variants: &[VariantId], id: VariantId) -> String {
    variants.iter().position(|known| *known == id).map_or_else(|| format!("#{id}"), campaigns::letter)
}

/// An address of rows: `rest` and what narrows it.
fn to(id: CampaignId, list: &str, narrowed: &[(&str, &str)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in narrowed.iter().filter(|(_, value)| !value.is_empty()) {
        query.append_pair(name, value);
    }
    format!("{}/{list}?{}", address(id), query.finish())
}

pub async fn show(desk: Desk, id: web::Path<i64>) -> Result<HttpResponse> {
    let id = CampaignId(*id);
    let language = desk.visit.language.code();
    let (name, view) = desk.read(move |conn| view(conn, id, language)).await?;
    desk.page("admin/campaign_results.html", &name, view)
}

/// The name and the page.
fn view(conn: &mut Conn, id: CampaignId, language: &str) -> Result<(String, Value)> {
    let whole = results::whole(conn, id)?;
    // The whole campaign is a column of its own where there are several variants.
    let several = whole.variants.len() > 1;
    let columns: Vec<Option<VariantId>> =
        std::iter::once(None).chain(whole.variants.iter().copied().map(Some).filter(|_| several)).collect();
    let labels: Vec<Option<String>> = columns.iter().map(|one| one.map(|one| letter(&whole.variants, one))).collect();
    let brought = match &whole.results {
        Some(results) => Some(brought(conn, &whole, results, &columns, language)?),
        None => None,
    };
    let rules = attribution::rules(conn)?;
    let view = json!({ "id": id, "frozen": whole.about.since.is_some(), "columns": labels, "rows": counted(&whole, &columns),
        "brought": brought, "rules": rules, "deciding": earnings::deciding(conn)?, "waits": earnings::figuring(conn, id)? });
    Ok((whole.about.name, view))
}

/// What became of the mails: rows of numbers, each with the way to its deliveries.
fn counted(whole: &Whole, columns: &[Option<VariantId>]) -> Vec<Value> {
    let id = whole.about.id;
    let count = |variant: Option<VariantId>, word: &str| match variant {
        Some(_) => whole.counts.of_variant(variant, word),
        None => whole.counts.of(word),
    };
    let number = |variant: Option<VariantId>| variant.map(|one| one.to_string()).unwrap_or_default();
    let cell = |variant: Option<VariantId>, word: &str| {
        let href = to(id, "deliveries", &[("what", word), ("variant", &number(variant))]);
        json!({ "count": count(variant, word), "href": href, "machines": null, "machines_href": null })
    };
    // What machines did stands beside what people did, and is no part of it.
    let touched = |variant: Option<VariantId>, moment: Moment, machine: &str, clicks: &str| {
        let mut cell = cell(variant, moment.as_str());
        cell["machines"] = json!(count(variant, machine));
        cell["machines_href"] = json!(to(id, "hits", &[("clicks", clicks), ("machines", "1"), ("variant", &number(variant))]));
        cell
    };
    let row = |word: &str, cells: Vec<Value>| json!({ "what": word, "cells": cells });
    let plain = |word: &str| row(word, columns.iter().map(|variant| cell(*variant, word)).collect());
    let mut rows: Vec<Value> = STANDINGS.iter().map(|standing| plain(standing.as_str())).collect();
    rows.push(plain(Moment::Bounced.as_str()));
    rows.push(plain(Moment::Complained.as_str()));
    rows.push(row("opened", columns.iter().map(|one| touched(*one, Moment::Opened, "machine_opened", "")).collect()));
    rows.push(row("clicked", columns.iter().map(|one| touched(*one, Moment::Clicked, "machine_clicked", "1")).collect()));
    rows.push(plain(Moment::Unsubscribed.as_str()));
    rows
}

/// What was figured, with names.
fn brought(conn: &mut Conn, whole: &Whole, results: &Results, columns: &[Option<VariantId>], language: &str) -> Result<Value> {
    let id = whole.about.id;
    let currency =
        Currency::parse(&results.currency).ok_or_else(|| Error::unexpected(format!("campaign {id} is in {}", results.currency)))?;
    let beside = |one: &Compared| compared((&one.given, &one.control), (one.orders.as_ref(), one.money.as_ref()), currency);
    // The rest of a trial is one group more; without a trial the only variant is all there is.
    let variants: Vec<Value> = match whole.variants.len() {
        0 | 1 => Vec::new(),
        _ => results
            .variants
            .iter()
            .map(|(variant, one)| json!({ "label": letter(&whole.variants, *variant), "compared": beside(one) }))
            .collect(),
    };
    let names: BTreeMap<_, _> = match results.segments.is_empty() {
        true => BTreeMap::new(),
        false => segments::list(conn)?.into_iter().map(|one| (one.id, one.name)).collect(),
    };
    let in_segment = |one: &results::OfSegment| {
        // A segment that was removed since has no name any more.
        let name = names.get(&one.segment).cloned().unwrap_or_else(|| format!("#{}", one.segment));
        json!({ "label": name, "compared": beside(&one.compared) })
    };
    let products: Vec<ProductId> = results.products.iter().map(|one| ProductId(one.product)).collect();
    let titles = catalog::titles_in(conn, &products, language)?;
    let product = |one: &results::Product| {
        let title = titles.get(&ProductId(one.product)).cloned().unwrap_or_else(|| format!("#{}", one.product));
        json!({ "title": title, "orders": one.orders, "units": one.units, "amount": money(&one.currency, one.amount),
            "href": to(id, "orders", &[("product", &one.product.to_string())]) })
    };
    let link = |one: &results::Link| {
        json!({ "target": one.target, "people": one.people, "clicks": one.clicks, "machines": one.machines,
            "href": to(id, "hits", &[("clicks", "1"), ("target", &one.target)]),
            "machines_href": to(id, "hits", &[("clicks", "1"), ("machines", "1"), ("target", &one.target)]) })
    };
    Ok(json!({ "at": results.at, "days": results.days, "all": beside(&results.all), "variants": variants,
        "segments": results.segments.iter().map(in_segment).collect::<Vec<_>>(), "earned": earned(id, &results.earned, columns),
        "links": results.links.iter().map(link).collect::<Vec<_>>(), "products": results.products.iter().map(product).collect::<Vec<_>>() }))
}

/// An amount; null in a currency that nobody knows.
fn money(currency: &str, minor: i64) -> Value {
    Currency::parse(currency).map_or(Value::Null, |currency| json!(Money::new(minor, currency)))
}

/// What followed from the mails, by currency: orders, those of which something came back, and money.
fn earned(id: CampaignId, all: &[Earned], columns: &[Option<VariantId>]) -> Vec<Value> {
    let mut currencies: Vec<&str> = all.iter().map(|one| one.currency.as_str()).collect();
    currencies.sort_unstable();
    currencies.dedup();
    let each = |currency: &&str| {
        let cells: Vec<Value> = columns
            .iter()
            .map(|variant| {
                let found = all.iter().find(|one| one.variant == *variant && one.currency == **currency);
                let own = found.cloned().unwrap_or_default();
                let number = variant.map(|one| one.to_string()).unwrap_or_default();
                json!({ "orders": own.orders, "href": to(id, "orders", &[("variant", &number)]), "returned": own.returned,
                    "returned_href": to(id, "orders", &[("variant", &number), ("returned", "1")]),
                    "revenue": money(currency, own.revenue), "refunded": money(currency, own.refunded),
                    "net": money(currency, own.revenue - own.refunded) })
            })
            .collect();
        json!({ "currency": currency, "cells": cells })
    };
    currencies.iter().map(each).collect()
}

/// Has the results of a campaign figured.
pub async fn figure(desk: Desk, id: web::Path<i64>, _: Posted) -> Result<HttpResponse> {
    let id = CampaignId(*id);
    desk.write(move |conn, act| {
        results::about(conn, id)?;
        earnings::figure_soon(conn, id, act.now)?;
        act.log(conn, "campaign.figure", &format!("campaign:{id}"), &Value::Null, &json!({ "asked_at": act.now }))
    })
    .await?;
    Ok(desk.done(&address(id), "campaign-results-asked"))
}

/// Every delivery of a campaign, as a file.
pub async fn csv(desk: Desk, id: web::Path<i64>) -> Result<HttpResponse> {
    let (id, db, seen) = (CampaignId(*id), desk.door.db.clone(), desk.may(Permission::CustomersView));
    desk.read(move |conn| results::about(conn, id)).await?;
    Ok(download::csv(&format!("campaign-{id}.csv"), move |out| export_deliveries(&db, id, seen, out).map(drop)))
}

/// The form as the stored rules fill it.
fn filled(rules: &Rules) -> Form {
    Form::new(FIELDS).fill("model", rules.model.as_str()).fill("days", rules.days.to_string()).fill("opens", forms::tick(rules.opens))
}

/// By which rules orders are shared among mails.
pub async fn rules(desk: Desk) -> Result<HttpResponse> {
    let form = desk.read(|conn| Ok(filled(&attribution::rules(conn)?))).await?.sealed();
    rules_page(&desk, StatusCode::OK, form).await
}

async fn rules_page(desk: &Desk, status: StatusCode, form: Form) -> Result<HttpResponse> {
    let deciding = desk.read(earnings::deciding).await?;
    let models: Vec<&str> = Model::ALL.iter().map(|model| model.as_str()).collect();
    desk.page_as(status, "admin/attribution.html", "campaign-attribution", json!({ "form": form, "models": models, "deciding": deciding }))
}

pub async fn save_rules(desk: Desk, posted: Posted) -> Result<HttpResponse> {
    let form = posted.clone();
    let saved = desk.write(move |conn, act| {
        let before = attribution::rules(conn)?;
        stale::check(&filled(&before), &form)?;
        let rules = read(&form)?;
        if rules == before {
            return Ok(());
        }
        earnings::decide(conn, &rules, act.now)?;
        act.log(conn, "campaign.attribution", "campaigns", &before, &rules)
    });
    match saved.await {
        Ok(()) => Ok(desk.done(RULES, "admin-saved")),
        Err(error) => {
            let stored = desk.read(|conn| Ok(filled(&attribution::rules(conn)?))).await?;
            let words = desk.words()?;
            let label = |name: &str| stale::label(LABELS, name, &words);
            let of = Refused { form: Form::new(FIELDS).typed(posted.pairs()), order: FIELDS, stored: &stored, label: &label };
            let (status, form) = stale::refused(&posted, error, of, &words)?;
            rules_page(&desk, status, form).await
        }
    }
}

fn read(posted: &Posted) -> Result<Rules> {
    let mut reader = Reader::new(posted, Currency::EUR);
    let Some(model) = Model::parse(posted.get("model")) else { return Err(Error::field("model", "campaign-attribution-model-unknown")) };
    let rules = Rules { model, days: reader.number("days"), opens: reader.ticked("opens") };
    reader.check()?;
    Ok(rules)
}
