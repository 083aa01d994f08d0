use super::*;
use crate::mail::Security;

fn vars(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect()
}

fn mistakes(file: &str, env: &[(&str, &str)]) -> Vec<String> {
    let error = Config::read(Some((file, "regulars.toml")), vars(env)).expect_err("mistakes");
    error.0.iter().map(ToString::to_string).collect()
}

#[test]
fn the_example_file_is_the_list_of_keys_and_says_the_defaults() {
    assert_eq!(include_str!("../../../regulars.example.toml"), example(), "write example() to regulars.example.toml");
    let uncommented: Vec<String> = example()
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            Some(rest) if rest.split_once(" = ").is_some_and(|(name, _)| ALL.iter().any(|key| key.name.ends_with(name))) => {
                rest.to_string()
            }
            _ => line.to_string(),
        })
        .collect();
    let all = Config::read(Some((&uncommented.join("\n"), "example")), vars(&[])).expect("the example reads");
    assert_eq!(all, Config::read(None, vars(&[])).expect("the defaults read"));
    assert_eq!(uncommented.iter().filter(|line| line.contains(" = ") && !line.starts_with('#')).count(), ALL.len());
}

#[test]
fn the_defaults_need_nothing() {
    let config = Config::read(None, vars(&[])).expect("reads");
    assert_eq!((config.listen.to_string().as_str(), config.base_url.as_str()), ("127.0.0.1:8080", "http://127.0.0.1:8080"));
    assert_eq!(config.database, Target::File("./data/regulars.db".into()));
    assert!(config.stripe.is_none() && config.mail.smtp.is_none() && config.meilisearch.is_none() && !config.https());
}

#[test]
fn the_environment_wins_over_the_file() {
    let file = "listen = \"0.0.0.0:80\"\n[database]\nconnections = 7\n[log]\nformat = \"json\"";
    let env = [("REGULARS_LISTEN", "127.0.0.1:9000"), ("REGULARS_LOG_FORMAT", ""), ("REGULARS_BASE_URL", "https://shop.example.com/")];
    let config = Config::read(Some((file, "f")), vars(&env)).expect("reads");
    assert_eq!((config.listen.port(), config.connections, config.log.json), (9000, 7, true));
    assert_eq!((config.base_url.as_str(), config.host(), config.https()), ("https://shop.example.com", "shop.example.com", true));
}

#[test]
fn every_mistake_is_told_at_once_with_its_place() {
    let file = "listen = 8080\ncolour = \"red\"\n[mail]\nsmtp_port = 0\nsmtp_secruity = \"plain\"\n[bank]\nname = \"x\"\n";
    let env = [("REGULARS_LOG_FORMAT", "xml"), ("REGULARS_LISTN", "x"), ("REGULARS_TEST_PYTHON", "x"), ("REGULARS_CONFIG", "f")];
    let told = mistakes(file, &env).join("\n");
    for part in [
        "listen must be an address and a port such as 127.0.0.1:8080 (regulars.toml, line 1)",
        "colour is no setting; there are listen, data_dir, base_url, trusted_proxy, page_cache_ms, vies (regulars.toml, line 2)",
        "mail.smtp_port must be a port from 1 to 65535 (regulars.toml, line 4)",
        "mail.smtp_secruity is no setting; there are from, reply_domain, smtp_host,",
        "bank is no setting; there are [database], [log], [mail], [inbound], [stripe], [meilisearch], [webhooks], [edi], [erp], [limits] (regulars.toml, line 6)",
        "log.format must be text or json (environment, REGULARS_LOG_FORMAT)",
        "REGULARS_LISTN is no setting",
    ] {
        assert!(told.contains(part), "{part}\nis not in\n{told}");
    }
    assert_eq!(told.lines().count(), 7, "{told}");
}

#[test]
fn secrets_come_in_pairs_and_are_never_repeated() {
    let told = mistakes("[stripe]\nsecret_key = \"sk_live_1\"\napi_base = \"ftp://sk_live_2\"", &[]).join("\n");
    assert!(told.contains("stripe.webhook_secret must be set") && !told.contains("sk_live"), "{told}");
    let config =
        Config::read(None, vars(&[("REGULARS_STRIPE_SECRET_KEY", "sk_live_1"), ("REGULARS_STRIPE_WEBHOOK_SECRET", "w")])).expect("reads");
    assert!(!format!("{config:?}").contains("sk_live_1"));
}

#[test]
fn a_file_that_is_no_toml_says_the_line() {
    assert!(mistakes("listen = \"x\"\n[mail\n", &[])[0].contains("regulars.toml, line 2"));
}

#[test]
fn mails_come_in_to_a_domain() {
    let told = mistakes("[inbound]\nlisten = \"127.0.0.1:2525\"\nhook_secret = \"short\"", &[]).join("\n");
    assert!(told.contains("inbound.hook_secret must have at least 16 characters") && !told.contains("short\""), "{told}");
    assert!(told.contains("mail.reply_domain must be set"), "{told}");
    let told = mistakes("[inbound]\nsns_topics = \"bounces\"", &[]).join("\n");
    assert!(told.contains("inbound.sns_topics must be ARNs"), "{told}");
    let file = "[mail]\nreply_domain = \"help.example.com\"\n[inbound]\nlisten = \"127.0.0.1:2525\"";
    let inbound = Config::read(Some((file, "f")), vars(&[])).expect("reads").inbound;
    assert_eq!((inbound.listen.map(|at| at.port()), inbound.hook_secret), (Some(2525), None));
}

#[test]
fn a_mailbox_needs_somebody_to_sign_in_as() {
    let told = mistakes("[inbound]\nimap_host = \"imap.example\"\nimap_port = 0\nimap_move_to = \"Inbox\"\nimap_every_minutes = 0", &[])
        .join("\n");
    for part in [
        "inbound.imap_user must be set, for inbound.imap_host is (not set)",
        "inbound.imap_password must be set",
        "inbound.imap_port must be a port from 1 to 65535 (regulars.toml, line 3)",
        "inbound.imap_move_to must be another folder",
        "inbound.imap_every_minutes must be minutes from 1 to 1440",
    ] {
        assert!(told.contains(part), "{part}\nis not in\n{told}");
    }
    let file = "[inbound]\nimap_host = \"imap.example\"\nimap_user = \"help@tea.example\"\nimap_password = \"s3cret word\"";
    let config = Config::read(Some((file, "f")), vars(&[])).expect("no domain for replies is needed");
    assert!(!format!("{config:?}").contains("s3cret"));
    let imap = config.inbound.imap.expect("a mailbox");
    assert_eq!((imap.port, imap.security, imap.folder.as_str(), imap.move_to, imap.every), (993, Security::Implicit, "INBOX", None, 1));
}

#[test]
fn further_mail_servers_have_names_of_their_own() {
    let first = ("REGULARS_MAIL_SMTP_HOST", "mx.example.com");
    let relays = "ses=starttls://AKIA:a%2Fb%3A@smtp.example.com:587 near=plain://[::1]:25";
    let env = [first, ("REGULARS_MAIL_RELAYS", relays), ("REGULARS_MAIL_DNS_SERVER", "127.0.0.1")];
    let config = Config::read(None, vars(&env)).expect("reads");
    let (name, ses) = &config.mail.relays[0];
    assert_eq!((name.as_str(), ses.host.as_str(), ses.port, ses.user.as_str()), ("ses", "smtp.example.com", 587, "AKIA"));
    assert_eq!((ses.password.expose(), ses.security), ("a/b:", Security::StartTls));
    let near = &config.mail.relays[1].1;
    assert_eq!((near.host.as_str(), near.user.as_str(), near.security), ("::1", "", Security::Plain));
    assert_eq!(config.mail.dns_server.map(|at| at.port()), Some(53));
    assert_eq!(config.mail_hosts(), ["mx.example.com", "smtp.example.com", "::1"]);
    for bad in ["ses", "ses=smtp://a:1", "ses=plain://a", "main=plain://a:1", "a=plain://a:1 a=plain://b:1", "ses=plain://u:hidden@:1"] {
        let told = mistakes("", &[first, ("REGULARS_MAIL_RELAYS", bad)]).join("\n");
        assert!(told.contains("mail.relays must be") && !told.contains("hidden"), "{bad}: {told}");
    }
    assert!(mistakes("[mail]\nrelays = \"b=plain://b:1\"", &[]).join("\n").contains("mail.smtp_host must be set, for mail.relays is"));
}
