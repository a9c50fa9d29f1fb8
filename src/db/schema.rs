// @generated automatically by Diesel CLI.

diesel::table! {
    accounts (account) {
        account -> Text,
        since -> BigInt,
        until -> Nullable<BigInt>,
        message -> Text,
    }
}

diesel::table! {
    attempts (attempt_id) {
        attempt_id -> Text,
        unit_id -> BigInt,
        number -> BigInt,
        kind -> Text,
        phase -> Text,
        agent -> Nullable<Text>,
        agent_version -> Nullable<Text>,
        pid -> Nullable<BigInt>,
        session_id -> Nullable<Text>,
        started_at -> BigInt,
        ended_at -> Nullable<BigInt>,
        outcome -> Nullable<Text>,
        error -> Nullable<Text>,
        usage -> Nullable<Text>,
        command -> Nullable<Text>,
        judges -> Nullable<Text>,
    }
}

diesel::table! {
    events (seq) {
        seq -> BigInt,
        unit_id -> Nullable<BigInt>,
        chunk -> Text,
        kind -> Text,
        data -> Text,
        who -> Text,
        at -> BigInt,
        fresh -> Text,
        old_status -> Nullable<Text>,
        new_status -> Text,
        old_phase -> Nullable<Text>,
        new_phase -> Text,
    }
}

diesel::table! {
    predictions (id) {
        id -> BigInt,
        unit_a -> BigInt,
        unit_b -> BigInt,
        chunk_a -> Text,
        chunk_b -> Text,
        stage -> Text,
        verdict -> Text,
        probability -> BigInt,
        at -> BigInt,
        outcome -> Nullable<Text>,
        settled_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    settings (key) {
        key -> Text,
        value -> Text,
    }
}

diesel::table! {
    status_log (id) {
        id -> BigInt,
        unit_id -> BigInt,
        old_status -> Nullable<Text>,
        new_status -> Text,
        phase -> Text,
        at -> BigInt,
        who -> Text,
        why -> Text,
    }
}

diesel::table! {
    work_units (unit_id) {
        unit_id -> BigInt,
        chunk -> Text,
        phase -> Text,
        status -> Text,
        settled -> Bool,
        created_at -> BigInt,
        updated_at -> BigInt,
        data -> Text,
    }
}

diesel::joinable!(attempts -> work_units (unit_id));
diesel::joinable!(events -> work_units (unit_id));
diesel::joinable!(status_log -> work_units (unit_id));

diesel::allow_tables_to_appear_in_same_query!(
    accounts,
    attempts,
    events,
    predictions,
    settings,
    status_log,
    work_units,
);
