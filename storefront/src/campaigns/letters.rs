//! The mails of a batch, and one of them to look at.

use super::content::Content;
use crate::ids::StoreId;
use crate::mails::Mailer;
use crm::CustomerId;
use crm::campaigns::{Claimed, DeliveryId};
use kernel::clock::Time;
use kernel::mail::post::Parcel;
use kernel::web::i18n::Language;
use kernel::{Conn, Result};

/// What writing campaigns takes: templates, the key of signatures, the configuration.
pub type Ways = Mailer;

/// Why somebody gets no mail: the key of a text.
pub type SkipReason = &'static str;

/// Decides offers that wait for a decision, for recipients of a content that shows them, so that what the mail says is what is honoured. To
/// be called in the transaction that claims.
pub fn settle(conn: &mut Conn, batch: &[Claimed], now: Time) -> Result<()>;

/// The mails of a batch, in its order. Reads only.
pub fn letters(conn: &mut Conn, batch: &[Claimed], ways: &Ways, now: Time) -> Result<Vec<(DeliveryId, Result<Parcel, SkipReason>)>>;

/// The mail of a delivery as a page (`/m/{token}/view`): its HTML, with links that count as those of the mail do.
pub fn view(conn: &mut Conn, claimed: &Claimed, ways: &Ways, now: Time) -> Result<Result<String, SkipReason>>;

/// A mail as somebody would get it, with links that are not counted.
pub struct Preview { pub language: Language, pub subject: String, pub preheader: String, pub html: String, pub text: String }

pub fn preview(conn: &mut Conn, store: StoreId, content: &Content, customer: CustomerId, ways: &Ways, now: Time) -> Result<Result<Preview, SkipReason>>;
