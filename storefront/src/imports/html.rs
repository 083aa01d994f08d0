//! Texts from outside, made safe to show.

use ammonia::Builder;
use std::collections::HashSet;
use std::sync::LazyLock;

/// What a product text may consist of. No scripts, styles, classes, forms, frames or ids; links open no door to the page.
static PRODUCT_TEXT: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let tags = [
        "a",
        "abbr",
        "b",
        "blockquote",
        "br",
        "caption",
        "code",
        "dd",
        "del",
        "div",
        "dl",
        "dt",
        "em",
        "figcaption",
        "figure",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "i",
        "img",
        "ins",
        "li",
        "mark",
        "ol",
        "p",
        "pre",
        "q",
        "s",
        "small",
        "span",
        "strong",
        "sub",
        "sup",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "u",
        "ul",
    ];
    let mut builder = Builder::default();
    builder
        .tags(HashSet::from(tags))
        .generic_attributes(HashSet::from(["lang", "dir", "title"]))
        .url_schemes(HashSet::from(["http", "https", "mailto", "tel"]))
        .link_rel(Some("noopener noreferrer nofollow"));
    builder
});

static NO_TAGS: LazyLock<Builder<'static>> = LazyLock::new(Builder::empty);

/// The HTML of a product text with only what such a text needs: text, lists, tables, links and pictures. Scripts, styles, event
/// handlers and unknown schemes are gone, a heading of the first rank becomes plain text (the page has its own), and what was
/// broken is closed. Cleaning twice changes nothing more.
pub fn clean_html(html: &str) -> String {
    PRODUCT_TEXT.clean(html).to_string()
}

/// The text of a line that may hold HTML, as WooCommerce's names do: without tags, entities read as what they stand for.
pub(crate) fn plain_text(html: &str) -> String {
    if !html.contains(['<', '&']) {
        return html.trim().to_string();
    }
    unescaped(&NO_TAGS.clean(html).to_string()).trim().to_string()
}

/// What stands in cleaned HTML between its tags, or as the value of an attribute, as text.
pub(crate) fn unescaped(html: &str) -> String {
    let text = html.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&nbsp;", "\u{a0}");
    // Last, so that an escaped entity is read once only.
    text.replace("&amp;", "&")
}

/// A description as one line of words: what stood in paragraphs of its own stays apart.
pub(crate) fn one_line(html: &str) -> String {
    const ENDS: [&str; 9] = ["</p>", "</li>", "</h2>", "</h3>", "</h4>", "</div>", "</td>", "</th>", "<br"];
    let apart = ENDS.iter().fold(html.to_string(), |html, end| html.replace(end, &format!(" {end}")));
    plain_text(&apart).split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_go_and_text_stays() {
        let dirty = r#"<h1>Tea</h1><p onclick="x()" style="color:red" class="a">Green <script>alert(1)</script><b>leaf</b><ul><li>one"#;
        assert_eq!(clean_html(dirty), "Tea<p>Green <b>leaf</b></p><ul><li>one</li></ul>");
    }

    #[test]
    fn links_and_pictures_keep_only_safe_addresses() {
        assert_eq!(
            clean_html(r#"<a href="javascript:alert(1)">x</a><a href="https://tea.example/a">y</a>"#),
            r#"<a rel="noopener noreferrer nofollow">x</a><a href="https://tea.example/a" rel="noopener noreferrer nofollow">y</a>"#
        );
        assert_eq!(clean_html(r#"<img src="data:text/html,x" onerror="x()" alt="a">"#), r#"<img alt="a">"#);
        assert_eq!(clean_html("<iframe src=\"https://x.example\"></iframe><svg><script>1</script></svg>"), "");
    }

    #[test]
    fn cleaning_twice_is_cleaning_once() {
        for text in ["<p>a & b < c", "<table><tr><td>1</table>", "<math><mi><style><img src=x onerror=1>", "&lt;script&gt;"] {
            assert_eq!(clean_html(&clean_html(text)), clean_html(text));
        }
    }

    #[test]
    fn names_lose_their_markup() {
        assert_eq!(plain_text("Salt &amp; Pepper <em>Set</em>"), "Salt & Pepper Set");
        assert_eq!(plain_text("<script>x</script>Cup"), "Cup");
        assert_eq!(plain_text("a &amp;lt; b"), "a &lt; b");
        assert_eq!(plain_text(" Plain "), "Plain");
        assert_eq!(one_line("<ul><li>one</li><li>two &amp; <b>three</b>,</li></ul>"), "one two & three,");
    }
}
