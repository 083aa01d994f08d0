//! Codes of a promotion: one that everybody may use, and unique ones that each serve once.

use crate::ids::PromotionId;
use crate::imports::guard;
use crate::schema::promotion_codes as rows;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Error, Result, on_each};
use std::collections::BTreeSet;

/// The most unique codes of a promotion.
pub const MOST: i64 = 100_000;
/// The most characters of a code.
pub const LENGTH: usize = 40;
/// Letters and digits that nobody takes for another, read aloud or in print.
const ALPHABET: &[u8; 24] = b"ACDEFGHJKMNPQRTVWXY34679";
/// Characters drawn for a unique code: 24^10 codes, so that nobody guesses one of a hundred thousand.
const DRAWN: usize = 10;
/// Codes in one statement.
const TOGETHER: usize = 1000;

/// A unique code.
#[derive(Clone, Debug, Queryable, Selectable, serde::Serialize)]
#[diesel(table_name = rows)]
pub struct Code {
    pub id: i64,
    pub code: String,
    pub uses: i64,
    pub created_at: Time,
}

/// Codes are typed by people: case and surrounding blanks do not count.
pub fn normalise(code: &str) -> String {
    code.trim().to_uppercase()
}

/// Whether a code, as normalised, can be stored and typed.
pub(super) fn sound(code: &str) -> bool {
    (1..=LENGTH).contains(&code.chars().count()) && code.chars().all(|c| c.is_alphanumeric() || "-_".contains(c)) && !code.starts_with('-')
}

/// The codes of a cart as it keeps them: with blanks between.
pub fn split(codes: &str) -> Vec<String> {
    codes.split_whitespace().map(str::to_string).collect()
}

/// Adds `count` unique codes behind `prefix`. `Invalid` when there would be more than [`MOST`].
pub fn generate(conn: &mut Conn, promotion: PromotionId, count: i64, prefix: &str, now: Time) -> Result<()> {
    let prefix = normalise(prefix);
    if !prefix.is_empty() && (prefix.chars().count() > LENGTH - DRAWN - 2 || !sound(&prefix)) {
        return Err(Error::field("prefix", "promotion-prefix-invalid"));
    }
    let (made, _) = counts(conn, promotion)?;
    if count < 1 || made + count > MOST {
        return Err(Error::field("count", "promotion-count-invalid"));
    }
    let mut missing = usize::try_from(count).unwrap_or(0);
    while missing > 0 {
        let mut batch: BTreeSet<String> = BTreeSet::new();
        while batch.len() < missing.min(TOGETHER) {
            batch.insert(draw(&prefix));
        }
        // Chance hardly ever draws a code again; if it does, another is drawn in its place.
        let taken: Vec<String> = rows::table.filter(rows::code.eq_any(&batch)).select(rows::code).load(conn)?;
        batch.retain(|code| !taken.contains(code));
        missing -= batch.len();
        let values: Vec<_> = batch
            .into_iter()
            .map(|code| {
                (rows::promotion_id.eq(promotion), rows::code.eq(code), rows::once.eq(true), rows::uses.eq(0), rows::created_at.eq(now))
            })
            .collect();
        on_each!(conn, c => diesel::insert_into(rows::table).values(values).execute(c))?;
    }
    Ok(())
}

/// A code such as `SPRING-ACDEF-GHJKM`.
pub(crate) fn draw(prefix: &str) -> String {
    let mut code = String::with_capacity(LENGTH);
    if !prefix.is_empty() {
        code.push_str(prefix);
        code.push('-');
    }
    let mut drawn = 0;
    while drawn < DRAWN {
        // 240 is ten times 24: bytes above would make some letters likelier than others.
        for byte in rand::random::<[u8; 16]>().into_iter().filter(|byte| *byte < 240).take(DRAWN - drawn) {
            if drawn == DRAWN / 2 {
                code.push('-');
            }
            code.push(char::from(ALPHABET[usize::from(byte) % ALPHABET.len()]));
            drawn += 1;
        }
    }
    code
}

/// (unique codes of a promotion, those that were used).
pub fn counts(conn: &mut Conn, promotion: PromotionId) -> Result<(i64, i64)> {
    let own = rows::table.filter(rows::promotion_id.eq(promotion)).filter(rows::once.eq(true));
    let made = own.count().get_result(conn)?;
    let used = own.filter(rows::uses.gt(0)).count().get_result(conn)?;
    Ok((made, used))
}

/// Unique codes of a promotion after the id `after`, oldest first.
pub fn list(conn: &mut Conn, promotion: PromotionId, after: Option<i64>, limit: i64) -> Result<Vec<Code>> {
    Ok(rows::table
        .filter(rows::promotion_id.eq(promotion))
        .filter(rows::once.eq(true))
        .filter(rows::id.gt(after.unwrap_or(0)))
        .order(rows::id)
        .limit(limit)
        .select(Code::as_select())
        .load(conn)?)
}

/// All unique codes of a promotion as a CSV file. Cells that a spreadsheet would run as a formula are guarded.
pub fn csv(conn: &mut Conn, promotion: PromotionId) -> Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut write = |cells: [&str; 3]| writer.write_record(cells.map(|cell| guard(cell).into_owned())).map_err(Error::unexpected);
    write(["code", "used", "created_at"])?;
    let mut after = None;
    loop {
        let page = list(conn, promotion, after, 5000)?;
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        for code in &page {
            write([&code.code, if code.uses > 0 { "yes" } else { "no" }, &code.created_at.format("%Y-%m-%d %H:%M:%S").to_string()])?;
        }
    }
    writer.into_inner().map_err(Error::unexpected)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drawn_codes_have_no_look_alikes_and_use_the_whole_alphabet() {
        let codes: Vec<String> = (0..500).map(|_| draw("TEA")).collect();
        assert!(codes.iter().all(|code| code.len() == 15 && code.starts_with("TEA-") && sound(code)), "{codes:?}");
        assert!(codes.iter().all(|code| !code[4..].contains(['0', 'O', '1', 'I', 'L', '5', 'S', '2', 'Z', '8', 'B'])));
        let seen: BTreeSet<char> = codes.iter().flat_map(|code| code[4..].chars()).collect();
        assert_eq!(seen.len(), ALPHABET.len() + 1);
        assert_eq!(draw("").len(), 11);
    }
}
