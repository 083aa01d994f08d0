//! The addresses of journeys: a part of [`super::routes`].

use super::access::{Route, get, post};
use super::{journey_form, journey_rule, journey_settings, journeys};
use crate::permissions::Permission::{CampaignsEdit, CampaignsSend, CampaignsView};

pub fn all() -> Vec<Route> {
    vec![
        get("/journeys", CampaignsView, journeys::list),
        post("/journeys", CampaignsEdit, journeys::create),
        get("/journeys/{journey}", CampaignsView, journeys::show),
        get("/journeys/{journey}/edit", CampaignsEdit, journey_settings::edit),
        post("/journeys/{journey}/edit", CampaignsEdit, journey_settings::update),
        post("/journeys/{journey}/publish", CampaignsSend, journeys::publish),
        post("/journeys/{journey}/pause", CampaignsSend, journeys::pause),
        post("/journeys/{journey}/resume", CampaignsSend, journeys::resume),
        post("/journeys/{journey}/end", CampaignsSend, journeys::end),
        get("/journeys/{journey}/rules/{place}", CampaignsEdit, journey_rule::edit),
        post("/journeys/{journey}/rules/{place}", CampaignsEdit, journey_rule::update),
        get("/journeys/{journey}/steps/new", CampaignsEdit, journey_form::new),
        post("/journeys/{journey}/steps/new", CampaignsEdit, journey_form::create),
        get("/journeys/{journey}/steps/{step}", CampaignsEdit, journey_form::step),
        post("/journeys/{journey}/steps/{step}", CampaignsEdit, journey_form::save),
        post("/journeys/{journey}/steps/{step}/delete", CampaignsEdit, journey_form::remove),
        post("/journeys/{journey}/steps/{step}/mail", CampaignsEdit, journey_form::renew),
        get("/journeys/{journey}/people", CampaignsView, journeys::people),
        get("/journeys/{journey}/people/{enrolment}", CampaignsView, journeys::log),
        post("/journeys/{journey}/rehearsals", CampaignsEdit, journeys::rehearse),
        get("/journeys/{journey}/rehearsals/{rehearsal}", CampaignsView, journeys::rehearsal),
    ]
}
