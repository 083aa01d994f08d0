//! Searching the whole shop.

use super::door::Door;
use super::listing::{self, Around, Choices};
use super::views::listing::{Listing, SearchView};
use super::views::page::Page;
use super::views::shared::Link;
use super::visit::Visit;
use super::watch::{Seen, What};
use super::words::Words;
use super::{frame, known};
use crate::catalog::Categories;
use crate::search::SearchPage;
use crate::stores;
use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, web};
use kernel::Result;

/// Categories offered to somebody who found nothing.
const OFFERED: usize = 8;
/// Seconds until asking a silent engine again makes sense.
const RETRY: &str = "10";

pub fn routes(config: &mut web::ServiceConfig) {
    config.route("/search", web::get().to(show));
}

async fn show(door: web::Data<Door>, visit: Visit) -> Result<HttpResponse> {
    door.limits.search.check(&visit.client)?;
    let (store, query) = (visit.site.id, visit.query.clone());
    let asking = known::load(&door, &visit).await?;
    let trade = asking.audience.trade();
    let (shop, choices) = door.read(move |conn, _| Ok((stores::shop_for(conn, store, &trade)?, listing::settled(conn, &query)?))).await?;
    let asked = listing::asked(&choices, None, &shop);
    let answer = listing::ask(&door, asked.query).await?;
    let silent = answer.is_none();
    let words = Words::of(&door.templates, visit.language)?;
    if let (Some(secret), false) = (visit.trail(), choices.text.is_empty()) {
        let what = What::Search(choices.text.chars().take(100).collect());
        door.watch.tell(Seen { secret: secret.to_string(), customer: asking.customer, what, at: door.now() });
    }
    let audience = asking.audience;
    let (seen, price_error) = (visit.clone(), asked.price_error);
    let page = door
        .read(move |conn, now| {
            let mut page = frame::load(conn, &seen, now)?;
            page.noindex = true;
            page.title =
                if choices.text.is_empty() { words.get("search-all") } else { words.with("search-title", &[("query", &choices.text)])? };
            page.query.clone_from(&choices.text);
            page.alternates = frame::alternates(&seen.site, &choices.address("/search"), seen.language);
            let tree = seen.site.categories(conn, &shop, seen.language.code())?;
            let around = Around {
                action: "/search".into(),
                choices: &choices,
                words: &words,
                shop: &shop,
                audience: &audience,
                now,
                tree: &tree,
                with_categories: true,
            };
            let listing = match &answer {
                Some(found) => listing::found(conn, &around, found, price_error)?,
                None => nothing(&around),
            };
            let view = view(&choices, answer.as_ref(), &tree, listing);
            Ok(Page { page, view })
        })
        .await?;
    if !silent {
        return door.render(&visit, "storefront/search.html", &page);
    }
    let mut answer = door.render_as(StatusCode::SERVICE_UNAVAILABLE, &visit, "storefront/search.html", &page)?;
    answer.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from_static(RETRY));
    Ok(answer)
}

fn view(choices: &Choices, answer: Option<&SearchPage>, tree: &Categories, listing: Listing) -> SearchView {
    let offered = tree.children(None).into_iter().take(OFFERED);
    SearchView {
        query: choices.text.clone(),
        corrected: answer.and_then(|found| found.corrected.clone()),
        suggestions: offered.map(|category| Link { label: category.name.clone(), to: format!("/categories/{}", category.slug) }).collect(),
        unavailable: answer.is_none(),
        listing,
    }
}

/// What stands in a page that says that nothing can be searched now.
fn nothing(around: &Around) -> Listing {
    Listing {
        action: around.action.clone(),
        hidden: Vec::new(),
        count: 0,
        at_least: false,
        facets: Vec::new(),
        price: None,
        chips: Vec::new(),
        clear: None,
        sort: Vec::new(),
        cards: Vec::new(),
        next: None,
        first: None,
    }
}
