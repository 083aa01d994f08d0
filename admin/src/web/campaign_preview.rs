//! What somebody would get, before it is sent: the mail as any customer reads it, a test to one's own address, and what may go wrong.

use super::campaign_words::{self as texts, ids, open};
use super::desk::Desk;
use crate::permissions::Permission;
use actix_web::http::header;
use actix_web::{HttpResponse, web};
use crm::campaigns::{self, CampaignId, VariantId};
use crm::email::Email;
use crm::identities;
use kernel::web::i18n::Language;
use kernel::{Error, Result};
use serde_json::{Value, json};
use storefront::campaigns::{self as words, Preview, Reader, SkipReason};
use storefront::ids::StoreId;
use storefront::web::posted::Posted;

/// The frame of a mail may style itself and show pictures of the shop, and do nothing else.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'self'; base-uri 'none'; form-action 'none'; sandbox";

/// Who reads: the customer whose address is asked for, or whoever looks, in the language that is asked for.
async fn reader(desk: &Desk) -> Result<Result<Reader, &'static str>> {
    let asked = desk.query("customer").trim().to_string();
    if asked.is_empty() {
        let (name, email) = (desk.staff().name.clone(), desk.staff().email.clone());
        let language = Language::parse(&desk.query("language")).unwrap_or(desk.visit.language);
        return Ok(Ok(Reader::Somebody { name, email, language }));
    }
    if !desk.may(Permission::CustomersView) {
        return Ok(Err("campaign-words-no-right"));
    }
    let Ok(email) = Email::parse(&asked, "customer") else { return Ok(Err("email-invalid")) };
    let found = desk
        .read(move |conn| match identities::by_address(conn, &email)? {
            // Whoever was merged is looked at as the survivor.
            Some(customer) => identities::standing(conn, customer.id).map(Some),
            None => Ok(None),
        })
        .await?;
    Ok(found.map(Reader::Customer).ok_or("campaign-words-no-customer"))
}

/// The mail for the reader that is asked for, or why there is none.
async fn made(desk: &Desk, at: (CampaignId, VariantId)) -> Result<Result<Preview, SkipReason>> {
    let reader = match reader(desk).await? {
        Ok(reader) => reader,
        Err(why) => return Ok(Err(why.to_string())),
    };
    let ways = desk.door.mailer();
    desk.door
        .read(move |conn, now| {
            let open = open(conn, at)?;
            words::preview(conn, StoreId(open.campaign.store_id), &open.content, &reader, &ways, now)
        })
        .await
}

pub async fn show(desk: Desk, path: web::Path<(i64, i64)>) -> Result<HttpResponse> {
    let at = ids(&path);
    let made = made(&desk, at).await?;
    let open = desk.read(move |conn| open(conn, at)).await?;
    let (mail, why) = match &made {
        Ok(mail) => {
            (json!({ "subject": mail.subject, "preheader": mail.preheader, "text": mail.text, "language": mail.language.name() }), None)
        }
        Err(why) => (Value::Null, Some(why.clone())),
    };
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("customer", desk.query("customer").trim())
        .append_pair("language", &desk.query("language"))
        .finish();
    let narrow = desk.query("width") == "phone";
    let view = json!({ "campaign": { "id": open.campaign.id, "name": open.campaign.name }, "variant": open.variant.id, "mail": mail, "why": why,
        "query": query, "customer": desk.query("customer"), "language": desk.query("language"), "narrow": narrow,
        "languages": super::languages::choices(), "to": desk.staff().email });
    desk.page("admin/campaign_preview.html", "campaign-words-preview", view)
}

/// The mail alone, for the frame.
pub async fn html(desk: Desk, path: web::Path<(i64, i64)>) -> Result<HttpResponse> {
    let html = match made(&desk, ids(&path)).await? {
        Ok(mail) => mail.html,
        Err(_) => String::new(),
    };
    Ok(HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(html))
}

/// Sends the mail to whoever asks, marked as a test.
pub async fn test(desk: Desk, path: web::Path<(i64, i64)>, posted: Posted) -> Result<HttpResponse> {
    let (at, ways) = (ids(&path), desk.door.mailer());
    let (name, to) = (desk.staff().name.clone(), Email::parse(&desk.staff().email, "email")?);
    let language = Language::parse(posted.get("language")).unwrap_or(desk.visit.language);
    let page = format!("/admin/campaigns/{}/texts/{}/preview?language={}", at.0, at.1, language.code());
    let sent = desk
        .write(move |conn, act| {
            let open = open(conn, at)?;
            let store = StoreId(open.campaign.store_id);
            if let Err(why) = words::trial(conn, store, &open.content, (name.as_str(), &to, language), &ways, act.now)? {
                return Err(Error::conflict(why));
            }
            act.log(conn, "campaign.test", &texts::subject(at.0), &Value::Null, &json!({ "variant": at.1 }))
        })
        .await;
    texts::back(&desk, &page, sent, "campaign-words-test-sent")
}

/// What may go wrong.
pub async fn risks(desk: Desk, campaign: web::Path<i64>) -> Result<HttpResponse> {
    let (campaign, ways) = (CampaignId(*campaign), desk.door.mailer());
    let (name, variants, found) = desk
        .door
        .read(move |conn, now| {
            let name = campaigns::get(conn, campaign)?.name;
            Ok((name, campaigns::variants(conn, campaign)?, words::risks(conn, campaign, &ways, now)?))
        })
        .await?;
    let of = |(place, variant): (usize, &campaigns::Variant)| {
        let own: Vec<Value> =
            found.iter().filter(|risk| risk.variant == variant.id).map(|risk| json!({ "level": risk.level, "text": risk.text })).collect();
        json!({ "id": variant.id, "letter": campaigns::letter(place), "risks": own })
    };
    let variants: Vec<Value> = variants.iter().enumerate().map(of).collect();
    desk.page(
        "admin/campaign_risks.html",
        "campaign-words-risks",
        json!({ "campaign": { "id": campaign, "name": name }, "variants": variants }),
    )
}
