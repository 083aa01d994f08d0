//! What opens mails and follows their links without anybody reading: scanners of mail servers, previews, proxies of pictures.

/// Parts of a user agent in lower case, and what they give away. A proxy of pictures fetches for a reader or before there is one, which
/// nobody can tell.
const AGENTS: &[(&str, &str)] = &[
    ("googleimageproxy", "proxy"),
    ("ggpht.com", "proxy"),
    ("yahoomailproxy", "proxy"),
    ("barracuda", "scanner"),
    ("mimecast", "scanner"),
    ("proofpoint", "scanner"),
    ("symantec", "scanner"),
    ("messagelabs", "scanner"),
    ("forcepoint", "scanner"),
    ("websense", "scanner"),
    ("trendmicro", "scanner"),
    ("trend micro", "scanner"),
    ("fireeye", "scanner"),
    ("cloudmark", "scanner"),
    ("zscaler", "scanner"),
    ("safelinks", "scanner"),
    ("sophos", "scanner"),
    ("fortinet", "scanner"),
    ("vade", "scanner"),
    ("urlscan", "scanner"),
    ("virustotal", "scanner"),
    ("bingpreview", "preview"),
    ("skypeuripreview", "preview"),
    ("facebookexternalhit", "preview"),
    ("whatsapp", "preview"),
    ("slack-imgproxy", "preview"),
    ("slackbot", "preview"),
    ("telegrambot", "preview"),
    ("twitterbot", "preview"),
    ("linkedinbot", "preview"),
    ("discordbot", "preview"),
    ("googlebot", "program"),
    ("bingbot", "program"),
    ("bot/", "program"),
    ("bot;", "program"),
    ("crawler", "program"),
    ("spider", "program"),
    ("headlesschrome", "program"),
    ("phantomjs", "program"),
    ("curl/", "program"),
    ("wget/", "program"),
    ("python-", "program"),
    ("go-http-client", "program"),
    ("java/", "program"),
    ("okhttp", "program"),
    ("libwww-perl", "program"),
    ("httpclient", "program"),
    ("axios/", "program"),
    ("node-fetch", "program"),
];
/// What the proxy of Apple Mail says of itself, whole.
const APPLE: &str = "mozilla/5.0";

/// Why a request was a machine's, by what it says of itself: words with a space between them, empty of what looks like a person. `purpose`
/// is what browsers say that fetch ahead (`Sec-Purpose`, `Purpose`, `X-Moz`).
pub fn told(agent: &str, head: bool, purpose: &str) -> String {
    let agent = agent.trim().to_lowercase();
    let mut reasons: Vec<&str> = Vec::new();
    if head {
        reasons.push("head");
    }
    let purpose = purpose.to_lowercase();
    if purpose.contains("prefetch") || purpose.contains("prerender") || purpose.contains("preview") {
        reasons.push("prefetch");
    }
    if agent.is_empty() {
        reasons.push("nameless");
    } else if agent == APPLE {
        reasons.push("proxy");
    } else if let Some((_, reason)) = AGENTS.iter().find(|(part, _)| agent.contains(part)) {
        reasons.push(reason);
    }
    reasons.join(" ")
}

#[cfg(test)]
mod tests {
    use super::told;

    #[test]
    fn machines_are_known_by_what_they_say_and_browsers_are_people() {
        let safari = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148";
        assert_eq!(told(safari, false, ""), "");
        assert_eq!(told("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Gecko/20100101 Thunderbird/128.0", false, ""), "");
        assert_eq!(told("Mozilla/5.0", false, ""), "proxy");
        assert_eq!(told("Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)", false, ""), "proxy");
        assert_eq!(told("Mozilla/5.0 (compatible; Barracuda Sentinel)", false, ""), "scanner");
        assert_eq!(told(safari, true, "prefetch;prerender"), "head prefetch");
        assert_eq!(told(" ", false, ""), "nameless");
    }
}
