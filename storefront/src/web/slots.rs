//! The parts of a shared page that are a visitor's own.
//!
//! A page is rendered once for everybody. Where something of the visitor belongs, the template writes a [`Slot`]'s mark; the rendered
//! page is cut at the marks, and each answer is put together from the pieces with what the slots hold for its visitor.
//!
//! To add a slot: name it in [`Slot`]; let a field of the page's view carry `slots.mark(Slot::…)` to the template, which writes it as
//! any text; and say in [`Filler::content`] what stands there for a visitor. What is put in is HTML: draw it with a template of
//! `storefront/slots`, or pass text through `escape`. It is never searched for marks, so nothing typed by anybody can fill another
//! slot; and who renders the page is not told who asks ([`Everyone`]), so nothing of a visitor can get into a shared page.

use super::door::Door;
use super::known::Known;
use super::offers;
use super::recommend;
use super::viewed;
use super::views::page::{Flash, FrameSlots};
use super::visit::{Choice, Visit};
use super::wish_list;
use super::words::Words;
use crate::ids::ProductId;
use crate::promotions::Audience;
use crate::stores::Site;
use actix_web::web::{Bytes, BytesMut};
use kernel::web::i18n::{Language, Spoken};
use kernel::web::templates::escape;
use kernel::{Error, Result, token};
use serde::Serialize;
use std::sync::Arc;

/// What a shared page is rendered from. Nothing in it tells who asks, but for what they are charged.
#[derive(Clone, Debug)]
pub struct Everyone {
    /// The store it is a page of.
    pub site: Arc<Site>,
    pub language: Language,
    /// The path without the language, such as `/products/mug`.
    pub path: String,
    /// The raw query string.
    pub query: String,
    /// Whom the prices are for.
    pub audience: Audience,
    pub slots: Slots,
    /// Whether the page wears the draft of the theme: for those who work on it.
    pub draft: bool,
}

impl Everyone {
    /// The language as the store speaks it.
    pub fn spoken(&self) -> Spoken {
        self.site.spoken(self.language)
    }
}

/// A place in a page for something of the visitor's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    /// The token of forms. It stands in an attribute.
    FormToken,
    /// The customer's name in the header, or the word for an account.
    Account,
    /// The number beside the cart's link; nothing for an empty cart.
    CartUnits,
    /// What the last request did.
    Messages,
    /// The shelf of products looked at before.
    Viewed,
    /// The shelf of what is bought together with the page's product.
    Together,
    /// The shelves of what the visitor may want.
    ForYou,
    /// What the visitor was offered.
    Offers,
    /// An attribute that hides the question whether the browser may be recognised, once it is answered.
    Asked,
    /// The button that puts the page's product on the wish list, or takes it off.
    WishList,
}

impl Slot {
    const ALL: [Slot; 10] = [
        Slot::FormToken,
        Slot::Account,
        Slot::CartUnits,
        Slot::Messages,
        Slot::Viewed,
        Slot::Together,
        Slot::ForYou,
        Slot::Offers,
        Slot::Asked,
        Slot::WishList,
    ];

    fn letter(self) -> char {
        match self {
            Slot::FormToken => 'f',
            Slot::Account => 'a',
            Slot::CartUnits => 'c',
            Slot::Messages => 'm',
            Slot::Viewed => 'v',
            Slot::Together => 't',
            Slot::ForYou => 'y',
            Slot::Offers => 'o',
            Slot::Asked => 'q',
            Slot::WishList => 'w',
        }
    }
}

/// The marks of slots in rendered pages. They begin with a random text that never leaves the process, so that no text of the shop
/// or of a visitor can hold one.
#[derive(Clone, Debug)]
pub struct Slots(Arc<str>);

impl Default for Slots {
    fn default() -> Slots {
        Slots(format!("slot-{}-", token::random()).into())
    }
}

impl Slots {
    /// What a template writes where the slot is.
    pub fn mark(&self, slot: Slot) -> String {
        format!("{}{}", self.0, slot.letter())
    }

    /// The marks of the frame around every page.
    pub fn of_frame(&self) -> FrameSlots {
        FrameSlots {
            account: self.mark(Slot::Account),
            cart: self.mark(Slot::CartUnits),
            messages: self.mark(Slot::Messages),
            asked: self.mark(Slot::Asked),
        }
    }

    /// Cuts a rendered page at its marks. Fails when something is marked that is no slot.
    pub(super) fn cut(&self, html: &str) -> Result<Cut> {
        let whole = Bytes::copy_from_slice(html.as_bytes());
        let piece = |text: &str| whole.slice_ref(&whole[place(html, text)]);
        let mut parts = html.split(&*self.0);
        let first = parts.next().map(piece).unwrap_or_default();
        let rest = parts.map(|part| {
            let slot = Slot::ALL.into_iter().find(|slot| part.starts_with(slot.letter()));
            let slot = slot.ok_or_else(|| Error::unexpected("a page marks a slot that there is not"))?;
            Ok((slot, piece(&part[slot.letter().len_utf8()..])))
        });
        let rest = rest.collect::<Result<Vec<_>>>()?;
        Ok(Cut { first, rest })
    }
}

/// Where `part`, a piece of `whole`, lies in it.
fn place(whole: &str, part: &str) -> std::ops::Range<usize> {
    let from = part.as_ptr().addr() - whole.as_ptr().addr();
    from..from + part.len()
}

/// A page in pieces.
#[derive(Debug)]
pub struct Cut {
    first: Bytes,
    /// Each slot with the piece after it.
    rest: Vec<(Slot, Bytes)>,
}

/// What stands in the slots of a page, in the order of [`Slot::ALL`].
type Contents = [Option<Bytes>; Slot::ALL.len()];

impl Cut {
    fn join(&self, own: &Contents) -> Bytes {
        let of = |slot: Slot| own[slot as usize].as_deref().unwrap_or_default();
        let length: usize = self.rest.iter().map(|(slot, piece)| of(*slot).len() + piece.len()).sum();
        let mut body = BytesMut::with_capacity(self.first.len() + length);
        body.extend_from_slice(&self.first);
        for (slot, piece) in &self.rest {
            body.extend_from_slice(of(*slot));
            body.extend_from_slice(piece);
        }
        body.freeze()
    }
}

/// Puts what is a visitor's own into the slots of a page.
pub struct Filler<'a> {
    pub door: &'a Door,
    pub visit: &'a Visit,
    pub known: &'a Known,
    /// The product the page shows.
    pub product: Option<ProductId>,
}

impl Filler<'_> {
    /// The whole page of this visitor.
    pub async fn fill(&self, page: &Cut) -> Result<Bytes> {
        let mut own = Contents::default();
        for (slot, _) in &page.rest {
            if own[*slot as usize].is_none() {
                own[*slot as usize] = Some(self.content(*slot).await?);
            }
        }
        Ok(page.join(&own))
    }

    /// What stands in a slot for this visitor, as HTML.
    async fn content(&self, slot: Slot) -> Result<Bytes> {
        match slot {
            Slot::FormToken => Ok(Bytes::copy_from_slice(self.visit.csrf.as_bytes())),
            Slot::Account => self.account(),
            Slot::CartUnits => self.cart_units(),
            Slot::Messages => self.messages(),
            Slot::Asked => Ok(Bytes::from_static(if self.visit.choice == Choice::Open { b"" } else { b"hidden" })),
            Slot::Viewed => viewed::shelf(self.door, self.visit, &self.known.audience, self.product).await,
            Slot::Together => match self.product {
                Some(product) => recommend::together(self.door, self.visit, self.known, product).await,
                None => Ok(Bytes::new()),
            },
            Slot::ForYou => recommend::home(self.door, self.visit, self.known).await,
            Slot::Offers => offers::home(self.door, self.visit, self.known).await,
            Slot::WishList => wish_list::button(self.door, self.visit, self.known, self.product).await,
        }
    }

    fn account(&self) -> Result<Bytes> {
        let word = match &self.known.name {
            Some(name) => escape(name),
            None => escape(&Words::of(&self.door.templates, self.visit.language)?.get("nav-account")),
        };
        Ok(word.into())
    }

    fn cart_units(&self) -> Result<Bytes> {
        let units = self.known.units;
        if units == 0 {
            return Ok(Bytes::new());
        }
        let key = (self.visit.language, units);
        if let Some(drawn) = self.door.memory.cart_units.get(&key) {
            return Ok(drawn);
        }
        let drawn = Bytes::from(self.draw("storefront/slots/cart_units.html", &Units { units })?);
        self.door.memory.cart_units.put(key, drawn.clone(), drawn.len());
        Ok(drawn)
    }

    fn messages(&self) -> Result<Bytes> {
        if self.visit.flash.is_empty() {
            return Ok(Bytes::new());
        }
        Ok(self.draw("storefront/slots/messages.html", &Messages { flash: &self.visit.flash })?.into())
    }

    fn draw(&self, template: &str, view: &impl Serialize) -> Result<String> {
        self.door.templates.render(template, self.visit.spoken(), view)
    }
}

#[derive(Serialize)]
struct Units {
    units: u32,
}

#[derive(Serialize)]
struct Messages<'a> {
    flash: &'a [Flash],
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts<'a>(cut: &'a Cut) -> (&'a str, Vec<(Slot, &'a str)>) {
        let text = |(slot, piece): &'a (Slot, Bytes)| (*slot, std::str::from_utf8(piece).unwrap());
        (std::str::from_utf8(&cut.first).unwrap(), cut.rest.iter().map(text).collect())
    }

    #[test]
    fn a_page_is_cut_at_its_marks() {
        let slots = Slots::default();
        let html = format!("<a {t}><b>{a}</b>{t}é", t = slots.mark(Slot::FormToken), a = slots.mark(Slot::Account));
        let cut = slots.cut(&html).unwrap();
        assert_eq!(texts(&cut), ("<a ", vec![(Slot::FormToken, "><b>"), (Slot::Account, "</b>"), (Slot::FormToken, "é")]));
        assert_eq!(texts(&slots.cut("plain").unwrap()), ("plain", vec![]));
        assert!(slots.cut(&format!("{}?", slots.0)).is_err());
    }

    #[test]
    fn what_is_put_in_is_not_searched_for_marks() {
        let slots = Slots::default();
        let cut = slots.cut(&format!("<b>{}</b>{}", slots.mark(Slot::Account), slots.mark(Slot::FormToken))).unwrap();
        let mut own = Contents::default();
        own[Slot::Account as usize] = Some(slots.mark(Slot::FormToken).into());
        own[Slot::FormToken as usize] = Some("secret".into());
        assert_eq!(cut.join(&own), format!("<b>{}</b>secret", slots.mark(Slot::FormToken)));
    }

    #[test]
    fn marks_cannot_be_guessed_and_need_no_escaping() {
        let (one, other) = (Slots::default(), Slots::default());
        assert_ne!(one.0, other.0);
        let mark = one.mark(Slot::Viewed);
        assert_eq!(escape(&mark), mark);
        assert_eq!(texts(&one.cut(&other.mark(Slot::Account)).unwrap()).1, vec![]);
        let letters: std::collections::BTreeSet<char> = Slot::ALL.into_iter().map(Slot::letter).collect();
        assert_eq!(letters.len(), Slot::ALL.len());
        assert!(Slot::ALL.into_iter().enumerate().all(|(at, slot)| slot as usize == at));
    }
}
