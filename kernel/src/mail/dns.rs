//! Looks at the records of sending domains as the world sees them.

use crate::{Error, Result, words};
use hickory_resolver::TokioResolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig};
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::RData;
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// For one question; it is asked twice at most.
const WAIT: Duration = Duration::from_secs(3);
/// Of what stands in the DNS, so much is kept to be shown.
const SHOWN: usize = 500;

words!(
    /// What a record is for.
    Purpose { Dkim = "dkim", Spf = "spf", Dmarc = "dmarc", ReturnPath = "return_path" }
);

words!(Kind { Txt = "TXT", Mx = "MX" });

words!(
    /// How a record stands.
    Sight {
        Right = "right",
        /// There is none.
        Missing = "missing",
        /// There is one that does not do.
        Different = "different",
        /// Nobody answered.
        Unreachable = "unreachable",
    }
);

/// A record to publish.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Record {
    pub purpose: Purpose,
    pub kind: Kind,
    pub name: String,
    pub value: String,
}

/// What was found of a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    pub purpose: Purpose,
    pub name: String,
    pub sight: Sight,
    /// What stands there, or why nobody knows.
    pub text: String,
}

/// Looks for each of `records`, at `server` or at whoever the machine asks. Blocks: seconds when nobody answers.
pub fn look(server: Option<SocketAddr>, records: &[Record]) -> Result<Vec<Found>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Error::unexpected)?;
    runtime.block_on(async {
        let resolver = match resolver(server) {
            Ok(resolver) => resolver,
            Err(error) => return Ok(records.iter().map(|record| found(record, Err(error.to_string()))).collect()),
        };
        let mut all = Vec::with_capacity(records.len());
        for record in records {
            all.push(found(record, answer(&resolver, record).await));
        }
        Ok(all)
    })
}

fn resolver(server: Option<SocketAddr>) -> Result<TokioResolver, NetError> {
    let mut builder = match server {
        Some(at) => {
            let (mut udp, mut tcp) = (ConnectionConfig::udp(), ConnectionConfig::tcp());
            udp.port = at.port();
            tcp.port = at.port();
            let server = NameServerConfig::new(at.ip(), true, vec![udp, tcp]);
            TokioResolver::builder_with_config(ResolverConfig::from_name_servers(vec![server]), TokioRuntimeProvider::default())
        }
        None => TokioResolver::builder_tokio()?,
    };
    builder.options_mut().timeout = WAIT;
    builder.options_mut().attempts = 1;
    if let Some(config) = without_certificates() {
        builder = builder.with_tls_config(config);
    }
    builder.build()
}

/// Nobody is asked over TLS here. Without this the resolver reads the certificates of the machine, and fails where there are none.
fn without_certificates() -> Option<rustls::ClientConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().ok()?;
    Some(builder.with_root_certificates(rustls::RootCertStore::empty()).with_no_client_auth())
}

/// The texts that stand there for a record. Policies hold for names below theirs, so they are looked for further up, too.
async fn answer(resolver: &TokioResolver, record: &Record) -> Result<Vec<String>, String> {
    let mut name = record.name.clone();
    loop {
        let texts = texts(resolver, record.kind, &name).await?;
        let settled = record.purpose != Purpose::Dmarc || texts.iter().any(|text| is_dmarc(text));
        match above(&name) {
            Some(further) if !settled => name = further,
            _ => return Ok(texts),
        }
    }
}

/// The name of the policy of the domain above (RFC 7489, 6.6.3, walking up instead of a list of suffixes). None above two words.
fn above(name: &str) -> Option<String> {
    let (_, parent) = name.strip_prefix("_dmarc.")?.split_once('.')?;
    parent.contains('.').then(|| format!("_dmarc.{parent}"))
}

async fn texts(resolver: &TokioResolver, kind: Kind, name: &str) -> Result<Vec<String>, String> {
    let whole = format!("{name}.");
    let asked = match kind {
        Kind::Txt => resolver.txt_lookup(whole).await,
        Kind::Mx => resolver.mx_lookup(whole).await,
    };
    let answer = match asked {
        Ok(answer) => answer,
        Err(error) if error.is_no_records_found() => return Ok(Vec::new()),
        Err(error) => return Err(error.to_string()),
    };
    let text = |data: &RData| match data {
        RData::TXT(text) => Some(text.to_string()),
        RData::MX(server) => Some(format!("{} {}", server.preference, server.exchange)),
        _ => None,
    };
    Ok(answer.answers().iter().filter_map(|record| text(&record.data)).collect())
}

fn found(record: &Record, answer: Result<Vec<String>, String>) -> Found {
    let (sight, text) = match answer {
        Ok(texts) => judged(record, &texts),
        Err(reason) => (Sight::Unreachable, reason),
    };
    let text = text.chars().filter(|letter| !letter.is_control()).take(SHOWN).collect();
    Found { purpose: record.purpose, name: record.name.clone(), sight, text }
}

/// Whether what stands there does what the record is for, and that of it which is about it.
fn judged(record: &Record, texts: &[String]) -> (Sight, String) {
    let about: Vec<&String> = match record.purpose {
        Purpose::Dkim | Purpose::ReturnPath => texts.iter().collect(),
        Purpose::Spf => texts.iter().filter(|text| is_spf(text)).collect(),
        Purpose::Dmarc => texts.iter().filter(|text| is_dmarc(text)).collect(),
    };
    let shown = about.iter().map(|text| text.as_str()).collect::<Vec<_>>().join(" | ");
    let right = match record.purpose {
        // More than one of a kind is as none (RFC 7208, 4.5; RFC 7489, 6.6.3; RFC 6376, 3.6.2.2).
        Purpose::Dkim => about.len() == 1 && tag(about[0], "p") == tag(&record.value, "p") && !tag(about[0], "p").is_empty(),
        Purpose::Spf => about.len() == 1 && allows(about[0], &record.value),
        Purpose::Dmarc => about.len() == 1 && !tag(about[0], "p").is_empty(),
        Purpose::ReturnPath => !about.is_empty(),
    };
    match (about.is_empty(), right) {
        (true, _) => (Sight::Missing, String::new()),
        (false, true) => (Sight::Right, shown),
        (false, false) => (Sight::Different, shown),
    }
}

fn is_spf(text: &str) -> bool {
    text.split_whitespace().next().is_some_and(|word| word.eq_ignore_ascii_case("v=spf1"))
}

fn is_dmarc(text: &str) -> bool {
    tag(text, "v") == "DMARC1"
}

/// A tag of a record, without the blanks that may stand in it.
fn tag(text: &str, name: &str) -> String {
    let mut tags = text.split(';').filter_map(|tag| tag.split_once('='));
    let value = tags.find(|(known, _)| known.trim().eq_ignore_ascii_case(name)).map(|(_, value)| value).unwrap_or_default();
    value.split_whitespace().collect()
}

/// Whether an SPF record names all that `wanted` does, and does not let everybody send.
fn allows(text: &str, wanted: &str) -> bool {
    let plain = |word: &str| word.to_lowercase().trim_start_matches('+').to_string();
    let words: Vec<String> = text.split_whitespace().map(plain).collect();
    let everybody = words.iter().any(|word| word == "all");
    let mut needed = wanted.split_whitespace().map(plain).filter(|word| word != "v=spf1" && !word.ends_with("all"));
    !everybody && needed.all(|word| words.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sight(purpose: Purpose, value: &str, texts: &[&str]) -> Sight {
        let record = Record { purpose, kind: Kind::Txt, name: "x.example".into(), value: value.into() };
        let texts: Vec<String> = texts.iter().map(ToString::to_string).collect();
        judged(&record, &texts).0
    }

    #[test]
    fn records_are_judged_by_what_they_do_and_not_letter_by_letter() {
        use Sight::{Different, Missing, Right};
        let key = "v=DKIM1; k=rsa; p=AAAABBBB";
        for (texts, wanted) in [
            (&["v=DKIM1;k=rsa;p=AAAA BBBB"][..], Right),
            (&["p=AAAABBBB"][..], Right),
            (&["v=DKIM1; p=CCCC"][..], Different),
            (&["v=DKIM1; p="][..], Different),
            (&[key, key][..], Different),
            (&[][..], Missing),
        ] {
            assert_eq!(sight(Purpose::Dkim, key, texts), wanted, "{texts:?}");
        }
        let spf = "v=spf1 a:mx.example include:ses.example ~all";
        for (texts, wanted) in [
            (&["google-site=1", "v=spf1 include:ses.example +a:MX.example -all"][..], Right),
            (&["v=spf1 a:mx.example -all"][..], Different),
            (&["v=spf1 a:mx.example include:ses.example +all"][..], Different),
            (&[spf, spf][..], Different),
            (&["v=spf10 x"][..], Missing),
        ] {
            assert_eq!(sight(Purpose::Spf, spf, texts), wanted, "{texts:?}");
        }
        let dmarc = "v=DMARC1; p=none";
        for (texts, wanted) in
            [(&["v=DMARC1; p=reject; rua=mailto:a@b.c"][..], Right), (&["v=DMARC1"][..], Different), (&["x"][..], Missing)]
        {
            assert_eq!(sight(Purpose::Dmarc, dmarc, texts), wanted, "{texts:?}");
        }
        assert_eq!(sight(Purpose::ReturnPath, "10 shop.example.", &["5 other.example."]), Right);
    }

    #[test]
    fn a_policy_is_looked_for_further_up() {
        assert_eq!(above("_dmarc.news.shop.example").as_deref(), Some("_dmarc.shop.example"));
        assert_eq!(above("_dmarc.shop.example"), None);
    }

    #[test]
    fn nobody_at_home_is_not_the_same_as_nothing_there() {
        let record = Record { purpose: Purpose::Dmarc, kind: Kind::Txt, name: "_dmarc.shop.example".into(), value: String::new() };
        // A port that nothing listens on.
        let port = std::net::UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        assert_eq!(look(Some(port), &[record]).unwrap()[0].sight, Sight::Unreachable);
    }
}
