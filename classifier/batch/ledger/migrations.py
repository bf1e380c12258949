"""The steps by which a ledger came to its present tables, oldest first; a step is never changed."""

from __future__ import annotations

MIGRATIONS = (
    """
    CREATE TABLE run (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE item (
        id INTEGER PRIMARY KEY,
        key TEXT NOT NULL UNIQUE,
        place INTEGER NOT NULL,       -- in the lists, from 1
        listing INTEGER NOT NULL,     -- the reading of the lists that last saw it
        entry TEXT NOT NULL,          -- ListEntry as JSON
        state TEXT NOT NULL CHECK (state IN ('waiting', 'done', 'failed', 'twin')),
        twin TEXT,                    -- key of the entry that is labelled in this one's place
        round INTEGER NOT NULL DEFAULT 1,     -- replies of earlier rounds are paid for, but not used again
        attempts INTEGER NOT NULL DEFAULT 0,  -- requests sent for it
        label TEXT,                   -- Label as JSON, also of a failed item
        review INTEGER NOT NULL DEFAULT 0,
        error TEXT                    -- code of a failed item's error
    );
    CREATE INDEX item_place ON item (place);
    CREATE INDEX item_state ON item (state, place);
    CREATE INDEX item_twin ON item (twin) WHERE twin IS NOT NULL;
    CREATE TABLE reply (
        item INTEGER NOT NULL REFERENCES item (id),
        round INTEGER NOT NULL,
        request TEXT NOT NULL,        -- sha256 of the question
        nth INTEGER NOT NULL,         -- how often it had been put in this round before; -1: a refusal
        body BLOB NOT NULL,           -- the response, zlib
        tokens_in INTEGER, tokens_out INTEGER, tokens_cached INTEGER, cost_usd REAL,
        at REAL NOT NULL,             -- Unix time
        PRIMARY KEY (item, round, request, nth)
    ) WITHOUT ROWID;
    CREATE TABLE broken (
        listing INTEGER NOT NULL, source TEXT NOT NULL, line INTEGER NOT NULL, reason TEXT NOT NULL, key TEXT
    );
    CREATE TABLE correction (
        key TEXT PRIMARY KEY, label TEXT NOT NULL, by TEXT NOT NULL, note TEXT NOT NULL, at TEXT NOT NULL
    ) WITHOUT ROWID;
    """,
    """
    CREATE TABLE provider_batch (
        id INTEGER PRIMARY KEY,
        tag TEXT NOT NULL UNIQUE,     -- also in the provider's metadata
        model TEXT NOT NULL,
        file_id TEXT,                 -- the requests, as the provider knows them
        sent REAL,                    -- Unix time just before the submit; NULL: it cannot be at the provider
        provider_id TEXT,             -- NULL until the submit is known to have happened
        status TEXT,                  -- as the provider named it last
        ended INTEGER NOT NULL DEFAULT 0      -- its answers are in `reply`
    );
    CREATE TABLE asked (              -- requests whose answer is to come by a batch
        id INTEGER PRIMARY KEY,       -- custom_id
        item INTEGER NOT NULL REFERENCES item (id),
        round INTEGER NOT NULL,
        request TEXT NOT NULL,
        nth INTEGER NOT NULL,         -- these three as in `reply`
        exact TEXT NOT NULL,          -- sha256 of the whole request: what a refusal is about
        model TEXT NOT NULL,
        batch INTEGER REFERENCES provider_batch (id),
        lost INTEGER NOT NULL DEFAULT 0,      -- 1: no batch has it, the next pass over the list asks it again
        tries INTEGER NOT NULL DEFAULT 0,     -- batches that brought no answer
        bytes INTEGER NOT NULL,       -- of its line in a batch
        most_usd REAL,                -- what its answer costs at most; NULL where that is not known
        UNIQUE (item, round, request, nth)
    );
    CREATE TABLE asked_body (         -- of requests that the provider has not accepted yet
        id INTEGER PRIMARY KEY REFERENCES asked (id),
        body BLOB NOT NULL            -- zlib
    );
    CREATE INDEX asked_batch ON asked (batch);
    """,
    """
    ALTER TABLE item ADD COLUMN material TEXT;    -- digest of what decides its label, but for its file
    ALTER TABLE item ADD COLUMN file_sha256 TEXT; -- of its PDF, when the lists were read
    ALTER TABLE item ADD COLUMN file_state TEXT;  -- the PDF's size, times and inode, when it was hashed
    ALTER TABLE item ADD COLUMN correction INTEGER;   -- the one that counts for it
    ALTER TABLE correction RENAME TO correction_by_key;
    CREATE TABLE correction (         -- of a paper, not of a key (ADR 17)
        id INTEGER PRIMARY KEY,
        key TEXT NOT NULL,            -- of the entry, when the paper was last seen
        label TEXT NOT NULL, by TEXT NOT NULL, note TEXT NOT NULL, at TEXT NOT NULL,
        entry TEXT,                   -- ListEntry as JSON, at that time
        found TEXT,                   -- LabelledPaper as JSON: what its PDF or source said
        file_sha256 TEXT
    );
    UPDATE item SET material = material_of(entry), file_sha256 = file_of(label);
    INSERT INTO correction (key, label, by, note, at, entry, found, file_sha256)
        SELECT old.key, old.label, old.by, old.note, old.at,
               item.entry, paper_of(item.label), item.file_sha256
        FROM correction_by_key AS old LEFT JOIN item ON item.key = old.key ORDER BY old.at, old.key;
    UPDATE item SET correction = (
        SELECT correction.id FROM correction WHERE correction.key =
        CASE WHEN item.key IN (SELECT key FROM correction) THEN item.key ELSE item.twin END
    );
    DROP TABLE correction_by_key;
    CREATE INDEX item_material ON item (material);
    CREATE INDEX item_file ON item (file_state) WHERE file_state IS NOT NULL;
    CREATE INDEX correction_key ON correction (key);
    """,
    """
    CREATE TABLE decision (           -- of reviewers, in their order; never changed, but for item (ADR 19)
        id INTEGER PRIMARY KEY,
        kind TEXT NOT NULL,           -- DecisionKind, or undo
        key TEXT NOT NULL,            -- of the entry, at that time
        label TEXT, scope_reason TEXT,
        by TEXT NOT NULL, note TEXT NOT NULL, at TEXT NOT NULL,
        seen TEXT NOT NULL,           -- what the reviewer could see
        machine TEXT NOT NULL,        -- the engine's label at that time
        asked TEXT NOT NULL,          -- why it was in the queue
        act INTEGER NOT NULL,         -- equal for decisions that were made together
        token TEXT,                   -- of the request, so that a repeated one counts once
        undoes INTEGER,               -- the decision that an undo takes back
        item INTEGER,                 -- the row of its paper now
        entry TEXT, found TEXT, file_sha256 TEXT,     -- its paper, as in `correction`
        displaced TEXT                -- the correction of another origin that it replaced, as JSON
    );
    CREATE INDEX decision_item ON decision (item);
    CREATE INDEX decision_undoes ON decision (undoes) WHERE undoes IS NOT NULL;
    CREATE INDEX decision_token ON decision (token) WHERE token IS NOT NULL;
    """,
    """
    ALTER TABLE item ADD COLUMN listed TEXT;      -- ListEntry as the list has it; NULL unless amended
    CREATE TABLE amendment (          -- of what a list says of a paper, by persons, in their order (ADR 17)
        id INTEGER PRIMARY KEY,
        key TEXT NOT NULL,            -- of the entry, when the paper was last seen
        changes TEXT NOT NULL,        -- PaperChanges as JSON: field -> value, null clears it
        by TEXT NOT NULL, note TEXT NOT NULL, at TEXT NOT NULL,
        act INTEGER NOT NULL,         -- equal for amendments that were made together
        undone_by TEXT, undone_at TEXT,       -- NULL while it counts
        paper INTEGER NOT NULL,       -- id of the first amendment of this paper
        item INTEGER,                 -- the row of its entry, when the paper was last seen
        listed TEXT NOT NULL,         -- ListEntry as JSON, as the list had it
        entry TEXT NOT NULL,          -- the same with all its amendments
        file_sha256 TEXT
    );
    CREATE INDEX amendment_item ON amendment (item);
    CREATE INDEX amendment_paper ON amendment (paper);
    UPDATE item SET material = material_of(entry);    -- "et al." is no author any more
    """,
)
"""`user_version` counts the steps that were applied to a file."""
