//! Pages of text.

use super::category::crumbs;
use super::door::Door;
use super::frame;
use super::page_cache::{self, Rendered};
use super::slots::Everyone;
use super::views::page::{ContentView, Page};
use super::visit::Visit;
use super::words::Words;
use crate::content;
use actix_web::{HttpResponse, web};

use kernel::Result;

pub fn routes(config: &mut web::ServiceConfig) {
    config.route("/pages/{slug}", web::get().to(show));
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
    let (seen, words) = (everyone.clone(), Words::of(&door.templates, everyone.language)?);
    let page = door
        .read(move |conn, _| {
            let found = content::get(conn, &slug, seen.language.code())?;
            let mut page = frame::shared(conn, &seen)?;
            frame::index(&mut page, &seen.site, &format!("/pages/{}", found.slug));
            page.title.clone_from(&found.title);
            let view = ContentView { crumbs: crumbs(std::iter::empty(), &words), title: found.title, html: found.body_html };
            Ok(Page { page, view })
        })
        .await?;
    let html = door.templates.render("storefront/content.html", everyone.spoken(), &page)?;
    Ok(Rendered { html, what: None })
}
