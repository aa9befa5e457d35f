-- Every way in to one account: links to providers and wallets, what people are called, codes that work once, keys of programs, visitors, and
-- how often things were done.

ALTER TABLE users ADD COLUMN links INTEGER NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN key_epoch INTEGER NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN display_name TEXT;
ALTER TABLE users ADD COLUMN locale TEXT;

-- 3 and a provider with its id, 4 and a wallet (texts end with two zero bytes)
ALTER TABLE identities DROP COLUMN name;
ALTER TABLE identities DROP COLUMN kind;
ALTER TABLE identities ADD COLUMN kind TEXT GENERATED ALWAYS AS (
    CASE substr(key, 1, 1) WHEN x'00' THEN 'username' WHEN x'01' THEN 'email' WHEN x'02' THEN 'password'
    WHEN x'03' THEN 'oauth' WHEN x'04' THEN 'wallet' ELSE hex(substr(key, 1, 1)) END
) VIRTUAL;
ALTER TABLE identities ADD COLUMN name TEXT GENERATED ALWAYS AS (
    CASE WHEN substr(key, 1, 1) IN (x'00', x'01', x'04') THEN CAST(substr(key, 2, length(key) - 3) AS TEXT) END
) VIRTUAL;

CREATE TABLE challenges (
    hash       BLOB    NOT NULL PRIMARY KEY,
    kind       TEXT    NOT NULL,
    payload    TEXT    NOT NULL,
    user       BLOB,
    epoch      INTEGER,
    binding    BLOB,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX challenges_by_expiry ON challenges (expires_at, hash);

CREATE TABLE api_keys (
    hash         BLOB    NOT NULL PRIMARY KEY,
    owner        BLOB    NOT NULL,
    id           BLOB    NOT NULL,
    kind         TEXT    NOT NULL,
    name         TEXT    NOT NULL,
    prefix       TEXT    NOT NULL,
    scopes       TEXT    NOT NULL,
    epoch        INTEGER NOT NULL,
    created_at   INTEGER NOT NULL,
    last_used_at INTEGER,
    expires_at   INTEGER,
    revoked_at   INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX api_keys_by_owner ON api_keys (owner, id);

CREATE TABLE visitors (
    id          BLOB    NOT NULL PRIMARY KEY,
    created_at  INTEGER NOT NULL,
    network     TEXT    NOT NULL,
    merged_into BLOB,
    merged_at   INTEGER
) STRICT, WITHOUT ROWID;

-- `bucket` ends with two zero bytes
CREATE TABLE rate_counters (
    bucket     BLOB    NOT NULL PRIMARY KEY,
    failures   INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    name       TEXT    GENERATED ALWAYS AS (CAST(substr(bucket, 1, length(bucket) - 2) AS TEXT)) VIRTUAL
) STRICT, WITHOUT ROWID;
CREATE INDEX rate_counters_by_expiry ON rate_counters (expires_at, bucket);

-- active accounts of a role: 0 users, 1 staff, 2 admins; kept for admins alone
CREATE TABLE role_counts (
    role   BLOB    NOT NULL PRIMARY KEY,
    active INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO role_counts SELECT x'02', count(*) FROM users WHERE role = 'admin' AND state = 'active' HAVING count(*) > 0;
