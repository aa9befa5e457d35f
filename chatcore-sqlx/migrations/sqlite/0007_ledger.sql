-- What somebody has, and what became of it. Amounts are micro-units of credit.

-- `balance` is `plain` and what is left in `slices`; `expires_at` is when credit expires next that is not held
CREATE TABLE wallets (
    owner       BLOB    NOT NULL PRIMARY KEY,
    balance     INTEGER NOT NULL,
    plain       INTEGER NOT NULL,
    slices      TEXT    NOT NULL,
    held        INTEGER NOT NULL,
    spent_month INTEGER NOT NULL,
    spent       INTEGER NOT NULL,
    refilled_at INTEGER,
    entries     INTEGER NOT NULL,
    expires_at  INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX wallets_by_expiry ON wallets (expires_at, owner) WHERE expires_at IS NOT NULL;

-- rows are only added; `event` ends with two zero bytes
CREATE TABLE ledger_entries (
    event     BLOB    NOT NULL PRIMARY KEY,
    owner     BLOB    NOT NULL,
    number    INTEGER NOT NULL,
    posted_at INTEGER NOT NULL,
    kind      TEXT    NOT NULL,
    lines     TEXT    NOT NULL,
    spent     INTEGER NOT NULL,
    charge    TEXT,
    corrects  TEXT,
    reason    TEXT,
    staff     BLOB,
    name      TEXT    GENERATED ALWAYS AS (CAST(substr(event, 1, length(event) - 2) AS TEXT)) VIRTUAL
) STRICT, WITHOUT ROWID;
CREATE INDEX ledger_by_owner ON ledger_entries (owner, number DESC, event);
