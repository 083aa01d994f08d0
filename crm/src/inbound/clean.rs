//! The HTML of a mail, made harmless: nothing runs, nothing is fetched, nothing can be filled in.

use ammonia::Builder;
use std::collections::HashSet;
use std::sync::LazyLock;

/// Pictures go altogether: one that is fetched tells its owner who reads when, and those that came with the mail are among its files.
static MAIL: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut builder = Builder::default();
    builder
        .rm_tags(["img", "map", "area"])
        .generic_attributes(HashSet::from(["lang", "dir", "title"]))
        .url_schemes(HashSet::from(["http", "https", "mailto", "tel"]))
        .link_rel(Some("noopener noreferrer nofollow"));
    builder
});

/// The HTML of a mail without anything but its text and how that is laid out. Cleaning twice changes nothing more.
pub(super) fn clean(html: &str) -> String {
    MAIL.clean(html).to_string()
}

#[cfg(test)]
mod tests {
    use super::clean;

    #[test]
    fn nothing_runs_and_nothing_is_fetched() {
        let dirty = r#"<p style="background:url(https://spy.example)" onclick="x()">Hi<img src="https://spy.example/p.gif"><script>x()</script>
            <form action="https://spy.example"><input name="a"></form><a href="javascript:x()">one</a><a href="https://tea.example">two</a>
            <iframe src="https://spy.example"></iframe><style>@import "https://spy.example"</style><svg><image href="https://spy.example"/></svg>"#;
        let clean_once = clean(dirty);
        for part in ["spy.example", "script", "onclick", "style", "<form", "<input", "<img", "<svg"] {
            assert!(!clean_once.contains(part), "{part} in {clean_once}");
        }
        assert!(clean_once.contains("Hi") && clean_once.contains(r#"href="https://tea.example""#));
        assert_eq!(clean(&clean_once), clean_once);
    }
}
