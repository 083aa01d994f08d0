//! Pages that are the same for everybody but for a visitor's own values: rendered once in a while, served from memory.
//!
//! A page is rendered for nobody in particular, with a sentinel where the visitor's form token belongs, and cut there. The number
//! of units in the cart is part of the key, since it changes what is around it too. Who is signed in, or is to be told something,
//! gets a page of their own.

use super::door::Door;
use super::frame;
use super::memory::Kept;
use super::visit::Visit;
use crate::ids::ProductId;
use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::{Bytes, BytesMut};
use kernel::{Result, token};
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Longer addresses are nobody's everyday page.
const LONGEST_KEY: usize = 500;

/// A rendered page and what its visitors are remembered to have seen.
pub struct Rendered {
    pub html: String,
    pub product: Option<ProductId>,
}

/// The pages of one process.
pub struct PageCache {
    /// Stands for the form token while a page is rendered. Random, so that no text of the shop can hold it.
    sentinel: String,
    keep: Duration,
    started: Instant,
    pages: Kept<String, Arc<Page>>,
}

struct Page {
    pieces: Vec<Bytes>,
    product: Option<ProductId>,
    rendered: Instant,
    /// Milliseconds since the start of the cache until which nobody has to render it again.
    until: AtomicU64,
}

impl PageCache {
    pub fn new(keep: Duration, bytes: usize) -> PageCache {
        PageCache { sentinel: format!("csrf-{}", token::random()), keep, started: Instant::now(), pages: Kept::new(bytes) }
    }

    /// The page of this key, unless the caller has to render it. Of many who come when it is too old, one renders and the others
    /// are served the old one, as long as that is not older than twice its time.
    fn find(&self, key: &String) -> Option<Arc<Page>> {
        let page = self.pages.get(key)?;
        let (now, until) = (self.now(), page.until.load(Ordering::Relaxed));
        if now < until {
            return (page.rendered.elapsed() < self.keep * 2).then_some(page);
        }
        let mine = page.until.compare_exchange(until, now + millis(self.keep), Ordering::Relaxed, Ordering::Relaxed).is_ok();
        (!mine && page.rendered.elapsed() < self.keep * 2).then_some(page)
    }

    fn put(&self, key: String, rendered: &Rendered) -> Arc<Page> {
        let pieces: Vec<Bytes> = rendered.html.split(&self.sentinel).map(|piece| Bytes::copy_from_slice(piece.as_bytes())).collect();
        let until = AtomicU64::new(self.now() + millis(self.keep));
        let page = Arc::new(Page { pieces, product: rendered.product, rendered: Instant::now(), until });
        let bytes = rendered.html.len() + key.len() + size_of::<Page>();
        self.pages.put(key, page.clone(), bytes);
        page
    }

    fn now(&self) -> u64 {
        millis(self.started.elapsed())
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// Puts the visitor's own token between the pieces.
fn joined(pieces: &[Bytes], own: &str) -> Bytes {
    let length = pieces.iter().map(Bytes::len).sum::<usize>() + own.len() * pieces.len();
    let mut body = BytesMut::with_capacity(length);
    for (at, piece) in pieces.iter().enumerate() {
        if at > 0 {
            body.extend_from_slice(own.as_bytes());
        }
        body.extend_from_slice(piece);
    }
    body.freeze()
}

/// Answers with the page of this address, from memory when the visitor is anonymous and `shared` says that nothing on the page is
/// theirs. `render` is given the visit to render for and the units in its cart. Its errors are the answer and are not kept.
pub async fn serve<F>(door: &Door, visit: &Visit, shared: bool, render: impl FnOnce(Visit, u32) -> F) -> Result<HttpResponse>
where
    F: Future<Output = Result<Rendered>>,
{
    let cache = &door.memory.pages;
    let units = if visit.known { cart_units(door, visit).await? } else { 0 };
    let long = visit.path.len() + visit.query.len() > LONGEST_KEY;
    if !shared || long || cache.keep.is_zero() || visit.session.is_some() || !visit.flash.is_empty() {
        let rendered = render(visit.clone(), units).await?;
        return Ok(answer(door, visit, rendered.product, rendered.html.into()));
    }
    let key = format!("{} {units} {}?{}", visit.language, visit.path, visit.query);
    let page = match cache.find(&key) {
        Some(page) => page,
        None => {
            let mut nobody = visit.clone();
            nobody.csrf.clone_from(&cache.sentinel);
            let rendered = render(nobody, units).await?;
            cache.put(key, &rendered)
        }
    };
    Ok(answer(door, visit, page.product, joined(&page.pieces, &visit.csrf)))
}

fn answer(door: &Door, visit: &Visit, product: Option<ProductId>, body: Bytes) -> HttpResponse {
    let mut answer = HttpResponse::Ok();
    answer.content_type("text/html; charset=utf-8").insert_header((header::CACHE_CONTROL, "private, no-cache"));
    if let Some(product) = product.filter(|product| visit.viewed.first() != Some(product)) {
        visit.saw(product);
    }
    visit.keep(&mut answer, door.config.https());
    answer.body(body)
}

/// The units in the visitor's cart, as the browser remembers them or as they are stored.
async fn cart_units(door: &Door, visit: &Visit) -> Result<u32> {
    let now = door.now();
    if let Some(units) = visit.units(&door.signer, now) {
        return Ok(units);
    }
    let seen = visit.clone();
    let units = door.read(move |conn, _| frame::cart_units(conn, &seen)).await?;
    visit.keep_units(&door.signer, units, now);
    Ok(units)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(cache: &PageCache) -> Rendered {
        Rendered { html: format!("<a {s}><b {s}>", s = cache.sentinel), product: None }
    }

    #[test]
    fn a_page_is_cut_at_the_token_and_takes_each_visitors_own() {
        let cache = PageCache::new(Duration::from_secs(60), 1 << 20);
        let page = cache.put("en 0 /?".into(), &rendered(&cache));
        assert_eq!(joined(&page.pieces, "ann"), "<a ann><b ann>");
        let again = cache.find(&"en 0 /?".to_string()).expect("kept");
        assert_eq!(joined(&again.pieces, "ben"), "<a ben><b ben>");
        assert!(cache.find(&"zh 0 /?".to_string()).is_none());
        assert_eq!(joined(&[Bytes::from_static(b"plain")], "ann"), "plain");
    }

    #[test]
    fn one_renders_an_old_page_while_others_are_served() {
        let cache = PageCache::new(Duration::from_millis(200), 1 << 20);
        let key = "en 0 /?".to_string();
        cache.put(key.clone(), &rendered(&cache));
        assert!(cache.find(&key).is_some());
        std::thread::sleep(Duration::from_millis(210));
        assert!(cache.find(&key).is_none(), "the first to come renders");
        assert!(cache.find(&key).is_some(), "the second is served meanwhile");
        std::thread::sleep(Duration::from_millis(210));
        assert!(cache.find(&key).is_none() && cache.find(&key).is_none(), "too old for anybody");
    }
}
