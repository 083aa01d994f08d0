//! Addresses of pages, made from names.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

const LIMIT: usize = 100;

/// The slug of a name: small letters and digits with single hyphens, accents dropped, German and Nordic letters written out.
/// Letters of other scripts stay, since a Chinese name has no better slug than itself. Empty when nothing of the name can stay.
pub fn slug(name: &str) -> String {
    let mut slug = String::with_capacity(name.len());
    let mut gap = false;
    for c in name.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase) {
        let piece = match c {
            'ß' => "ss",
            'æ' => "ae",
            'œ' => "oe",
            'ø' => "o",
            'đ' | 'ð' => "d",
            'ł' => "l",
            'þ' => "th",
            '\'' | '’' => continue,
            c if c.is_alphanumeric() => {
                join(&mut slug, &mut gap);
                slug.push(c);
                continue;
            }
            _ => {
                gap = true;
                continue;
            }
        };
        join(&mut slug, &mut gap);
        slug.push_str(piece);
    }
    // Composed again, so that Korean and the like are one sequence of characters however they were typed.
    slug.nfc().take(LIMIT).collect::<String>().trim_end_matches('-').to_string()
}

fn join(slug: &mut String, gap: &mut bool) {
    if std::mem::take(gap) && !slug.is_empty() {
        slug.push('-');
    }
}

/// `wanted`, or the first of `wanted-2`, `wanted-3` … that is not `taken`.
pub(super) fn unique(wanted: &str, taken: &std::collections::HashSet<String>) -> String {
    if !taken.contains(wanted) {
        return wanted.to_string();
    }
    (2u64..).map(|n| format!("{wanted}-{n}")).find(|slug| !taken.contains(slug)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::slug;

    #[test]
    fn names_become_slugs() {
        assert_eq!(slug("  Crème Brûlée -- Set №2! "), "creme-brulee-set-no2");
        assert_eq!(slug("Straße & Øl"), "strasse-ol");
        assert_eq!(slug("Potter's Wheel"), "potters-wheel");
        assert_eq!(slug("龙井 绿茶"), "龙井-绿茶");
        assert_eq!(slug("한국"), "한국");
        assert_eq!(slug("../../etc/passwd?x=1#y"), "etc-passwd-x-1-y");
        assert_eq!(slug("!!!"), "");
    }

    #[test]
    fn slugs_are_their_own_slugs_and_not_long() {
        for name in ["Straße & Øl", "龙井 绿茶", &"ab ".repeat(300), "İstanbul", "ﬁne"] {
            assert_eq!(slug(&slug(name)), slug(name));
            assert!(slug(name).chars().count() <= 100);
        }
    }
}
