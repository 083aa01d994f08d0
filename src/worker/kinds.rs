//! The jobs of the shop: each reads its payload and calls one function of a room.

use super::{Kind, Slot, Watch, campaigns as pump};
use crate::imap;
use crate::state::AppState;
use chrono::TimeDelta;
use crm::campaigns;
use crm::inbound::{self, Office};
use crm::tickets::{self, TicketId, alarm, chat};
use crm::{CustomerId, journeys, levels, recommendations, scores, segments, sign_ups};
use kernel::jobs::{Class, Job};
use kernel::mail::domains;
use kernel::web::i18n::Language;
use kernel::{Error, Result, mail};
use std::path::Path;
use std::str::FromStr;
use storefront::articles::trials;
use storefront::catalog::{self, CATEGORY_JOB, PICTURE_JOB, WINDOW_JOB};
use storefront::doctor::runs as doctor;
use storefront::erp::{feed, files};
use storefront::ids::PromotionId;
use storefront::mails::tickets::{self as ticket_mails, CHAT_JOB};
use storefront::orders::terms;
use storefront::payment_jobs::Cashier;
use storefront::web::words::Words;
use storefront::{
    approvals, batches, carts, company_accounts, disputes, drops, earnings, edi, folders, gift_cards, idempotency, kin, logins, mails,
    merging, offers, payments, pictures, price_lists, quotes, refunds, reviews, search_index, shop, sns, stores, vies, waiting, webhooks,
};

const RECONCILE: &str = "payments.reconcile";
const EXPIRE: &str = "orders.expire";
const PRUNE: &str = "shop.prune";
/// Days after which an anonymous cart that nobody touched is forgotten.
const CART_DAYS: i64 = 90;
/// Days after which a change of many products that nobody confirmed is forgotten.
const DRAFT_DAYS: i64 = 2;

pub static KINDS: &[Kind] = &[
    Kind { name: mail::SEND_JOB, run: super::send_mail },
    Kind { name: domains::CHECK_JOB, run: check_domains },
    Kind { name: inbound::FILE_JOB, run: file_mail },
    Kind { name: imap::JOB, run: |state, _| imap::fetch(state, imap::PATIENCE) },
    Kind { name: payments::CHECK_JOB, run: |state, job| cashier(state).check(id(job)?) },
    Kind { name: payments::CAPTURE_JOB, run: |state, job| cashier(state).capture(id(job)?) },
    Kind { name: payments::VOID_JOB, run: |state, job| cashier(state).void(id(job)?) },
    Kind { name: refunds::SUBMIT_JOB, run: |state, job| cashier(state).refund(id(job)?) },
    Kind { name: disputes::FIND_JOB, run: |state, job| cashier(state).find_disputed(&job.payload) },
    Kind { name: disputes::SEND_JOB, run: |state, job| cashier(state).answer_dispute(id(job)?) },
    Kind { name: refunds::CHECK_JOB, run: |state, job| cashier(state).check_refunds(id(job)?) },
    Kind { name: RECONCILE, run: |state, _| cashier(state).reconcile() },
    Kind { name: EXPIRE, run: |state, _| cashier(state).expire() },
    Kind { name: gift_cards::ISSUE_JOB, run: issue_gift_cards },
    Kind { name: PICTURE_JOB, run: fetch_picture },
    Kind { name: batches::BATCH_JOB, run: |state, job| batches::run(&state.db, &state.clock, id(job)?) },
    Kind { name: price_lists::IMPORT_JOB, run: |state, job| price_lists::run(&state.db, &state.clock, id(job)?) },
    Kind { name: WINDOW_JOB, run: relist },
    Kind { name: CATEGORY_JOB, run: tell_below },
    Kind { name: search_index::INDEX_JOB, run: |state, job| search_index::index_job(&state.db, state.door.search.as_ref(), &job.payload) },
    Kind { name: waiting::JOB, run: tell_waiting },
    Kind { name: approvals::JOB, run: |state, _| approvals::run(&state.db, &state.door.mailer(), state.clock.now()) },
    Kind { name: feed::FILL_JOB, run: |state, _| feed::fill(&state.db) },
    Kind { name: files::JOB, run: look_into_erp },
    Kind { name: edi::folder::JOB, run: look_into_edi },
    Kind { name: quotes::JOB, run: |state, _| quotes::expire_all(&state.db, state.clock.now()) },
    Kind { name: reviews::ASK_JOB, run: |state, _| reviews::ask_all(&state.db, &state.door.mailer(), state.clock.now()) },
    Kind { name: company_accounts::DUN_JOB, run: |state, _| company_accounts::dun_all(&state.db, &state.door.mailer(), state.clock.now()) },
    Kind { name: terms::TERMS_JOB, run: fill_terms },
    Kind { name: tickets::TERMS_JOB, run: fill_ticket_terms },
    Kind {
        name: webhooks::DELIVER_JOB,
        run: |state, job| webhooks::deliver(&state.db, id(job)?, state.door.config.webhooks_private, state.clock.now()),
    },
    Kind { name: vies::JOB, run: ask_vies },
    Kind { name: scores::RUN_JOB, run: figure_scores },
    Kind { name: segments::BUILD_JOB, run: |state, job| segments::build(&state.db, id(job)?, &state.clock) },
    Kind { name: segments::SETTLE_JOB, run: |state, _| segments::settle(&state.db, state.clock.now()) },
    Kind { name: recommendations::RUN_JOB, run: |state, _| recommendations::run(&state.db, state.clock.now()) },
    Kind { name: offers::FIGURE_JOB, run: |state, _| offers::figure_all(&state.db, state.clock.now()) },
    Kind { name: earnings::FIGURE_JOB, run: figure_campaigns },
    Kind { name: earnings::SHARE_JOB, run: |state, _| earnings::share_all(&state.db, state.clock.now()) },
    Kind {
        name: merging::SWEEP_JOB,
        run: |state, job| {
            let (merge, now) = (id(job)?, state.clock.now());
            state.db.write_now(move |conn| merging::sweep(conn, merge, now))
        },
    },
    Kind { name: alarm::JOB, run: |state, _| alarm::raise_all(&state.db, state.clock.now()) },
    Kind {
        name: mails::SURVEY_JOB,
        run: |state, job| {
            let (of, mailer, now) = (job.payload.clone(), state.door.mailer(), state.clock.now());
            state.db.write_now(move |conn| mails::survey(conn, &of, now, &mailer))
        },
    },
    Kind { name: chat::JOB, run: |state, _| chat::mail_all(&state.db, state.clock.now()) },
    Kind { name: CHAT_JOB, run: mail_unread },
    Kind { name: campaigns::FREEZE_JOB, run: |state, job| campaigns::freeze(&state.db, id(job)?, &state.clock) },
    Kind { name: campaigns::CANCEL_JOB, run: |state, job| campaigns::cancel_rest(&state.db, id(job)?) },
    Kind { name: campaigns::DECIDE_JOB, run: |state, _| campaigns::decide_all(&state.db, state.clock.now()) },
    Kind { name: sns::CONFIRM_JOB, run: |_, job| sns::confirm(&job.payload) },
    Kind { name: journeys::JOB, run: |state, _| journeys::run(&state.db, &state.clock) },
    Kind { name: journeys::END_JOB, run: |state, job| journeys::sweep(&state.db, id(job)?, &state.clock) },
    Kind { name: journeys::REHEARSE_JOB, run: |state, job| journeys::rehearse(&state.db, id(job)?, &drops::past) },
    Kind { name: journeys::BIRTHDAY_JOB, run: |state, _| journeys::birthdays(&state.db, &state.clock) },
    Kind { name: drops::JOB, run: tell_drop },
    Kind { name: journeys::OFFER_JOB, run: decide_offer },
    Kind { name: pump::JOB, run: |state, _| pump::run(state) },
    Kind { name: levels::JOB, run: |state, _| levels::recalculate(&state.db, state.clock.now()) },
    Kind { name: doctor::EXAMINE_JOB, run: |state, job| doctor::run(&state.db, id(job)?, &state.clock) },
    Kind { name: PRUNE, run: prune },
];

pub static SCHEDULE: &[Slot] = &[
    Slot { kind: RECONCILE, every: TimeDelta::minutes(1), class: Class::Prompt },
    Slot { kind: EXPIRE, every: TimeDelta::minutes(1), class: Class::Prompt },
    Slot { kind: approvals::JOB, every: TimeDelta::minutes(1), class: Class::Prompt },
    Slot { kind: quotes::JOB, every: TimeDelta::minutes(1), class: Class::Prompt },
    Slot { kind: imap::JOB, every: TimeDelta::minutes(1), class: Class::Outside },
    Slot { kind: edi::folder::JOB, every: TimeDelta::minutes(1), class: Class::Outside },
    Slot { kind: files::JOB, every: TimeDelta::minutes(1), class: Class::Outside },
    Slot { kind: segments::SETTLE_JOB, every: TimeDelta::minutes(1), class: Class::Bulk },
    Slot { kind: campaigns::DECIDE_JOB, every: TimeDelta::minutes(1), class: Class::Bulk },
    Slot { kind: journeys::BIRTHDAY_JOB, every: TimeDelta::minutes(5), class: Class::Bulk },
    Slot { kind: waiting::JOB, every: TimeDelta::hours(1), class: Class::Bulk },
    Slot { kind: reviews::ASK_JOB, every: TimeDelta::hours(1), class: Class::Bulk },
    Slot { kind: company_accounts::DUN_JOB, every: TimeDelta::hours(1), class: Class::Bulk },
    Slot { kind: feed::FILL_JOB, every: TimeDelta::hours(1), class: Class::Bulk },
    Slot { kind: domains::CHECK_JOB, every: TimeDelta::hours(1), class: Class::Bulk },
    Slot { kind: scores::RUN_JOB, every: TimeDelta::hours(24), class: Class::Bulk },
    Slot { kind: recommendations::RUN_JOB, every: TimeDelta::hours(24), class: Class::Bulk },
    Slot { kind: offers::FIGURE_JOB, every: TimeDelta::hours(1), class: Class::Bulk },
    Slot { kind: earnings::FIGURE_JOB, every: TimeDelta::hours(1), class: Class::Bulk },
    Slot { kind: PRUNE, every: TimeDelta::hours(24), class: Class::Bulk },
];

/// What is due by rows of its own, to the second.
pub static WATCHES: &[Watch] = &[
    Watch { kind: alarm::JOB, any: alarm::any },
    Watch { kind: chat::JOB, any: chat::any },
    Watch { kind: pump::JOB, any: campaigns::any },
    Watch { kind: journeys::JOB, any: journeys::any },
];

/// What a campaign waits for.
pub static ENDLESS: &[&str] = &[campaigns::FREEZE_JOB, campaigns::CANCEL_JOB];

fn cashier(state: &AppState) -> Cashier<'_> {
    Cashier { db: &state.db, gateways: &state.door.gateways, now: state.clock.now() }
}

fn id<T: FromStr>(job: &Job) -> Result<T> {
    job.payload.parse().map_err(|_| Error::unexpected(format!("the job {} has the payload {}", job.kind, job.payload)))
}

/// Looks at the records of one sending domain, or of all.
fn check_domains(state: &AppState, job: &Job) -> Result<()> {
    let only = if job.payload.is_empty() { None } else { Some(id(job)?) };
    domains::check(&state.db, only, state.config.mail.dns_server, &domains::Place::of(&state.config), state.clock.now())
}

/// Reads what gateways of trading partners wrote, and writes what waits for them.
fn look_into_edi(state: &AppState, _: &Job) -> Result<()> {
    let Some(folder) = &state.config.edi_folder else { return Ok(()) };
    // Programs and partners read reasons in English, whatever the shop speaks.
    let words = Words::of(&state.door.templates, Language::ENGLISH)?;
    edi::folder::run(&state.db, folder, &words, folders::STILL, &state.clock)
}

/// Reads the files of an ERP, and writes the orders that changed.
fn look_into_erp(state: &AppState, _: &Job) -> Result<()> {
    let Some(folder) = &state.config.erp_folder else { return Ok(()) };
    let words = Words::of(&state.door.templates, Language::ENGLISH)?;
    files::run(&state.db, folder, &words, folders::STILL, &state.clock)?;
    // Companies may buy other goods at other prices by now.
    state.door.memory.forget_goods();
    Ok(())
}

/// Decides a personal promotion about somebody who came to it in a journey.
fn decide_offer(state: &AppState, job: &Job) -> Result<()> {
    let odd = || Error::unexpected(format!("the job {} has the payload {}", job.kind, job.payload));
    let (promotion, customer) = job.payload.split_once(':').ok_or_else(odd)?;
    let promotion = PromotionId(promotion.parse().map_err(|_| odd())?);
    let customer = CustomerId(customer.parse().map_err(|_| odd())?);
    let now = state.clock.now();
    state.db.write_now(move |conn| offers::invite(conn, promotion, customer, now)).map(drop)
}

/// Tells some of those who wish for a product of its lower price.
fn tell_drop(state: &AppState, job: &Job) -> Result<()> {
    let (payload, now) = (job.payload.clone(), state.clock.now());
    state.db.write_now(move |conn| drops::tell(conn, &payload, now))
}

/// Reads a mail that came in, outside any transaction, and files it.
fn file_mail(state: &AppState, job: &Job) -> Result<()> {
    let id = id(job)?;
    let (waiting, contact) = state.db.read_now(move |conn| Ok((inbound::waiting(conn, id)?, shop::get(conn)?.contact_email)))?;
    let Some(waiting) = waiting else { return Ok(()) };
    let letter = inbound::read(&waiting.raw, waiting.sender.as_deref(), &waiting.recipients);
    let own = [state.config.sender(), contact.to_lowercase()].into_iter().filter(|own| !own.is_empty()).collect();
    let language = Language::default().code().to_string();
    let (office, now) = (Office { signer: state.signer.clone(), own, store: stores::MAIN.0, language }, state.clock.now());
    state.db.write_now(move |conn| inbound::file(conn, id, &letter, &office, now))
}

/// Issues the gift cards that a paid order sold. The codes leave by the mail alone.
fn issue_gift_cards(state: &AppState, job: &Job) -> Result<()> {
    let (order, mailer, now) = (id(job)?, state.door.mailer(), state.clock.now());
    state.db.write_now(move |conn| gift_cards::issue_sold(conn, order, &mailer, now))
}

/// Fetches a picture that an import named, makes its sizes and shows it.
fn fetch_picture(state: &AppState, job: &Job) -> Result<()> {
    let payload = job.payload.clone();
    let Some(plan) = state.db.read_now(move |conn| pictures::fetch_plan(conn, &payload))? else { return Ok(()) };
    let fetched = pictures::fetch(&plan.source, plan.base.as_deref().map(Path::new), false).and_then(|bytes| pictures::prepare(&bytes));
    let again = match &fetched {
        Err(Error::Unavailable(reason)) => Some(Error::Unavailable(reason.clone())),
        _ => None,
    };
    let shown = fetched.map_err(|error| error.told().unwrap_or_else(|| error.to_string()));
    let now = state.clock.now();
    state.db.write_now(move |conn| pictures::attach(conn, plan.id, &shown, now))?;
    again.map_or(Ok(()), Err)
}

/// Tells of the products below a category that was renamed or moved.
fn tell_below(state: &AppState, job: &Job) -> Result<()> {
    let (payload, now) = (job.payload.clone(), state.clock.now());
    state.db.write_now(move |conn| catalog::tell_below(conn, &payload, now))
}

/// Works out every customer's scores anew, and then every segment, whether it asks about them or not.
fn figure_scores(state: &AppState, _: &Job) -> Result<()> {
    let currency = state.db.read_now(|conn| Ok(shop::get(conn)?.currency))?;
    scores::run(&state.db, currency, state.clock.now())?;
    let now = state.clock.now();
    kin::all(&state.db, now)?;
    state.db.write_now(move |conn| segments::doubt_all(conn, now))
}

/// Figures what one campaign brought, or all of them.
fn figure_campaigns(state: &AppState, job: &Job) -> Result<()> {
    let now = state.clock.now();
    match job.payload.as_str() {
        "" => earnings::figure_all(&state.db, now),
        _ => earnings::figure(&state.db, id(job)?, now),
    }
}

/// Shows or hides a product at an edge of its window.
/// Asks whether the VAT identification number of a company is in use.
fn ask_vies(state: &AppState, job: &Job) -> Result<()> {
    let office = state.door.config.vies.clone().map(|base_url| vies::Vies { base_url });
    vies::run(&state.db, office.as_ref().map(|office| office as &dyn vies::Office), &job.payload, state.clock.now())
}

fn relist(state: &AppState, job: &Job) -> Result<()> {
    let (product, now) = (id(job)?, state.clock.now());
    state.db.write_now(move |conn| catalog::relist(conn, product, now))
}

/// Mails an answer that no page of a chat showed.
fn mail_unread(state: &AppState, job: &Job) -> Result<()> {
    let (message, mailer, now) = (id(job)?, state.door.mailer(), state.clock.now());
    state.db.write_now(move |conn| ticket_mails::unread(conn, message, now, &mailer))
}

/// Offers what nobody bought to the next in the line.
fn tell_waiting(state: &AppState, _: &Job) -> Result<()> {
    let (mailer, now) = (state.door.mailer(), state.clock.now());
    state.db.write_now(move |conn| waiting::all(conn, &mailer, now))
}

/// Gives orders from before there was a search their words, a few at a time.
fn fill_terms(state: &AppState, job: &Job) -> Result<()> {
    let (after, now) = (id(job)?, state.clock.now());
    state.db.write_now(move |conn| terms::fill(conn, after, now))
}

/// Gives tickets from before there was a search of messages their words, a few at a time.
fn fill_ticket_terms(state: &AppState, job: &Job) -> Result<()> {
    let (after, now): (TicketId, _) = (id(job)?, state.clock.now());
    state.db.write_now(move |conn| tickets::fill(conn, after, now))
}

/// Forgets what ran out: sessions, links, answers kept for programs, carts of nobody.
fn prune(state: &AppState, _: &Job) -> Result<()> {
    let now = state.clock.now();
    state.db.write_now(move |conn| logins::prune(conn, now))?;
    state.db.write_now(move |conn| idempotency::prune(conn, now))?;
    state.db.write_now(move |conn| trials::prune(conn, now))?;
    state.db.write_now(move |conn| sign_ups::forget_old(conn, now))?;
    state.db.write_now(move |conn| batches::prune(conn, now - TimeDelta::days(DRAFT_DAYS)))?;
    state.db.write_now(move |conn| price_lists::discard_old(conn, now - TimeDelta::days(DRAFT_DAYS)))?;
    while state.db.write_now(move |conn| segments::prune(conn, now, 500))? > 0 {}
    while state.db.write_now(move |conn| search_index::prune(conn, now, 500))? > 0 {}
    while state.db.write_now(move |conn| webhooks::prune(conn, now, 500))? > 0 {}
    while state.db.write_now(move |conn| carts::prune(conn, now - TimeDelta::days(CART_DAYS), 500))? > 0 {}
    Ok(())
}
