-- One table per kind of record.
--
-- Ids are the 16 bytes of their UUID. An owner is 17 bytes: 0 and the id of a user, or 1 and the id of a visitor.
-- Times are microseconds since 1970 in UTC. Words (roles, states) and JSON are text. `hex(id)` shows an id,
-- `datetime(created_at / 1000000, 'unixepoch')` a time.
--
-- Rows that come often are kept in the order in which they came, with a unique index on their key: a table ordered by
-- its key would scatter them over the file, and every page that is touched is written to the log once more. For the
-- same reason there is no index that no read needs. References are not declared: the rules that keep them live above.

CREATE TABLE conversations (
    id             BLOB    NOT NULL,
    owner          BLOB    NOT NULL,
    number         INTEGER NOT NULL,
    external_id    TEXT,
    title          TEXT,
    system_prompt  TEXT,
    model          TEXT,
    head_message   BLOB,
    head_lane      INTEGER,
    head_position  INTEGER,
    head_open      INTEGER,
    version        INTEGER NOT NULL,
    next_seq       INTEGER NOT NULL,
    next_lane      INTEGER NOT NULL,
    message_count  INTEGER NOT NULL,
    cuts           INTEGER NOT NULL,
    state          TEXT    NOT NULL,
    forked_from    BLOB,
    forked_message BLOB,
    created_at     INTEGER NOT NULL,
    updated_at     INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX conversations_by_id ON conversations (id);
CREATE UNIQUE INDEX conversations_by_external_id ON conversations (owner, external_id) WHERE external_id IS NOT NULL;
CREATE INDEX conversations_by_number ON conversations (owner, number);
CREATE INDEX conversations_by_time ON conversations (owner, updated_at DESC, id) WHERE state = 'live';

-- `parts` comes last, so that the columns before it are read without it
CREATE TABLE messages (
    id           BLOB    NOT NULL,
    conversation BLOB    NOT NULL,
    lane         INTEGER NOT NULL,
    position     INTEGER NOT NULL,
    owner        BLOB    NOT NULL,
    number       INTEGER NOT NULL,
    parent       BLOB,
    seq          INTEGER NOT NULL,
    role         TEXT    NOT NULL,
    state        TEXT    NOT NULL,
    model        TEXT,
    usage        TEXT,
    run          BLOB,
    client_ref   TEXT,
    created_at   INTEGER NOT NULL,
    edited_at    INTEGER,
    parts        TEXT    NOT NULL
) STRICT;
CREATE UNIQUE INDEX messages_by_id ON messages (id);
CREATE UNIQUE INDEX messages_by_place ON messages (conversation, lane, position);
CREATE INDEX messages_by_number ON messages (owner, number);

-- `start` and `cut_from` are positions; lane 0 has no parent and stays out of the list of children
CREATE TABLE lanes (
    conversation BLOB    NOT NULL,
    lane         INTEGER NOT NULL,
    start        INTEGER NOT NULL,
    parent       INTEGER NOT NULL,
    role         TEXT    NOT NULL,
    seq          INTEGER NOT NULL,
    message      BLOB,
    elder        TEXT,
    cut_from     INTEGER,
    PRIMARY KEY (conversation, lane)
) STRICT, WITHOUT ROWID;
CREATE INDEX lanes_by_parent ON lanes (conversation, parent, start, seq, role, cut_from) WHERE lane <> 0;

CREATE TABLE forks (
    conversation BLOB    NOT NULL,
    lane         INTEGER NOT NULL,
    position     INTEGER NOT NULL,
    active       INTEGER NOT NULL,
    PRIMARY KEY (conversation, lane, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX forks_that_depart ON forks (conversation, lane, position, active) WHERE active <> lane;

-- `key` says what is numbered: 0; 1 and an owner; 2 and an owner
CREATE TABLE sequences (
    key   BLOB    NOT NULL PRIMARY KEY,
    next  INTEGER NOT NULL,
    of    TEXT    NOT NULL GENERATED ALWAYS AS (
        CASE substr(key, 1, 1) WHEN x'00' THEN 'users' WHEN x'01' THEN 'conversations' WHEN x'02' THEN 'messages'
        ELSE hex(substr(key, 1, 1)) END
    ) VIRTUAL,
    owner BLOB GENERATED ALWAYS AS (CASE WHEN length(key) > 1 THEN substr(key, 2) END) VIRTUAL
) STRICT, WITHOUT ROWID;

CREATE TABLE runs (
    id                BLOB    NOT NULL,
    conversation      BLOB    NOT NULL,
    message           BLOB    NOT NULL,
    owner             BLOB    NOT NULL,
    model             TEXT    NOT NULL,
    state             TEXT    NOT NULL,
    started_at        INTEGER NOT NULL,
    first_token_at    INTEGER,
    ended_at          INTEGER,
    heartbeat_at      INTEGER NOT NULL,
    stop_requested_at INTEGER,
    last_seq          INTEGER NOT NULL,
    usage             TEXT,
    finish            TEXT,
    error             TEXT
) STRICT;
CREATE UNIQUE INDEX runs_by_id ON runs (id);
CREATE INDEX runs_that_run ON runs (conversation, id) WHERE state = 'running';
CREATE INDEX runs_by_heartbeat ON runs (heartbeat_at, id) WHERE state = 'running';

CREATE TABLE run_logs (
    run    BLOB    NOT NULL,
    first  INTEGER NOT NULL,
    last   INTEGER NOT NULL,
    events TEXT    NOT NULL
) STRICT;
CREATE UNIQUE INDEX run_logs_by_first ON run_logs (run, first);

CREATE TABLE users (
    id         BLOB    NOT NULL,
    number     INTEGER NOT NULL,
    username   TEXT,
    email      TEXT,
    role       TEXT    NOT NULL,
    state      TEXT    NOT NULL,
    epoch      INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX users_by_id ON users (id);
CREATE INDEX users_by_number ON users (number, id);

-- `key` sorts as the identities do: 0 and a name, 1 and an address (both end with two zero bytes), 2 and a user
CREATE TABLE identities (
    key         BLOB    NOT NULL PRIMARY KEY,
    user        BLOB    NOT NULL,
    secret      TEXT,
    verified_at INTEGER,
    created_at  INTEGER NOT NULL,
    kind        TEXT    NOT NULL GENERATED ALWAYS AS (
        CASE substr(key, 1, 1) WHEN x'00' THEN 'username' WHEN x'01' THEN 'email' WHEN x'02' THEN 'password'
        ELSE hex(substr(key, 1, 1)) END
    ) VIRTUAL,
    name        TEXT GENERATED ALWAYS AS (
        CASE WHEN substr(key, 1, 1) IN (x'00', x'01') THEN CAST(substr(key, 2, length(key) - 3) AS TEXT) END
    ) VIRTUAL
) STRICT, WITHOUT ROWID;
CREATE INDEX identities_by_user ON identities (user, key);

CREATE TABLE sessions (
    id               BLOB    NOT NULL,
    user             BLOB    NOT NULL,
    kind             TEXT    NOT NULL,
    rotating         INTEGER NOT NULL,
    lifetime_seconds INTEGER NOT NULL,
    claims           TEXT    NOT NULL,
    generation       INTEGER NOT NULL,
    token_hash       BLOB    NOT NULL,
    rotated_at       INTEGER NOT NULL,
    epoch            INTEGER NOT NULL,
    label            TEXT,
    created_at       INTEGER NOT NULL,
    expires_at       INTEGER NOT NULL,
    ended_at         INTEGER
) STRICT;
CREATE UNIQUE INDEX sessions_by_id ON sessions (id);
CREATE INDEX sessions_by_user ON sessions (user, id);

CREATE TABLE jobs (
    id         BLOB    NOT NULL PRIMARY KEY,
    work       TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    kind       TEXT    GENERATED ALWAYS AS (work ->> 'work') VIRTUAL
) STRICT, WITHOUT ROWID;
