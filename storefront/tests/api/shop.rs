//! A shop with its API on a port of its own, and a client that speaks HTTP to it.

use actix_web::{App, HttpServer, web};
use kernel::clock::{Clock, Time};
use kernel::config::Config;
use kernel::money::Currency;
use kernel::testing::TestDb;
use kernel::token::{Secret, Signer};
use kernel::web::templates::Templates;
use regulars_storefront::api;
use regulars_storefront::api_keys::{self, Scope};
use regulars_storefront::catalog::{self, CategoryChange, Product, Saving, Status, Variant};
use regulars_storefront::gateway::Gateways;
use regulars_storefront::gateway::offline::{BankTransfer, CashOnDelivery};
use regulars_storefront::ids::{CategoryId, ProductId};
use regulars_storefront::search::embedded::EmbeddedSearch;
use regulars_storefront::search::{SearchDocument, SearchEngine, SearchVariant};
use regulars_storefront::shipping::{self, NewShippingRate};
use regulars_storefront::stores::Sites;
use regulars_storefront::tax_rates::{self, NewTaxRate};
use regulars_storefront::web::door::Door;
use regulars_storefront::web::known;
use regulars_storefront::web::limits::Limits;
use regulars_storefront::web::memory::Memory;
use regulars_storefront::web::recommend::counter::Counter;
use regulars_storefront::web::streams::Streams;
use regulars_storefront::web::watch::Watch;
use serde_json::{Value, json};
use std::sync::{Arc, mpsc};

pub struct Shop {
    pub db: TestDb,
    pub clock: Clock,
    base: String,
    handle: actix_web::dev::ServerHandle,
    search: Arc<EmbeddedSearch>,
}

/// What the shop answered.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: ureq::http::HeaderMap,
    pub body: Value,
}

impl Answer {
    /// Fails the test unless the status is the one that is expected.
    #[track_caller]
    pub fn is(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{:#}", self.body);
        self.body
    }

    /// Fails the test unless the request was refused as a problem about `field`.
    #[track_caller]
    pub fn refuses(self, field: &str) {
        assert_eq!(self.status, 422, "{:#}", self.body);
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert!(self.body["errors"].get(field).is_some(), "{field} is not in {:#}", self.body);
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

/// A program with a key.
pub struct Client<'a> {
    shop: &'a Shop,
    pub secret: String,
}

impl Shop {
    /// An empty shop that taxes and delivers in Germany and is paid by transfer or cash.
    pub fn open() -> Shop {
        let db = kernel::testing::db();
        let clock = Clock::default();
        let search = Arc::new(EmbeddedSearch::in_memory().unwrap());
        db.write_now(|conn| {
            let rate = NewTaxRate::of_country("DE", "standard", "VAT 19 %", 1900);
            tax_rates::set(conn, rate)?;
            shipping::create(conn, delivery())
        })
        .unwrap();
        let config = Config::read(None, Vec::new()).unwrap();
        let door = Door {
            limits: Arc::new(Limits::new(&config.limits)),
            counter: Counter::start(db.clone(), clock.clone()).unwrap(),
            memory: Arc::new(Memory::new(config.page_cache, Sites::new(&config.base_url))),
            faces: known::faces(db.clone()),
            watch: Arc::new(Watch::start(db.clone())),
            articles: Arc::default(),
            adviser: Arc::default(),
            streams: Arc::new(Streams::new(db.clone(), clock.clone())),
            db: db.clone(),
            clock: clock.clone(),
            signer: Signer::new(Secret::new("key")),
            config: Arc::new(config),
            templates: Arc::new(Templates::load(None).unwrap()),
            gateways: Gateways::new(vec![Arc::new(BankTransfer), Arc::new(CashOnDelivery)]),
            search: search.clone(),
        };
        let (base, handle) = serve(door);
        Shop { db, clock, base, handle, search }
    }

    pub fn now(&self) -> Time {
        self.clock.now()
    }

    /// A program whose key has the scopes.
    pub fn client(&self, scopes: &[Scope]) -> Client<'_> {
        let (scopes, now) = (scopes.to_vec(), self.now());
        let (_, secret) = self.db.write_now(move |conn| api_keys::create(conn, "test", &scopes, None, now)).unwrap();
        Client { shop: self, secret }
    }

    pub fn category(&self, name: &str) -> CategoryId {
        let change = CategoryChange { name: name.into(), ..CategoryChange::default() };
        let now = self.now();
        self.db.write_now(move |conn| catalog::save_category(conn, &change, now)).unwrap()
    }

    /// A product with one variant, whose SKU is the title in capitals; in the search index too.
    pub fn product(&self, title: &str, price: i64, stock: i64, category: Option<CategoryId>) -> ProductId {
        let variant = Variant { sku: Some(title.to_uppercase()), price: Some(price), count: Some(stock), ..Variant::default() };
        let categories = category.into_iter().collect();
        let product = Product { status: Status::Active, title: title.into(), variants: vec![variant], categories, ..Product::default() };
        let now = self.now();
        let save = move |conn: &mut kernel::Conn| {
            let saving = Saving { currency: Currency::EUR, actor: "test", base: None, now };
            catalog::save_product(conn, &product, &saving)
        };
        let id = self.db.write_now(save).unwrap().id;
        let variants = vec![SearchVariant { options: Vec::new(), prices: vec![(Currency::EUR, price)], available: stock > 0 }];
        let document = SearchDocument {
            product_id: id.0,
            titles: vec![title.into()],
            brand: Some("Acme".into()),
            variants,
            ..SearchDocument::default()
        };
        self.search.replace(&[document]).unwrap();
        self.search.commit().unwrap();
        id
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        drop(self.handle.stop(false));
    }
}

impl Client<'_> {
    pub fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], None)
    }

    pub fn post(&self, path: &str, body: Value) -> Answer {
        self.send("POST", path, &[], Some(body.to_string()))
    }

    pub fn put(&self, path: &str, body: Value) -> Answer {
        self.send("PUT", path, &[], Some(body.to_string()))
    }

    /// A POST with an `Idempotency-Key`.
    pub fn post_once(&self, key: &str, path: &str, body: Value) -> Answer {
        self.send("POST", path, &[("Idempotency-Key", key)], Some(body.to_string()))
    }

    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Option<String>) -> Answer {
        let path = if path.starts_with("/api/") { path.to_string() } else { format!("/api/v1{path}") };
        let mut request = ureq::http::Request::builder().method(method).uri(format!("{}{path}", self.shop.base));
        if !self.secret.is_empty() {
            request = request.header("Authorization", format!("Bearer {}", self.secret));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).allow_non_standard_methods(true).build().into();
        let answer = match body {
            Some(body) => agent.run(request.header("Content-Type", "application/json").body(body).unwrap()),
            None => agent.run(request.body(()).unwrap()),
        };
        let mut answer = answer.unwrap();
        let text = answer.body_mut().read_to_string().unwrap();
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Answer { status: answer.status().as_u16(), headers: answer.headers().clone(), body }
    }

    /// A cart with units of a SKU; its address.
    pub fn cart(&self, sku: &str, quantity: i64) -> String {
        let cart = self.post("/carts", json!({})).is(201);
        let path = format!("/carts/{}", cart["id"].as_str().unwrap());
        self.post(&format!("{path}/lines"), json!({"sku": sku, "quantity": quantity})).is(201);
        path
    }

    /// A cart that lacks nothing but the placing; its address and what it says.
    pub fn ready_cart(&self, sku: &str, quantity: i64) -> (String, Value) {
        let path = self.cart(sku, quantity);
        self.put(&format!("{path}/contact"), contact()).is(200);
        let rates = self.get(&format!("{path}/shipping-rates")).is(200);
        self.put(&format!("{path}/shipping-rate"), json!({"shipping_rate_id": rates["shipping_rates"][0]["id"]})).is(200);
        let cart = self.put(&format!("{path}/payment-method"), json!({"payment_method": "bank_transfer"})).is(200);
        (path, cart)
    }
}

pub fn contact() -> Value {
    json!({
        "email": "ann@example.com",
        "shipping_address": {"name": "Ann Reader", "line1": "Gartenweg 3", "postal_code": "10115", "city": "Berlin", "country": "DE"},
    })
}

/// What a buyer agrees to who has read the cart.
pub fn agreed(cart: &Value) -> Value {
    json!({"version": cart["version"], "total": cart["total"]})
}

fn delivery() -> NewShippingRate {
    let rate = NewShippingRate::flat("Standard", kernel::money::Currency::EUR, 490);
    NewShippingRate { countries: "DE".into(), delivery_days: "2-4".into(), ..rate }
}

fn serve(door: Door) -> (String, actix_web::dev::ServerHandle) {
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            let door = web::Data::new(door);
            let server = HttpServer::new(move || App::new().app_data(door.clone()).configure(|config| api::configure(config, &[])))
                .workers(2)
                .disable_signals()
                .bind(("127.0.0.1", 0))
                .unwrap();
            let base = format!("http://{}", server.addrs()[0]);
            let server = server.run();
            tell.send((base, server.handle())).unwrap();
            server.await.unwrap();
        });
    });
    told.recv().unwrap()
}
