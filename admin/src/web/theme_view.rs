//! What the page of the theme shows beside its form.

use super::choice::Choice;
use super::desk::Desk;
use crate::audit::diff;
use crate::staff;
use kernel::{Conn, Result};
use serde_json::{Value, json};
use storefront::ids::StoreId;
use storefront::shop::Shop;
use storefront::theme::{self, Check, Corners, Font, Preset, Published, Role, Theme};
use storefront::web::words::Words;
use storefront::{catalog, content, stores};

/// The roles whose colours stand for a theme in a row of small squares.
const SWATCH: [Role; 5] = [Role::Background, Role::Muted, Role::Text, Role::Button, Role::Accent];

fn swatch(theme: &Theme) -> Vec<String> {
    SWATCH.iter().map(|role| theme.colour(*role).to_string()).collect()
}

/// Everything but the form. `beside` is what the shop wears, to be compared with `theme`.
pub async fn of(desk: &Desk, (store, of): (StoreId, &Choice), theme: &Theme, beside: Option<&Theme>) -> Result<Value> {
    let language = desk.visit.language.code();
    let (published, draft, earlier, places, names) = desk
        .read(move |conn| {
            let (published, draft) = (theme::published(conn, store)?, theme::draft(conn, store)?);
            let shop = stores::shop(conn, store)?;
            Ok((published, draft.is_some(), theme::earlier(conn, store)?, places(conn, &shop, language)?, staff::names(conn)?))
        })
        .await?;
    let row = |one: &Published| json!({ "number": one.number, "at": one.at, "by": names.get(&one.by).unwrap_or(&one.by), "swatch": swatch(&one.theme) });
    let words = desk.words()?;
    let text = |theme: &Theme| kernel::json::text(theme);
    let compared = match beside {
        Some(worn) => diff::changes(&text(worn)?, &text(theme)?),
        None => Vec::new(),
    };
    let (asked, own) = (desk.query("page"), of.query.trim_start_matches('?'));
    let looked_at = places.iter().find(|(_, path)| *path == asked).map_or("/", |(_, path)| path.as_str());
    Ok(json!({
        "colours": Role::ALL.iter().map(|role| role.as_str()).collect::<Vec<_>>(),
        "fonts": Font::ALL.iter().map(|font| font.as_str()).collect::<Vec<_>>(),
        "corners": Corners::ALL.iter().map(|corners| corners.as_str()).collect::<Vec<_>>(),
        "presets": Preset::ALL.iter().map(|preset| json!({ "word": preset.as_str(), "swatch": swatch(&preset.theme()) })).collect::<Vec<_>>(),
        "checks": checks(theme, &words)?,
        "compared": compared,
        "draft": draft,
        "seen": published.number,
        "worn": row(&published),
        "earlier": earlier.iter().map(row).collect::<Vec<_>>(),
        "pictures": json!([{ "place": "logo", "hash": theme.logo }, { "place": "icon", "hash": theme.icon }]),
        "places": places.iter().map(|(label, path)| json!({ "value": path, "label": label })).collect::<Vec<_>>(),
        "looked_at": looked_at, "of": of, "followed": store != stores::MAIN && published.number == 0,
        "previews": format!("/admin/theme/preview?{own}{}page=", if own.is_empty() { "" } else { "&" }),
        "store": (store != stores::MAIN).then_some(store),
        "preview": format!("/admin/theme/preview?{}{}", form_urlencoded::Serializer::new(String::new()).append_pair("page", looked_at).finish(), of.more),
    }))
}

/// Pages of the shop to look at: one of each kind, with what to call it.
fn places(conn: &mut Conn, shop: &Shop, language: &'static str) -> Result<Vec<(String, String)>> {
    let mut all = vec![("admin-home-page".to_string(), "/".to_string())];
    let tree = shop.assortment().categories(conn, language)?;
    all.extend(tree.children(None).first().map(|category| (category.name.clone(), format!("/categories/{}", category.slug))));
    let newest = catalog::newest(conn, &shop.assortment(), 1)?;
    let cards = catalog::cards(conn, shop, &newest, language)?;
    all.extend(cards.into_iter().next().map(|card| (card.title, format!("/products/{}", card.slug))));
    all.extend(content::list(conn, language)?.into_iter().next().map(|(slug, title)| (title, format!("/pages/{slug}"))));
    Ok(all)
}

/// The measures of a theme, in words.
pub fn checks(theme: &Theme, words: &Words) -> Result<Value> {
    let all = theme.checks();
    let row = |check: &Check| -> Result<Value> {
        let (front, ground) = ends(check, words);
        Ok(json!({ "front": front, "ground": ground, "ratio": ratio(check.ratio), "needed": ratio(check.needed), "holds": check.holds(),
            "field": check.role().as_str(), "sentence": if check.holds() { String::new() } else { sentence(check, words)? } }))
    };
    let rows: Vec<Value> = all.iter().map(row).collect::<Result<_>>()?;
    Ok(json!({ "failing": all.iter().filter(|check| !check.holds()).count(), "rows": rows }))
}

/// What stands in front, and on what.
fn ends(check: &Check, words: &Words) -> (String, String) {
    let label = |role: Role| words.get(&format!("admin-theme-colour-{}", role.as_str()));
    (check.front.map_or_else(|| words.get("admin-theme-mistakes"), label), label(check.ground))
}

/// A measure as people write it, such as 4.5 or 12.63.
fn ratio(hundredths: u32) -> String {
    let text = format!("{}.{:02}", hundredths / 100, hundredths % 100);
    text.trim_end_matches('0').trim_end_matches('.').to_string()
}

/// What cannot be read, how far it is from that, and what would do.
pub fn sentence(check: &Check, words: &Words) -> Result<String> {
    let (front, ground) = ends(check, words);
    let (measured, needed) = (ratio(check.ratio), ratio(check.needed));
    let mut args = vec![("front", front.as_str()), ("ground", ground.as_str()), ("ratio", measured.as_str()), ("needed", needed.as_str())];
    let instead = check.instead.map(|colour| colour.to_string());
    match &instead {
        Some(colour) => {
            args.push(("colour", colour));
            words.with("admin-theme-too-faint-try", &args)
        }
        None => words.with("admin-theme-too-faint", &args),
    }
}

#[cfg(test)]
mod tests {
    use super::ratio;

    #[test]
    fn measures_read_as_people_write_them() {
        assert_eq!((ratio(450).as_str(), ratio(2100).as_str(), ratio(1263).as_str(), ratio(305).as_str()), ("4.5", "21", "12.63", "3.05"));
    }
}
