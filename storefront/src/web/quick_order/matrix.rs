//! All variants of a product in one table, with a field for the units of each.

use super::{matrix_of, open};
use crate::catalog::{self, ProductOption, ProductPage};
use crate::ids::VariantId;
use crate::quick_order::{self, Checked, MOST, Rest, Row};
use crate::units;
use crate::web::door::Door;
use crate::web::frame;
use crate::web::ordering::{self, Put, notice};
use crate::web::posted::Posted;
use crate::web::views::ordering::{MatrixCell, MatrixRow, MatrixView, QuickRow};
use crate::web::views::page::{Page, Tone};
use crate::web::views::shared::Notice;
use crate::web::visit::Visit;
use crate::web::words::Words;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use kernel::Result;
use std::collections::HashMap;

pub async fn show(door: web::Data<Door>, visit: Visit, slug: web::Path<String>) -> Result<HttpResponse> {
    render(&door, &visit, StatusCode::OK, catalog::slug(&slug), HashMap::new(), Vec::new()).await
}

pub async fn add(door: web::Data<Door>, visit: Visit, slug: web::Path<String>, form: Posted) -> Result<HttpResponse> {
    let slug = catalog::slug(&slug);
    let seen = visit.clone();
    door.read(move |conn, now| open(conn, &seen, now).map(drop)).await?;
    let typed: HashMap<VariantId, String> = ordering::by_variant(&form).into_iter().collect();
    // Nought is none, as an empty field is.
    let mut wanted: Vec<(VariantId, String)> =
        typed.iter().filter(|(_, text)| !units::nought(text)).map(|(id, units)| (*id, units.clone())).collect();
    wanted.sort_by_key(|(id, _)| *id);
    let rows: Vec<Row> =
        wanted.into_iter().map(|(id, quantity)| Row { sku: String::new(), variant: Some(id), quantity, steps: None }).collect();
    let rest = if form.get("act") == "rest" { Rest::LeaveOut } else { Rest::Refuse };
    match ordering::put(&door, &visit, rows, rest).await? {
        Put::Done(answer) => Ok(answer),
        Put::Wrong => render(&door, &visit, StatusCode::UNPROCESSABLE_ENTITY, slug, typed, Vec::new()).await,
        Put::Refused(text) => render(&door, &visit, StatusCode::UNPROCESSABLE_ENTITY, slug, typed, vec![notice(Tone::Error, text)]).await,
    }
}

async fn render(
    door: &Door,
    visit: &Visit,
    status: StatusCode,
    slug: String,
    typed: HashMap<VariantId, String>,
    mut notices: Vec<Notice>,
) -> Result<HttpResponse> {
    let words = Words::of(&door.templates, visit.language)?;
    let seen = visit.clone();
    let read = door.read(move |conn, now| {
        let shop = open(conn, &seen, now)?;
        let found = catalog::page(conn, &shop, &slug, seen.language.code())?;
        let buying = ordering::buying(conn, &seen, &shop, now)?;
        // Of what nobody typed anything one unit is priced.
        let asked = |id: VariantId| typed.get(&id).filter(|text| !units::nought(text));
        let rows: Vec<Row> = found
            .variants
            .iter()
            .take(MOST)
            .map(|variant| Row {
                sku: String::new(),
                variant: Some(variant.id),
                quantity: asked(variant.id).cloned().unwrap_or_else(|| "1".into()),
                steps: None,
            })
            .collect();
        let checked = quick_order::read(conn, &rows, &buying, now)?;
        let shown = ordering::shown(conn, &checked, &shop, &words, now)?;
        let mut cells: HashMap<VariantId, QuickRow> = HashMap::with_capacity(shown.len());
        let mut wrong = 0;
        for (row, cell) in checked.iter().zip(shown) {
            let Some(id) = row.row.variant else { continue };
            wrong += usize::from(row.wrong.is_some() && asked(id).is_some());
            cells.insert(id, told(row, cell, asked(id)));
        }
        if wrong > 0 {
            notices.push(notice(Tone::Warning, words.with("quick-order-wrong", &[("count", &wrong.to_string())])?));
        }
        let view = table(&found, cells, notices, wrong);
        Ok((frame::load(conn, &seen, now)?, view))
    });
    let (mut page, view) = read.await?;
    page.title.clone_from(&view.title);
    page.noindex = true;
    page.alternates = frame::alternates(&visit.site, &matrix_of(&view.slug), visit.language);
    door.render_as(status, visit, "storefront/matrix.html", &Page { page, view })
}

/// What nobody asked for is not wrong.
fn told(row: &Checked, cell: QuickRow, typed: Option<&String>) -> QuickRow {
    let error = row.wrong.clone().filter(|_| typed.is_some());
    QuickRow { quantity: typed.cloned().unwrap_or_default(), error, ..cell }
}

/// The values of the last option stand above the columns, those of the others before the rows.
fn table(found: &ProductPage, mut cells: HashMap<VariantId, QuickRow>, notices: Vec<Notice>, wrong: usize) -> MatrixView {
    let crossed = found.options.len() > 1;
    let (before, last): (&[ProductOption], &[ProductOption]) =
        if crossed { found.options.split_at(found.options.len() - 1) } else { (found.options.as_slice(), &[]) };
    let columns: Vec<(String, String)> = last.first().map_or_else(|| vec![(String::new(), String::new())], |option| option.values.clone());
    let mut rows: Vec<(Vec<String>, MatrixRow)> = Vec::new();
    for variant in found.variants.iter().take(MOST) {
        let (own, of_last) = variant.options.split_at(before.len().min(variant.options.len()));
        let value = of_last.first().cloned().unwrap_or_default();
        let Some(column) = columns.iter().position(|(stored, _)| *stored == value) else { continue };
        let Some(cell) = cells.remove(&variant.id) else { continue };
        let at = rows.iter().position(|(key, _)| key == own).unwrap_or_else(|| {
            let shown = |(option, stored): (&ProductOption, &String)| {
                option.values.iter().find(|(key, _)| key == stored).map_or_else(|| stored.clone(), |(_, label)| label.clone())
            };
            let label: Vec<String> = before.iter().zip(own).map(shown).collect();
            rows.push((own.to_vec(), MatrixRow { label: label.join(" / "), cells: columns.iter().map(|_| None).collect() }));
            rows.len() - 1
        });
        let cell = MatrixCell {
            variant: variant.id.0,
            label: if variant.label.is_empty() { found.title.clone() } else { variant.label.clone() },
            quantity: cell.quantity,
            unit_price: cell.unit_price,
            per: cell.per,
            stock: cell.stock,
            error: cell.error,
        };
        if let Some(place) = rows.get_mut(at).and_then(|(_, row)| row.cells.get_mut(column)) {
            *place = Some(cell);
        }
    }
    MatrixView {
        slug: found.slug.clone(),
        title: found.title.clone(),
        notices,
        wrong,
        row_name: before.iter().map(|option| option.name.clone()).collect::<Vec<_>>().join(" / "),
        column_name: last.first().map(|option| option.name.clone()).unwrap_or_default(),
        columns: columns.into_iter().map(|(_, label)| label).collect(),
        rows: rows.into_iter().map(|(_, row)| row).collect(),
    }
}
