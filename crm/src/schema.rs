//! Tables this room owns (customers, consents, purchases). Private: nobody else can write SQL against them.

diesel::table! {
    customers (id) {
        id -> BigInt,
        email -> Text,
        email_key -> Text,
        name -> Text,
        phone -> Text,
        language -> Text,
        tags -> Text,
        note -> Text,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    consents (id) {
        id -> BigInt,
        customer_id -> BigInt,
        channel -> Text,
        topic -> Text,
        legal_basis -> Text,
        state -> Text,
        proof -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    purchases (order_id) {
        order_id -> BigInt,
        customer_id -> BigInt,
        purchased_at -> Timestamp,
        currency -> Text,
        revenue -> BigInt,
        refunded -> BigInt,
        units -> BigInt,
    }
}
