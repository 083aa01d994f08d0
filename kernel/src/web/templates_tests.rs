use super::*;
use std::collections::BTreeSet;

fn render(language: Language, source: &str, view: serde_json::Value) -> TeraResult<String> {
    let texts = Arc::new(Texts::load(None).expect("texts load"));
    let engine = engine(&[("page.html".to_string(), source.to_string())], &texts, None).expect("the template parses");
    SPOKEN.set(language.into());
    engine.render("page.html", &Context::from_serialize(&view)?)
}

#[test]
fn filters_and_functions_know_the_language_inside_components_too() {
    let source = r#"{% component row(r) %}{{ r.price | money }} {{ r.at | date }} {{ path(to="/cart") }} {{ t(key="cart-title") }}{% endcomponent row %}{{<row r={row} />}}"#;
    let view = serde_json::json!({"row": {"price": Money::new(1250, Currency::EUR), "at": "2026-11-22T04:07:27.123456"}});
    assert_eq!(render(Language::ENGLISH, source, view.clone()).expect("renders"), "€12.50 22 November 2026 /cart Cart");
    assert_eq!(render(Language::CHINESE, source, view).expect("renders"), "€12.50 2026年11月22日 /zh/cart 购物车");
}

#[test]
fn what_people_typed_is_escaped_in_texts_and_data() {
    let view = serde_json::json!({"typed": "<b>&\"'", "json": "{\"a\":\"</script><!--\"}"});
    let page =
        render(Language::ENGLISH, r#"{{ t(key="search-title", query=typed) }}|{{ typed | message }}|{{ json | json_script }}"#, view)
            .expect("renders");
    assert!(!page.contains("<b>") && !page.contains("</script") && !page.contains("<!--"), "{page}");
}

#[test]
fn a_missing_variable_key_or_asset_is_an_error() {
    for source in ["{{ nothing }}", r#"{{ t(key="nothing") }}"#, r#"{{ asset(name="nothing") }}"#, "{{ 'x' | money }}", "{{ 'x' | date }}"]
    {
        assert!(render(Language::ENGLISH, source, serde_json::json!({})).is_err(), "{source}");
    }
}

#[test]
fn a_changed_file_is_read_again() {
    let dir = std::env::temp_dir().join(format!("regulars-templates-{}", std::process::id()));
    for folder in ["templates", "assets", "locales/en", "locales/zh"] {
        std::fs::create_dir_all(dir.join(folder)).expect("a temporary folder");
    }
    let page = dir.join("templates/page.html");
    std::fs::write(&page, "one").expect("written");
    let templates = Templates::load(Some(&dir)).expect("loads");
    assert_eq!(templates.render("page.html", Language::ENGLISH, &serde_json::json!({})).expect("renders"), "one");
    std::fs::write(&page, "two").expect("written");
    let later = SystemTime::now() + std::time::Duration::from_secs(5);
    std::fs::File::options().write(true).open(&page).and_then(|file| file.set_modified(later)).expect("touched");
    assert_eq!(templates.render("page.html", Language::ENGLISH, &serde_json::json!({})).expect("renders"), "two");
    std::fs::remove_dir_all(&dir).expect("removed");
}

/// Keys written out in `source` (`t(key="…")`), and beginnings of keys made from a value (`t(key="…-" ~ …)`).
fn keys_in(source: &str) -> (BTreeSet<String>, BTreeSet<String>) {
    let (mut whole, mut beginnings) = (BTreeSet::new(), BTreeSet::new());
    for rest in source.split("t(key=\"").skip(1) {
        let Some((key, after)) = rest.split_once('"') else { continue };
        if after.trim_start().starts_with('~') {
            beginnings.insert(key.to_string())
        } else {
            whole.insert(key.to_string())
        };
    }
    (whole, beginnings)
}

#[test]
fn every_key_of_a_template_is_in_both_languages() {
    let texts = Texts::load(None).expect("texts load");
    for (name, source) in TEMPLATES {
        let (whole, beginnings) = keys_in(source);
        for language in [Language::ENGLISH, Language::CHINESE] {
            for key in &whole {
                assert!(texts.has(language, key), "{name} uses {key}, which {language} lacks");
            }
            for beginning in &beginnings {
                assert!(texts.keys(language).any(|key| key.starts_with(beginning)), "{name} uses {beginning}…, which {language} lacks");
            }
        }
    }
}

#[test]
fn no_page_has_inline_script_or_style() {
    for (name, source) in TEMPLATES.iter().filter(|(name, _)| name.ends_with(".html") && !name.starts_with("mail/")) {
        for wrong in ["style=\"", "<style", " onclick", " onchange", " onsubmit", " onload", "javascript:"] {
            assert!(!source.contains(wrong), "{name} has {wrong}, which the content security policy refuses");
        }
        for script in source.split("<script").skip(1) {
            let tag = script.split('>').next().unwrap_or_default();
            assert!(tag.contains("src=") || tag.contains("application/"), "{name} has an inline script");
        }
    }
}

#[test]
fn the_carried_templates_parse() {
    Templates::load(None).expect("every template parses and names only what exists");
}
