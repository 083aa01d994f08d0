//! Leads and opportunities as a CSV file that is written while it is sent.

use super::export::write_row;
use super::export_catalogue::unwritable;
use crm::sales::{self, Filter, Opportunity, OpportunityId, Stage};
use crm::{CompanyId, CustomerId, companies, customers};
use kernel::{Conn, Db, Result};
use std::collections::HashMap;
use std::io::Write;

/// Rows read at once.
const PAGE: i64 = 500;

const COLUMNS: [&str; 17] = [
    "ID",
    "Title",
    "Company ID",
    "Company",
    "Contact",
    "Email",
    "Amount",
    "Currency",
    "Stage",
    "State",
    "In Stage Since",
    "Owner",
    "Next Step",
    "Next Step On",
    "Expected On",
    "Source",
    "Created At",
];

/// Writes all opportunities, the last first, with the staff called as `names` says; answers how many.
pub fn export_opportunities(db: &Db, names: &HashMap<i64, String>, out: impl Write) -> Result<u64> {
    let mut writer = csv::Writer::from_writer(out);
    write_row(&mut writer, &COLUMNS.map(str::to_string)).map_err(unwritable)?;
    let (mut before, mut done): (Option<OpportunityId>, u64) = (None, 0);
    loop {
        let filter = Filter { before, ..Filter::default() };
        let found = db.read_now(move |conn| page(conn, &filter))?;
        let Some(last) = found.last().map(|(one, _)| one.id) else { break };
        before = Some(last);
        for (one, told) in found {
            let Told { company, contact, email, stage } = told;
            let row = [
                one.id.to_string(),
                one.title.clone(),
                one.company_id.map(|id| id.to_string()).unwrap_or_default(),
                company,
                contact,
                email,
                one.money()?.decimal(),
                one.currency.clone(),
                stage,
                one.state.as_str().to_string(),
                one.stage_since.date().to_string(),
                one.owner.and_then(|owner| names.get(&owner).cloned()).unwrap_or_default(),
                one.next_step.clone(),
                one.next_on.clone().unwrap_or_default(),
                one.expected_on.clone().unwrap_or_default(),
                one.source.clone(),
                one.created_at.date().to_string(),
            ];
            write_row(&mut writer, &row).map_err(unwritable)?;
            done += 1;
        }
    }
    writer.flush().map_err(unwritable)?;
    Ok(done)
}

/// What a row says beside the opportunity itself.
struct Told {
    company: String,
    contact: String,
    email: String,
    stage: String,
}

fn page(conn: &mut Conn, filter: &Filter) -> Result<Vec<(Opportunity, Told)>> {
    let found = sales::list(conn, filter, PAGE)?;
    let stages: Vec<Stage> = sales::stages(conn)?;
    let ids: Vec<CompanyId> = found.iter().filter_map(|one| one.company_id).collect();
    let firms: HashMap<CompanyId, String> = companies::of(conn, &ids)?.into_iter().map(|one| (one.id, one.name)).collect();
    let ids: Vec<CustomerId> = found.iter().filter_map(|one| one.customer_id).collect();
    let known: HashMap<CustomerId, (String, String)> =
        customers::of(conn, &ids)?.into_iter().map(|one| (one.id, (one.name, one.email))).collect();
    let told = |one: &Opportunity| {
        let stage = stages.iter().find(|stage| stage.id == one.stage_id);
        let stage = stage.map(|stage| if stage.name.is_empty() { stage.code.clone() } else { stage.name.clone() });
        let customer = one.customer_id.and_then(|id| known.get(&id).cloned());
        let (contact, email) = customer.unwrap_or_else(|| (one.contact_name.clone(), one.contact_email.clone()));
        let company = one.company_id.and_then(|id| firms.get(&id).cloned()).unwrap_or_else(|| one.contact_company.clone());
        Told { company, contact, email, stage: stage.unwrap_or_default() }
    };
    Ok(found.into_iter().map(|one| (one.clone(), told(&one))).collect())
}
