//! The places of a company.

use super::super::{draw_in, or_sign_in, theirs};
use super::{acting, seat};
use crate::address::Address;
use crate::web::checkout::{fill_address, read_address};
use crate::web::door::Door;
use crate::web::posted::Posted;
use crate::web::views::company::{SiteRow, SiteView, SitesView};
use crate::web::views::form::{self, Form};
use crate::web::views::page::Tone;
use crate::web::views::shared::Choice;
use crate::web::visit::Visit;
use crate::web::words::Words;
use crate::web::{countries, frame, shown};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use crm::SiteId;
use crm::companies::{self, May, Site, sites};
use kernel::{Error, Result};

pub async fn list(door: web::Data<Door>, visit: Visit) -> Result<HttpResponse> {
    let seen = visit.clone();
    let (page, view) = or_sign_in!(theirs(&door, &visit, move |conn, customer, now| {
        let seat = seat(conn, &seen, customer, Some(May::Members), now)?;
        let all = companies::sites(conn, seat.company.id)?;
        let mut rows = Vec::with_capacity(all.len());
        for site in &all {
            let above = site.parent_id.and_then(|parent| all.iter().find(|one| one.id == parent));
            rows.push(SiteRow {
                id: site.id.to_string(),
                name: site.name.clone(),
                parent: above.map(|one| one.name.clone()),
                lines: shown::address_lines(&Address::stored(&site.address)?, seen.language),
                billing: site.billing,
                active: site.active,
            });
        }
        Ok((frame::load(conn, &seen, now)?, SitesView { nav: seat.nav(), sites: rows }))
    }));
    draw_in(&door, &visit, StatusCode::OK, "company_sites", "company-sites", page, view)
}

pub async fn new(door: web::Data<Door>, visit: Visit) -> Result<HttpResponse> {
    show(&door, &visit, None, None).await
}

pub async fn edit(door: web::Data<Door>, visit: Visit, id: web::Path<String>) -> Result<HttpResponse> {
    let id = id.parse().map_err(|_| Error::NotFound)?;
    show(&door, &visit, Some(id), None).await
}

async fn show(door: &Door, visit: &Visit, id: Option<SiteId>, refused: Option<Form>) -> Result<HttpResponse> {
    let status = if refused.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let (seen, words) = (visit.clone(), Words::of(&door.templates, visit.language)?);
    let (page, view) = or_sign_in!(theirs(door, visit, move |conn, customer, now| {
        let seat = seat(conn, &seen, customer, Some(May::Members), now)?;
        let company = &seat.company;
        let all = companies::sites(conn, company.id)?;
        let stored = match id {
            Some(id) => Some(all.iter().find(|site| site.id == id).ok_or(Error::NotFound)?),
            None => None,
        };
        let form = match (refused, stored) {
            (Some(form), _) => form,
            (None, Some(site)) => fill_address(Form::new(form::COMPANY_SITE), "", &Address::stored(&site.address)?)
                .fill("site_name", &site.name)
                .fill("parent", site.parent_id.map(|parent| parent.to_string()).unwrap_or_default())
                .fill("billing", if site.billing { "on" } else { "" })
                .fill("active", if site.active { "on" } else { "" }),
            (None, None) => {
                let blank = Address { company: company.name.clone(), country: company.country.clone(), ..Address::default() };
                fill_address(Form::new(form::COMPANY_SITE), "", &blank).fill("active", "on")
            }
        };
        let inside = id.map(|id| sites::under(&all, id)).unwrap_or_default();
        let choice = |site: &Site| Choice { value: site.id.to_string(), label: site.name.clone(), selected: false };
        let none = Choice { value: String::new(), label: words.get("company-site-top"), selected: true };
        let parents = std::iter::once(none).chain(all.iter().filter(|site| !inside.contains(&site.id)).map(choice)).collect();
        let countries = countries::choices(None, seen.language, &company.country);
        let view = SiteView { nav: seat.nav(), id: id.map(|id| id.to_string()), form, parents, countries };
        Ok((frame::load(conn, &seen, now)?, view))
    }));
    let title = if view.id.is_some() { "company-site-edit" } else { "company-site-new" };
    draw_in(door, visit, status, "company_site", title, page, view)
}

pub async fn add(door: web::Data<Door>, visit: Visit, form: Posted) -> Result<HttpResponse> {
    save(&door, &visit, None, form).await
}

pub async fn change(door: web::Data<Door>, visit: Visit, id: web::Path<String>, form: Posted) -> Result<HttpResponse> {
    let id = id.parse().map_err(|_| Error::NotFound)?;
    save(&door, &visit, Some(id), form).await
}

async fn save(door: &Door, visit: &Visit, id: Option<SiteId>, form: Posted) -> Result<HttpResponse> {
    or_sign_in!(theirs(door, visit, |_, _, _| Ok(())));
    let parent: Option<SiteId> = if form.get("parent").is_empty() { None } else { Some(form.id("parent")?) };
    let saved = match read_address(&form, "") {
        Ok(address) => {
            let wish = sites::Wish {
                name: form.get("site_name").to_string(),
                address: kernel::json::text(&address)?,
                parent,
                billing: form.ticked("billing"),
                active: form.ticked("active"),
            };
            let seen = visit.clone();
            let write = door.write(move |conn, now| {
                let seat = acting(conn, &seen, May::Members, now)?;
                match id {
                    Some(id) => sites::change(conn, seat.company.id, id, &wish, &seat.actor(), now),
                    None => sites::add(conn, seat.company.id, &wish, &seat.actor(), now).map(drop),
                }
            });
            write.await
        }
        Err(error) => Err(error),
    };
    match saved {
        Ok(()) => {
            visit.say(&door.signer, Tone::Success, "form-saved");
            Ok(door.go(visit, "/account/company/sites"))
        }
        Err(Error::Invalid(wrong)) => {
            let refused = Form::new(form::COMPANY_SITE).typed(form.pairs()).refuse(form::COMPANY_SITE, &wrong);
            show(door, visit, id, Some(refused)).await
        }
        Err(error) => Err(error),
    }
}
