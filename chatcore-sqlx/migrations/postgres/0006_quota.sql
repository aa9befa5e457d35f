-- What was used, and what is held for runs that go on.

-- `scope` is who is counted and with which model: 0 and a subject, 1 and a network, 2 and a key, 3 and a plan, 4 everybody; then
-- 0, or 1 and a model (texts end with two zero bytes)
CREATE TABLE counters (
    scope  BYTEA  NOT NULL PRIMARY KEY,
    used   JSON   NOT NULL,
    held   JSON   NOT NULL,
    runs   BIGINT NOT NULL,
    bytes  BIGINT NOT NULL,
    models JSON   NOT NULL
);

CREATE TABLE holds (
    run        BYTEA  NOT NULL PRIMARY KEY,
    subject    BYTEA  NOT NULL,
    model      TEXT   NOT NULL,
    prompt     BIGINT NOT NULL,
    scopes     JSON   NOT NULL,
    amounts    JSON   NOT NULL,
    money      BIGINT NOT NULL,
    quote      JSON,
    placed_at  BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX holds_by_expiry ON holds (expires_at, run);
