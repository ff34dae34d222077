//! The tables, in types that every SQL backend has: ids are `Binary`, points in time and counters `BigInt`
//! (microseconds). The columns are described where they are made, in `migrations/sqlite`.

diesel::table! {
    users (id) {
        id -> Binary,
        email -> Text,
        username -> Nullable<Text>,
        username_key -> Nullable<Text>,
        full_name -> Nullable<Text>,
        password_hash -> Text,
        security_version -> BigInt,
        is_active -> Bool,
        is_verified -> Bool,
        is_staff -> Bool,
        is_superuser -> Bool,
        date_joined -> BigInt,
        updated_at -> BigInt,
        last_login -> Nullable<BigInt>,
        last_login_ip -> Nullable<Text>,
    }
}

diesel::table! {
    sessions (id) {
        id -> Binary,
        user_id -> Binary,
        generation -> BigInt,
        created_at -> BigInt,
        rotated_at -> BigInt,
        idle_expires_at -> BigInt,
        expires_at -> BigInt,
        ended_at -> Nullable<BigInt>,
        end_reason -> Nullable<Text>,
        last_used_at -> Nullable<BigInt>,
        ip -> Nullable<Text>,
        user_agent -> Nullable<Text>,
    }
}

diesel::table! {
    revocations (seq) {
        seq -> BigInt,
        kind -> Text,
        key -> Binary,
        until -> BigInt,
    }
}

diesel::table! {
    one_time_tokens (digest, purpose) {
        digest -> Binary,
        purpose -> Text,
        user_id -> Binary,
        expires_at -> BigInt,
    }
}

diesel::table! {
    user_tokens (id) {
        id -> BigInt,
        subject -> Text,
        username -> Text,
        username_key -> Text,
        token_data -> Json,
        refresh_expires_at -> BigInt,
    }
}

diesel::table! {
    signing_keys (id) {
        id -> Text,
        algorithm -> Text,
        public_key -> Binary,
        sealed_private_key -> Binary,
        created_at -> BigInt,
        active_from -> BigInt,
        token_lifetime -> BigInt,
        retired_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    activity (id) {
        id -> Binary,
        user_id -> Binary,
        event -> Text,
        happened_at -> BigInt,
        ip -> Nullable<Text>,
        user_agent -> Nullable<Text>,
    }
}

diesel::table! {
    mail_outbox (id) {
        id -> Binary,
        kind -> Text,
        is_link -> Bool,
        recipient -> Text,
        queued_at -> BigInt,
        due_at -> BigInt,
        attempts -> BigInt,
        finished_at -> Nullable<BigInt>,
        outcome -> Nullable<Text>,
    }
}
