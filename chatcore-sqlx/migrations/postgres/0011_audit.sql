-- What those who run the service did, each entry with the hash of the one before it; rows are only added.
CREATE TABLE audit_entries (
    number      BIGINT NOT NULL PRIMARY KEY,
    happened_at BIGINT NOT NULL,
    actor       BYTEA,
    act         TEXT   NOT NULL,
    object_kind TEXT   NOT NULL,
    object      TEXT   NOT NULL,
    about       BYTEA,
    reason      TEXT,
    network     TEXT,
    detail      TEXT,
    previous    BYTEA  NOT NULL,
    hash        BYTEA  NOT NULL
);
CREATE INDEX audit_by_about ON audit_entries (about, number DESC) WHERE about IS NOT NULL;

-- where the chain ends: one row
CREATE TABLE audit_heads (
    chain  BYTEA  NOT NULL PRIMARY KEY,
    number BIGINT NOT NULL,
    hash   BYTEA  NOT NULL
);
