//! The OpenAPI 3.1 document: the operations describe themselves beside their code, and what all have in common is added here.

use super::call::{KEY_HEADER, STORE_HEADER};
use super::problem::{CONTENT_TYPE, Problem};
use super::{Operations, PREFIX};
use actix_web::HttpResponse;
use actix_web::dev::ResourceDef;
use kernel::web::i18n::Language;
use kernel::{Error, Result};
use std::sync::LazyLock;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ContentBuilder, Header, OpenApi, Ref, Required, Response, ResponseBuilder};
use utoipa::{OpenApi as _, PartialSchema, ToSchema};

const DESCRIPTION: &str = "\
The shop for programs: catalogue, carts, checkout and orders, and the merchant's products, stock, prices, returns and customers.

**Keys.** Send `Authorization: Bearer rk_…`. A key is made by the merchant and belongs to a program on a server; never send it to a \
browser. It may do what its scopes say; each operation names the one that it asks for. A key with `orders:read` sees every order of the \
shop, with the buyers' addresses, and one with `customers:read` every customer. What a key changes of orders, products, stock, returns and \
customers is in the audit log of the back office.

**Money** is a whole number of minor units with an ISO 4217 currency: `{\"minor\": 1250, \"currency\": \"EUR\"}` is 12.50 EUR.

**Sending again.** With an `Idempotency-Key`, a POST, PUT, PATCH or DELETE happens once: sent again within seven days it gets the first \
answer, with `Idempotency-Replayed: true`. The same key with another request is refused with 422; while the first is under way, 409 \
with `Retry-After`. A refused request changed nothing and is not remembered.

**Stores.** A shop may have several stores, each with a domain, a currency and a part of the catalogue. A request is about the store \
of the host that it asks, or the one whose domain the header `Store` names. A cart stays in the store it was made in; orders of all \
stores are listed.

**Lists** go by key: the `next` of a page is the `after` of the one that follows.

**Refusals** are problem JSON (RFC 9457). Fields and parameters that this document does not name are refused.";

/// The document, made once from the operations that are mounted.
static DOCUMENT: LazyLock<OpenApi> = LazyLock::new(|| {
    let mut document = OpenApi::default();
    document.info.title = "Regulars".into();
    document.info.version = "1".into();
    document.info.description = Some(DESCRIPTION.into());
    document.merge(OpenApi::default().nest(PREFIX, Operations::openapi()));
    for part in super::parts() {
        document.merge(OpenApi::default().nest(PREFIX, (part.describe)()));
    }
    let mut components = document.components.take().unwrap_or_default();
    let mut schemas = Vec::new();
    Problem::schemas(&mut schemas);
    components.schemas.extend(schemas);
    components.schemas.insert(Problem::name().into_owned(), Problem::schema());
    let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("rk_…").build();
    components.security_schemes.insert("key".into(), SecurityScheme::Http(scheme).into());
    document.components = Some(components);
    for (path, item) in &mut document.paths.paths {
        let reads = [&mut item.get];
        let writes = [&mut item.post, &mut item.put, &mut item.patch, &mut item.delete];
        reads.into_iter().filter_map(Option::as_mut).for_each(|operation| complete(operation, path, false));
        writes.into_iter().filter_map(Option::as_mut).for_each(|operation| complete(operation, path, true));
    }
    document
});

/// What operations write where a language stands, since what describes them is constant.
const LANGUAGE: &str = "^(en|zh)$";

/// The document's text, with the languages that there are.
static TEXT: LazyLock<Option<String>> = LazyLock::new(|| {
    let codes: Vec<&str> = Language::all().iter().map(|language| language.code()).collect();
    Some(DOCUMENT.to_json().ok()?.replace(LANGUAGE, &format!("^({})$", codes.join("|"))))
});

/// Path patterns with the methods they know.
static ROUTES: LazyLock<Vec<(ResourceDef, Vec<&'static str>)>> = LazyLock::new(|| {
    let known = |(path, item): (&String, &utoipa::openapi::path::PathItem)| {
        let all = [("GET", &item.get), ("POST", &item.post), ("PUT", &item.put), ("PATCH", &item.patch), ("DELETE", &item.delete)];
        let methods = all.into_iter().filter(|(_, operation)| operation.is_some()).map(|(name, _)| name).collect();
        (ResourceDef::new(path.as_str()), methods)
    };
    DOCUMENT.paths.paths.iter().map(known).collect()
});

/// The methods of a path; none when there is no such path.
pub fn methods(path: &str) -> Vec<&'static str> {
    let of_path = ROUTES.iter().filter(|(pattern, _)| pattern.is_match(path)).flat_map(|(_, methods)| methods.iter().copied());
    let mut methods: Vec<&'static str> = of_path.collect();
    methods.sort_unstable();
    methods.dedup();
    methods
}

/// Adds what every operation has: its refusals and, for writes, the `Idempotency-Key`.
fn complete(operation: &mut Operation, path: &str, writes: bool) {
    let mut refusals = vec![
        ("401", "There is no key, or one that does not work."),
        ("403", "The key lacks the scope."),
        ("422", "Something in the request is wrong; `errors` names it."),
        ("503", "The shop cannot answer now. Nothing was changed."),
    ];
    if path.contains('{') || operation.request_body.is_some() {
        refusals.push(("404", "There is no such thing, or it is not for sale."));
    }
    if writes {
        refusals.push(("409", "Something changed or does not allow this, or the same request is under way (with `Retry-After`)."));
        refusals.push(("413", "The body is too large."));
        operation.parameters.get_or_insert_default().push(key_parameter().into());
    }
    operation.parameters.get_or_insert_default().push(store_parameter().into());
    for (status, description) in refusals {
        operation.responses.responses.entry(status.into()).or_insert_with(|| refusal(status, description).into());
    }
    if writes {
        for (_, response) in operation.responses.responses.iter_mut().filter(|(status, _)| status.starts_with('2')) {
            if let utoipa::openapi::RefOr::T(response) = response {
                let mut replayed = Header::new(ObjectBuilder::new().schema_type(Type::String).enum_values(Some(["true"])).build());
                replayed.description = Some("The request was answered before, and this is that answer.".into());
                response.headers.insert("Idempotency-Replayed".into(), replayed.into());
            }
        }
    }
}

fn refusal(status: &str, description: &str) -> Response {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(Problem::name()))).build();
    let mut response = ResponseBuilder::new().description(description).content(CONTENT_TYPE, content);
    if status == "503" {
        let mut seconds = Header::new(ObjectBuilder::new().schema_type(Type::String).build());
        seconds.description = Some("Seconds after which to ask again.".into());
        response = response.header("Retry-After", seconds);
    }
    response.build()
}

fn key_parameter() -> Parameter {
    let text = ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)).max_length(Some(255)).pattern(Some("^[!-~]+$"));
    ParameterBuilder::new()
        .name(KEY_HEADER)
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some("The client's own name of this request, such as a UUID, by which it happens once."))
        .schema(Some(text.build()))
        .build()
}

fn store_parameter() -> Parameter {
    let text = ObjectBuilder::new().schema_type(Type::String).max_length(Some(253)).pattern(Some("^[A-Za-z0-9.-]+$"));
    ParameterBuilder::new()
        .name(STORE_HEADER)
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some("The domain of a store. Without it the store is that of the host that is asked."))
        .schema(Some(text.build()))
        .build()
}

/// The document as JSON; none only if it could not be written.
pub fn text() -> Option<&'static str> {
    TEXT.as_deref()
}

/// Serves the document. It needs no key.
pub async fn show() -> Result<HttpResponse> {
    let text = text().ok_or_else(|| Error::unexpected("the API's document cannot be written"))?;
    Ok(HttpResponse::Ok().content_type("application/json").body(text))
}
