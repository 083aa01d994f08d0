//! The first page, as the merchant laid it out in the shop's settings.

use super::door::Door;
use super::frame;
use super::page_cache::{self, Rendered};
use super::shelves::{self, Showing};
use super::slots::{Everyone, Slot};
use super::views::home::{Banner, HomeView};
use super::views::page::Page;
use super::views::shared::{Link, Shelf};
use super::visit::Visit;
use super::words::Words;
use crate::catalog::{self, Categories};
use crate::content::layout::{self, Part, Said};
use crate::stores;
use actix_web::{HttpResponse, web};
use kernel::clock::Time;
use kernel::web::i18n::Language;
use kernel::{Conn, Result};

/// Products of a shelf that nobody laid out.
const SHELF: i64 = 8;

pub fn routes(config: &mut web::ServiceConfig) {
    config.route("", web::get().to(show)).route("/", web::get().to(show));
}

fn said(text: &Said, language: Language) -> String {
    let own = text.get(language.code()).filter(|text| !text.is_empty());
    own.or_else(|| text.get(Language::default().code())).cloned().unwrap_or_default()
}

async fn show(door: web::Data<Door>, visit: Visit) -> Result<HttpResponse> {
    page_cache::serve(&door, &visit, |everyone| {
        let door = door.clone();
        async move { render(&door, everyone).await }
    })
    .await
}

pub(super) async fn render(door: &Door, everyone: Everyone) -> Result<Rendered> {
    let (seen, words) = (everyone.clone(), Words::of(&door.templates, everyone.language)?);
    let page = door.read(move |conn, now| load(conn, &seen, &words, now)).await?;
    let html = door.templates.render("storefront/home.html", everyone.spoken(), &page)?;
    Ok(Rendered { html, what: None })
}

fn load(conn: &mut Conn, everyone: &Everyone, words: &Words, now: Time) -> Result<Page<HomeView>> {
    let mut page = frame::shared(conn, everyone)?;
    frame::index(&mut page, &everyone.site, "/");
    page.description = words.get("home-description");
    let shop = stores::shop_for(conn, everyone.site.id, &everyone.audience.trade())?;
    let tree = everyone.site.categories(conn, &shop, everyone.language.code())?;
    let layout = layout::of(&shop);
    let chosen: Vec<&catalog::Category> = layout.tiles.iter().filter_map(|slug| tree.by_slug(slug)).collect();
    let tiles = shelves::tiles(conn, &if chosen.is_empty() { tree.children(None) } else { chosen })?;
    let showing = Showing { language: everyone.language, shop: &shop, audience: &everyone.audience, now };
    let mut rows: Vec<Shelf> = Vec::new();
    for row in &layout.shelves {
        let ids = catalog::by_slugs(conn, &row.products)?;
        rows.extend(shelves::shelf(conn, said(&row.title, everyone.language), &ids, &showing)?);
    }
    if layout.shelves.is_empty() {
        let ids = catalog::newest(conn, &shop.assortment(), SHELF)?;
        rows.extend(shelves::shelf(conn, words.get("sort-newest"), &ids, &showing)?);
    }
    let view = HomeView {
        hero: banner(conn, layout.hero, &tree, everyone.language)?,
        tiles,
        shelves: rows,
        viewed: everyone.slots.mark(Slot::Viewed),
        for_you: everyone.slots.mark(Slot::ForYou),
        offers: everyone.slots.mark(Slot::Offers),
        story: banner(conn, layout.banner, &tree, everyone.language)?,
        promises: Vec::new(),
    };
    Ok(Page { page, view })
}

/// None of a part that leads to a category which the store does not have.
fn banner(conn: &mut Conn, part: Option<Part>, tree: &Categories, language: Language) -> Result<Option<Banner>> {
    let Some(part) = part.filter(|part| tree.by_slug(&part.link).is_some()) else { return Ok(None) };
    let picture = shelves::by_hash(conn, part.picture.as_deref(), "")?;
    let link = Link { label: said(&part.cta, language), to: format!("/categories/{}", part.link) };
    Ok(Some(Banner { title: said(&part.title, language), text: said(&part.text, language), picture, link }))
}
