-- Every way in to one account: links to providers and wallets, what people are called, codes that work once, keys of programs, visitors, and
-- how often things were done.

ALTER TABLE users ADD COLUMN links BIGINT NOT NULL DEFAULT 0, ADD COLUMN key_epoch BIGINT NOT NULL DEFAULT 0,
    ADD COLUMN display_name TEXT, ADD COLUMN locale TEXT;

-- in `identities`, `key` may be 3 and a provider with its id, or 4 and a wallet (texts end with two zero bytes)

CREATE TABLE challenges (
    hash       BYTEA  NOT NULL PRIMARY KEY,
    kind       TEXT   NOT NULL,
    payload    TEXT   NOT NULL,
    "user"     BYTEA,
    epoch      BIGINT,
    binding    BYTEA,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX challenges_by_expiry ON challenges (expires_at, hash);

CREATE TABLE api_keys (
    hash         BYTEA  NOT NULL PRIMARY KEY,
    owner        BYTEA  NOT NULL,
    id           BYTEA  NOT NULL,
    kind         TEXT   NOT NULL,
    name         TEXT   NOT NULL,
    prefix       TEXT   NOT NULL,
    scopes       JSON   NOT NULL,
    epoch        BIGINT NOT NULL,
    created_at   BIGINT NOT NULL,
    last_used_at BIGINT,
    expires_at   BIGINT,
    revoked_at   BIGINT
);
CREATE INDEX api_keys_by_owner ON api_keys (owner, id);

CREATE TABLE visitors (
    id          BYTEA  NOT NULL PRIMARY KEY,
    created_at  BIGINT NOT NULL,
    network     TEXT   NOT NULL,
    merged_into BYTEA,
    merged_at   BIGINT
);

-- `bucket` ends with two zero bytes
CREATE TABLE rate_counters (
    bucket     BYTEA  NOT NULL PRIMARY KEY,
    failures   BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX rate_counters_by_expiry ON rate_counters (expires_at, bucket);

-- active accounts of a role: 0 users, 1 staff, 2 admins; kept for admins alone
CREATE TABLE role_counts (
    role   BYTEA  NOT NULL PRIMARY KEY,
    active BIGINT NOT NULL
);
INSERT INTO role_counts SELECT '\x02'::bytea, count(*) FROM users WHERE role = 'admin' AND state = 'active' HAVING count(*) > 0;
