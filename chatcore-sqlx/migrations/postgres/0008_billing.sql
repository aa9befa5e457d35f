-- Plans, what people are entitled to, subscriptions, and what came of payments. Texts in keys end with two zero bytes.

CREATE TABLE plans (
    id         BYTEA  NOT NULL PRIMARY KEY,
    number     BIGINT NOT NULL,
    plan       JSON,
    version    BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE TABLE entitlements (
    subject   BYTEA  NOT NULL PRIMARY KEY,
    plan      TEXT,
    source    JSON   NOT NULL,
    since     BIGINT NOT NULL,
    until     BIGINT,
    beneath   JSON,
    past      JSON   NOT NULL,
    overrides JSON   NOT NULL,
    cap       BIGINT,
    time_zone TEXT,
    notes     JSON   NOT NULL,
    version   BIGINT NOT NULL
);

CREATE TABLE subscriptions (
    id           BYTEA  NOT NULL PRIMARY KEY,
    subject      BYTEA  NOT NULL,
    customer     TEXT   NOT NULL,
    plan         TEXT   NOT NULL,
    price        TEXT   NOT NULL,
    state        TEXT   NOT NULL,
    period_start BIGINT NOT NULL,
    period_end   BIGINT NOT NULL,
    until        BIGINT,
    credited     JSON   NOT NULL,
    created_at   BIGINT NOT NULL,
    updated_at   BIGINT NOT NULL,
    version      BIGINT NOT NULL
);
CREATE INDEX subscriptions_by_subject ON subscriptions (subject, id);
CREATE INDEX subscriptions_by_end ON subscriptions (until, id) WHERE until IS NOT NULL;

CREATE TABLE payment_events (
    id          BYTEA  NOT NULL PRIMARY KEY,
    kind        TEXT   NOT NULL,
    object      TEXT,
    created     BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    state       TEXT   NOT NULL,
    reason      TEXT,
    tries       BIGINT NOT NULL,
    news        JSON   NOT NULL
);
CREATE INDEX parked_events ON payment_events (received_at, id) WHERE state = 'parked';

CREATE TABLE customers (
    subject       BYTEA  NOT NULL PRIMARY KEY,
    reference     TEXT   NOT NULL,
    subscriptions JSON   NOT NULL,
    created_at    BIGINT NOT NULL
);

-- `key` begins with 0 for customers, 1 for subscriptions, 2 for bills
CREATE TABLE payment_objects (
    key       BYTEA  NOT NULL PRIMARY KEY,
    subject   BYTEA,
    watermark BIGINT NOT NULL,
    looked_at BIGINT,
    paid      BOOLEAN NOT NULL,
    version   BIGINT NOT NULL
);
