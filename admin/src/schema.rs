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

diesel::allow_tables_to_appear_in_same_query!(staff, staff_sessions, staff_sign_ins, staff_invitations);

diesel::allow_tables_to_appear_in_same_query!(staff, ticket_viewers);
