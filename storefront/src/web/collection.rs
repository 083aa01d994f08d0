//! A collection: its products, with everything that narrows and orders them, as in a category.

use super::category::crumbs;
use super::door::Door;
use super::listing::{self, Around, Choices};
use super::page_cache::{self, Rendered};
use super::slots::Everyone;
use super::views::listing::CategoryView;
use super::views::page::{Flash, Page, Tone};
use super::visit::Visit;
use super::words::Words;
use super::{frame, structured};
use crate::collections::{self, CollectionPage};
use crate::ids::ProductId;
use crate::search::{SearchPage, Sort};
use crate::shop::Shop;
use crate::stores;
use actix_web::{HttpResponse, web};
use kernel::clock::Time;
use kernel::{Conn, Error, Result};
use std::collections::HashSet;

pub fn routes(config: &mut web::ServiceConfig) {
    config.route("/collections/{slug}", web::get().to(show));
}

async fn show(door: web::Data<Door>, visit: Visit, slug: web::Path<String>) -> Result<HttpResponse> {
    let slug = slug.into_inner();
    page_cache::serve(&door, &visit, |everyone| {
        let door = door.clone();
        async move { render(&door, everyone, slug).await }
    })
    .await
}

async fn render(door: &Door, everyone: Everyone, slug: String) -> Result<Rendered> {
    let (language, store, query) = (everyone.language.code(), everyone.site.id, everyone.query.clone());
    let trade = everyone.audience.trade();
    let shown = door.read(move |conn, _| {
        let (found, shop) = (collections::page(conn, &slug, language)?, stores::shop_for(conn, store, &trade)?);
        if !collections::is_sold(conn, &shop.assortment(), &found)? {
            return Err(Error::NotFound);
        }
        Ok((found, shop, listing::settled(conn, &query)?))
    });
    let (found, shop, choices) = shown.await?;
    let mut asked = listing::asked(&choices, None, &shop);
    asked.query.category = Some(found.id.group());
    // What was put in order by hand stands in that order until somebody asks for another.
    let after = choices.after.as_deref().map(|key| key.strip_prefix(PLACE).and_then(|place| place.parse().ok()));
    let in_order = found.by_hand && choices.sort == Sort::Relevance && after != Some(None);
    if in_order {
        // Of the whole collection only what stands around the list is asked for, of a part of it every hit.
        asked.query.limit = if choices.narrowed() { collections::MOST_BY_HAND } else { 1 };
        asked.query.after = None;
    }
    let answer = if listing::is_plain(&choices) { None } else { listing::ask(door, asked.query).await? };
    let (whole, after) = (!choices.narrowed(), after.flatten());
    let words = Words::of(&door.templates, everyone.language)?;
    let (seen, price_error) = (everyone.clone(), asked.price_error);
    let page = door
        .read(move |conn, now| {
            let mut answer = answer;
            if let Some(page) = answer.as_mut().filter(|_| in_order) {
                put_in_order(conn, &shop, &found, page, whole, after)?;
            }
            let part = Part { everyone: &seen, words: &words, of: &found, shop: &shop, choices: &choices };
            part.load(conn, answer.as_ref(), price_error, now)
        })
        .await?;
    let html = door.templates.render("storefront/category.html", everyone.spoken(), &page)?;
    Ok(Rendered { html, what: None })
}

/// Begins the key of a page in the order that was made by hand; the place of its last product follows.
const PLACE: char = 'o';

/// Puts what the engine found in the order that was made by hand, and cuts the page after a place out of it. Of the `whole` collection the
/// page is asked of the database: the engine answers the first ones alone.
fn put_in_order(conn: &mut Conn, shop: &Shop, of: &CollectionPage, page: &mut SearchPage, whole: bool, after: Option<i64>) -> Result<()> {
    let most = if whole { listing::PAGE + 1 } else { collections::MOST_BY_HAND };
    let after = after.unwrap_or(-1);
    let from = if whole { Some(after) } else { None };
    let listed = collections::listing(conn, &shop.assortment(), of, from, i64::try_from(most).unwrap_or(i64::MAX))?;
    let found: HashSet<i64> = page.hits.iter().copied().collect();
    let mut hits: Vec<(i64, ProductId)> =
        listed.into_iter().filter(|(place, id)| whole || (*place > after && found.contains(&id.0))).collect();
    let more = hits.len() > listing::PAGE;
    hits.truncate(listing::PAGE);
    page.next = hits.last().filter(|_| more).map(|(place, _)| format!("{PLACE}{place}"));
    page.hits = hits.into_iter().map(|(_, id)| id.0).collect();
    Ok(())
}

struct Part<'a> {
    everyone: &'a Everyone,
    words: &'a Words,
    of: &'a CollectionPage,
    shop: &'a Shop,
    choices: &'a Choices,
}

impl Part<'_> {
    fn load(&self, conn: &mut Conn, answer: Option<&SearchPage>, price_error: Option<String>, now: Time) -> Result<Page<CategoryView>> {
        let (of, language, site) = (self.of, self.everyone.language, &self.everyone.site);
        let action = format!("/collections/{}", of.slug);
        let mut page = frame::shared(conn, self.everyone)?;
        frame::index(&mut page, site, &action);
        page.alternates = frame::alternates(site, &self.choices.address(&action), language);
        page.noindex = self.choices.narrowed();
        page.title.clone_from(&of.name);
        page.description = of.description.chars().take(300).collect();
        let crumbs = crumbs(std::iter::empty(), self.words);
        page.json_ld = Some(structured::breadcrumbs(site, language, &crumbs, (&of.name, &action)).to_string());
        let sold = self.shop.assortment();
        let tree = site.categories(conn, self.shop, language.code())?;
        let around = Around {
            action,
            choices: self.choices,
            words: self.words,
            shop: self.shop,
            audience: &self.everyone.audience,
            now,
            tree: &tree,
            with_categories: true,
        };
        let listing = match answer {
            Some(found) => listing::found(conn, &around, found, price_error)?,
            None => {
                page.flash.push(Flash { kind: Tone::Warning, text: "listing-unfiltered".into() });
                listing::plain_from(conn, &around, |conn, after, limit| collections::listing(conn, &sold, of, after, limit))?
            }
        };
        let text = (!of.description.is_empty()).then(|| of.description.clone());
        Ok(Page { page, view: CategoryView { crumbs, title: of.name.clone(), text, children: Vec::new(), listing } })
    }
}
