//! `storefront/account/company*.html`.

use super::account::OrderRow;
use super::form::Form;
use super::shared::Choice;
use kernel::clock::Time;
use serde::Serialize;

/// The menu of a company's pages, as far as the member's role allows.
#[derive(Debug, Clone, Default, Serialize)]
pub struct CompanyNav {
    pub name: String,
    /// Staff approved it.
    pub open: bool,
    pub members: bool,
    pub invoices: bool,
    pub approve: bool,
}

/// `company.html`: posts `form::COMPANY_DETAILS` to `/account/company`, and `member` to `/account/company/choose`.
#[derive(Debug, Clone, Default, Serialize)]
pub struct CompanyView {
    /// `None` for a member of nothing, as `company`.
    pub nav: Option<CompanyNav>,
    pub company: Option<CompanyHead>,
    /// For whom they can buy; empty when that is nobody but themselves.
    pub choices: Vec<Choice>,
    /// Companies that they cannot buy for, each with its state.
    pub waiting: Vec<(String, String)>,
    /// For administrators.
    pub form: Option<Form>,
}

/// What a member sees of a company.
#[derive(Debug, Clone, Serialize)]
pub struct CompanyHead {
    pub name: String,
    pub state: String,
    /// Why it was refused or closed.
    pub reason: String,
    pub role: String,
    pub vat_id: String,
    pub vat_standing: String,
    pub registration_number: String,
}

/// `company_apply.html`: posts `form::COMPANY_APPLY` to `/company/register`.
#[derive(Debug, Clone, Serialize)]
pub struct ApplyView {
    pub form: Form,
    pub countries: Vec<Choice>,
}

/// `company_invited.html`: posts to `/company/invitations/{token}`. Without a company the link does not work any more.
#[derive(Debug, Clone, Default, Serialize)]
pub struct InvitedView {
    pub token: String,
    pub company: Option<String>,
    pub role: String,
    pub signed_in: bool,
    /// Whether whoever is signed in has the address that it was sent to.
    pub fits: bool,
    /// `form::COMPANY_JOIN`, for somebody without an account.
    pub form: Form,
}

/// `company_members.html`: posts `form::COMPANY_INVITE` and `form::COMPANY_ROLE`.
#[derive(Debug, Clone, Serialize)]
pub struct MembersView {
    pub nav: CompanyNav,
    pub members: Vec<MemberRow>,
    pub invitations: Vec<InvitationRow>,
    pub roles: Vec<Choice>,
    pub sites: Vec<Choice>,
    pub all_roles: Vec<RoleRow>,
    /// Words of permissions, for a role of the company's own.
    pub permissions: Vec<String>,
    pub invite: Form,
    pub role: Form,
    pub next: Option<String>,
}

#[derive(Debug, Clone, Serialize)]
pub struct MemberRow {
    pub id: String,
    pub name: String,
    pub email: String,
    pub role: String,
    pub site: Option<String>,
    pub cost_centre: String,
    pub joined_at: Time,
    /// The one who looks.
    pub own: bool,
}

#[derive(Debug, Clone, Serialize)]
pub struct InvitationRow {
    pub id: String,
    pub email: String,
    pub role: String,
    pub site: Option<String>,
    pub expires_at: Time,
}

#[derive(Debug, Clone, Serialize)]
pub struct RoleRow {
    pub id: String,
    pub name: String,
    pub may: Vec<String>,
    /// The company made it and can take it away.
    pub own: bool,
}

/// `company_member.html`: posts `form::COMPANY_MEMBER` to `/account/company/members/{id}`.
#[derive(Debug, Clone, Serialize)]
pub struct MemberView {
    pub nav: CompanyNav,
    pub id: String,
    pub name: String,
    pub form: Form,
    pub roles: Vec<Choice>,
    pub sites: Vec<Choice>,
}

/// `company_sites.html`.
#[derive(Debug, Clone, Serialize)]
pub struct SitesView {
    pub nav: CompanyNav,
    pub sites: Vec<SiteRow>,
}

#[derive(Debug, Clone, Serialize)]
pub struct SiteRow {
    pub id: String,
    pub name: String,
    pub parent: Option<String>,
    pub lines: Vec<String>,
    pub billing: bool,
    pub active: bool,
}

/// `company_site.html`: posts `form::COMPANY_SITE` to `/account/company/sites`, of a stored one to its own address.
#[derive(Debug, Clone, Serialize)]
pub struct SiteView {
    pub nav: CompanyNav,
    pub id: Option<String>,
    pub form: Form,
    pub parents: Vec<Choice>,
    pub countries: Vec<Choice>,
}

/// `company_orders.html`.
#[derive(Debug, Clone, Serialize)]
pub struct CompanyOrdersView {
    pub nav: CompanyNav,
    pub orders: Vec<CompanyOrder>,
    pub next: Option<String>,
    pub first: Option<String>,
}

/// An order with who placed it.
#[derive(Debug, Clone, Serialize)]
pub struct CompanyOrder {
    pub order: OrderRow,
    pub by: String,
    pub po_number: String,
}

/// `company_log.html`.
#[derive(Debug, Clone, Serialize)]
pub struct LogView {
    pub nav: CompanyNav,
    pub rows: Vec<LogRow>,
    pub next: Option<String>,
}

#[derive(Debug, Clone, Serialize)]
pub struct LogRow {
    pub at: Time,
    pub who: String,
    pub what: String,
    pub before: String,
    pub after: String,
}
