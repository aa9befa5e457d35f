-- What somebody has, and what became of it. Amounts are micro-units of credit.

-- `balance` is `plain` and what is left in `slices`; `expires_at` is when credit expires next that is not held
CREATE TABLE wallets (
    owner       BYTEA  NOT NULL PRIMARY KEY,
    balance     BIGINT NOT NULL,
    plain       BIGINT NOT NULL,
    slices      JSON   NOT NULL,
    held        BIGINT NOT NULL,
    spent_month BIGINT NOT NULL,
    spent       BIGINT NOT NULL,
    refilled_at BIGINT,
    entries     BIGINT NOT NULL,
    expires_at  BIGINT
);
CREATE INDEX wallets_by_expiry ON wallets (expires_at, owner) WHERE expires_at IS NOT NULL;

-- rows are only added; `event` ends with two zero bytes
CREATE TABLE ledger_entries (
    event     BYTEA  NOT NULL PRIMARY KEY,
    owner     BYTEA  NOT NULL,
    number    BIGINT NOT NULL,
    posted_at BIGINT NOT NULL,
    kind      TEXT   NOT NULL,
    lines     JSON   NOT NULL,
    spent     BIGINT NOT NULL,
    charge    JSON,
    corrects  TEXT,
    reason    TEXT,
    staff     BYTEA
);
CREATE INDEX ledger_by_owner ON ledger_entries (owner, number DESC, event);
