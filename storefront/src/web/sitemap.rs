//! What search engines are told: which pages there are, in which languages, and where not to look.

use super::door::Door;
use crate::stores::{self, Site};
use crate::{articles, catalog, collections, content, shop};
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use kernel::clock::Time;
use kernel::{Error, Result};
use std::fmt::Write;

/// Products of one part, by ranges of their ids so that a part is found by key. With an address in each language a part stays at
/// 10,000 addresses or below.
const PART: i64 = 5000;
const KEEP: &str = "public, max-age=3600";

pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/robots.txt", web::get().to(robots))
        .route("/sitemap.xml", web::get().to(index))
        .route("/sitemap/pages.xml", web::get().to(pages))
        .route(r"/sitemap/products-{part:\d{1,12}}.xml", web::get().to(products));
}

async fn robots(door: web::Data<Door>, request: HttpRequest) -> HttpResponse {
    let site = door.site(&request);
    let mut text = String::from("User-agent: *\n");
    for language in &site.languages {
        for path in ["/cart", "/checkout", "/account", "/orders", "/search", "/suggest"] {
            text.push_str(&format!("Disallow: {}\n", site.spoken(*language).path(path)));
        }
    }
    text.push_str(&format!("Disallow: /admin\nDisallow: /api\n\nSitemap: {}/sitemap.xml\n", site.base_url));
    HttpResponse::Ok().content_type("text/plain; charset=utf-8").insert_header((header::CACHE_CONTROL, KEEP)).body(text)
}

async fn index(door: web::Data<Door>, request: HttpRequest) -> Result<HttpResponse> {
    let site = door.site(&request);
    let store = site.id;
    let ranges = door.read(move |conn, _| {
        let sold = stores::shop(conn, store)?.assortment();
        catalog::ranges(conn, &sold, PART)
    });
    let parts = ranges.await?;
    let base = &site.base_url;
    let mut xml =
        String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<sitemapindex xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n");
    let places = std::iter::once("pages".to_string()).chain(parts.into_iter().map(|part| format!("products-{part}")));
    for place in places {
        xml.push_str(&format!("<sitemap><loc>{base}/sitemap/{place}.xml</loc></sitemap>\n"));
    }
    xml.push_str("</sitemapindex>\n");
    Ok(answer(xml))
}

async fn pages(door: web::Data<Door>, request: HttpRequest) -> Result<HttpResponse> {
    let site = door.site(&request);
    let store = site.id;
    let paths = door
        .read(move |conn, _| {
            let own = shop::OWN_LANGUAGE;
            let sold = stores::shop(conn, store)?.assortment();
            let mut paths = vec!["/".to_string()];
            paths.extend(sold.categories(conn, own)?.0.iter().map(|category| format!("/categories/{}", category.slug)));
            for collection in collections::list(conn)?.into_iter().filter(|collection| collection.active) {
                let page = collections::page(conn, &collection.slug, own)?;
                if collections::is_sold(conn, &sold, &page)? {
                    paths.push(format!("/collections/{}", page.slug));
                }
            }
            paths.extend(content::list(conn, own)?.into_iter().map(|(slug, _)| format!("/pages/{slug}")));
            let articles = articles::published(conn, own)?;
            if !articles.is_empty() {
                paths.push("/help".to_string());
            }
            paths.extend(articles.into_iter().map(|(article, _)| format!("/help/{}", article.slug)));
            Ok(paths)
        })
        .await?;
    Ok(answer(part(&site, paths.into_iter().map(|path| (path, None)))))
}

async fn products(door: web::Data<Door>, request: HttpRequest, number: web::Path<i64>) -> Result<HttpResponse> {
    let site = door.site(&request);
    let (store, from) = (site.id, number.checked_mul(PART).ok_or(Error::NotFound)?);
    let until = from.checked_add(PART).ok_or(Error::NotFound)?;
    let slugs = door.read(move |conn, _| {
        let sold = stores::shop(conn, store)?.assortment();
        catalog::slugs(conn, &sold, from, until)
    });
    let found = slugs.await?;
    if found.is_empty() {
        return Err(Error::NotFound);
    }
    Ok(answer(part(&site, found.into_iter().map(|(slug, at)| (format!("/products/{slug}"), Some(at))))))
}

/// Every page in every language of the store, each naming the others. Slugs are letters, digits and hyphens: nothing here needs escaping.
fn part(site: &Site, pages: impl Iterator<Item = (String, Option<Time>)>) -> String {
    let mut xml = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\" xmlns:xhtml=\"http://www.w3.org/1999/xhtml\">\n",
    );
    for (path, changed) in pages {
        let mut others = String::new();
        for language in &site.languages {
            // Writing to a text cannot fail.
            let _ =
                write!(others, "<xhtml:link rel=\"alternate\" hreflang=\"{}\" href=\"{}\"/>", language.tag(), site.url(*language, &path));
        }
        let changed = changed.map(|at| format!("<lastmod>{}Z</lastmod>", at.format("%Y-%m-%dT%H:%M:%S"))).unwrap_or_default();
        for language in &site.languages {
            let _ = writeln!(xml, "<url><loc>{}</loc>{changed}{others}</url>", site.url(*language, &path));
        }
    }
    xml.push_str("</urlset>\n");
    xml
}

fn answer(xml: String) -> HttpResponse {
    HttpResponse::Ok().content_type("application/xml; charset=utf-8").insert_header((header::CACHE_CONTROL, KEEP)).body(xml)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_listed_in_each_language_with_the_other() {
        let xml = part(&Site::main("http://shop"), [("/products/mug".to_string(), None)].into_iter());
        assert_eq!(xml.matches("<url>").count(), 2);
        assert!(xml.contains("<loc>http://shop/zh/products/mug</loc>"));
        assert_eq!(xml.matches("hreflang=\"zh-Hans\" href=\"http://shop/zh/products/mug\"").count(), 2);
    }
}
