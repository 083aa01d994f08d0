//! Renders every page and mail with sample data into a folder, to look at without a database:
//! `cargo run -p regulars-storefront --example preview -- OUT PICTURES`, where PICTURES is the folder of the demo pictures.

use kernel::web::i18n::Language;
use kernel::web::templates::Templates;
use regulars_storefront::web::views;
use std::error::Error;
use std::path::{Path, PathBuf};

#[path = "preview/approvals.rs"]
mod approvals;
#[path = "preview/checkout.rs"]
mod checkout;
#[path = "preview/frame.rs"]
mod frame;
#[path = "preview/mails.rs"]
mod mails;
#[path = "preview/orders.rs"]
mod orders;
#[path = "preview/samples.rs"]
mod samples;

/// Where pages go and what they need.
struct Preview {
    templates: Templates,
    out: PathBuf,
    pictures: String,
    language: Language,
}

impl Preview {
    fn write(&self, name: &str, text: &str) -> Result<(), Box<dyn Error>> {
        let path = self.out.join(self.language.code()).join(name);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        Ok(std::fs::write(path, text)?)
    }

    /// Renders `storefront/{template}.html` into `{name}.html`, with assets and pictures as files.
    fn page<V: serde::Serialize>(&self, template: &str, name: &str, view: V) -> Result<(), Box<dyn Error>> {
        let page = views::page::Page { page: frame::frame(self.language, name), view };
        let html = self.templates.render(&format!("storefront/{template}.html"), self.language, &page)?;
        self.write(&format!("{name}.html"), &html.replace("\"/assets/", "\"../assets/").replace("/pictures/", &self.pictures))
    }

    fn mail<V: serde::Serialize>(&self, name: &str, view: V) -> Result<(), Box<dyn Error>> {
        let mail = views::mail::Mail { mail: mails::frame(self.language), view };
        for part in ["subject.txt", "body.txt", "body.html"] {
            let text = self.templates.render(&format!("mail/{name}/{part}"), self.language, &mail)?;
            self.write(&format!("mail-{name}.{part}"), &text)?;
        }
        Ok(())
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let (Some(out), Some(pictures)) = (args.next(), args.next()) else { return Err("usage: preview OUT PICTURES".into()) };
    let out = PathBuf::from(out);
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    std::fs::create_dir_all(out.join("assets"))?;
    for asset in ["shop.css", "shop.js", "icon.svg"] {
        std::fs::copy(root.join("assets").join(asset), out.join("assets").join(asset))?;
    }
    let pictures = format!("file://{}/", std::fs::canonicalize(pictures)?.display());
    for language in [Language::ENGLISH, Language::CHINESE] {
        let templates = Templates::load(Some(&root))?;
        let preview = Preview { templates, out: out.clone(), pictures: pictures.clone(), language };
        samples::pages(&preview)?;
        checkout::pages(&preview)?;
        orders::pages(&preview)?;
        approvals::pages(&preview)?;
        mails::mails(&preview)?;
    }
    Ok(())
}
