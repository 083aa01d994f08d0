//! What the search box offers while somebody types, as JSON for the page's script.

use super::door::Door;
use super::known;
use super::visit::Visit;
use super::words::Words;
use crate::catalog::{self, Categories};
use crate::ids::{CategoryId, ProductId};
use crate::labels::Labels;
use crate::search::{Suggestion, Within};
use crate::shop::Shop;
use crate::stores::{self, Site};
use actix_web::http::header;
use actix_web::{HttpResponse, web};
use kernel::web::i18n::Spoken;
use kernel::{Conn, Error, Result};
use serde::Serialize;
use url::form_urlencoded;

/// Suggestions at once.
const MOST: usize = 8;
/// Characters of what was typed that count.
const LONGEST: usize = 100;

pub fn routes(config: &mut web::ServiceConfig) {
    config.route("/suggest", web::get().to(show));
}

#[derive(Debug, Serialize)]
struct Suggestions {
    suggestions: Vec<Offer>,
}

#[derive(Debug, Serialize)]
struct Offer {
    label: String,
    /// With the language's prefix.
    to: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

async fn show(door: web::Data<Door>, visit: Visit) -> Result<HttpResponse> {
    door.limits.search.check(&visit.client)?;
    let text: String = form_urlencoded::parse(visit.query.as_bytes())
        .find(|(name, _)| name == "q")
        .map(|(_, typed)| typed.chars().take(LONGEST).collect())
        .unwrap_or_default();
    let (engine, site, store) = (door.search.clone(), visit.site.clone(), visit.site.id);
    let trade = known::load(&door, &visit).await?.audience.trade();
    let own = trade.company.is_some();
    let shop = door.read(move |conn, _| stores::shop_for(conn, store, &trade)).await?;
    let within = Within::of(&shop.assortment());
    let found = web::block(move || engine.suggest(&text, &within, MOST)).await.map_err(Error::unexpected)?;
    // The search button works without suggestions, so a silent engine offers none.
    let found = found.unwrap_or_else(|error| {
        tracing::warn!(%error, "the search engine suggests nothing");
        Vec::new()
    });
    let (words, spoken) = (Words::of(&door.templates, visit.language)?, visit.spoken());
    let suggestions = door.read(move |conn, _| offers(conn, found, (&site, &shop), spoken, &words)).await?;
    let mut answer = HttpResponse::Ok();
    // What a company may buy is not shown to whoever buys next in this browser.
    let keep = if own { "private, no-store" } else { "private, max-age=60" };
    answer.insert_header((header::CACHE_CONTROL, keep));
    Ok(answer.json(Suggestions { suggestions }))
}

/// Titles come from the database, in the page's language; what is not on sale any more is left out.
fn offers(conn: &mut Conn, found: Vec<Suggestion>, (site, shop): (&Site, &Shop), spoken: Spoken, words: &Words) -> Result<Vec<Offer>> {
    let language = words.language;
    let ids: Vec<ProductId> =
        found.iter().filter_map(|one| if let Suggestion::Product { id, .. } = one { Some(ProductId(*id)) } else { None }).collect();
    let cards = catalog::cards(conn, shop, &ids, language.code())?;
    let (tree, labels) = (site.categories(conn, shop, language.code())?, Labels::load(conn, language.code())?);
    let offer = |suggestion: Suggestion| match suggestion {
        Suggestion::Category { id, .. } => category(&tree, id, words),
        Suggestion::Brand { name } => {
            let query = form_urlencoded::Serializer::new(String::new()).append_pair("brand", &name).finish();
            Some(Offer { label: labels.of(&name).to_string(), to: format!("/search?{query}"), note: Some(words.get("facet-brand")) })
        }
        Suggestion::Product { id, .. } => {
            let card = cards.iter().find(|card| card.id == ProductId(id))?;
            Some(Offer { label: card.title.clone(), to: format!("/products/{}", card.slug), note: None })
        }
    };
    let prefixed = |offer: Offer| Offer { to: spoken.path(&offer.to), ..offer };
    Ok(found.into_iter().filter_map(offer).map(prefixed).collect())
}

fn category(tree: &Categories, id: i64, words: &Words) -> Option<Offer> {
    let category = tree.get(CategoryId(id))?;
    Some(Offer { label: category.name.clone(), to: format!("/categories/{}", category.slug), note: Some(words.get("facet-category")) })
}
