//! Every key there is: the one list behind reading, checking and the commented example file.

/// A setting of the installation.
pub struct Key {
    /// As in the file; a dot stands between section and key.
    pub name: &'static str,
    /// The environment variable that overrides the file.
    pub env: &'static str,
    /// The default as text. Empty means none.
    pub default: &'static str,
    /// What it does, for the example file.
    pub about: &'static str,
}

macro_rules! keys {
    ($($id:ident = $name:literal, $env:literal, $default:literal, $about:literal;)+) => {
        $(pub const $id: &Key = &Key { name: $name, env: $env, default: $default, about: $about };)+
        /// All keys, the ones outside any section first.
        pub const ALL: &[&Key] = &[$($id),+];
    };
}

keys! {
    LISTEN = "listen", "REGULARS_LISTEN", "127.0.0.1:8080", "Address and port the server listens on.";
    DATA_DIR = "data_dir", "REGULARS_DATA_DIR", "./data", "Folder of the embedded database, the search index and mails written as files.";
    BASE_URL = "base_url", "REGULARS_BASE_URL", "", "Where people reach the shop, as in links of mails: scheme, host and port. Empty: http:// and `listen`.";
    TRUSTED_PROXY = "trusted_proxy", "REGULARS_TRUSTED_PROXY", "false", "Whether a reverse proxy stands in front, whose X-Forwarded-For, X-Forwarded-Host and X-Request-Id are believed.";
    PAGE_CACHE_MS = "page_cache_ms", "REGULARS_PAGE_CACHE_MS", "1000", "Milliseconds that what a page shows to everybody may be served from memory. 0 turns it off.";
    VIES = "vies", "REGULARS_VIES", "https://ec.europa.eu/taxation_customs/vies/rest-api", "Where VAT identification numbers of companies are asked for: the service of the European Union, or another that answers like it. off asks nobody.";
    DATABASE_URL = "database.url", "DATABASE_URL", "", "postgres://user:password@host/database, or the path of a SQLite file. Empty: regulars.db in `data_dir`.";
    DATABASE_CONNECTIONS = "database.connections", "REGULARS_DATABASE_CONNECTIONS", "4", "Connections kept to the database, 1 to 100.";
    LOG_FILTER = "log.filter", "REGULARS_LOG", "info,actix_server=warn", "What is logged: a level (error, warn, info, debug, trace), or levels by part such as info,regulars_storefront=debug.";
    LOG_FORMAT = "log.format", "REGULARS_LOG_FORMAT", "text", "text for people or json for machines.";
    MAIL_FROM = "mail.from", "REGULARS_MAIL_FROM", "Regulars <shop@localhost>", "The sender of the shop's mails.";
    MAIL_REPLY_DOMAIN = "mail.reply_domain", "REGULARS_MAIL_REPLY_DOMAIN", "", "The domain whose mail comes in to the shop: answers to customers then ask for replies to an address of their ticket there. Empty: replies go to the sender.";
    SMTP_HOST = "mail.smtp_host", "REGULARS_MAIL_SMTP_HOST", "", "The SMTP server. Empty: mails become .eml files in the folder mail of `data_dir`.";
    SMTP_PORT = "mail.smtp_port", "REGULARS_MAIL_SMTP_PORT", "587", "Its port.";
    SMTP_USER = "mail.smtp_user", "REGULARS_MAIL_SMTP_USER", "", "The user to sign in as. Empty: without signing in.";
    SMTP_PASSWORD = "mail.smtp_password", "REGULARS_MAIL_SMTP_PASSWORD", "", "The user's password.";
    SMTP_SECURITY = "mail.smtp_security", "REGULARS_MAIL_SMTP_SECURITY", "starttls", "starttls, implicit (TLS from the first byte, port 465) or plain (a server on the same machine only).";
    MAIL_RELAYS = "mail.relays", "REGULARS_MAIL_RELAYS", "", "Further SMTP servers, with a space between them: name=security://user:password@host:port, where security is starttls, implicit or plain, and user and password are percent-encoded. The first server is called main; what each may send is set at /admin/sending.";
    MAIL_DNS_SERVER = "mail.dns_server", "REGULARS_MAIL_DNS_SERVER", "", "The server that is asked for DNS records of sending domains, such as 127.0.0.1:53. Empty: the one that the machine asks.";
    INBOUND_LISTEN = "inbound.listen", "REGULARS_INBOUND_LISTEN", "", "Address and port that the listener for SMTP and LMTP is at, such as 127.0.0.1:2525, for a mail server in front. Empty: none.";
    INBOUND_HOOK_SECRET = "inbound.hook_secret", "REGULARS_INBOUND_HOOK_SECRET", "", "What programs that post mails to /hooks/mail, or reports to /hooks/reports, show as a bearer token. Empty: none may.";
    INBOUND_SNS_TOPICS = "inbound.sns_topics", "REGULARS_INBOUND_SNS_TOPICS", "", "Topics of Amazon SNS that tell of bounces and complaints at /hooks/reports/ses, as their ARNs, with a space between them. Subscriptions to them are confirmed. Empty: none.";
    IMAP_HOST = "inbound.imap_host", "REGULARS_INBOUND_IMAP_HOST", "", "The IMAP server of a mailbox whose mails are fetched. Empty: none is looked into.";
    IMAP_PORT = "inbound.imap_port", "REGULARS_INBOUND_IMAP_PORT", "993", "Its port.";
    IMAP_SECURITY = "inbound.imap_security", "REGULARS_INBOUND_IMAP_SECURITY", "implicit", "implicit (TLS from the first byte), starttls (port 143) or plain (a server on the same machine only).";
    IMAP_USER = "inbound.imap_user", "REGULARS_INBOUND_IMAP_USER", "", "The user to sign in as.";
    IMAP_PASSWORD = "inbound.imap_password", "REGULARS_INBOUND_IMAP_PASSWORD", "", "The user's password, or one that the provider makes for a program.";
    IMAP_FOLDER = "inbound.imap_folder", "REGULARS_INBOUND_IMAP_FOLDER", "INBOX", "The folder whose mails are fetched. Of those that lie in it at the start, the unread ones.";
    IMAP_MOVE_TO = "inbound.imap_move_to", "REGULARS_INBOUND_IMAP_MOVE_TO", "", "The folder that mails are moved to when they are stored. Empty: they stay and are marked as read.";
    IMAP_EVERY_MINUTES = "inbound.imap_every_minutes", "REGULARS_INBOUND_IMAP_EVERY_MINUTES", "1", "Minutes from one look to the next, 1 to 1440.";
    STRIPE_SECRET_KEY = "stripe.secret_key", "REGULARS_STRIPE_SECRET_KEY", "", "The secret key of the Stripe account. Empty: no payment by card.";
    STRIPE_WEBHOOK_SECRET = "stripe.webhook_secret", "REGULARS_STRIPE_WEBHOOK_SECRET", "", "The signing secret of the webhook endpoint /webhooks/stripe.";
    STRIPE_API_BASE = "stripe.api_base", "REGULARS_STRIPE_API_BASE", "https://api.stripe.com", "Where Stripe's API answers.";
    MEILISEARCH_URL = "meilisearch.url", "REGULARS_MEILISEARCH_URL", "", "A Meilisearch server to search with. Empty: the embedded engine.";
    MEILISEARCH_KEY = "meilisearch.key", "REGULARS_MEILISEARCH_KEY", "", "Its API key, allowed to search and to read and write indexes, documents and settings.";
    WEBHOOKS_ALLOW_PRIVATE = "webhooks.allow_private", "REGULARS_WEBHOOKS_ALLOW_PRIVATE", "false", "Whether outgoing webhooks may call this machine and its network.";
    SIGN_IN_LIMIT = "limits.sign_in_per_minute", "REGULARS_LIMITS_SIGN_IN_PER_MINUTE", "10", "Attempts to sign in, register or reset a password that one address may make in a minute.";
    CHECKOUT_LIMIT = "limits.checkout_per_minute", "REGULARS_LIMITS_CHECKOUT_PER_MINUTE", "30", "Checkout steps that one address may send in a minute.";
    SEARCH_LIMIT = "limits.search_per_minute", "REGULARS_LIMITS_SEARCH_PER_MINUTE", "240", "Searches and suggestions that one address may ask for in a minute.";
}

/// The commented file with every key at its default.
pub fn example() -> String {
    let mut text = String::from(
        "# Settings of a Regulars installation. Copy this file to regulars.toml and uncomment what you change; every line\n\
         # shows the default. An environment variable, named beside each key, wins over the file.\n",
    );
    let mut section = "";
    for key in ALL {
        let (own, name) = key.name.split_once('.').unwrap_or(("", key.name));
        if own != section {
            section = own;
            text.push_str(&format!("\n[{section}]\n"));
        }
        let plain = key.default == "true" || key.default == "false" || key.default.parse::<u32>().is_ok();
        let quote = if plain { "" } else { "\"" };
        text.push_str(&format!("\n# {}\n# Environment: {}\n# {name} = {quote}{}{quote}\n", key.about, key.env, key.default));
    }
    text
}
