//! `templates/mail/campaign`: a mail of a campaign as one recipient gets it. All addresses are absolute.

use kernel::clock::Time;
use kernel::money::Money;
use serde::Serialize;

/// A mail in the frame of the shop's mails (`super::mail::Mail`).
#[derive(Debug, Clone, Serialize)]
pub struct CampaignMail {
    pub subject: String,
    /// What mail programs show behind the subject; empty for none.
    pub preheader: String,
    pub blocks: Vec<CampaignBlock>,
    pub style: CampaignStyle,
    /// The pages of this mail.
    pub view_url: String,
    pub why_url: String,
    pub unsubscribe_url: String,
    /// The picture that counts opening; only for whoever allowed that.
    pub pixel: Option<String>,
}

/// What buttons have of the shop's theme, as `#rrggbb`.
#[derive(Debug, Clone, Serialize)]
pub struct CampaignStyle {
    pub button: String,
    pub button_text: String,
}

/// A block that the recipient sees.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum CampaignBlock {
    Heading {
        text: String,
    },
    Text {
        /// Made by `campaigns::text`: safe as it is.
        html: String,
        text: String,
    },
    Picture {
        src: String,
        width: i64,
        alt: String,
        url: Option<String>,
    },
    Button {
        label: String,
        url: String,
    },
    Divider {},
    Products {
        title: String,
        /// Two in a row.
        rows: Vec<Vec<CampaignCard>>,
    },
    Offer {
        name: String,
        why: String,
        until: Option<Time>,
        label: String,
        url: String,
        /// The product that it is for alone, at the price that it has for the recipient.
        card: Option<Box<CampaignCard>>,
    },
    Survey {
        question: String,
        /// Each score with where it leads.
        scores: Vec<(i64, String)>,
    },
    /// Beside each other, or below where there is no room; no columns in them.
    Columns {
        left: Vec<CampaignBlock>,
        right: Vec<CampaignBlock>,
    },
}

/// A product.
#[derive(Debug, Clone, Serialize)]
pub struct CampaignCard {
    pub title: String,
    pub url: String,
    pub src: Option<String>,
    /// `None` in a store that does not show its prices to everybody.
    pub price: Option<Money>,
    /// Other variants cost more.
    pub from: bool,
    pub compare_at: Option<Money>,
    /// Why it is shown to them.
    pub why: Option<String>,
}
