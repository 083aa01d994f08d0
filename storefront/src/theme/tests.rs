use super::colour::{BLACK, WHITE};
use super::*;
use crate::stores::MAIN;
use kernel::Error;
use kernel::clock::Time;

fn colour(text: &str) -> Colour {
    Colour::parse(text).unwrap()
}

fn now() -> Time {
    Time::parse_from_str("2026-11-22 12:00", "%Y-%m-%d %H:%M").unwrap()
}

#[test]
fn colours_read_as_people_write_them() {
    assert_eq!(colour(" #87452A "), Colour(0x87, 0x45, 0x2a));
    assert_eq!(colour("fff"), WHITE);
    assert_eq!(colour("#87452a").to_string(), "#87452a");
    for odd in ["", "#12", "#12345g", "red", "#1234567", "#é1"] {
        assert_eq!(Colour::parse(odd), None, "{odd}");
    }
}

#[test]
fn contrast_is_that_of_the_guidelines() {
    assert_eq!(BLACK.contrast(WHITE), 2100);
    assert_eq!(WHITE.contrast(WHITE), 100);
    // The well-known neighbours of the border: #767676 is the lightest grey that passes on white, #777777 is the first that does not.
    assert_eq!(colour("#767676").contrast(WHITE), 454);
    assert_eq!(colour("#777777").contrast(WHITE), 447);
    assert_eq!(WHITE.contrast(colour("#777777")), 447);
    assert_eq!(colour("#949494").contrast(WHITE), 303);
}

#[test]
fn what_cannot_be_read_is_named_with_a_colour_that_would_do() {
    let mut theme = Theme::default();
    theme.set_colour(Role::Accent, colour("#e8b59b"));
    let failed: Vec<Check> = theme.checks().into_iter().filter(|check| !check.holds()).collect();
    let accent: Vec<&Check> = failed.iter().filter(|check| check.front == Some(Role::Accent)).collect();
    assert_eq!(accent.len(), 3, "{failed:?}");
    let instead = accent[0].instead.unwrap();
    let mut better = theme.clone();
    better.set_colour(Role::Accent, instead);
    assert!(better.checks().iter().all(Check::holds), "{instead}");
    let Err(Error::Invalid(wrong)) = theme.readable() else { panic!("it was let pass") };
    assert_eq!(wrong.0.keys().collect::<Vec<_>>(), ["accent", "accent_text"]);
    // Nothing is readable on middle grey and on white at once.
    theme.set_colour(Role::Background, colour("#777777"));
    assert!(theme.checks().iter().any(|check| check.front == Some(Role::Quiet) && check.instead.is_none()));
}

#[test]
fn ready_themes_are_readable_and_differ() {
    let mut sheets: Vec<String> = Preset::ALL.iter().map(|preset| preset.theme().sheet()).collect();
    for preset in Preset::ALL {
        assert!(preset.theme().readable().is_ok(), "{preset:?}: {:?}", preset.theme().checks());
    }
    sheets.dedup();
    assert_eq!(sheets.len(), Preset::ALL.len());
    assert!(Preset::Night.theme().sheet().contains("color-scheme:dark") && !sheets[0].contains("color-scheme"));
}

#[test]
fn the_default_theme_is_what_the_style_sheet_of_the_shop_says() {
    let shop = kernel::web::assets::find("shop.css", None).unwrap();
    let shop = String::from_utf8(shop.content.into_owned()).unwrap();
    let plain = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
    let shop = plain(&shop);
    for line in plain(&Theme::default().sheet()).trim_start_matches("@mediascreen{:root{").split(";--") {
        let line = line.trim_start_matches("--").trim_end_matches('}');
        let (name, value) = line.split_once(':').unwrap();
        let defined = match name {
            "heading" => shop.contains(&format!("--serif:{value};")),
            "body" => shop.contains(&format!("--sans:{value};")),
            _ => shop.contains(&format!("--{name}:{value};")),
        };
        assert!(defined, "shop.css does not begin with --{name}: {value}");
        assert!(shop.contains(&format!("var(--{name})")), "shop.css does not use --{name}");
    }
}

#[test]
fn a_theme_of_an_earlier_version_reads() {
    let theme: Theme = serde_json::from_str(r##"{"colours":{"accent":"#123456"}}"##).unwrap();
    assert_eq!(theme.colour(Role::Accent), Colour(0x12, 0x34, 0x56));
    assert_eq!(theme.colour(Role::Text), Theme::default().colour(Role::Text));
    let again: Theme = serde_json::from_str(&serde_json::to_string(&Preset::Pine.theme()).unwrap()).unwrap();
    assert_eq!(again, Preset::Pine.theme());
}

#[test]
fn ten_earlier_themes_are_kept_and_of_two_forms_one_wins() {
    let db = kernel::testing::db();
    db.write_now(|conn| {
        for number in 0..14_u8 {
            let mut theme = Theme::default();
            theme.set_colour(Role::Line, Colour(200, 200, number));
            begin(conn, MAIN, &theme, now())?;
            assert!(publish(conn, MAIN, &theme, i64::from(number), "staff:1", now())?);
            assert_eq!(draft(conn, MAIN)?, None);
        }
        let kept: Vec<i64> = earlier(conn, MAIN)?.into_iter().map(|one| one.number).collect();
        assert_eq!(kept, (4..=13).rev().collect::<Vec<i64>>());
        assert!(matches!(numbered(conn, MAIN, 3), Err(Error::NotFound)) && numbered(conn, MAIN, 4).is_ok());
        let pine = Preset::Pine.theme();
        assert!(matches!(publish(conn, MAIN, &pine, 13, "staff:2", now()), Err(Error::Conflict(_))));
        let worn = published(conn, MAIN)?;
        assert_eq!((worn.number, worn.theme.colour(Role::Line)), (14, Colour(200, 200, 13)));
        assert!(!publish(conn, MAIN, &worn.theme, 14, "staff:2", now())?, "the same again is no publication");
        let address = digest(&worn.theme.sheet());
        assert_eq!(sheet(conn, &address)?, worn.theme.sheet());
        assert!(matches!(sheet(conn, "0123456789abcdef"), Err(Error::NotFound)));
        Ok(())
    })
    .unwrap();
}
