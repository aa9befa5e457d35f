-- One table per kind of record.
--
-- Ids are the 16 bytes of their UUID. An owner is 17 bytes: 0 and the id of a user, or 1 and the id of a visitor.
-- Times are microseconds since 1970 in UTC. `encode(id, 'hex')::uuid` shows an id, `to_timestamp(created_at / 1e6)` a
-- time. Documents are `json`, which keeps them as they were written; `parts::jsonb` has the operators.
--
-- There is no index that no read needs, and no foreign key: the rules that keep references live above, and the row of
-- the conversation is locked by everything that changes its tree.

CREATE TABLE conversations (
    id             BYTEA   NOT NULL PRIMARY KEY,
    owner          BYTEA   NOT NULL,
    number         BIGINT  NOT NULL,
    external_id    TEXT    COLLATE "C",
    forked_from    BYTEA,
    forked_message BYTEA,
    created_at     BIGINT  NOT NULL,
    title          TEXT,
    system_prompt  TEXT,
    model          TEXT,
    head_message   BYTEA,
    head_lane      BIGINT,
    head_position  BIGINT,
    head_open      BOOLEAN,
    version        BIGINT  NOT NULL,
    next_seq       BIGINT  NOT NULL,
    next_lane      BIGINT  NOT NULL,
    message_count  BIGINT  NOT NULL,
    cuts           BIGINT  NOT NULL,
    state          TEXT    NOT NULL,
    updated_at     BIGINT  NOT NULL
);
CREATE UNIQUE INDEX conversations_by_external_id ON conversations (owner, external_id) WHERE external_id IS NOT NULL;
CREATE INDEX conversations_by_number ON conversations (owner, number);
CREATE INDEX conversations_by_time ON conversations (owner, updated_at DESC, id) WHERE state = 'live';

CREATE TABLE messages (
    id           BYTEA  NOT NULL PRIMARY KEY,
    conversation BYTEA  NOT NULL,
    lane         BIGINT NOT NULL,
    position     BIGINT NOT NULL,
    owner        BYTEA  NOT NULL,
    number       BIGINT NOT NULL,
    parent       BYTEA,
    seq          BIGINT NOT NULL,
    role         TEXT   NOT NULL,
    created_at   BIGINT NOT NULL,
    state        TEXT   NOT NULL,
    model        TEXT,
    usage        JSON,
    run          BYTEA,
    client_ref   TEXT,
    edited_at    BIGINT,
    parts        JSON   NOT NULL
);
CREATE UNIQUE INDEX messages_by_place ON messages (conversation, lane, position);
CREATE INDEX messages_by_number ON messages (owner, number);

-- `start` and `cut_from` are positions; lane 0 has no parent and stays out of the list of children
CREATE TABLE lanes (
    conversation BYTEA  NOT NULL,
    lane         BIGINT NOT NULL,
    start        BIGINT NOT NULL,
    parent       BIGINT NOT NULL,
    role         TEXT   NOT NULL,
    seq          BIGINT NOT NULL,
    message      BYTEA,
    elder        TEXT,
    cut_from     BIGINT,
    PRIMARY KEY (conversation, lane)
);
CREATE INDEX lanes_by_parent ON lanes (conversation, parent, start, seq) WHERE lane <> 0;

CREATE TABLE forks (
    conversation BYTEA  NOT NULL,
    lane         BIGINT NOT NULL,
    position     BIGINT NOT NULL,
    active       BIGINT NOT NULL,
    PRIMARY KEY (conversation, lane, position)
);
CREATE INDEX forks_that_depart ON forks (conversation, lane, position) WHERE active <> lane;

-- `key` says what is numbered: 0; 1 and an owner; 2 and an owner
CREATE TABLE sequences (
    key  BYTEA  NOT NULL PRIMARY KEY,
    next BIGINT NOT NULL
);

CREATE TABLE runs (
    id                BYTEA  NOT NULL PRIMARY KEY,
    conversation      BYTEA  NOT NULL,
    message           BYTEA  NOT NULL,
    owner             BYTEA  NOT NULL,
    model             TEXT   NOT NULL,
    state             TEXT   NOT NULL,
    started_at        BIGINT NOT NULL,
    first_token_at    BIGINT,
    ended_at          BIGINT,
    heartbeat_at      BIGINT NOT NULL,
    stop_requested_at BIGINT,
    last_seq          BIGINT NOT NULL,
    usage             JSON,
    finish            JSON,
    error             JSON
);
CREATE INDEX runs_that_run ON runs (conversation, id) WHERE state = 'running';
CREATE INDEX runs_by_heartbeat ON runs (heartbeat_at, id) WHERE state = 'running';

CREATE TABLE run_logs (
    run    BYTEA  NOT NULL,
    first  BIGINT NOT NULL,
    last   BIGINT NOT NULL,
    events JSON   NOT NULL,
    PRIMARY KEY (run, first)
);

CREATE TABLE users (
    id         BYTEA  NOT NULL PRIMARY KEY,
    number     BIGINT NOT NULL,
    username   TEXT,
    email      TEXT,
    role       TEXT   NOT NULL,
    state      TEXT   NOT NULL,
    epoch      BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX users_by_number ON users (number, id);

-- `key` sorts as the identities do: 0 and a name, 1 and an address (both end with two zero bytes), 2 and a user
CREATE TABLE identities (
    key         BYTEA  NOT NULL PRIMARY KEY,
    "user"      BYTEA  NOT NULL,
    secret      TEXT,
    verified_at BIGINT,
    created_at  BIGINT NOT NULL
);
CREATE INDEX identities_by_user ON identities ("user", key);

CREATE TABLE sessions (
    id               BYTEA   NOT NULL PRIMARY KEY,
    "user"           BYTEA   NOT NULL,
    kind             TEXT    NOT NULL,
    rotating         BOOLEAN NOT NULL,
    lifetime_seconds BIGINT  NOT NULL,
    claims           TEXT    NOT NULL,
    generation       BIGINT  NOT NULL,
    token_hash       BYTEA   NOT NULL,
    rotated_at       BIGINT  NOT NULL,
    epoch            BIGINT  NOT NULL,
    label            TEXT,
    created_at       BIGINT  NOT NULL,
    expires_at       BIGINT  NOT NULL,
    ended_at         BIGINT
);
CREATE INDEX sessions_by_user ON sessions ("user", id);

CREATE TABLE jobs (
    id         BYTEA  NOT NULL PRIMARY KEY,
    work       JSON   NOT NULL,
    created_at BIGINT NOT NULL
);
