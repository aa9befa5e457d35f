-- What was used, and what is held for runs that go on.

-- `scope` is who is counted and with which model: 0 and a subject, 1 and a network, 2 and a key, 3 and a plan, 4 everybody; then
-- 0, or 1 and a model (texts end with two zero bytes)
CREATE TABLE counters (
    scope  BLOB    NOT NULL PRIMARY KEY,
    used   TEXT    NOT NULL,
    held   TEXT    NOT NULL,
    runs   INTEGER NOT NULL,
    bytes  INTEGER NOT NULL,
    models TEXT    NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE holds (
    run        BLOB    NOT NULL PRIMARY KEY,
    subject    BLOB    NOT NULL,
    model      TEXT    NOT NULL,
    prompt     INTEGER NOT NULL,
    scopes     TEXT    NOT NULL,
    amounts    TEXT    NOT NULL,
    money      INTEGER NOT NULL,
    quote      TEXT,
    placed_at  INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX holds_by_expiry ON holds (expires_at, run);
