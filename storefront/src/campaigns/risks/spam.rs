//! What filters of unwanted mail dislike, by a short list of well-known signs (those of SpamAssassin's rules that a shop can do something
//! about). Each has points; a mail is told of from [`SUSPICIOUS`] points on.

use super::{Found, Level};
use crate::campaigns::letters::Preview;
use kernel::error::said;

/// SpamAssassin calls a mail unwanted at 50 tenths of a point, of which others come from the way that the mail took.
const SUSPICIOUS: u32 = 20;

/// Words in subject or text, in small letters, with tenths of a point.
const WORDS: [(&str, u32); 22] = [
    ("100% free", 12),
    ("act now", 8),
    ("winner", 8),
    ("you have won", 15),
    ("cash bonus", 15),
    ("risk free", 8),
    ("risk-free", 8),
    ("no obligation", 8),
    ("click here", 6),
    ("dear friend", 12),
    ("guaranteed", 5),
    ("limited time", 4),
    ("urgent", 5),
    ("viagra", 30),
    ("make money", 12),
    ("double your", 12),
    ("免费领取", 8),
    ("恭喜您中奖", 15),
    ("稳赚", 12),
    ("点击这里", 6),
    ("最后机会", 4),
    ("代开发票", 30),
];

/// A sign: the end of its key, and tenths of a point.
type Sign = (&'static str, u32);

/// Adds what a mail's signs come to.
pub(super) fn weigh(found: &mut Found, mail: &Preview) {
    let signs = signs(&mail.subject);
    let words = worded(&mail.subject, &mail.text);
    let points: u32 = signs.iter().map(|(_, points)| points).sum::<u32>() + words.iter().map(|(_, points)| points).sum::<u32>();
    for (sign, _) in &signs {
        found.add(Level::Tell, format!("campaign-spam-{sign}"));
    }
    if !words.is_empty() {
        let list: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        found.add(Level::Tell, said("campaign-spam-words", &[("words", &list.join(", "))]));
    }
    if points >= SUSPICIOUS {
        found.add(Level::Warn, "campaign-spam-suspicious");
    }
}

fn worded(subject: &str, text: &str) -> Vec<Sign> {
    let all = format!("{subject}\n{text}").to_lowercase();
    WORDS.into_iter().filter(|(word, _)| all.contains(word)).collect()
}

fn signs(subject: &str) -> Vec<Sign> {
    let mut signs = Vec::new();
    let letters: Vec<char> = subject.chars().filter(|c| c.is_alphabetic()).collect();
    // Scripts without capitals shout nothing.
    if letters.len() > 5 && letters.iter().filter(|c| c.is_lowercase()).count() * 4 < letters.iter().filter(|c| c.is_uppercase()).count() {
        signs.push(("capitals", 15));
    }
    let marks = |text: &str| text.chars().filter(|c| matches!(c, '!' | '！')).count();
    if marks(subject) > 1 {
        signs.push(("marks", 10));
    }
    let start = subject.trim_start().to_lowercase();
    if ["re:", "fw:", "fwd:", "aw:", "回复:", "回复：", "转发:", "转发："].iter().any(|begin| start.starts_with(begin)) {
        signs.push(("reply", 20));
    }
    if subject.chars().filter(|c| matches!(c, '$' | '€' | '£' | '¥')).count() > 2 {
        signs.push(("money", 10));
    }
    if subject.chars().count() > 90 {
        signs.push(("long", 3));
    }
    signs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_mail_has_no_signs_and_a_loud_one_has() {
        let text = "This week we have new teapots from a small pottery in the Black Forest, each of them thrown by hand.";
        assert!(signs("New teapots for Ann").is_empty());
        assert!(signs("新到的茶壶").is_empty());
        assert!(worded("New teapots for Ann", text).is_empty());
        let loud: u32 = signs("RE: FREE TEAPOTS!!! $$$").iter().map(|(_, points)| points).sum();
        assert!(loud >= SUSPICIOUS);
        assert_eq!(worded("Click HERE", ""), [("click here", 6)]);
    }
}
