//! Every mail there is, in every language, as its reader gets it: a change of words shows here before a customer sees it. The samples are
//! those of the storefront's preview, which renders its pages and mails without a database.

use kernel::web::i18n::Language;
use kernel::web::templates::Templates;
use serde::Serialize;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use storefront::web::views;

#[path = "../../storefront/examples/preview/approvals.rs"]
mod approvals;
#[path = "../../storefront/examples/preview/frame.rs"]
mod frame;
#[path = "../../storefront/examples/preview/mails.rs"]
mod mails;
#[path = "../../storefront/examples/preview/orders.rs"]
mod orders;
#[path = "../../storefront/examples/preview/samples.rs"]
mod samples;

/// What is rendered, in place of a folder to look at.
pub struct Preview {
    templates: Templates,
    language: Language,
    pictures: String,
    mails: RefCell<BTreeMap<String, [String; 3]>>,
    pages: RefCell<BTreeSet<String>>,
}

impl Preview {
    fn of(language: Language) -> Preview {
        let templates = Templates::load(None).unwrap();
        let pictures = "/pictures/".to_string();
        let preview = Preview { templates, language, pictures, mails: RefCell::default(), pages: RefCell::default() };
        mails::mails(&preview).unwrap();
        let link = "https://shop.example/admin/invitation?token=t";
        let invitation = serde_json::json!({ "inviter": "Olga", "role": "admin-role-agent", "days": 7, "url": link });
        preview.mail("staff_invitation", invitation).unwrap();
        preview
    }

    fn page<V: Serialize>(&self, template: &str, name: &str, view: V) -> Result<(), Box<dyn Error>> {
        let page = views::page::Page { page: frame::frame(self.language, name), view };
        let html = self.templates.render(&format!("storefront/{template}.html"), self.language, &page)?;
        assert!(html.ends_with("</html>\n") && !self.pictures.is_empty(), "{template}");
        self.pages.borrow_mut().insert(template.to_string());
        Ok(())
    }

    fn mail<V: Serialize>(&self, name: &str, view: V) -> Result<(), Box<dyn Error>> {
        let mail = views::mail::Mail { mail: mails::frame(self.language), view };
        let part = |part: &str| self.templates.render(&format!("mail/{name}/{part}"), self.language, &mail);
        self.mails.borrow_mut().insert(name.to_string(), [part("subject.txt")?, part("body.txt")?, part("body.html")?]);
        Ok(())
    }
}

/// The folders of templates.
fn templates() -> BTreeSet<String> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("templates/mail");
    let found = std::fs::read_dir(folder).unwrap().map(Result::unwrap).filter(|entry| entry.path().is_dir());
    found.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

#[test]
fn every_mail_in_every_language() {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.add_filter(r"[ \t]+\n", "\n");
    for language in [Language::ENGLISH, Language::CHINESE] {
        let preview = Preview::of(language);
        let all = preview.mails.borrow();
        assert_eq!(all.keys().cloned().collect::<BTreeSet<_>>(), templates(), "a template has no sample");
        for (name, [subject, text, html]) in all.iter() {
            for amount in text.split_whitespace().filter(|word| word.starts_with('€')) {
                assert!(html.contains(amount.trim_end_matches(['.', ',', '。', '，'])), "{name}: {amount} is not in the HTML");
            }
            assert!(!subject.contains('\n') && !subject.is_empty(), "{name}: {subject:?}");
            settings.bind(|| insta::assert_snapshot!(format!("letter_{name}_{language}"), format!("Subject: {subject}\n\n{text}")));
        }
    }
    let preview = Preview::of(Language::CHINESE);
    let all = preview.mails.borrow();
    settings.bind(|| insta::assert_snapshot!("letter_order_confirmation_zh_html", all["order_confirmation"][2]));
    settings.bind(|| insta::assert_snapshot!("letter_campaign_zh_html", all["campaign"][2]));
}

#[test]
fn every_page_renders_from_its_view_alone() {
    for language in [Language::ENGLISH, Language::CHINESE] {
        let preview = Preview::of(language);
        samples::pages(&preview).unwrap();
        orders::pages(&preview).unwrap();
        approvals::pages(&preview).unwrap();
        assert!(preview.pages.borrow().len() > 15, "{:?}", preview.pages.borrow());
    }
}
