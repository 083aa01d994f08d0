//! The shop's mails, each queued in the transaction of its cause: a listener's or a handler's. In the customer's language, with
//! absolute links that carry the order's signed key, so that guests need no account.

mod account;
mod approvals;
mod edited;
mod offered;
mod order;
mod quotes;
mod returned;
mod reviewed;
mod sent;
pub mod tickets;

pub use edited::lines as edited_lines;
pub use order::payment_link;
pub use sent::of_order;
pub use tickets::{SURVEY_JOB, survey};

use crate::gift_cards::{self, GiftCard};
use crate::ids::StoreId;
use crate::orders::Order;
use crate::pictures;
use crate::shop::Shop;
use crate::stores::Site;
use crate::theme::{self, Role, Theme};
use crate::waiting::Waiting;
use crate::web::orders::order_path;
use crate::web::shown;
use crate::web::views::mail::{BackInStock, CompanyMail, GiftCardMail, GiftCardsSold, LinkMail, Mail, MailLook, MailView, SoldCard};
use crate::web::words::Words;
use crate::{catalog, stores};
use crm::companies::{self, May};
use crm::customers::Customer;
use crm::email::Email;
use crm::sign_ups::{self, Wish};
use crm::tickets::{MessageId, TicketId};
use crm::{CompanyId, InvitationId};
use kernel::clock::Time;
use kernel::config::Config;
use kernel::events::Event;
use kernel::mail::{self, Draft, Headers};
use kernel::money::Money;
use kernel::token::{self, Signer};
use kernel::web::i18n::Language;
use kernel::web::templates::Templates;
use kernel::{Conn, Result};
use serde::Serialize;
use std::sync::Arc;

/// What writing mails takes. Cheap to clone.
#[derive(Clone)]
pub struct Mailer {
    pub templates: Arc<Templates>,
    pub signer: Signer,
    pub config: Arc<Config>,
}

/// Whom a mail is for.
pub struct Reader<'a> {
    pub email: &'a str,
    /// Empty when it is not known.
    pub name: &'a str,
    pub language: Language,
    /// The store that writes.
    pub store: StoreId,
}

/// Which mail, and why.
struct Letter<'a> {
    /// The folder in `templates/mail`.
    template: &'a str,
    /// What makes it go out once.
    cause: &'a str,
    headers: Headers,
}

impl Mailer {
    /// The absolute address of a page of the main store.
    pub fn url(&self, language: Language, path: &str) -> String {
        format!("{}{}", self.config.base_url, language.path(path))
    }

    /// Where the links of a store's mails lead. The host of a closed store may be gone by the time that somebody reads.
    pub(crate) fn site(&self, conn: &mut Conn, store: StoreId) -> Result<Site> {
        if store == stores::MAIN {
            return Ok(Site::main(&self.config.base_url));
        }
        let site = Site::of(&stores::get(conn, store)?, &self.config.base_url);
        Ok(if site.open { site } else { Site::main(&self.config.base_url) })
    }

    /// The signed link to an order's page.
    fn order_url(&self, conn: &mut Conn, order: &Order) -> Result<String> {
        let path = order_path(&self.signer, &order.number);
        Ok(self.site(conn, order.store_id)?.url(language(&order.language), &path))
    }

    fn words(&self, language: Language) -> Result<Words> {
        Words::of(&self.templates, language)
    }

    /// Renders the mail of `templates/mail/{template}` and queues it. The same `cause` mails once; somebody who was erased is
    /// not written to. Fails when there is no such template.
    pub fn queue<V: Serialize>(&self, conn: &mut Conn, template: &str, cause: &str, to: &Reader<'_>, view: V, now: Time) -> Result<()> {
        self.post(conn, Letter { template, cause, headers: Headers::default() }, to, view, now)
    }

    /// [`Mailer::queue`] of a mail that belongs to a thread.
    fn post<V: Serialize>(&self, conn: &mut Conn, letter: Letter, to: &Reader<'_>, view: V, now: Time) -> Result<()> {
        let Letter { template, cause, headers } = letter;
        // An order goes on after its buyer was erased, and tells nobody.
        if crm::erasure::is_erased(to.email) {
            return Ok(());
        }
        let site = self.site(conn, to.store)?;
        let spoken = site.spoken(to.language);
        let shop = stores::shop(conn, to.store)?;
        let frame =
            MailView { name: (!to.name.is_empty()).then(|| to.name.to_string()), ..self.frame(conn, &shop, &site, spoken.language)? };
        let mail = Mail { mail: frame, view };
        let render = |part: &str| self.templates.render(&format!("mail/{template}/{part}"), spoken, &mail);
        let draft = Draft {
            dedupe_key: format!("{template}:{cause}"),
            template: template.to_string(),
            recipient: to.email.to_string(),
            subject: render("subject.txt")?,
            text: render("body.txt")?,
            html: render("body.html")?,
            headers,
        };
        mail::queue(conn, &draft, self.config.host(), now).map(drop)
    }

    /// What is the same in all mails of a store in a language. It greets nobody.
    pub(crate) fn frame(&self, conn: &mut Conn, shop: &Shop, site: &Site, language: Language) -> Result<MailView> {
        Ok(MailView {
            language,
            tag: language.tag(),
            shop_name: shop.name.clone(),
            shop_url: site.url(language, "/"),
            look: self.look(conn, shop.store, site)?,
            contact: shop.contact_email.clone(),
            imprint: shop.imprint_lines(&self.templates.text(language, "document-vat-id")?),
            name: None,
        })
    }

    /// What mails show of the theme that the store wears.
    fn look(&self, conn: &mut Conn, store: StoreId, site: &Site) -> Result<MailLook> {
        let worn = theme::published(conn, store)?.theme;
        let page = Theme::default().colour(Role::Background);
        let accent = Some(worn.colour(Role::Accent)).filter(|accent| accent.contrast(page) >= theme::BODY);
        let logo = match &worn.logo {
            Some(hash) => {
                let (width, height) = pictures::measures(conn, hash)?;
                Some((format!("{}/pictures/{hash}/400.webp", site.base_url), (width * 36 / height.max(1)).clamp(1, 224)))
            }
            None => None,
        };
        Ok(MailLook {
            ground: worn.colour(Role::Background).to_string(),
            ink: worn.colour(Role::Text).to_string(),
            accent: accent.unwrap_or_else(|| Theme::default().colour(Role::Accent)).to_string(),
            logo,
        })
    }

    /// The link by which somebody proves that an address is theirs. `token` is fresh; the mail is the only place that has it.
    pub fn verify_email(&self, conn: &mut Conn, store: StoreId, customer: &Customer, token: &str, now: Time) -> Result<()> {
        self.link(conn, "verify_email", (store, customer), &format!("/account/verify?token={token}"), crate::logins::VERIFY_HOURS, now)
    }

    /// The link to a new password.
    pub fn reset_password(&self, conn: &mut Conn, store: StoreId, customer: &Customer, token: &str, now: Time) -> Result<()> {
        self.link(conn, "reset_password", (store, customer), &format!("/account/reset?token={token}"), crate::logins::RESET_HOURS, now)
    }

    /// The link by which somebody says that they want mail. Who the address is of, if anybody, decides nothing.
    pub fn confirm_newsletter(&self, conn: &mut Conn, wish: &Wish, secret: &str, now: Time) -> Result<()> {
        let (language, store) = (language(&wish.language), StoreId(wish.store));
        let path = format!("/newsletter/confirm?token={secret}");
        let to = Reader { email: wish.email.as_str(), name: "", language, store };
        let view = LinkMail { url: self.site(conn, store)?.url(language, &path), hours: u32::try_from(sign_ups::HOURS).unwrap_or(0) };
        self.queue(conn, "confirm_newsletter", &token::hash(&path)[..16], &to, view, now)
    }

    /// Invites somebody to buy for a company. The mail is the only place that has the token.
    pub fn company_invitation(
        &self,
        conn: &mut Conn,
        (store, language): (StoreId, Language),
        email: &Email,
        (id, company): (InvitationId, &str),
        token: &str,
        now: Time,
    ) -> Result<()> {
        let to = Reader { email: email.as_str(), name: "", language, store };
        let view = CompanyMail {
            company: company.to_string(),
            state: String::new(),
            reason: String::new(),
            url: self.site(conn, store)?.url(language, &format!("/company/invitations/{token}")),
        };
        self.queue(conn, "company_invitation", &id.to_string(), &to, view, now)
    }

    /// Tells those who look after a company's members what staff decided: it may buy, was refused, or was closed.
    pub fn company_decided(&self, conn: &mut Conn, company: CompanyId, now: Time) -> Result<()> {
        let known = companies::get(conn, company)?;
        let members = companies::members(conn, company, None, 50)?;
        for member in members.iter().filter(|member| member.may.contains(&May::Members)) {
            let customer = crm::customers::get(conn, member.customer)?;
            let language = language(&customer.language);
            let to = Reader { email: &customer.email, name: &customer.name, language, store: stores::MAIN };
            let view = CompanyMail {
                company: known.name.clone(),
                state: known.state.as_str().to_string(),
                reason: known.reason.clone(),
                url: self.site(conn, stores::MAIN)?.url(language, "/account/company"),
            };
            let cause = format!("{company}:{}:{}", known.version, member.id);
            self.queue(conn, "company_decided", &cause, &to, view, now)?;
        }
        Ok(())
    }

    /// Tells somebody that what they waited for is back.
    pub fn back_in_stock(&self, conn: &mut Conn, waiting: &Waiting, now: Time) -> Result<()> {
        let language = language(&waiting.language);
        let shop = stores::shop(conn, waiting.store_id)?;
        let found = catalog::variants_for_sale(conn, &[waiting.variant_id], shop.currency, language.code())?;
        let Some(variant) = found.first() else { return Ok(()) };
        let to = Reader { email: &waiting.email, name: "", language, store: waiting.store_id };
        let view = BackInStock {
            title: variant.title.clone(),
            variant: shown::some(&variant.options),
            price: (!shop.prices_hidden).then(|| Money::new(variant.unit_price, shop.currency)),
            url: self.site(conn, waiting.store_id)?.url(language, &format!("/products/{}", variant.slug)),
        };
        self.queue(conn, "back_in_stock", &waiting.id.to_string(), &to, view, now)
    }

    /// Sends a fresh gift card to its recipient. The mail is the only place that has the code.
    pub fn gift_card(&self, conn: &mut Conn, card: &GiftCard, code: &str, now: Time) -> Result<()> {
        let language = language(&card.language);
        let to = Reader { email: &card.recipient_email, name: &card.recipient_name, language, store: stores::MAIN };
        let view = GiftCardMail {
            amount: Money::new(card.initial, card.currency()?),
            code: code.to_string(),
            message: card.message.lines().map(str::to_string).collect(),
            expires_at: card.expires_at,
        };
        self.queue(conn, "gift_card", &card.id.to_string(), &to, view, now)
    }

    /// Sends the buyer of gift cards their codes, each with what its card holds. The mail is the only place that has them.
    pub fn gift_cards_sold(&self, conn: &mut Conn, order: &Order, codes: Vec<(Money, String)>, now: Time) -> Result<()> {
        let Some((_, first)) = codes.first() else { return Ok(()) };
        let Some(card) = gift_cards::find_by_code(conn, first)? else { return Ok(()) };
        let name = order.billing_address()?.name;
        let to = Reader { email: &order.email, name: &name, language: language(&order.language), store: order.store_id };
        let cards = codes.into_iter().map(|(amount, code)| SoldCard { amount, code }).collect();
        let view = GiftCardsSold { order_number: order.number.clone(), order_url: self.order_url(conn, order)?, cards };
        self.queue(conn, sent::CARDS, &card.id.to_string(), &to, view, now)
    }

    fn link(
        &self,
        conn: &mut Conn,
        template: &str,
        (store, customer): (StoreId, &Customer),
        path: &str,
        hours: i64,
        now: Time,
    ) -> Result<()> {
        let language = language(&customer.language);
        let to = Reader { email: &customer.email, name: &customer.name, language, store };
        let view = LinkMail { url: self.site(conn, store)?.url(language, path), hours: u32::try_from(hours).unwrap_or(0) };
        // The cause is the link itself; only its hash is kept.
        let cause = format!("{}:{}", customer.id, &token::hash(path)[..16]);
        self.queue(conn, template, &cause, &to, view, now)
    }
}

fn language(code: &str) -> Language {
    Language::parse(code).unwrap_or_default()
}

/// Queues the mail an event calls for, if any. Told of the same event twice, it mails once.
pub fn on_event(conn: &mut Conn, event: &Event, now: Time, mailer: &Mailer) -> Result<()> {
    match event {
        Event::OrderConfirmed { order } => {
            order::confirmation(conn, *order, now, mailer)?;
            account::invoice(conn, *order, now, mailer)
        }
        Event::OrderCancelled { order, reason } => order::cancelled(conn, *order, reason, now, mailer),
        Event::OrderEdited { order, edit } => {
            edited::tell(conn, *order, *edit, now, mailer)?;
            account::invoice(conn, *order, now, mailer)
        }
        Event::PaymentSettled { order, payment } => order::payment_received(conn, *order, *payment, now, mailer),
        Event::ShipmentSent { order, shipment } => order::shipment_sent(conn, *order, *shipment, now, mailer),
        Event::PickupReady { order } => order::pickup_ready(conn, *order, now, mailer),
        Event::RefundSettled { order, refund } => order::refund_sent(conn, *order, *refund, now, mailer),
        Event::PaymentCaseOpened { order, payment_case } => order::case_refund(conn, *order, *payment_case, now, mailer),
        Event::ReturnChanged { order, back, status } => returned::update(conn, *order, *back, status, now, mailer),
        Event::TicketOpened { ticket } => tickets::received(conn, TicketId(*ticket), now, mailer),
        Event::TicketReplied { ticket, message } => tickets::answered(conn, TicketId(*ticket), MessageId(*message), now, mailer),
        Event::TicketSolved { ticket, message, .. } => tickets::solved(conn, TicketId(*ticket), message.is_some(), now, mailer),
        Event::ApprovalAsked { approval } => approvals::asked(conn, *approval, now, mailer),
        Event::ApprovalDecided { approval, state } => approvals::decided(conn, *approval, state, now, mailer),
        Event::QuoteAsked { quote } => quotes::asked(conn, *quote, now, mailer),
        Event::QuoteOffered { quote, version } => quotes::offered(conn, *quote, *version, now, mailer),
        Event::QuoteAnswered { quote, message } => quotes::answered(conn, *quote, *message, now, mailer),
        Event::QuoteDecided { quote, state } => quotes::decided(conn, *quote, state, now, mailer),
        Event::OrderPlaced { .. }
        | Event::TicketOverdue { .. }
        | Event::RefundRequested { .. }
        | Event::CustomerJoined { .. }
        | Event::CustomersMerged { .. }
        | Event::CustomersParted { .. }
        | Event::CustomerErased { .. } => Ok(()),
        Event::ProductChanged { .. } | Event::ProductsChanged { .. } | Event::StockMoved { .. } => Ok(()),
        Event::RefundCameBack { .. } | Event::CustomerChanged { .. } | Event::JourneyReached { .. } => Ok(()),
    }
}
