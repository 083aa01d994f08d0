//! The pages of the back office. A handler parses, calls one domain function, records who did it, and renders.

pub mod access;
mod account;
mod api_keys;
mod articles;
mod attribute_form;
mod attributes;
mod audit;
mod batches;
mod campaign_blocks;
mod campaign_form;
mod campaign_preview;
mod campaign_result_routes;
mod campaign_result_rows;
mod campaign_results;
mod campaign_routes;
mod campaign_words;
mod campaigns;
mod carts;
mod cases;
mod categories;
mod chart;
mod chat;
mod choice;
mod collection_form;
mod collections;
mod customer;
mod customers;
mod desk;
mod desk_menu;
mod dispute_acts;
mod disputes;
mod doctor;
mod erasure;
mod filters;
mod find;
mod forecasts;
mod forms;
mod forum;
mod forum_acts;
mod forum_categories;
mod gift_cards;
mod home;
mod home_page;
mod inbound;
mod invitations;
mod jobs;
mod journey_draw;
mod journey_form;
mod journey_routes;
mod journey_settings;
mod journeys;
mod languages;
mod letter_routes;
mod level_policies;
mod levels;
mod locations;
mod mail_topics;
mod mails;
mod menu_form;
mod menus;
mod merging;
mod offer_form;
mod offers;
mod order;
mod order_edit;
mod order_history;
mod order_money;
mod order_new;
mod order_papers;
mod order_release;
mod order_ship;
mod orders;
mod pages;
mod person;
mod personal;
mod pictures;
mod product;
mod product_attributes;
mod product_export;
mod product_filter;
mod product_form;
mod product_import;
mod product_matrix;
mod product_prices;
mod product_rules;
mod product_stale;
mod product_table;
mod products;
mod promotion_bench;
mod promotion_codes;
mod promotion_form;
mod promotion_goods;
mod promotion_words;
mod promotions;
mod recommendations;
mod redirects;
mod reports;
mod return_exchange;
mod return_money;
mod return_new;
mod returns;
mod reviews;
mod roles;
pub mod routes;
mod routing;
mod routing_rules;
mod second_factor;
mod segment_edit;
mod segment_fields;
mod segment_leaf;
mod segment_spell;
mod segment_tree;
mod segments;
mod sending;
mod sending_limits;
mod service;
mod settings;
mod shipping;
mod sign_in;
mod staff;
mod stale;
mod stock;
mod stock_goods;
mod store_credit;
mod stores;
mod suppressions;
mod survey_routes;
mod surveys;
mod tasks;
mod taxes;
mod theme;
mod theme_view;
mod ticket;
mod ticket_acts;
mod ticket_advice;
mod ticket_article;
mod ticket_cart;
mod ticket_exchange;
mod ticket_money;
mod ticket_resend;
mod tickets;
mod timeline;
mod upload;
mod wall;
mod webhooks;

use access::Access;
use actix_web::middleware::from_fn;
use actix_web::web;
use kernel::web::i18n::Language;
use storefront::web::posted;

/// Bytes of a form: a product with many variants and long texts in several languages is the largest.
const FORM: usize = 4 << 20;

/// The back office at `/admin` and, in another language than English, below its code, such as `/zh/admin`. Needs the shop's `Door` as
/// application data, and must come before the scopes that take everything below `/zh`.
pub fn configure(config: &mut web::ServiceConfig) {
    for language in Language::all() {
        let scope = web::scope(&language.path("/admin"))
            .app_data(posted::Limit(FORM))
            .configure(access::register)
            .default_service(access::guarded(web::to(desk::missing), Access::Enrolling))
            .wrap(from_fn(desk::pages));
        config.service(scope);
    }
}
