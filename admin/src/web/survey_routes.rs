//! The addresses of surveys and reviews: a part of [`super::routes`].

use super::access::{Route, get, post};
use super::{reviews, surveys};
use crate::permissions::Permission::{CampaignsEdit, CampaignsView, ReviewsModerate, ReviewsView, SettingsEdit};

pub fn all() -> Vec<Route> {
    vec![
        get("/surveys", CampaignsView, surveys::list),
        get("/surveys/new", CampaignsEdit, surveys::new),
        post("/surveys/new", CampaignsEdit, surveys::create),
        get("/surveys/{survey}", CampaignsView, surveys::show),
        get("/surveys/{survey}/edit", CampaignsEdit, surveys::edit),
        post("/surveys/{survey}/edit", CampaignsEdit, surveys::update),
        get("/surveys/{survey}/answers.csv", CampaignsEdit, surveys::csv),
        post("/surveys/{survey}/round", CampaignsEdit, surveys::begin),
        post("/surveys/{survey}/delete", CampaignsEdit, surveys::delete),
        get("/reviews", ReviewsView, reviews::list),
        post("/reviews/settings", SettingsEdit, reviews::settings),
        get("/reviews/{review}", ReviewsView, reviews::show),
        post("/reviews/{review}/publish", ReviewsModerate, reviews::publish),
        post("/reviews/{review}/decline", ReviewsModerate, reviews::decline),
        post("/reviews/{review}/answer", ReviewsModerate, reviews::answer),
    ]
}
