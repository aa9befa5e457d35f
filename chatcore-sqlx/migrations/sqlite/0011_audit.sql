-- What those who run the service did, each entry with the hash of the one before it; rows are only added.
CREATE TABLE audit_entries (
    number      INTEGER NOT NULL PRIMARY KEY,
    happened_at INTEGER NOT NULL,
    actor       BLOB,
    act         TEXT    NOT NULL,
    object_kind TEXT    NOT NULL,
    object      TEXT    NOT NULL,
    about       BLOB,
    reason      TEXT,
    network     TEXT,
    detail      TEXT,
    previous    BLOB    NOT NULL,
    hash        BLOB    NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX audit_by_about ON audit_entries (about, number DESC) WHERE about IS NOT NULL;

-- where the chain ends: one row
CREATE TABLE audit_heads (
    chain  BLOB    NOT NULL PRIMARY KEY,
    number INTEGER NOT NULL,
    hash   BLOB    NOT NULL
) STRICT, WITHOUT ROWID;
