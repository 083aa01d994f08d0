//! Pages of the catalogue: rendered once in a while for everybody, served from memory with each visitor's own parts in their slots.
//!
//! The key of a page is its store, its address, its language and whom its prices are for, and how often everything was made new. What else depends on the visitor is a slot
//! ([`super::slots`]).

use super::door::Door;
use super::known;
use super::memory::Kept;
use super::recommend::counter::Deed;
use super::recommend::tag;
use super::slots::{Cut, Everyone, Filler, Slots};
use super::visit::Visit;
use super::watch::{Seen, What};
use actix_web::HttpResponse;
use actix_web::http::header;
use kernel::Result;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Longer addresses are nobody's everyday page.
const LONGEST_KEY: usize = 500;

/// A rendered page and what its visitors are remembered to have seen.
pub struct Rendered {
    pub html: String,
    pub what: Option<What>,
}

/// The pages of one process.
pub struct PageCache {
    slots: Slots,
    keep: Duration,
    started: Instant,
    pages: Kept<String, Arc<Page>>,
    /// Counts the times everything was made new.
    edition: AtomicU64,
}

struct Page {
    cut: Cut,
    what: Option<What>,
    rendered: Instant,
    /// Milliseconds since the start of the cache until which nobody has to render it again.
    until: AtomicU64,
}

impl PageCache {
    pub fn new(keep: Duration, bytes: usize) -> PageCache {
        PageCache { slots: Slots::default(), keep, started: Instant::now(), pages: Kept::new(bytes), edition: AtomicU64::new(0) }
    }

    /// Lets nobody be served a page again that was rendered, or is being rendered, by now: what stands on every page changed. Other
    /// processes serve their pages until they are too old.
    pub fn renew(&self) {
        self.edition.fetch_add(1, Ordering::Relaxed);
    }

    /// The marks of the slots, for pages that are rendered for one.
    pub(super) fn slots(&self) -> &Slots {
        &self.slots
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

    fn page(&self, rendered: &Rendered) -> Result<Arc<Page>> {
        let until = AtomicU64::new(self.now() + millis(self.keep));
        let cut = self.slots.cut(&rendered.html)?;
        Ok(Arc::new(Page { cut, what: rendered.what.clone(), rendered: Instant::now(), until }))
    }

    fn put(&self, key: String, rendered: &Rendered) -> Result<Arc<Page>> {
        let page = self.page(rendered)?;
        let bytes = rendered.html.len() + key.len() + size_of::<Page>();
        self.pages.put(key, page.clone(), bytes);
        Ok(page)
    }

    fn now(&self) -> u64 {
        millis(self.started.elapsed())
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// Answers with the page of this address, from memory where it can. `render` is told nothing of the visitor. Its errors are the
/// answer and are not kept.
pub async fn serve<F>(door: &Door, visit: &Visit, render: impl FnOnce(Everyone) -> F) -> Result<HttpResponse>
where
    F: Future<Output = Result<Rendered>>,
{
    let cache = &door.memory.pages;
    let edition = cache.edition.load(Ordering::Relaxed);
    let known = known::load(door, visit).await?;
    let everyone = || Everyone {
        site: visit.site.clone(),
        language: visit.language,
        path: visit.path.clone(),
        query: visit.query.clone(),
        audience: known.audience.clone(),
        slots: cache.slots.clone(),
        draft: false,
    };
    let page = if cache.keep.is_zero() || visit.path.len() + visit.query.len() > LONGEST_KEY {
        cache.page(&render(everyone()).await?)?
    } else {
        let key = format!("{edition} {} {} {} {}?{}", visit.site.id, visit.language, known.audience, visit.path, visit.query);
        match cache.find(&key) {
            Some(page) => page,
            None => cache.put(key, &render(everyone()).await?)?,
        }
    };
    let product = match page.what {
        Some(What::Product(id)) => Some(id),
        _ => None,
    };
    let body = Filler { door, visit, known: &known, product }.fill(&page.cut).await?;
    let mut answer = HttpResponse::Ok();
    answer.content_type("text/html; charset=utf-8").insert_header((header::CACHE_CONTROL, "private, no-cache"));
    if let Some(product) = product.filter(|product| visit.viewed.first() != Some(product)) {
        visit.saw(product);
    }
    if let (Some(product), Some(tag)) = (product, visit.tag) {
        if visit.trail().is_some() {
            let now = door.now();
            visit.keep_led(&tag::followed(&visit.led(now), product, tag, now));
        }
        if visit.known {
            door.counter.count(tag, Deed::Click, &visit.visitor);
        }
    }
    if let (Some(secret), Some(what)) = (visit.trail(), &page.what) {
        door.watch.tell(Seen { secret: secret.to_string(), customer: known.customer, what: what.clone(), at: door.now() });
    }
    visit.keep(&mut answer, door.config.https());
    Ok(answer.body(body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_renders_an_old_page_while_others_are_served() {
        let cache = PageCache::new(Duration::from_millis(200), 1 << 20);
        let key = "en  /?".to_string();
        cache.put(key.clone(), &Rendered { html: "<p>".into(), what: None }).unwrap();
        assert!(cache.find(&key).is_some() && cache.find(&"zh  /?".to_string()).is_none());
        std::thread::sleep(Duration::from_millis(210));
        assert!(cache.find(&key).is_none(), "the first to come renders");
        assert!(cache.find(&key).is_some(), "the second is served meanwhile");
        std::thread::sleep(Duration::from_millis(210));
        assert!(cache.find(&key).is_none() && cache.find(&key).is_none(), "too old for anybody");
    }
}
