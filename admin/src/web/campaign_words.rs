//! What a campaign says: sender, subjects, and the blocks of each language, variant by variant.

use super::access::{Route, get, post};
use super::campaign_blocks as blocks;
use super::campaign_preview as preview;
use super::desk::{Act, Desk, refusal};
use super::forms::{self, Reader};
use super::languages;
use crate::permissions::Permission::{CampaignsEdit, CampaignsView};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use crm::campaigns::{self, Campaign, CampaignId, Kind, State, Variant, VariantId};
use kernel::clock::Time;
use kernel::error::Fields;
use kernel::money::Currency;
use kernel::web::i18n::Language;
use kernel::{Conn, Error, Result};
use serde_json::{Value, json};
use storefront::campaigns::content::{Content, Part, Version};
use storefront::campaigns::text::VARIABLES;
use storefront::campaigns::{self as words, SavedId};
use storefront::shop;
use storefront::web::posted::Posted;
use storefront::web::views::form::Form;

const NAMES: &[&str] = &["from_name", "from_address", "reply_to", "subject", "preheader", "goes_at"];

/// A variant of a campaign with what it says.
pub struct Open {
    pub campaign: Campaign,
    pub variant: Variant,
    pub content: Content,
}

/// `NotFound` for a variant of another campaign.
pub fn open(conn: &mut Conn, (campaign, variant): (CampaignId, VariantId)) -> Result<Open> {
    let variant = campaigns::variant(conn, variant)?;
    if variant.campaign_id != campaign {
        return Err(Error::NotFound);
    }
    Ok(Open { campaign: campaigns::get(conn, campaign)?, content: Content::read(&variant.content)?, variant })
}

/// The address of a variant's page in a language.
pub fn address((campaign, variant): (CampaignId, VariantId), language: &str) -> String {
    format!("/admin/campaigns/{campaign}/texts/{variant}?language={language}")
}

/// A known language by its code; `NotFound` for any other.
pub fn language(code: &str) -> Result<Language> {
    Language::parse(code).ok_or(Error::NotFound)
}

/// Changes what the version of a variant says that was seen, in one write. `Conflict` when it is another by now, or no draft's.
pub async fn change(
    desk: &Desk,
    at: (CampaignId, VariantId),
    posted: &Posted,
    edit: impl Fn(&mut Conn, &Act, &mut Content) -> Result<()> + Send + 'static,
) -> Result<()> {
    let seen = posted.number("version", "form-unreadable")?;
    desk.write(move |conn, act| {
        let open = open(conn, at)?;
        let mut after = open.content.clone();
        // Places mean nothing in a content that is another by now.
        if open.variant.version != seen {
            return Err(Error::conflict(campaigns::STALE));
        }
        edit(conn, act, &mut after)?;
        put(conn, act, &open, after)
    })
    .await
}

fn put(conn: &mut Conn, act: &Act, open: &Open, after: Content) -> Result<()> {
    let after = after.checked()?;
    campaigns::put_variant(conn, open.variant.id, open.variant.version, &after.json()?, act.now)?;
    act.log(conn, "campaign.words", &subject(open.campaign.id), &open.content, &after)
}

/// How the log names a campaign.
pub fn subject(campaign: CampaignId) -> String {
    format!("campaign:{campaign}")
}

fn filled(open: &Open, language: Language) -> Form {
    let content = &open.content;
    let form = Form::new(NAMES)
        .fill("goes_at", forms::moment(open.variant.goes_at))
        .fill("from_name", &content.from_name)
        .fill("from_address", &content.from_address)
        .fill("reply_to", &content.reply_to);
    match content.versions.get(language.code()) {
        Some(version) => form.fill("subject", &version.subject).fill("preheader", &version.preheader),
        None => form,
    }
}

/// The first variant of a campaign.
pub async fn first(desk: Desk, campaign: web::Path<i64>) -> Result<HttpResponse> {
    let campaign = CampaignId(*campaign);
    let all = desk.read(move |conn| campaigns::variants(conn, campaign)).await?;
    let variant = all.first().ok_or(Error::NotFound)?.id;
    Ok(desk.door.go(&desk.visit, &address((campaign, variant), desk.visit.language.code())))
}

pub async fn edit(desk: Desk, path: web::Path<(i64, i64)>) -> Result<HttpResponse> {
    let at = ids(&path);
    let language = Language::parse(&desk.query("language")).unwrap_or_default();
    let open = desk.read(move |conn| open(conn, at)).await?;
    show(&desk, at, language, StatusCode::OK, filled(&open, language)).await
}

/// The campaign and the variant that an address names.
pub fn ids(path: &(i64, i64)) -> (CampaignId, VariantId) {
    (CampaignId(path.0), VariantId(path.1))
}

async fn show(desk: &Desk, at: (CampaignId, VariantId), language: Language, status: StatusCode, form: Form) -> Result<HttpResponse> {
    let names = desk.words()?;
    let mut view = desk
        .read(move |conn| {
            let open = open(conn, at)?;
            let variants = campaigns::variants(conn, at.0)?;
            let saved = words::all_saved(conn)?;
            let tab =
                |(place, variant): (usize, &Variant)| json!({ "id": variant.id, "letter": campaigns::letter(place), "current": variant.id == at.1 });
            let tongue = |one: &Language| {
                json!({ "code": one.code(), "name": one.name(), "current": *one == language,
                    "written": open.content.versions.contains_key(one.code()) })
            };
            let version = open.content.versions.get(language.code());
            let rows: Vec<Value> = match version {
                Some(version) => version.blocks.iter().enumerate().map(|row| blocks::row(row, version.blocks.len(), &names)).collect(),
                None => Vec::new(),
            };
            Ok(json!({
                "campaign": { "id": open.campaign.id, "name": open.campaign.name },
                "variant": { "id": open.variant.id, "version": open.variant.version },
                "draft": open.campaign.state == State::Draft,
                "timed": open.campaign.kind == Kind::Campaign,
                "zone": shop::get(conn)?.time_zone,
                "tabs": variants.iter().enumerate().map(tab).collect::<Vec<Value>>(),
                "languages": Language::all().iter().map(tongue).collect::<Vec<Value>>(),
                "language": language.code(),
                "language_name": language.name(),
                "written": version.is_some(),
                "blocks": rows,
                "kinds": Part::KINDS,
                "variables": VARIABLES,
                "saved": saved.iter().map(|one| json!({ "value": one.id, "label": one.name })).collect::<Vec<Value>>(),
                "from": languages::choices().into_iter().filter(|one| one["value"] != language.code()
                    && open.content.versions.contains_key(one["value"].as_str().unwrap_or_default())).collect::<Vec<Value>>(),
            }))
        })
        .await?;
    view["form"] = serde_json::to_value(form)?;
    desk.page_as(status, "admin/campaign_texts.html", "campaign-words", view)
}

/// Saves sender, subject and preheader.
pub async fn save(desk: Desk, path: web::Path<(i64, i64)>, posted: Posted) -> Result<HttpResponse> {
    let (at, language, typed) = (ids(&path), language(posted.get("language"))?, posted.clone());
    let done = change(&desk, at, &posted, move |conn, act, content| {
        set_time(conn, act, at, &typed)?;
        content.from_name = typed.get("from_name").into();
        content.from_address = typed.get("from_address").into();
        content.reply_to = typed.get("reply_to").into();
        // A language is begun by a button of its own.
        if let Some(version) = content.versions.get_mut(language.code()) {
            version.subject = typed.get("subject").into();
            version.preheader = typed.get("preheader").into();
        }
        Ok(())
    });
    match done.await {
        Ok(()) => Ok(desk.done(&address(at, language.code()), "admin-saved")),
        Err(error) => {
            let (status, wrong) = refusal(error)?;
            // The form has one language; what is refused is named with it.
            let end = languages::end(language);
            let wrong = Fields(wrong.0.into_iter().map(|(name, text)| (name.trim_end_matches(&end).to_string(), text)).collect());
            show(&desk, at, language, status, Form::new(NAMES).typed(posted.pairs()).refuse(NAMES, &wrong)).await
        }
    }
}

/// Sets when a variant goes out, where the form says another time than it has.
fn set_time(conn: &mut Conn, act: &Act, at: (CampaignId, VariantId), typed: &Posted) -> Result<()> {
    let mut reader = Reader::new(typed, Currency::EUR);
    let after = reader.moment("goes_at");
    reader.check()?;
    let before = campaigns::variant(conn, at.1)?.goes_at;
    if before == after {
        return Ok(());
    }
    campaigns::set_time(conn, at.1, after, act.now)?;
    let told = |time: Option<Time>| json!({ "variant": at.1, "goes_at": time });
    act.log(conn, "campaign.time", &subject(at.0), &told(before), &told(after))
}

/// Begins a language, blank or with what another one says.
pub async fn begin(desk: Desk, path: web::Path<(i64, i64)>, posted: Posted) -> Result<HttpResponse> {
    let (at, language, from) = (ids(&path), language(posted.get("language"))?, posted.get("from").to_string());
    let done = change(&desk, at, &posted, move |_, _, content| {
        let version = content.versions.get(&from).cloned().unwrap_or_default();
        content.versions.entry(language.code().to_string()).or_insert(version);
        Ok(())
    });
    back(&desk, &address(at, language.code()), done.await, "admin-saved")
}

/// Takes a language out.
pub async fn end(desk: Desk, path: web::Path<(i64, i64)>, posted: Posted) -> Result<HttpResponse> {
    let (at, language) = (ids(&path), language(posted.get("language"))?);
    let done = change(&desk, at, &posted, move |_, _, content| {
        content.versions.remove(language.code());
        Ok(())
    });
    back(&desk, &address(at, language.code()), done.await, "campaign-words-language-removed")
}

/// Adds a variant that says what this one does.
pub async fn copy(desk: Desk, path: web::Path<(i64, i64)>, posted: Posted) -> Result<HttpResponse> {
    let (at, code) = (ids(&path), language(posted.get("language"))?.code());
    let made = desk
        .write(move |conn, act| {
            let open = open(conn, at)?;
            let id = campaigns::add_variant(conn, at.0, &open.variant.content, act.now)?;
            act.log(conn, "campaign.variant", &subject(at.0), &Value::Null, &json!({ "variant": id }))?;
            Ok(id)
        })
        .await;
    match made {
        Ok(id) => Ok(desk.done(&address((at.0, id), code), "campaign-words-variant-added")),
        Err(error) => desk.explained(&address(at, code), error),
    }
}

/// Takes a variant out.
pub async fn remove(desk: Desk, path: web::Path<(i64, i64)>, _: Posted) -> Result<HttpResponse> {
    let at = ids(&path);
    let done = desk
        .write(move |conn, act| {
            let open = open(conn, at)?;
            campaigns::remove_variant(conn, at.1, act.now)?;
            act.log(conn, "campaign.variant", &subject(at.0), &json!({ "variant": at.1, "content": open.content }), &Value::Null)?;
            Ok(campaigns::variants(conn, at.0)?.first().map_or(at.1, |first| first.id))
        })
        .await;
    match done {
        Ok(first) => Ok(desk.done(&address((at.0, first), Language::default().code()), "campaign-words-variant-removed")),
        Err(error) => desk.explained(&address(at, Language::default().code()), error),
    }
}

/// Puts what a variant says by under a name.
pub async fn put_by(desk: Desk, path: web::Path<(i64, i64)>, posted: Posted) -> Result<HttpResponse> {
    let (at, code, name) = (ids(&path), language(posted.get("language"))?.code(), posted.get("name").to_string());
    let done = desk
        .write(move |conn, act| {
            let open = open(conn, at)?;
            let id = words::save(conn, &name, &open.content, act.now)?;
            act.log(conn, "campaign.template", &format!("campaign_template:{id}"), &Value::Null, &json!({ "name": name.trim() }))
        })
        .await;
    back(&desk, &address(at, code), done, "campaign-words-template-saved")
}

/// Has a variant say what was put by.
pub async fn take(desk: Desk, path: web::Path<(i64, i64)>, posted: Posted) -> Result<HttpResponse> {
    let (at, code, id) = (ids(&path), language(posted.get("language"))?.code(), posted.id::<SavedId>("template")?);
    let done = change(&desk, at, &posted, move |conn, _, content| {
        *content = Content::read(&words::saved(conn, id)?.content)?;
        Ok(())
    });
    back(&desk, &address(at, code), done.await, "admin-saved")
}

/// The contents that were put by.
pub async fn templates(desk: Desk) -> Result<HttpResponse> {
    let all = desk.read(words::all_saved).await?;
    desk.page("admin/campaign_templates.html", "campaign-words-templates", json!({ "templates": all }))
}

pub async fn forget(desk: Desk, template: web::Path<i64>, _: Posted) -> Result<HttpResponse> {
    let id = SavedId(*template);
    desk.write(move |conn, act| {
        let before = words::saved(conn, id)?;
        words::remove_saved(conn, id)?;
        act.log(conn, "campaign.template", &format!("campaign_template:{id}"), &json!({ "name": before.name }), &Value::Null)
    })
    .await?;
    Ok(desk.done("/admin/campaign-templates", "campaign-words-template-removed"))
}

/// Back to the page, where it is said what was done or why not.
pub fn back(desk: &Desk, to: &str, done: Result<()>, text: &str) -> Result<HttpResponse> {
    match done {
        Ok(()) => Ok(desk.done(to, text)),
        Err(error) => desk.explained(to, super::pictures::told(error)?),
    }
}

/// What is said in a language that was begun. `NotFound` before.
pub fn version<'a>(content: &'a mut Content, language: &str) -> Result<&'a mut Version> {
    content.versions.get_mut(language).ok_or(Error::NotFound)
}

/// The addresses of these pages.
pub fn routes() -> Vec<Route> {
    vec![
        get("/campaign-templates", CampaignsView, templates),
        post("/campaign-templates/{template}/delete", CampaignsEdit, forget),
        get("/campaigns/{campaign}/risks", CampaignsView, preview::risks),
        get("/campaigns/{campaign}/texts", CampaignsView, first),
        get("/campaigns/{campaign}/texts/{text}", CampaignsView, edit),
        post("/campaigns/{campaign}/texts/{text}", CampaignsEdit, save),
        post("/campaigns/{campaign}/texts/{text}/copy", CampaignsEdit, copy),
        post("/campaigns/{campaign}/texts/{text}/delete", CampaignsEdit, remove),
        post("/campaigns/{campaign}/texts/{text}/languages", CampaignsEdit, begin),
        post("/campaigns/{campaign}/texts/{text}/languages/delete", CampaignsEdit, end),
        post("/campaigns/{campaign}/texts/{text}/templates", CampaignsEdit, put_by),
        post("/campaigns/{campaign}/texts/{text}/templates/take", CampaignsEdit, take),
        get("/campaigns/{campaign}/texts/{text}/preview", CampaignsView, preview::show),
        get("/campaigns/{campaign}/texts/{text}/preview/html", CampaignsView, preview::html),
        post("/campaigns/{campaign}/texts/{text}/test", CampaignsEdit, preview::test),
        post("/campaigns/{campaign}/texts/{text}/blocks/{language}", CampaignsEdit, blocks::add),
        get("/campaigns/{campaign}/texts/{text}/blocks/{language}/{block}", CampaignsView, blocks::edit),
        post("/campaigns/{campaign}/texts/{text}/blocks/{language}/{block}", CampaignsEdit, blocks::update),
        post("/campaigns/{campaign}/texts/{text}/blocks/{language}/{block}/order", CampaignsEdit, blocks::shift),
        post("/campaigns/{campaign}/texts/{text}/blocks/{language}/{block}/delete", CampaignsEdit, blocks::remove),
        post("/campaigns/{campaign}/texts/{text}/blocks/{language}/{block}/picture", CampaignsEdit, blocks::picture),
    ]
}
