//! Tables this room owns (events, jobs, settings, mails, and how mail is sent). Private: nobody else can write SQL against them.

diesel::table! {
    events (id) {
        id -> BigInt,
        kind -> Text,
        payload -> Text,
        source -> Text,
        dedupe_key -> Text,
        created_at -> Timestamp,
        dispatched_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    jobs (id) {
        id -> BigInt,
        kind -> Text,
        dedupe_key -> Nullable<Text>,
        payload -> Text,
        state -> Text,
        run_at -> Timestamp,
        leased_until -> Nullable<Timestamp>,
        attempts -> BigInt,
        last_error -> Nullable<Text>,
        created_at -> Timestamp,
        priority -> BigInt,
    }
}

diesel::table! {
    settings (name) {
        name -> Text,
        value -> Text,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    mails (id) {
        id -> BigInt,
        message_id -> Text,
        dedupe_key -> Text,
        template -> Text,
        recipient -> Text,
        subject -> Text,
        body_text -> Text,
        body_html -> Text,
        state -> Text,
        error -> Nullable<Text>,
        created_at -> Timestamp,
        sent_at -> Nullable<Timestamp>,
        reply_to -> Text,
        in_reply_to -> Text,
        thread -> Text,
        auto_submitted -> Text,
        list_unsubscribe -> Text,
        list_id -> Text,
    }
}

diesel::table! {
    mail_transports (id) {
        id -> BigInt,
        name -> Text,
        weight -> BigInt,
        per_hour -> Nullable<BigInt>,
        warm_from -> Nullable<Timestamp>,
        warm_first -> BigInt,
        warm_growth -> BigInt,
    }
}

diesel::table! {
    mail_setbacks (transport_id, sender) {
        transport_id -> BigInt,
        sender -> Text,
        reason -> Text,
        since -> Timestamp,
    }
}

diesel::table! {
    mail_rates (id) {
        id -> BigInt,
        domain -> Text,
        per_minute -> Nullable<BigInt>,
        per_day -> Nullable<BigInt>,
    }
}

diesel::table! {
    mail_quotas (transport_id, domain, span, starts_at) {
        transport_id -> BigInt,
        domain -> Text,
        span -> Text,
        starts_at -> Timestamp,
        used -> BigInt,
    }
}

diesel::table! {
    sending_domains (id) {
        id -> BigInt,
        domain -> Text,
        spf -> Text,
        return_path -> Text,
        found -> Text,
        checked_at -> Nullable<Timestamp>,
        created_at -> Timestamp,
    }
}

diesel::table! {
    dkim_keys (id) {
        id -> BigInt,
        domain_id -> BigInt,
        algorithm -> Text,
        selector -> Text,
        private_key -> Text,
        public_key -> Text,
        made_at -> Timestamp,
        seen_at -> Nullable<Timestamp>,
        retired_at -> Nullable<Timestamp>,
    }
}
