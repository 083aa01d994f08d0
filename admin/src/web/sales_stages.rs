//! The stages of opportunities.

use super::desk::{Desk, refusal};
use super::forms::{self, Reader};
use super::sales::stage_view;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use crm::sales::{self, Stage, StageId, StageWish, State};
use kernel::Result;
use kernel::error::Fields;
use kernel::money::Currency;
use serde_json::{Value, json};
use storefront::web::posted::Posted;
use storefront::web::views::form::Form;

const STAGES: &str = "/admin/sales/stages";
const FIELDS: &[&str] = &["name", "probability", "kind", "position", "at_quote", "active"];

fn stage_of(path: &web::Path<String>) -> Result<StageId> {
    path.parse().map_err(|_| kernel::Error::NotFound)
}

fn kept(one: &Stage) -> Value {
    json!({ "name": one.name, "probability": forms::percent(one.probability_bp), "kind": one.kind, "position": one.position,
        "at_quote": one.at_quote, "active": one.active })
}

fn filled(one: &Stage) -> Form {
    Form::new(FIELDS)
        .fill("name", one.name.as_str())
        .fill("probability", forms::percent(one.probability_bp))
        .fill("kind", one.kind.as_str())
        .fill("position", one.position.to_string())
        .fill("at_quote", forms::tick(one.at_quote))
        .fill("active", forms::tick(one.active))
}

fn read(posted: &Posted, kind: State) -> Result<StageWish> {
    let mut reader = Reader::new(posted, Currency::EUR);
    let wish = StageWish {
        name: reader.text("name"),
        // Of a sale that is won or lost nobody is asked.
        probability_bp: if kind == State::Open { reader.percent("probability") } else { 0 },
        kind,
        position: reader.number("position"),
        at_quote: reader.ticked("at_quote"),
        active: reader.ticked("active"),
    };
    reader.check()?;
    Ok(wish)
}

pub async fn list(desk: Desk) -> Result<HttpResponse> {
    let form = Form::new(FIELDS).fill("kind", State::Open.as_str()).fill("active", "on");
    show_list(&desk, StatusCode::OK, form).await
}

async fn show_list(desk: &Desk, status: StatusCode, form: Form) -> Result<HttpResponse> {
    let found = desk.read(sales::stages).await?;
    let row = |one: &Stage| {
        let mut view = stage_view(one);
        view["position"] = json!(one.position);
        view["at_quote"] = json!(one.at_quote);
        view
    };
    let rows: Vec<Value> = found.iter().map(row).collect();
    desk.page_as(status, "admin/sales_stages.html", "admin-sales-stages", json!({ "rows": rows, "form": form, "kinds": State::ALL }))
}

pub async fn add(desk: Desk, posted: Posted) -> Result<HttpResponse> {
    let added = match read(&posted, State::parse(posted.get("kind")).unwrap_or(State::Open)) {
        Err(error) => Err(error),
        Ok(wish) => {
            desk.write(move |conn, act| {
                let id = sales::add_stage(conn, &wish)?;
                let after = sales::stage(conn, id)?;
                act.log(conn, "sales.stage", &format!("sales_stage:{id}"), &Value::Null, &kept(&after))
            })
            .await
        }
    };
    match added {
        Ok(()) => Ok(desk.done(STAGES, "admin-saved")),
        Err(error) => {
            let (status, wrong) = refusal(error)?;
            show_list(&desk, status, Form::new(FIELDS).typed(posted.pairs()).refuse(FIELDS, &wrong)).await
        }
    }
}

pub async fn edit(desk: Desk, path: web::Path<String>) -> Result<HttpResponse> {
    show(&desk, stage_of(&path)?, StatusCode::OK, None, &Fields::default()).await
}

async fn show(desk: &Desk, id: StageId, status: StatusCode, posted: Option<&Posted>, wrong: &Fields) -> Result<HttpResponse> {
    let stage = desk.read(move |conn| sales::stage(conn, id)).await?;
    let form = match posted {
        Some(posted) => Form::new(FIELDS).typed(posted.pairs()).refuse(FIELDS, wrong),
        None => filled(&stage),
    };
    let view = json!({ "stage": stage_view(&stage), "form": form });
    desk.page_as(status, "admin/sales_stage.html", "admin-sales-stage", view)
}

pub async fn save(desk: Desk, path: web::Path<String>, posted: Posted) -> Result<HttpResponse> {
    let id = stage_of(&path)?;
    let kind = desk.read(move |conn| sales::stage(conn, id)).await?.kind;
    let saved = match read(&posted, kind) {
        Err(error) => Err(error),
        Ok(wish) => {
            desk.write(move |conn, act| {
                let before = sales::stage(conn, id)?;
                sales::save_stage(conn, id, &wish)?;
                let after = sales::stage(conn, id)?;
                act.log(conn, "sales.stage", &format!("sales_stage:{id}"), &kept(&before), &kept(&after))
            })
            .await
        }
    };
    match saved {
        Ok(()) => Ok(desk.done(STAGES, "admin-saved")),
        Err(error) => {
            let (status, wrong) = refusal(error)?;
            show(&desk, id, status, Some(&posted), &wrong).await
        }
    }
}
