-- Files that people attached to messages.

-- the bytes lie elsewhere, under their hash and the upload that brought them
CREATE TABLE attachments (
    id         BLOB    NOT NULL PRIMARY KEY,
    owner      BLOB    NOT NULL,
    hash       BLOB    NOT NULL,
    name       TEXT    NOT NULL,
    media_type TEXT    NOT NULL,
    size       INTEGER NOT NULL,
    state      TEXT    NOT NULL,
    links      INTEGER NOT NULL,
    idle_since INTEGER,
    scopes     TEXT    NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX attachments_by_owner ON attachments (owner, created_at DESC, id);
CREATE INDEX idle_attachments ON attachments (idle_since, id) WHERE idle_since IS NOT NULL;

CREATE TABLE blobs (
    hash       BLOB    NOT NULL PRIMARY KEY,
    upload     BLOB    NOT NULL,
    size       INTEGER NOT NULL,
    state      TEXT    NOT NULL,
    links      INTEGER NOT NULL,
    idle_since INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX idle_blobs ON blobs (idle_since, hash) WHERE idle_since IS NOT NULL;
