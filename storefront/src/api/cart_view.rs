//! A cart as the API shows it: priced now, with everything its owner must be told.

use super::amount::Amount;
use crate::address::Address;
use crate::carts::{self, Cart, CartState, Notice, Quote};
use crate::orders;
use crate::promotions::{Applied, Reason};
use crate::stored_value::CardUse;
use crate::tax::TaxPart;
use crate::units::Unit;
use kernel::clock::Time;
use kernel::money::Currency;
use kernel::{Conn, Error, Result};
use serde::Serialize;
use utoipa::ToSchema;

/// A cart, priced with today's catalogue, promotions, delivery and tax.
#[derive(Serialize, ToSchema)]
pub struct CartView {
    /// The cart's secret name: whoever knows it can change the cart.
    id: String,
    /// Until it is placed it is `open`.
    #[schema(pattern = "^(open|placed|merged)$")]
    state: String,
    /// Counts every change. To place the cart, send the version that you read.
    version: i64,
    currency: String,
    language: String,
    /// Where tax and delivery are figured for, ISO 3166-1 alpha-2.
    country: String,
    email: String,
    shipping_address: Option<Address>,
    /// The shipping address serves when there is none.
    billing_address: Option<Address>,
    note: String,
    lines: Vec<CartLine>,
    /// The codes on the cart, with a blank between them.
    coupon_code: String,
    /// What the cart gets, in the order in which it counts.
    promotions: Vec<PromotionView>,
    requires_shipping: bool,
    /// The delivery chosen or, before that, the first that serves.
    shipping_rate: Option<ChosenRate>,
    payment_method: String,
    /// Goods before reductions.
    subtotal: Amount,
    /// Reductions of goods.
    discount: Amount,
    /// Delivery after reductions.
    shipping: Amount,
    /// All tax, of goods and delivery.
    tax: Amount,
    prices_include_tax: bool,
    /// The buyer owes the tax in place of the shop: a company with a VAT id of another state of the European Union. Amounts are before
    /// tax then.
    reverse_charge: bool,
    /// Where the buyer picks the goods up, when the delivery is a pick-up.
    pickup_address: Option<Address>,
    /// What it costs, whatever pays it.
    total: Amount,
    /// The gift cards on it, in the order in which they pay.
    gift_cards: Vec<GiftCardUse>,
    /// What the customer's store credit pays.
    store_credit: Amount,
    /// What is left to pay after gift cards and store credit.
    due: Amount,
    notices: Vec<NoticeView>,
    /// The order this cart became.
    order_number: Option<String>,
}

/// A gift card that pays for the cart.
#[derive(Serialize, ToSchema)]
struct GiftCardUse {
    id: i64,
    /// The end of its code.
    #[schema(example = "7DKW")]
    last_four: String,
    balance: Amount,
    /// What it pays of the cart.
    amount: Amount,
}

/// A promotion that the cart gets.
#[derive(Serialize, ToSchema)]
struct PromotionView {
    name: String,
    /// The code that opened it.
    code: Option<String>,
    /// What it takes off goods and delivery.
    amount: Amount,
}

#[derive(Serialize, ToSchema)]
struct CartLine {
    /// Zero for a gift, which cannot be changed.
    id: i64,
    variant_id: i64,
    sku: Option<String>,
    title: String,
    /// Option values with ` / ` between.
    options: String,
    slug: String,
    quantity: i64,
    /// The unit that the price is for, by its code of UN/ECE Recommendation 20, and in how many decimals of it quantities count: 250 of `MTR`
    /// with a precision of 2 are 2.50 m.
    #[schema(value_type = String, pattern = "^(C62|BX|MTR|KGM|GRM|LTR)$")]
    unit: Unit,
    precision: i64,
    /// The quantity with its unit, as people read it.
    quantity_text: String,
    unit_price: Amount,
    /// Before reductions.
    subtotal: Amount,
    discount: Amount,
    tax: Amount,
    /// What `tax` is made of.
    taxes: Vec<TaxPart>,
    tax_reason: String,
    /// With reductions and tax.
    total: Amount,
    /// Each unit is a gift card over `unit_price`, whose code is mailed to the buyer when the order is paid.
    gift_card: bool,
    /// The promotion that gives this line.
    gift: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct ChosenRate {
    id: i64,
    name: String,
    /// False when it is only the first that serves, for the estimate.
    chosen: bool,
}

/// What the buyer must be told before they go on.
#[derive(Serialize, ToSchema)]
struct NoticeView {
    /// `price_changed`, `short`, `quantity`, `gone`, `coupon_refused`, `coupon_below_minimum`, `coupon_idle`, `promotion_lost`,
    /// `gift_card_unusable`, `no_delivery`, `quote_ended` (the quote that it was made of is over), `prices_hidden` (a shopper's
    /// own cart, to whom the store does not show its prices: amounts of goods are 0) or
    /// `buying_ended` (whoever buys it may not order for their company any more).
    /// A `coupon_refused` will not work for this buyer; the others of a coupon may, once the cart is another.
    kind: &'static str,
    /// Whether the cart cannot be placed while this stands.
    blocks: bool,
    line_id: Option<i64>,
    /// The price before, of `price_changed`.
    before: Option<Amount>,
    /// The price now, of `price_changed`.
    now: Option<Amount>,
    /// Units left, of `short`.
    left: Option<i64>,
    /// Of `quantity`: the least that a price list sells of it, in which steps, and the next quantity that it sells.
    minimum: Option<i64>,
    increment: Option<i64>,
    fitting: Option<i64>,
    /// What is missing to the coupon's minimum.
    missing: Option<Amount>,
    /// The code it is about.
    code: Option<String>,
    /// The promotion that the cart does not get any more.
    promotion: Option<String>,
    /// Why the coupon does nothing, such as `unknown`, `not-yet`, `expired`, `used-up`, `used-by-you`, `other-currency`,
    /// `below-quantity`, `missing-goods`, `country`, `sign-in`, `not-first-order`, `beaten` or `no-gain`.
    reason: Option<&'static str>,
}

/// The cart behind its secret name, whatever its state. A merged one is gone.
pub fn find(conn: &mut Conn, id: &str) -> Result<Cart> {
    let cart = carts::find_any_by_token(conn, id)?.ok_or(Error::NotFound)?;
    if cart.state == CartState::Merged { Err(Error::NotFound) } else { Ok(cart) }
}

/// The cart named `id`, priced.
pub fn show(conn: &mut Conn, id: &str, now: Time) -> Result<CartView> {
    let cart = find(conn, id)?;
    let order_number = match orders::find_by_cart(conn, cart.id)? {
        Some(order) => Some(orders::get(conn, order)?.number),
        None => None,
    };
    let quote = carts::quote(conn, cart.id, now)?;
    view(id, quote, order_number)
}

fn view(id: &str, quote: Quote, order_number: Option<String>) -> Result<CartView> {
    let currency = quote.currency;
    let amount = |minor: i64| Amount::new(minor, currency);
    let lines = quote.lines.iter().zip(&quote.priced.lines).map(|(line, priced)| CartLine {
        id: line.id.0,
        variant_id: line.variant.id.0,
        sku: line.variant.sku.clone(),
        title: line.variant.title.clone(),
        options: line.variant.options.clone(),
        slug: line.variant.slug.clone(),
        quantity: line.quantity,
        unit: line.variant.measure.unit,
        precision: line.variant.measure.precision,
        quantity_text: line.variant.measure.text(line.quantity),
        unit_price: amount(priced.unit_price),
        subtotal: amount(priced.subtotal),
        discount: amount(priced.discount),
        tax: amount(priced.tax),
        taxes: priced.taxes.clone(),
        tax_reason: priced.tax_reason.clone(),
        total: amount(priced.total),
        gift_card: line.variant.gift_card,
        gift: line.gift.clone(),
    });
    let promotion =
        |applied: &Applied| PromotionView { name: applied.name.clone(), code: applied.code.clone(), amount: amount(applied.amount()) };
    let card = |card: &CardUse| GiftCardUse {
        id: card.id.0,
        last_four: card.last_four.clone(),
        balance: amount(card.balance),
        amount: amount(card.amount),
    };
    let chosen = quote.cart.shipping_rate_id;
    let rate = quote.rate.as_ref().filter(|_| quote.requires_shipping);
    Ok(CartView {
        id: id.to_string(),
        state: quote.cart.state.as_str().to_string(),
        version: quote.cart.version,
        currency: currency.code().into(),
        language: quote.cart.language.clone(),
        country: quote.country.clone(),
        email: quote.cart.email.clone(),
        shipping_address: quote.cart.shipping_address()?,
        billing_address: quote.cart.billing_address.as_deref().map(Address::stored).transpose()?,
        note: quote.cart.note.clone(),
        lines: lines.collect(),
        coupon_code: quote.cart.coupon_code.clone(),
        promotions: quote.decision.applied.iter().map(promotion).collect(),
        requires_shipping: quote.requires_shipping,
        shipping_rate: rate.map(|rate| ChosenRate { id: rate.id.0, name: rate.name.clone(), chosen: Some(rate.id) == chosen }),
        payment_method: quote.cart.payment_method.clone(),
        subtotal: amount(quote.priced.subtotal),
        discount: amount(quote.priced.discount),
        shipping: amount(quote.priced.shipping),
        tax: amount(quote.priced.tax),
        prices_include_tax: quote.prices_include_tax,
        reverse_charge: quote.reverse_charge,
        pickup_address: quote.pickup.as_ref().map(|pickup| pickup.address.clone()),
        total: amount(quote.priced.total),
        gift_cards: quote.stored.cards.iter().chain(quote.stored.unusable.iter().map(|(card, _)| card)).map(card).collect(),
        store_credit: amount(quote.stored.credit),
        due: amount(quote.due()),
        notices: quote.notices.iter().map(|notice| told(notice, currency)).collect(),
        order_number,
    })
}

fn told(notice: &Notice, currency: Currency) -> NoticeView {
    let amount = |minor: i64| Some(Amount::new(minor, currency));
    let plain = |kind| NoticeView {
        kind,
        blocks: notice.blocks(),
        line_id: None,
        before: None,
        now: None,
        left: None,
        minimum: None,
        increment: None,
        fitting: None,
        missing: None,
        code: None,
        promotion: None,
        reason: None,
    };
    match notice {
        Notice::PriceChanged { line, before, now } => {
            NoticeView { line_id: Some(line.0), before: amount(*before), now: amount(*now), ..plain("price_changed") }
        }
        Notice::Short { line, left } => NoticeView { line_id: Some(line.0), left: Some(*left), ..plain("short") },
        Notice::Quantity { line, rule, fitting } => NoticeView {
            line_id: Some(line.0),
            minimum: Some(rule.minimum),
            increment: Some(rule.increment),
            fitting: Some(*fitting),
            ..plain("quantity")
        },
        Notice::Gone { line } => NoticeView { line_id: Some(line.0), ..plain("gone") },
        Notice::CouponRefused { code, reason } => {
            NoticeView { code: Some(code.clone()), reason: Some(reason.word()), ..plain("coupon_refused") }
        }
        Notice::CouponIdle { code, reason: Reason::BelowAmount { missing } } => {
            NoticeView { code: Some(code.clone()), missing: amount(*missing), ..plain("coupon_below_minimum") }
        }
        Notice::CouponIdle { code, reason } => NoticeView { code: Some(code.clone()), reason: Some(reason.word()), ..plain("coupon_idle") },
        Notice::GiftCardUnusable { reason, .. } => NoticeView { reason: reason.strip_prefix("gift-card-"), ..plain("gift_card_unusable") },
        Notice::PromotionLost { name } => NoticeView { promotion: Some(name.clone()), ..plain("promotion_lost") },
        Notice::NoDelivery => plain("no_delivery"),
        Notice::BuyingEnded => plain("buying_ended"),
        Notice::QuoteEnded => plain("quote_ended"),
        Notice::PricesHidden => plain("prices_hidden"),
    }
}
