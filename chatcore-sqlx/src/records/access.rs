//! Codes, keys of programs, visitors, and how many have a role.

use chatcore::account::{ApiKey, Challenge, RoleCount, Visitor};

use super::flat::flat;

flat! {
    Challenge in "challenges" by hash: key {
        kind: word,
        payload: text,
        user: key_opt,
        epoch: number_opt,
        binding: key_opt,
        created_at: time,
        expires_at: time,
    }
}

flat! {
    ApiKey in "api_keys" by hash: key, fixed owner: key, id: key {
        kind: word,
        name: text,
        prefix: text,
        scopes: json,
        epoch: number,
        created_at: time,
        last_used_at: time_opt,
        expires_at: time_opt,
        revoked_at: time_opt,
    }
}

flat! {
    Visitor in "visitors" by id: key {
        created_at: time,
        network: text,
        merged_into: key_opt,
        merged_at: time_opt,
    }
}

flat! {
    RoleCount in "role_counts" by role: key {
        active: number,
    }
}
