//! How many deliveries stand where. Whoever moves rows gathers what that changes in a [`Tally`] and writes it in the same transaction, so
//! that no page counts deliveries.

use super::{CampaignId, Standing, VariantId};
use crate::rules::Fragment;
use crate::schema::delivery_counts as rows;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use diesel::upsert::excluded;
use kernel::{Conn, Result, prepared, words};
use std::collections::BTreeMap;

words!(
    /// What became of a mail that a server took; beside the standings, among the counts.
    Moment { Bounced = "bounced", Complained = "complained", Opened = "opened", Clicked = "clicked", Unsubscribed = "unsubscribed" }
);

/// One count: a campaign, the variant (0 before one is chosen) and a standing or moment.
type Key = (CampaignId, i64, &'static str);

/// Changes of counts, to be written together in a fixed order.
#[derive(Debug, Default)]
pub struct Tally(BTreeMap<Key, i64>);

impl Tally {
    pub fn add(&mut self, campaign: CampaignId, variant: Option<VariantId>, what: &'static str, by: i64) {
        *self.0.entry((campaign, variant.map_or(0, |one| one.0), what)).or_default() += by;
    }

    /// One delivery went from a standing to another.
    pub fn moved(&mut self, campaign: CampaignId, variant: Option<VariantId>, from: Standing, to: Standing) {
        self.add(campaign, variant, from.as_str(), -1);
        self.add(campaign, variant, to.as_str(), 1);
    }

    pub fn write(self, conn: &mut Conn) -> Result<()> {
        for ((campaign, variant, what), by) in self.0.into_iter().filter(|(_, by)| *by != 0) {
            let row = (rows::campaign_id.eq(campaign), rows::variant_id.eq(variant), rows::what.eq(what), rows::count.eq(by));
            let added = diesel::insert_into(rows::table)
                .values(row)
                .on_conflict((rows::campaign_id, rows::variant_id, rows::what))
                .do_update()
                .set(rows::count.eq(rows::count + excluded(rows::count)));
            prepared!(conn, added => execute)?;
        }
        Ok(())
    }
}

/// Moves one count: what happened to a single delivery.
pub fn add(conn: &mut Conn, campaign: CampaignId, variant: Option<VariantId>, what: &'static str, by: i64) -> Result<()> {
    let mut tally = Tally::default();
    tally.add(campaign, variant, what, by);
    tally.write(conn)
}

/// The counts of a campaign.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts(Vec<(i64, String, i64)>);

impl Counts {
    /// Of all variants together.
    pub fn of(&self, what: &str) -> i64 {
        self.0.iter().filter(|(_, known, _)| known == what).map(|(.., count)| count).sum()
    }

    /// Of one variant; `None` for deliveries that none was chosen for.
    pub fn of_variant(&self, variant: Option<VariantId>, what: &str) -> i64 {
        let variant = variant.map_or(0, |one| one.0);
        self.0.iter().filter(|(of, known, _)| *of == variant && known == what).map(|(.., count)| count).sum()
    }

    pub fn standing(&self, standing: Standing) -> i64 {
        self.of(standing.as_str())
    }

    /// Everybody who has a row.
    pub fn people(&self) -> i64 {
        Standing::ALL.iter().map(|one| self.standing(*one)).sum()
    }
}

pub fn counts(conn: &mut Conn, campaign: CampaignId) -> Result<Counts> {
    let own = rows::table.filter(rows::campaign_id.eq(campaign)).order((rows::variant_id, rows::what));
    Ok(Counts(own.select((rows::variant_id, rows::what, rows::count)).load(conn)?))
}

#[derive(QueryableByName)]
struct Counted {
    #[diesel(sql_type = BigInt)]
    campaign: i64,
    #[diesel(sql_type = BigInt)]
    variant: i64,
    #[diesel(sql_type = Text)]
    what: String,
    #[diesel(sql_type = BigInt)]
    number: i64,
}

/// A count that is not what the rows say: what is stored, and what is counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    pub campaign: i64,
    pub variant: i64,
    pub what: String,
    pub stored: i64,
    pub counted: i64,
}

/// Counts all deliveries and compares; answers how many numbers were compared, and those that are wrong.
pub fn proofs(conn: &mut Conn) -> Result<(u64, Vec<Wrong>)> {
    let mut counted: BTreeMap<(i64, i64, String), i64> = BTreeMap::new();
    let mut sql = Fragment::of(
        "SELECT campaign_id AS campaign, COALESCE(variant_id, 0) AS variant, state AS what, COUNT(*) AS number FROM deliveries \
         GROUP BY campaign_id, COALESCE(variant_id, 0), state",
    );
    for moment in Moment::ALL {
        let word = moment.as_str();
        sql.push(&format!(
            " UNION ALL SELECT campaign_id, COALESCE(variant_id, 0), '{word}', COUNT(*) FROM deliveries WHERE {word}_at IS NOT NULL \
             GROUP BY campaign_id, COALESCE(variant_id, 0)"
        ));
    }
    for row in sql.load::<Counted>(conn)? {
        counted.insert((row.campaign, row.variant, row.what), row.number);
    }
    let known = |what: &str| Standing::parse(what).is_some() || Moment::parse(what).is_some();
    let stored: Vec<(i64, i64, String, i64)> =
        rows::table.select((rows::campaign_id, rows::variant_id, rows::what, rows::count)).load(conn)?;
    let stored: BTreeMap<(i64, i64, String), i64> =
        stored.into_iter().filter(|row| known(&row.2)).map(|(campaign, variant, what, count)| ((campaign, variant, what), count)).collect();
    let mut keys: Vec<&(i64, i64, String)> = counted.keys().chain(stored.keys()).collect();
    keys.sort();
    keys.dedup();
    let mut wrong = Vec::new();
    for key in &keys {
        let (is, should) = (stored.get(*key).copied().unwrap_or(0), counted.get(*key).copied().unwrap_or(0));
        if is != should {
            wrong.push(Wrong { campaign: key.0, variant: key.1, what: key.2.clone(), stored: is, counted: should });
        }
    }
    Ok((u64::try_from(keys.len()).unwrap_or(0), wrong))
}
