//! Tables this room owns (staff, their roles and ways in, audit). Private: nobody else can write SQL against them.

diesel::table! {
    roles (id) {
        id -> BigInt,
        preset -> Nullable<Text>,
        name -> Text,
        second_factor -> Bool,
        created_at -> Timestamp,
    }
}

diesel::table! {
    role_permissions (role_id, permission) {
        role_id -> BigInt,
        permission -> Text,
    }
}

diesel::table! {
    staff (id) {
        id -> BigInt,
        email -> Text,
        email_key -> Text,
        name -> Text,
        password_hash -> Text,
        active -> Bool,
        created_at -> Timestamp,
        role_id -> Nullable<BigInt>,
        language -> Text,
        totp_secret -> Nullable<Text>,
        totp_pending -> Nullable<Text>,
        totp_step -> BigInt,
        last_seen_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    staff_sessions (token_hash) {
        token_hash -> Text,
        staff_id -> BigInt,
        created_at -> Timestamp,
        expires_at -> Timestamp,
        user_agent -> Text,
        last_seen_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    staff_sign_ins (token_hash) {
        token_hash -> Text,
        staff_id -> BigInt,
        tries -> BigInt,
        expires_at -> Timestamp,
    }
}

diesel::table! {
    staff_recovery_codes (staff_id, code_hash) {
        staff_id -> BigInt,
        code_hash -> Text,
        used_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    staff_invitations (id) {
        id -> BigInt,
        email -> Text,
        email_key -> Text,
        role_id -> BigInt,
        language -> Text,
        token_hash -> Text,
        invited_by -> BigInt,
        created_at -> Timestamp,
        expires_at -> Timestamp,
    }
}

diesel::table! {
    audit_log (id) {
        id -> BigInt,
        staff_id -> Nullable<BigInt>,
        action -> Text,
        subject -> Text,
        before -> Text,
        after -> Text,
        created_at -> Timestamp,
        api_key_id -> Nullable<BigInt>,
    }
}

diesel::table! {
    saved_filters (id) {
        id -> BigInt,
        staff_id -> BigInt,
        list -> Text,
        shared -> Bool,
        name -> Text,
        query -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    ticket_macros (id) {
        id -> BigInt,
        title -> Text,
        body -> Text,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    ticket_viewers (ticket_id, staff_id) {
        ticket_id -> BigInt,
        staff_id -> BigInt,
        seen_at -> Timestamp,
    }
}

diesel::table! {
    forum_categories (id) {
        id -> BigInt,
        name -> Text,
        position -> BigInt,
        version -> BigInt,
    }
}

diesel::table! {
    forum_topics (id) {
        id -> BigInt,
        category_id -> BigInt,
        staff_id -> BigInt,
        title -> Text,
        closed -> Bool,
        pinned -> Bool,
        answer_id -> Nullable<BigInt>,
        version -> BigInt,
        last_post_id -> BigInt,
        created_at -> Timestamp,
        changed_at -> Timestamp,
    }
}

diesel::table! {
    forum_posts (id) {
        id -> BigInt,
        topic_id -> BigInt,
        staff_id -> BigInt,
        body -> Text,
        version -> BigInt,
        created_at -> Timestamp,
        changed_at -> Timestamp,
    }
}

diesel::table! {
    forum_versions (post_id, version) {
        post_id -> BigInt,
        version -> BigInt,
        title -> Text,
        body -> Text,
        written_at -> Timestamp,
    }
}

diesel::table! {
    forum_mentions (post_id, staff_id) {
        post_id -> BigInt,
        staff_id -> BigInt,
        topic_id -> BigInt,
    }
}

diesel::table! {
    forum_reads (staff_id, topic_id) {
        staff_id -> BigInt,
        topic_id -> BigInt,
        post_id -> BigInt,
    }
}

diesel::table! {
    forum_links (topic_id, subject) {
        topic_id -> BigInt,
        subject -> Text,
    }
}

diesel::table! {
    forum_terms (term, topic_id) {
        term -> Text,
        topic_id -> BigInt,
    }
}

diesel::allow_tables_to_appear_in_same_query!(staff, staff_sessions, staff_sign_ins, staff_invitations);

diesel::allow_tables_to_appear_in_same_query!(staff, ticket_viewers);

diesel::allow_tables_to_appear_in_same_query!(forum_topics, forum_mentions, forum_terms);
