//! Quotes: the list, and one with its goods to be priced beside stock, cost and what others pay.

use super::access::{Route, get, post};
use super::desk::{Act, Desk, ROWS, refusal};
use super::forms::{self, Reader};
use crate::permissions::Permission::{QuotesEdit, QuotesView};
use crate::staff;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use crm::{CompanyId, companies, customers};
use kernel::clock::Time;
use kernel::error::Fields;
use kernel::money::Money;
use kernel::web::i18n::Language;
use kernel::{Conn, Error, Result};
use serde_json::{Value, json};
use storefront::documents::print;
use storefront::ids::QuoteId;
use storefront::orders;
use storefront::quotes::{self, Draft, DraftLine, Filter, Line, Quote, State, Version, Worth};
use storefront::shop::{self, Shop};
use storefront::web::orders::pdf;
use storefront::web::posted::Posted;
use storefront::web::quotes::sheet;
use storefront::web::requests::files::download_of;
use storefront::web::views::form::Form;
use storefront::web::words::Words;

/// Empty rows below the goods that there are.
const FREE: usize = 5;
/// How long an offer stands unless staff say otherwise, in days.
const DAYS: i64 = 30;

pub fn routes() -> Vec<Route> {
    vec![
        get("/quotes", QuotesView, list),
        get("/quotes/{quote}", QuotesView, show),
        post("/quotes/{quote}", QuotesEdit, save),
        post("/quotes/{quote}/send", QuotesEdit, send),
        post("/quotes/{quote}/reply", QuotesEdit, reply),
        post("/quotes/{quote}/take", QuotesEdit, take),
        post("/quotes/{quote}/withdraw", QuotesEdit, withdraw),
        post("/quotes/{quote}/contract", QuotesEdit, contract),
        get("/quotes/{quote}/quote.pdf", QuotesView, paper),
        get("/quotes/{quote}/files/{file}", QuotesView, file),
    ]
}

fn at(id: QuoteId) -> String {
    format!("/admin/quotes/{}", quotes::number(id))
}

fn subject(id: QuoteId) -> String {
    format!("quote:{}", quotes::number(id))
}

fn named(number: &str) -> Result<QuoteId> {
    quotes::numbered(number).ok_or(Error::NotFound)
}

pub async fn list(desk: Desk) -> Result<HttpResponse> {
    let (state, text, before) = (desk.query("state"), desk.query("q").trim().to_uppercase(), desk.after().map(QuoteId));
    if let Some(id) = quotes::numbered(&text)
        && desk.read(move |conn| Ok(quotes::get(conn, id).is_ok())).await?
    {
        return Ok(desk.door.go(&desk.visit, &at(id)));
    }
    let company = desk.query("company").parse().ok().map(CompanyId);
    let filter = Filter { state: State::parse(&state), company, ..Filter::default() };
    let (rows, last) = desk
        .read(move |conn| {
            let found = quotes::list(conn, &filter, before, ROWS)?;
            let (names, clock) = (staff::names(conn)?, shop::get(conn)?);
            let mut rows: Vec<Value> = Vec::with_capacity(found.len());
            for quote in &found {
                let mut of = row(conn, &clock, quote)?;
                of["assigned"] = json!(names.get(&quote.assigned_to));
                rows.push(of);
            }
            Ok((rows, found.last().map(|quote| quote.id.0)))
        })
        .await?;
    let view = json!({ "next": desk.next(rows.len(), last), "rows": rows, "state": state, "q": text, "missed": !text.is_empty(),
        "states": State::ALL, "company": company });
    desk.page("admin/quotes.html", "admin-quotes", view)
}

fn row(conn: &mut Conn, clock: &Shop, quote: &Quote) -> Result<Value> {
    let customer = customers::get(conn, quote.customer_id)?;
    let company = quote.company_id.map(|id| companies::get(conn, id)).transpose()?;
    Ok(json!({ "number": quote.number(), "state": quote.state, "at": quote.created_at, "until": quote.expires_at.map(|at| clock.local(at)),
        "customer": quote.customer_id, "name": if customer.name.is_empty() { &customer.email } else { &customer.name },
        "company": company.map(|company| json!({ "id": company.id, "name": company.name })), "latest": quote.latest }))
}

/// What a quote says and what its newest version has.
struct Loaded {
    quote: Quote,
    newest: Option<(Version, Vec<Line>)>,
    view: Value,
}

fn load(conn: &mut Conn, id: QuoteId, now: Time) -> Result<Loaded> {
    let quote = quotes::get(conn, id)?;
    let currency = quote.currency()?;
    let money = |minor: i64| Money::new(minor, currency);
    let versions = quotes::versions_of(conn, id)?;
    let newest = match versions.first() {
        Some(version) => Some((version.clone(), quotes::lines_of(conn, version.id)?)),
        None => None,
    };
    let worth = match &newest {
        Some((version, lines)) => quotes::worth(conn, &quote, version, lines, now)?,
        None => Default::default(),
    };
    let beside = |of: &Worth, line: &Line| {
        json!({ "available": of.available.map(|steps| line.measure().text(steps)), "cost": of.cost.map(money), "shop": money(of.shop_price), "list": of.list_price.map(money),
            "margin": of.margin.map(money), "loss": of.margin.is_some_and(|margin| margin < 0) })
    };
    let lines: Vec<Value> = newest
        .iter()
        .flat_map(|(_, lines)| lines)
        .map(|line| {
            json!({ "title": line.title, "total": money(line.total()), "worth": line.variant_id.and_then(|id| worth.get(&id)).map(|of| beside(of, line)) })
        })
        .collect();
    let names = staff::names(conn)?;
    let all: Vec<Value> = versions
        .iter()
        .map(|one| {
            json!({ "number": one.number, "at": one.created_at, "by": names.get(&one.created_by), "until": one.expires_on,
                "sent": quote.offered_id == Some(one.id) })
        })
        .collect();
    let said = quotes::messages_of(conn, id)?;
    let files = quotes::files_of(conn, &said)?;
    let messages: Vec<Value> = said
        .iter()
        .map(|one| {
            let with: Vec<Value> =
                files.iter().filter(|file| file.message_id == one.id).map(|file| json!({ "id": file.id, "name": file.name })).collect();
            json!({ "sender": one.sender, "by": names.get(&one.actor), "at": one.at, "text": one.text.lines().collect::<Vec<_>>(), "files": with })
        })
        .collect();
    let order = quote.order_id.map(|order| orders::get(conn, order)).transpose()?.map(|order| order.number);
    let clock = shop::get(conn)?;
    let mut view = row(conn, &clock, &quote)?;
    view["assigned"] = json!(names.get(&quote.assigned_to));
    view["seen"] = json!(quote.version);
    view["currency"] = json!(quote.currency);
    view["reason"] = json!(quote.reason);
    view["order"] = json!(order);
    view["lines"] = json!(lines);
    view["versions"] = json!(all);
    view["messages"] = json!(messages);
    view["sum"] = json!(newest.as_ref().map(|(_, lines)| money(lines.iter().map(Line::total).sum())));
    view["priced"] = json!(newest.as_ref().is_some_and(|(version, _)| version.last_day().is_some()));
    view["offered"] = json!(quote.offered_id.is_some());
    view["open"] = json!(!matches!(quote.state, State::Accepted | State::Withdrawn));
    view["won"] = json!(quote.state == State::Accepted && quote.company_id.is_some());
    Ok(Loaded { quote, newest, view })
}

/// The names of the fields for so many rows.
fn fields(rows: usize) -> Vec<String> {
    let own = (0..rows).flat_map(|at| [format!("sku_{at}"), format!("quantity_{at}"), format!("price_{at}")]);
    own.chain(["shipping", "expires_on", "note", "text"].map(String::from)).collect()
}

fn filled(of: &Loaded, now: Time) -> Result<(Form, usize)> {
    let currency = of.quote.currency()?;
    let lines: &[Line] = of.newest.as_ref().map_or(&[], |(_, lines)| lines.as_slice());
    let rows = lines.len() + FREE;
    let mut form = Form::new(&fields(rows));
    for (at, line) in lines.iter().enumerate() {
        form = form
            .fill(&format!("sku_{at}"), &line.sku)
            .fill(&format!("quantity_{at}"), line.measure().number(line.quantity))
            .fill(&format!("price_{at}"), forms::amount(Some(line.unit_price), currency));
    }
    let version = of.newest.as_ref().map(|(version, _)| version);
    let usual = (now.date() + chrono::TimeDelta::days(DAYS)).to_string();
    let until = version.map(|version| version.expires_on.clone()).filter(|day| !day.is_empty()).unwrap_or(usual);
    form = form
        .fill("shipping", forms::amount(version.and_then(|version| version.shipping), currency))
        .fill("note", version.map(|version| version.note.clone()).unwrap_or_default())
        .fill("expires_on", until);
    Ok((form, rows))
}

pub async fn show(desk: Desk, number: web::Path<String>) -> Result<HttpResponse> {
    page(&desk, named(&number)?, StatusCode::OK, None).await
}

/// The page; a form that was refused keeps what was typed.
async fn page(desk: &Desk, id: QuoteId, status: StatusCode, refused: Option<(&Posted, &Fields)>) -> Result<HttpResponse> {
    let now = desk.door.now();
    let mut of = desk.read(move |conn| load(conn, id, now)).await?;
    let (mut form, mut rows) = filled(&of, now)?;
    if let Some((posted, wrong)) = refused {
        rows = rows.max(typed_rows(posted) + 1);
        let names = fields(rows);
        form = Form::new(&names).typed(form.pairs()).typed(posted.pairs()).refuse(&names, wrong);
    }
    of.view["form"] = json!(form);
    let known = of.view["lines"].take();
    of.view["rows"] = json!((0..rows).map(|at| json!({ "at": at, "line": known.get(at) })).collect::<Vec<Value>>());
    let title = of.quote.number();
    desk.page_as(status, "admin/quote.html", &title, of.view)
}

/// How many rows a form has that something was typed into.
fn typed_rows(posted: &Posted) -> usize {
    let typed = posted.pairs().filter(|(_, value)| !value.trim().is_empty());
    let last = typed.filter_map(|(name, _)| name.strip_prefix("sku_")?.parse::<usize>().ok()).max();
    last.map_or(0, |last| last.min(quotes::MOST_LINES) + 1)
}

fn seen(posted: &Posted) -> Result<i64> {
    posted.number("seen", "form-expired")
}

/// Does something about a quote, with what it was and became in the audit log, and goes back to its page.
async fn act(
    desk: &Desk,
    id: QuoteId,
    posted: &Posted,
    (action, text): (&'static str, &'static str),
    mut deed: impl FnMut(&mut Conn, &Act) -> Result<()> + Send + 'static,
) -> Result<HttpResponse> {
    let done = desk
        .write(move |conn, act| {
            let before = quotes::get(conn, id)?;
            deed(conn, act)?;
            let after = quotes::get(conn, id)?;
            act.log(conn, action, &subject(id), &before, &after)
        })
        .await;
    match done {
        Ok(()) => Ok(desk.done(&at(id), text)),
        Err(error) => {
            let (status, wrong) = refusal(error)?;
            page(desk, id, status, Some((posted, &wrong))).await
        }
    }
}

/// Reads the goods that were typed. Rows without an article number are no rows.
fn read(conn: &mut Conn, id: QuoteId, posted: &Posted) -> Result<Draft> {
    let currency = quotes::get(conn, id)?.currency()?;
    let mut reader = Reader::new(posted, currency);
    let mut lines = Vec::new();
    for at in 0..typed_rows(posted) {
        let sku = posted.get(&format!("sku_{at}")).trim().to_string();
        if sku.is_empty() {
            continue;
        }
        let (quantity, unit_price) = (posted.get(&format!("quantity_{at}")).trim().to_string(), reader.amount(&format!("price_{at}")));
        lines.push(DraftLine { at, sku, quantity, unit_price });
    }
    let (shipping, expires_on, note) = (reader.optional_amount("shipping"), reader.day("expires_on"), reader.text("note"));
    reader.check()?;
    Ok(Draft { note, shipping, expires_on, lines })
}

pub async fn save(desk: Desk, number: web::Path<String>, posted: Posted) -> Result<HttpResponse> {
    let (id, seen, typed) = (named(&number)?, seen(&posted)?, posted.clone());
    act(&desk, id, &posted, ("quote.save", "admin-quote-saved"), move |conn, act| {
        let draft = read(conn, id, &typed)?;
        quotes::save(conn, id, seen, &draft, &act.actor, act.now).map(drop)
    })
    .await
}

pub async fn send(desk: Desk, number: web::Path<String>, posted: Posted) -> Result<HttpResponse> {
    let (id, seen) = (named(&number)?, seen(&posted)?);
    act(&desk, id, &posted, ("quote.send", "admin-quote-sent"), move |conn, act| quotes::send(conn, id, seen, act.now)).await
}

pub async fn reply(desk: Desk, number: web::Path<String>, posted: Posted) -> Result<HttpResponse> {
    let (id, words) = (named(&number)?, posted.get("text").to_string());
    act(&desk, id, &posted, ("quote.reply", "admin-quote-replied"), move |conn, act| quotes::reply(conn, id, &words, &act.actor, act.now))
        .await
}

pub async fn take(desk: Desk, number: web::Path<String>, posted: Posted) -> Result<HttpResponse> {
    let (id, mine) = (named(&number)?, posted.get("leave") != "on");
    act(&desk, id, &posted, ("quote.take", "admin-saved"), move |conn, act| {
        quotes::take(conn, id, if mine { act.actor.as_str() } else { "" }, act.now)
    })
    .await
}

pub async fn withdraw(desk: Desk, number: web::Path<String>, posted: Posted) -> Result<HttpResponse> {
    let (id, seen) = (named(&number)?, seen(&posted)?);
    act(&desk, id, &posted, ("quote.withdraw", "admin-quote-withdrawn"), move |conn, act| quotes::withdraw(conn, id, seen, act.now)).await
}

/// Makes contract prices of a quote that was won.
pub async fn contract(desk: Desk, number: web::Path<String>, posted: Posted) -> Result<HttpResponse> {
    let (id, seen) = (named(&number)?, seen(&posted)?);
    let name = desk.words()?.with("quote-number", &[("number", &quotes::number(id))])?;
    act(&desk, id, &posted, ("quote.contract", "admin-quote-contract-made"), move |conn, act| {
        quotes::contract_prices(conn, id, seen, &name, act.now).map(drop)
    })
    .await
}

pub async fn paper(desk: Desk, number: web::Path<String>) -> Result<HttpResponse> {
    let id = named(&number)?;
    let sheet = desk
        .read(move |conn| {
            let quote = quotes::get(conn, id)?;
            sheet(conn, &quote)
        })
        .await?;
    let words = Words::of(&desk.door.templates, Language::parse(&sheet.language).unwrap_or_default())?;
    Ok(pdf(&sheet.number, print::quote(&sheet, &words)?))
}

pub async fn file(desk: Desk, path: web::Path<(String, i64)>) -> Result<HttpResponse> {
    let (number, file) = path.into_inner();
    let id = named(&number)?;
    let (file, bytes) = desk.read(move |conn| quotes::file(conn, id, file)).await?;
    Ok(download_of(&file.name, &file.content_type, bytes))
}
