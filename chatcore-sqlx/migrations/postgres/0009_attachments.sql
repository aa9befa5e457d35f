-- Files that people attached to messages.

-- the bytes lie elsewhere, under their hash and the upload that brought them
CREATE TABLE attachments (
    id         BYTEA  NOT NULL PRIMARY KEY,
    owner      BYTEA  NOT NULL,
    hash       BYTEA  NOT NULL,
    name       TEXT   NOT NULL,
    media_type TEXT   NOT NULL,
    size       BIGINT NOT NULL,
    state      TEXT   NOT NULL,
    links      BIGINT NOT NULL,
    idle_since BIGINT,
    scopes     JSON   NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX attachments_by_owner ON attachments (owner, created_at DESC, id);
CREATE INDEX idle_attachments ON attachments (idle_since, id) WHERE idle_since IS NOT NULL;

CREATE TABLE blobs (
    hash       BYTEA  NOT NULL PRIMARY KEY,
    upload     BYTEA  NOT NULL,
    size       BIGINT NOT NULL,
    state      TEXT   NOT NULL,
    links      BIGINT NOT NULL,
    idle_since BIGINT
);
CREATE INDEX idle_blobs ON blobs (idle_since, hash) WHERE idle_since IS NOT NULL;
