//! The addresses of campaigns: a part of [`super::routes`].

use super::access::{Route, get, post};
use super::{campaign_form, campaigns};
use crate::permissions::Permission::{CampaignsEdit, CampaignsSend, CampaignsView};

pub fn all() -> Vec<Route> {
    vec![
        get("/campaigns", CampaignsView, campaigns::list),
        get("/campaigns/new", CampaignsEdit, campaign_form::new),
        post("/campaigns/new", CampaignsEdit, campaign_form::create),
        get("/campaigns/{campaign}", CampaignsView, campaigns::show),
        get("/campaigns/{campaign}/news", CampaignsView, campaigns::news),
        get("/campaigns/{campaign}/edit", CampaignsEdit, campaign_form::edit),
        post("/campaigns/{campaign}/edit", CampaignsEdit, campaign_form::update),
        get("/campaigns/{campaign}/audience", CampaignsView, campaigns::audience),
        post("/campaigns/{campaign}/schedule", CampaignsSend, campaigns::schedule),
        post("/campaigns/{campaign}/recall", CampaignsSend, campaigns::recall),
        post("/campaigns/{campaign}/pause", CampaignsSend, campaigns::pause),
        post("/campaigns/{campaign}/resume", CampaignsSend, campaigns::resume),
        post("/campaigns/{campaign}/cancel", CampaignsSend, campaigns::cancel),
        get("/campaigns/{campaign}/deliveries", CampaignsView, campaigns::deliveries),
        post("/campaigns/{campaign}/deliveries/{delivery}/again", CampaignsSend, campaigns::again),
        post("/campaigns/{campaign}/deliveries/{delivery}/leave", CampaignsSend, campaigns::leave),
    ]
}
