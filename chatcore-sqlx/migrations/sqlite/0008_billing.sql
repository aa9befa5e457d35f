-- Plans, what people are entitled to, subscriptions, and what came of payments. Texts in keys end with two zero bytes.

CREATE TABLE plans (
    id         BLOB    NOT NULL PRIMARY KEY,
    number     INTEGER NOT NULL,
    plan       TEXT,
    version    INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    name       TEXT    GENERATED ALWAYS AS (CAST(substr(id, 1, length(id) - 2) AS TEXT)) VIRTUAL
) STRICT, WITHOUT ROWID;

CREATE TABLE entitlements (
    subject   BLOB    NOT NULL PRIMARY KEY,
    plan      TEXT,
    source    TEXT    NOT NULL,
    since     INTEGER NOT NULL,
    until     INTEGER,
    beneath   TEXT,
    past      TEXT    NOT NULL,
    overrides TEXT    NOT NULL,
    cap       INTEGER,
    time_zone TEXT,
    notes     TEXT    NOT NULL,
    version   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE subscriptions (
    id           BLOB    NOT NULL PRIMARY KEY,
    subject      BLOB    NOT NULL,
    customer     TEXT    NOT NULL,
    plan         TEXT    NOT NULL,
    price        TEXT    NOT NULL,
    state        TEXT    NOT NULL,
    period_start INTEGER NOT NULL,
    period_end   INTEGER NOT NULL,
    until        INTEGER,
    credited     TEXT    NOT NULL,
    created_at   INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL,
    version      INTEGER NOT NULL,
    name         TEXT    GENERATED ALWAYS AS (CAST(substr(id, 1, length(id) - 2) AS TEXT)) VIRTUAL
) STRICT, WITHOUT ROWID;
CREATE INDEX subscriptions_by_subject ON subscriptions (subject, id);
CREATE INDEX subscriptions_by_end ON subscriptions (until, id) WHERE until IS NOT NULL;

CREATE TABLE payment_events (
    id          BLOB    NOT NULL PRIMARY KEY,
    kind        TEXT    NOT NULL,
    object      TEXT,
    created     INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    state       TEXT    NOT NULL,
    reason      TEXT,
    tries       INTEGER NOT NULL,
    news        TEXT    NOT NULL,
    name        TEXT    GENERATED ALWAYS AS (CAST(substr(id, 1, length(id) - 2) AS TEXT)) VIRTUAL
) STRICT, WITHOUT ROWID;
CREATE INDEX parked_events ON payment_events (received_at, id) WHERE state = 'parked';

CREATE TABLE customers (
    subject       BLOB    NOT NULL PRIMARY KEY,
    reference     TEXT    NOT NULL,
    subscriptions TEXT    NOT NULL,
    created_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- `key` begins with 0 for customers, 1 for subscriptions, 2 for bills
CREATE TABLE payment_objects (
    key       BLOB    NOT NULL PRIMARY KEY,
    subject   BLOB,
    watermark INTEGER NOT NULL,
    looked_at INTEGER,
    paid      INTEGER NOT NULL,
    version   INTEGER NOT NULL,
    name      TEXT    GENERATED ALWAYS AS (CAST(substr(key, 2, length(key) - 3) AS TEXT)) VIRTUAL
) STRICT, WITHOUT ROWID;
