//! Finding articles by what somebody asks: by the words, pairs of words and runs of letters that question and article have in common, the
//! rare ones counting most ([`crm::intents::Likeness`]), so that a slip of the pen and a script without spaces find something too.

use super::{STAMP, Text, published};
use crate::imports::one_line;
use crm::intents::Likeness;
use kernel::{Conn, Result, settings};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// How often a title counts beside the text below it.
const TITLES: usize = 3;
/// What has less in common with a question does not answer it.
const LEAST: f32 = 0.08;

/// The published articles of each language, learnt when somebody looks for one and kept until one changes.
#[derive(Default)]
pub struct Shelves(Mutex<HashMap<String, Arc<Shelf>>>);

struct Shelf {
    stamp: String,
    /// Each article's address, with its text.
    texts: Vec<(String, Text)>,
    likeness: Likeness,
}

impl Shelves {
    /// The articles that answer a question best, each with its address, the best first.
    pub fn find(&self, conn: &mut Conn, language: &str, question: &str, most: usize) -> Result<Vec<(String, Text)>> {
        let shelf = self.shelf(conn, language)?;
        let near = shelf.likeness.nearest(question, most);
        Ok(near.into_iter().filter(|(_, likeness)| *likeness >= LEAST).map(|(at, _)| shelf.texts[at].clone()).collect())
    }

    fn shelf(&self, conn: &mut Conn, language: &str) -> Result<Arc<Shelf>> {
        let stamp: String = settings::find(conn, STAMP)?.unwrap_or_default();
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(language).cloned();
        if let Some(kept) = kept.filter(|kept| kept.stamp == stamp) {
            return Ok(kept);
        }
        let texts: Vec<(String, Text)> = published(conn, language)?.into_iter().map(|(article, text)| (article.slug, text)).collect();
        let whole = |(_, text): &(String, Text)| {
            let title = format!("{} ", text.title).repeat(TITLES);
            format!("{title}{} {}", text.topic, one_line(&text.body_html))
        };
        let whole: Vec<String> = texts.iter().map(whole).collect();
        let shelf = Arc::new(Shelf { stamp, texts, likeness: Likeness::of(whole.iter().map(String::as_str)) });
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(language.to_string(), shelf.clone());
        Ok(shelf)
    }
}
