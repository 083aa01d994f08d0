//! What there is to be allowed in the back office, and the roles a shop begins with.

use serde::Serialize;
use std::collections::BTreeSet;

kernel::words!(
    /// One thing that a role may allow. Seeing and doing are apart, so that somebody can look after orders without moving money.
    /// The owner's role has all of them, also those that a later version adds.
    Permission {
        OrdersView = "orders.view",
        /// Write internal notes.
        OrdersNote = "orders.note",
        /// Capture card payments and record money that arrived.
        OrdersCapture = "orders.capture",
        /// Place an order for a customer.
        OrdersPlace = "orders.place",
        /// Change goods, quantities, address and delivery of an order before it is shipped.
        OrdersEdit = "orders.edit",
        OrdersShip = "orders.ship",
        OrdersCancel = "orders.cancel",
        OrdersRefund = "orders.refund",
        ReturnsView = "returns.view",
        /// Answer, receive and inspect returns; giving money for them takes the right to refund.
        ReturnsHandle = "returns.handle",
        /// See money that came when no order wanted it any more.
        CasesView = "cases.view",
        CustomersView = "customers.view",
        /// Tag customers and write notes about them.
        CustomersEdit = "customers.edit",
        /// Set tasks about customers, change them and tick them off.
        TasksEdit = "tasks.edit",
        /// Join two customers who are one person, and undo it.
        CustomersMerge = "customers.merge",
        /// Take away for good everything that tells who a customer is.
        CustomersErase = "customers.erase",
        /// See companies with their people, places and orders.
        CompaniesView = "companies.view",
        /// Let companies buy, refuse and close them, change what holds for them, and invite people.
        CompaniesEdit = "companies.edit",
        /// See what customers ask a price for, and what they were offered.
        QuotesView = "quotes.view",
        /// Price goods for them, send offers and take them back, and make contract prices.
        QuotesEdit = "quotes.edit",
        /// See leads and opportunities, forecasts, call lists, and what companies bought.
        SalesView = "sales.view",
        /// Write opportunities down and move them, say who looks after a company, and what was said with whom.
        SalesEdit = "sales.edit",
        /// Read what customers ask.
        TicketsView = "tickets.view",
        /// Answer them, write notes, assign, file and end tickets.
        TicketsAnswer = "tickets.answer",
        /// Refund, cancel and give credit from a ticket, up to the limit; more is proposed.
        TicketsMoney = "tickets.money",
        /// Ask shoppers whether their live cart may be changed, and change it while they allow it.
        TicketsCart = "tickets.cart",
        /// Decide what others proposed; for whoever may, there is no limit.
        TicketsApprove = "tickets.approve",
        /// Read what colleagues write in the forum among staff.
        ForumRead = "forum.read",
        /// Open topics there, reply, and change one's own.
        ForumWrite = "forum.write",
        /// Keep its categories, pin, close and open any topic.
        ForumManage = "forum.manage",
        SegmentsView = "segments.view",
        /// Make, change, export and remove segments.
        SegmentsEdit = "segments.edit",
        CampaignsView = "campaigns.view",
        /// Write campaigns, and choose whom they are for.
        CampaignsEdit = "campaigns.edit",
        /// Schedule, pause and cancel campaigns, and decide about mails of which nobody knows whether they arrived.
        CampaignsSend = "campaigns.send",
        RecommendationsView = "recommendations.view",
        /// Pin and exclude products, and have the lists learned anew.
        RecommendationsEdit = "recommendations.edit",
        ProductsView = "products.view",
        ProductsEdit = "products.edit",
        ReviewsView = "reviews.view",
        /// Publish, decline and answer what buyers write about products.
        ReviewsModerate = "reviews.moderate",
        StockView = "stock.view",
        StockAdjust = "stock.adjust",
        PromotionsView = "promotions.view",
        PromotionsEdit = "promotions.edit",
        GiftCardsView = "gift_cards.view",
        /// Issue gift cards, change what is on them, switch them off.
        GiftCardsManage = "gift_cards.manage",
        StoreCreditView = "store_credit.view",
        /// Grant and take store credit.
        StoreCreditManage = "store_credit.manage",
        /// See what companies owe.
        ReceivablesView = "receivables.view",
        /// Agree what companies may owe, book what they paid, and choose how they are reminded.
        ReceivablesManage = "receivables.manage",
        /// Write pages of text, lay out the home page, and choose how the shop looks.
        ContentEdit = "content.edit",
        ShippingView = "shipping.view",
        ShippingEdit = "shipping.edit",
        TaxesView = "taxes.view",
        TaxesEdit = "taxes.edit",
        MailsView = "mails.view",
        MailsResend = "mails.resend",
        SettingsView = "settings.view",
        SettingsEdit = "settings.edit",
        JobsView = "jobs.view",
        /// Run failed jobs again.
        JobsManage = "jobs.manage",
        ApiKeysManage = "api_keys.manage",
        /// Invite people, give them roles, shut them out; and make roles.
        StaffManage = "staff.manage",
        AuditView = "audit.view",
    }
);

kernel::words!(
    /// A role that comes with the shop. What it allows follows the version of the program; a shop that wants it otherwise makes a
    /// role of its own from it.
    Preset {
        Owner = "owner",
        Manager = "manager",
        Fulfilment = "fulfilment",
        Marketer = "marketer",
        Agent = "agent",
        Accountant = "accountant",
    }
);

impl Preset {
    /// What the role allows.
    pub fn grants(self) -> Grants {
        use Permission as P;
        let some: &[Permission] = match self {
            Preset::Owner => P::ALL,
            Preset::Manager => {
                return Grants(P::ALL.iter().copied().filter(|one| *one != P::ApiKeysManage).collect());
            }
            Preset::Fulfilment => &[
                P::ForumRead,
                P::ForumWrite,
                P::OrdersView,
                P::OrdersNote,
                P::OrdersShip,
                P::ReturnsView,
                P::ReturnsHandle,
                P::ProductsView,
                P::StockView,
                P::StockAdjust,
                P::ShippingView,
            ],
            Preset::Marketer => &[
                P::ForumRead,
                P::ForumWrite,
                P::CustomersView,
                P::CustomersEdit,
                P::TasksEdit,
                P::SalesView,
                P::SegmentsView,
                P::SegmentsEdit,
                P::CampaignsView,
                P::CampaignsEdit,
                P::CampaignsSend,
                P::RecommendationsView,
                P::RecommendationsEdit,
                P::ProductsView,
                P::ProductsEdit,
                P::ReviewsView,
                P::ReviewsModerate,
                P::PromotionsView,
                P::PromotionsEdit,
                P::ContentEdit,
            ],
            Preset::Agent => &[
                P::ForumRead,
                P::ForumWrite,
                P::GiftCardsView,
                P::StoreCreditView,
                P::StoreCreditManage,
                P::OrdersView,
                P::OrdersNote,
                P::OrdersPlace,
                P::OrdersEdit,
                P::OrdersCancel,
                P::OrdersRefund,
                P::ReturnsView,
                P::ReturnsHandle,
                P::CasesView,
                P::CustomersView,
                P::CustomersEdit,
                P::TasksEdit,
                P::CompaniesView,
                P::CompaniesEdit,
                P::QuotesView,
                P::QuotesEdit,
                P::SalesView,
                P::SalesEdit,
                P::TicketsView,
                P::TicketsAnswer,
                P::TicketsMoney,
                P::TicketsCart,
                P::SegmentsView,
                P::ProductsView,
                P::ReviewsView,
                P::ReviewsModerate,
                P::StockView,
                P::PromotionsView,
                P::MailsView,
                P::MailsResend,
            ],
            Preset::Accountant => &[
                P::ForumRead,
                P::ForumWrite,
                P::OrdersView,
                P::OrdersNote,
                P::OrdersCapture,
                P::CompaniesView,
                P::QuotesView,
                P::CasesView,
                P::GiftCardsView,
                P::StoreCreditView,
                P::ReceivablesView,
                P::ReceivablesManage,
                P::TaxesView,
                P::TaxesEdit,
                P::SettingsView,
                P::AuditView,
            ],
        };
        Grants(some.iter().copied().collect())
    }
}

/// Everything somebody may do. Empty, it allows nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Grants(pub BTreeSet<Permission>);

impl Grants {
    pub fn may(&self, permission: Permission) -> bool {
        self.0.contains(&permission)
    }

    /// Whether nothing in `others` goes beyond these: who manages people can give and take only what they have themselves.
    pub fn cover(&self, others: &Grants) -> bool {
        others.0.is_subset(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_owner_may_everything_and_covers_everybody() {
        let owner = Preset::Owner.grants();
        assert!(Permission::ALL.iter().all(|one| owner.may(*one)));
        assert!(Preset::ALL.iter().all(|preset| owner.cover(&preset.grants())));
        assert!(!Preset::Manager.grants().cover(&owner) && !Preset::Agent.grants().cover(&Preset::Marketer.grants()));
        assert!(Grants::default().0.is_empty() && owner.cover(&Grants::default()));
    }

    #[test]
    fn who_may_do_something_may_also_see_it() {
        use Permission as P;
        for preset in Preset::ALL {
            let grants = preset.grants();
            for (deed, sight) in [
                (P::OrdersNote, P::OrdersView),
                (P::OrdersCapture, P::OrdersView),
                (P::OrdersEdit, P::OrdersView),
                (P::OrdersShip, P::OrdersView),
                (P::OrdersCancel, P::OrdersView),
                (P::OrdersRefund, P::OrdersView),
                (P::CustomersEdit, P::CustomersView),
                (P::CustomersErase, P::CustomersView),
                (P::CompaniesEdit, P::CompaniesView),
                (P::QuotesEdit, P::QuotesView),
                (P::SalesEdit, P::SalesView),
                (P::ReturnsHandle, P::ReturnsView),
                (P::TicketsAnswer, P::TicketsView),
                (P::TicketsMoney, P::TicketsView),
                (P::TicketsApprove, P::TicketsView),
                (P::ForumWrite, P::ForumRead),
                (P::ForumManage, P::ForumRead),
                (P::SegmentsEdit, P::SegmentsView),
                (P::RecommendationsEdit, P::RecommendationsView),
                (P::ProductsEdit, P::ProductsView),
                (P::StockAdjust, P::StockView),
                (P::PromotionsEdit, P::PromotionsView),
                (P::GiftCardsManage, P::GiftCardsView),
                (P::StoreCreditManage, P::StoreCreditView),
                (P::ReceivablesManage, P::ReceivablesView),
                (P::ShippingEdit, P::ShippingView),
                (P::TaxesEdit, P::TaxesView),
                (P::MailsResend, P::MailsView),
                (P::SettingsEdit, P::SettingsView),
                (P::JobsManage, P::JobsView),
            ] {
                assert!(!grants.may(deed) || grants.may(sight), "{preset:?} {deed:?}");
            }
        }
    }
}
