use super::*;
use crate::web::format;
use crate::web::i18n::Texts;
use chrono::NaiveDate;
use std::path::PathBuf;

/// A folder with these files, which goes with the value.
struct Folder(PathBuf);

impl Folder {
    fn with(name: &str, files: &[(&str, &str)]) -> Folder {
        let dir = std::env::temp_dir().join(format!("regulars-languages-{name}-{}", std::process::id()));
        for (file, text) in files {
            let path = dir.join(file);
            fs::create_dir_all(path.parent().expect("a folder")).expect("a temporary folder");
            fs::write(path, text).expect("written");
        }
        Folder(dir)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

const GERMAN: &str = "language-name = Deutsch\nlanguage-date = { $day }. { $month } { $year }\n\
    language-months = Januar, Februar, März, April, Mai, Juni, Juli, August, September, Oktober, November, Dezember\ncountry-DE = Deutschland\n";

#[test]
fn a_folder_is_a_language_that_says_the_rest_in_english() {
    let shop = "cart-title = Warenkorb\nstock-few = Nur noch { $much }\n-name = Laden\nnav-account = { -nowhere }\n";
    let folder = Folder::with("whole", &[("de/language.ftl", GERMAN), ("de/shop.ftl", shop), ("eo/.keep", "")]);
    learn(&folder.0).expect("is learnt");
    learn(&folder.0).expect("is learnt again");
    let german = Language::parse("de").expect("is known");
    assert_eq!((german.name(), german.tag(), german.country("DE"), german.country("FR")), ("Deutsch", "de", Some("Deutschland"), None));
    assert_eq!(Language::all().iter().filter(|one| one.code() == "de").count(), 1);
    assert_eq!(Language::parse("eo").map(Language::name), Some("eo"), "an empty folder is a language for content");
    assert_eq!(Language::named_by("/de/cart"), Some((german, "/cart")));

    let texts = Texts::load(None).expect("texts load");
    assert_eq!(texts.message(german, "cart-title"), "Warenkorb");
    for key in ["cart-empty", "nav-account"] {
        assert_eq!(texts.message(german, key), texts.message(Language::ENGLISH, key));
    }
    assert_eq!(texts.with(german, "stock-few", &[("left", "2")]).ok(), texts.with(Language::ENGLISH, "stock-few", &[("left", "2")]).ok());
    assert!(texts.text(german, "no-such-key", None).is_err());

    let at = NaiveDate::from_ymd_opt(2026, 3, 2).and_then(|day| day.and_hms_opt(4, 7, 59)).expect("a date");
    assert_eq!(format::date(at.date(), german), "2. März 2026");
    assert_eq!(format::datetime(at, german), "2. März 2026, 04:07\u{a0}UTC");
    assert_eq!(Language::parse("eo").map(|plain| format::date(at.date(), plain)), Some("2026-03-02".into()));
}

#[test]
fn mistakes_are_told_with_file_and_line() {
    let files = [
        ("fr/language.ftl", "# About\nlanguage-tag = not a tag\nlanguage-months = janvier, février\nlanguage-date = { $day }\n"),
        ("fr/shop.ftl", "cart-title = Panier\n\nbroken\ncart-title = Encore\n"),
        ("fr/more.ftl", "cart-title = Panier\n"),
        ("Klingon/a.ftl", ""),
        ("en/a.ftl", ""),
    ];
    let folder = Folder::with("wrong", &files);
    let told = learn(&folder.0).expect_err("is refused").to_string();
    for part in ["language.ftl:2:", "language.ftl:3:", "language.ftl:4:", "shop.ftl:3:", "Klingon", "/en:"] {
        assert!(told.contains(part), "{part} is missing in {told}");
    }
    assert_eq!(Language::parse("fr"), None, "nothing of it is taken over");
    let twice = Folder::with("twice", &[("it/a.ftl", "a = 1\n\nb = 2\n"), ("it/b.ftl", "\nb = 3\n")]);
    let told = learn(&twice.0).expect_err("is refused").to_string();
    assert!(told.contains("b.ftl:2: b stands at") && told.contains("a.ftl:3 too"), "{told}");
}

#[test]
fn what_is_of_no_use_is_remarked() {
    let shop = "cart-title = Warenkorb\nno-such-key = x\nstock-few = Nur noch { $much }\nnav-account = { -brand }\n";
    let folder = Folder::with("useless", &[("de/shop.ftl", shop)]);
    let draft = read(&folder.0.join("de"), &mut Vec::new()).expect("reads");
    let remarks = useless(&draft);
    assert_eq!(remarks.len(), 3, "{remarks:?}");
    for (line, part) in [(2, "no-such-key"), (3, "$much"), (4, "-brand")] {
        assert!(remarks.iter().any(|remark| remark.contains(&format!(":{line}: ")) && remark.contains(part)), "{part} of {remarks:?}");
    }
}

#[test]
fn a_code_is_of_small_letters_and_free() {
    for right in ["de", "fr", "pt-br", "zh-hant", "fil"] {
        assert!(!code_is_wrong(right), "{right}");
    }
    for wrong in ["en", "zh", "api", "DE", "d", "deutsch", "de_AT", "de-", "de-austria", "d1"] {
        assert!(code_is_wrong(wrong), "{wrong}");
    }
}
