//! A category: its products, with everything that narrows and orders them.

use super::door::Door;
use super::listing::{self, Around, Choices};
use super::page_cache::{self, Rendered};
use super::slots::Everyone;
use super::views::listing::CategoryView;
use super::views::page::{Flash, Page, Tone};
use super::views::shared::Link;
use super::visit::Visit;
use super::watch::What;
use super::words::Words;
use super::{frame, shelves, structured};
use crate::catalog::{self, Categories, Category};
use crate::search::SearchPage;
use crate::shop::{OWN_LANGUAGE, Shop};
use crate::stores;
use actix_web::{HttpResponse, web};
use kernel::clock::Time;
use kernel::{Conn, Error, Result};

pub fn routes(config: &mut web::ServiceConfig) {
    config.route("/categories/{slug}", web::get().to(show));
}

async fn show(door: web::Data<Door>, visit: Visit, slug: web::Path<String>) -> Result<HttpResponse> {
    let slug = slug.into_inner();
    page_cache::serve(&door, &visit, |everyone| {
        let door = door.clone();
        async move { render(&door, everyone, slug).await }
    })
    .await
}

pub(super) async fn render(door: &Door, everyone: Everyone, slug: String) -> Result<Rendered> {
    let (site, query, trade) = (everyone.site.clone(), everyone.query.clone(), everyone.audience.trade());
    let (id, shop, choices) = door
        .read(move |conn, _| {
            let shop = stores::shop_for(conn, site.id, &trade)?;
            let tree = site.categories(conn, &shop, OWN_LANGUAGE)?;
            Ok((tree.by_slug(&slug).ok_or(Error::NotFound)?.id, shop, listing::settled(conn, &query)?))
        })
        .await?;
    let asked = listing::asked(&choices, Some(id), &shop);
    let answer = if listing::is_plain(&choices) { None } else { listing::ask(door, asked.query).await? };
    let words = Words::of(&door.templates, everyone.language)?;
    let (seen, price_error) = (everyone.clone(), asked.price_error);
    let page = door
        .read(move |conn, now| {
            let tree = seen.site.categories(conn, &shop, seen.language.code())?;
            let category = tree.get(id).ok_or(Error::NotFound)?;
            let part = Part { everyone: &seen, words: &words, tree: &tree, category, shop: &shop, choices: &choices };
            part.load(conn, answer.as_ref(), price_error, now)
        })
        .await?;
    let html = door.templates.render("storefront/category.html", everyone.spoken(), &page)?;
    Ok(Rendered { html, what: Some(What::Category(id)) })
}

struct Part<'a> {
    everyone: &'a Everyone,
    words: &'a Words,
    tree: &'a Categories,
    category: &'a Category,
    shop: &'a Shop,
    choices: &'a Choices,
}

impl Part<'_> {
    fn load(&self, conn: &mut Conn, answer: Option<&SearchPage>, price_error: Option<String>, now: Time) -> Result<Page<CategoryView>> {
        let (category, language, site) = (self.category, self.everyone.language, &self.everyone.site);
        let action = format!("/categories/{}", category.slug);
        let mut page = frame::shared(conn, self.everyone)?;
        frame::index(&mut page, site, &action);
        // The language switch keeps what was chosen; search engines go by the canonical address.
        page.alternates = frame::alternates(site, &self.choices.address(&action), language);
        page.noindex = self.choices.narrowed();
        let (seo_title, seo_description) = catalog::category_seo(conn, category.id, language.code())?;
        page.title = if seo_title.is_empty() { category.name.clone() } else { seo_title };
        let about = if seo_description.is_empty() { &category.description } else { &seo_description };
        page.description = about.chars().take(300).collect();
        let above = self.tree.path(category.id);
        let above = &above[..above.len().saturating_sub(1)];
        let crumbs = crumbs(above.iter().copied(), self.words);
        page.json_ld = Some(structured::breadcrumbs(site, language, &crumbs, (&category.name, &action)).to_string());
        let around = Around {
            action,
            choices: self.choices,
            words: self.words,
            shop: self.shop,
            audience: &self.everyone.audience,
            now,
            tree: self.tree,
            with_categories: false,
        };
        let listing = match answer {
            Some(found) => listing::found(conn, &around, found, price_error)?,
            None => {
                page.flash.push(Flash { kind: Tone::Warning, text: "listing-unfiltered".into() });
                listing::plain(conn, &around, Some(category.id))?
            }
        };
        let children = shelves::tiles(conn, &self.tree.children(Some(category.id)))?;
        let text = (!category.description.is_empty()).then(|| category.description.clone());
        Ok(Page { page, view: CategoryView { crumbs, title: category.name.clone(), text, children, listing } })
    }
}

/// From the home page down through these categories.
pub fn crumbs<'a>(path: impl Iterator<Item = &'a Category>, words: &Words) -> Vec<Link> {
    let home = Link { label: words.get("nav-home"), to: "/".into() };
    let link = |category: &Category| Link { label: category.name.clone(), to: format!("/categories/{}", category.slug) };
    std::iter::once(home).chain(path.map(link)).collect()
}
