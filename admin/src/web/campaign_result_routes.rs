//! The addresses of what campaigns brought: a part of [`super::routes`].

use super::access::{Route, get, post};
use super::{campaign_result_rows, campaign_results};
use crate::permissions::Permission::{CampaignsEdit, CampaignsView};

pub fn all() -> Vec<Route> {
    vec![
        get("/attribution", CampaignsView, campaign_results::rules),
        post("/attribution", CampaignsEdit, campaign_results::save_rules),
        get("/campaigns/{campaign}/results", CampaignsView, campaign_results::show),
        get("/campaigns/{campaign}/results.csv", CampaignsEdit, campaign_results::csv),
        get("/campaigns/{campaign}/results/deliveries", CampaignsView, campaign_result_rows::deliveries),
        get("/campaigns/{campaign}/results/hits", CampaignsView, campaign_result_rows::hits),
        get("/campaigns/{campaign}/results/orders", CampaignsView, campaign_result_rows::orders),
        post("/campaigns/{campaign}/results/figure", CampaignsEdit, campaign_results::figure),
    ]
}
