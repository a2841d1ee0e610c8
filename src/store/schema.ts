// The tables, as numbered migrations. A migration that has shipped is never changed; a new one is appended.

export const migrations: readonly string[] = [
  `
  CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

  -- live state of a service in an environment: never part of a release
  CREATE TABLE services (
    service TEXT NOT NULL, environment TEXT NOT NULL,
    definition TEXT NOT NULL,              -- core/model.ts Definition, as JSON
    config_path TEXT NOT NULL,
    live_replicas INTEGER NOT NULL,
    active INTEGER,                        -- the release that the committed traffic intent gives its weight
    candidate INTEGER,                     -- the release of a deploy that has not shifted traffic yet
    next_release INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (service, environment)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE releases (
    service TEXT NOT NULL, environment TEXT NOT NULL, number INTEGER NOT NULL,
    version TEXT, image TEXT NOT NULL, digest TEXT NOT NULL, config_digest TEXT NOT NULL,
    identity TEXT NOT NULL,
    config TEXT NOT NULL,                  -- core/model.ts ReleaseConfig, as JSON: names and versions of secrets, no values
    sealed TEXT NOT NULL,                  -- values of secrets by name, sealed
    git_revision TEXT, created_at INTEGER NOT NULL, transaction_id TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('candidate', 'active', 'standby', 'failed')),
    stable INTEGER NOT NULL DEFAULT 0, rolled_back INTEGER NOT NULL DEFAULT 0, pinned INTEGER NOT NULL DEFAULT 0,
    active_at INTEGER, standby_since INTEGER,
    active_by TEXT,                        -- kind of the operation that last made it active
    next_ordinal INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (service, environment, number)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX releases_that_served ON releases (service, environment, number) WHERE active_at IS NOT NULL;
  CREATE INDEX releases_by_time ON releases (service, environment, standby_since) WHERE standby_since IS NOT NULL;
  CREATE INDEX releases_by_version ON releases (service, environment, version, number);

  CREATE TABLE quarantine (
    service TEXT NOT NULL, environment TEXT NOT NULL, identity TEXT NOT NULL,
    release INTEGER NOT NULL, since INTEGER NOT NULL, actor TEXT NOT NULL, reason TEXT NOT NULL,
    PRIMARY KEY (service, environment, identity)
  ) STRICT, WITHOUT ROWID;

  -- values of secrets that a rollback does not take back
  CREATE TABLE current_secrets (
    service TEXT NOT NULL, environment TEXT NOT NULL, name TEXT NOT NULL,
    version TEXT NOT NULL, sealed TEXT NOT NULL,
    PRIMARY KEY (service, environment, name)
  ) STRICT, WITHOUT ROWID;

  -- one row per container that exists or is about to; what the proxy should do with it stands beside it
  CREATE TABLE replicas (
    service TEXT NOT NULL, environment TEXT NOT NULL, name TEXT NOT NULL,
    release INTEGER NOT NULL, process TEXT NOT NULL, address TEXT NOT NULL UNIQUE,
    level TEXT NOT NULL CHECK (level IN ('running', 'frozen', 'stopped', 'absent')),
    secrets_hash TEXT NOT NULL, port INTEGER NOT NULL, health_path TEXT,
    attached INTEGER NOT NULL DEFAULT 0, weight INTEGER NOT NULL DEFAULT 0,
    mode TEXT NOT NULL DEFAULT 'ready' CHECK (mode IN ('ready', 'maintenance')), checked INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (service, environment, name)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE leases (
    service TEXT NOT NULL, environment TEXT NOT NULL, epoch INTEGER NOT NULL,
    transaction_id TEXT, owner TEXT, since INTEGER NOT NULL, expires_at INTEGER NOT NULL,
    PRIMARY KEY (service, environment)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE operations (
    transaction_id TEXT PRIMARY KEY, kind TEXT NOT NULL,
    service TEXT NOT NULL, environment TEXT NOT NULL, actor TEXT NOT NULL, reason TEXT,
    from_release INTEGER, to_release INTEGER, plan TEXT,
    started_at INTEGER NOT NULL, ended_at INTEGER, outcome TEXT
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX operations_unfinished ON operations (service, environment) WHERE ended_at IS NULL;
  CREATE INDEX operations_by_time ON operations (started_at);
  CREATE INDEX operations_of_service ON operations (service, environment, started_at);
  CREATE INDEX operations_from ON operations (service, environment, from_release, started_at);
  CREATE INDEX operations_to ON operations (service, environment, to_release, started_at);

  -- append-only; the hash of each row covers the row before it
  CREATE TABLE journal (
    seq INTEGER PRIMARY KEY, transaction_id TEXT NOT NULL, record TEXT NOT NULL, hash TEXT NOT NULL
  ) STRICT;
  CREATE INDEX journal_by_transaction ON journal (transaction_id, seq);
  `,
  `
  -- how many replicas each process beside web has now, as JSON by its name
  ALTER TABLE services ADD COLUMN live_processes TEXT NOT NULL DEFAULT '{}';
  `,
  `
  -- why automated deploys are refused: at most one hold that a rollback placed and one that somebody placed by hand
  CREATE TABLE holds (
    service TEXT NOT NULL, environment TEXT NOT NULL,
    placed_by TEXT NOT NULL CHECK (placed_by IN ('rollback', 'hand')),
    since INTEGER NOT NULL, actor TEXT NOT NULL, reason TEXT NOT NULL,
    release INTEGER, back_to INTEGER,      -- what the rollback took out, and what it went back to
    transaction_id TEXT NOT NULL,
    PRIMARY KEY (service, environment, placed_by)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  -- how long nobody was served in the last switch between two releases that must not run at once; NULL: never measured
  ALTER TABLE services ADD COLUMN last_outage_ms INTEGER;
  `,
  `
  -- containers of commands (hooks, astern run), from before they are created until they are removed
  CREATE TABLE one_offs (
    service TEXT NOT NULL, environment TEXT NOT NULL, name TEXT NOT NULL,
    release INTEGER NOT NULL, transaction_id TEXT NOT NULL,
    settled INTEGER NOT NULL DEFAULT 0,    -- the command's result is committed
    PRIMARY KEY (service, environment, name)
  ) STRICT, WITHOUT ROWID;
  -- who waits for an operation that holds no lease (exec, run)
  CREATE TABLE sessions (
    transaction_id TEXT PRIMARY KEY, service TEXT NOT NULL, environment TEXT NOT NULL, owner TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
  `
  -- hooks that follow an operation, committed with its success, until they were run
  CREATE TABLE due_hooks (
    transaction_id TEXT NOT NULL, hook TEXT NOT NULL, place INTEGER NOT NULL,
    service TEXT NOT NULL, environment TEXT NOT NULL,
    release INTEGER NOT NULL,              -- that serves after the operation
    outcome TEXT NOT NULL,
    owner TEXT,                            -- who began it; NULL: nobody
    PRIMARY KEY (transaction_id, hook, place)
  ) STRICT, WITHOUT ROWID;
  -- 1: its result is wanted although its operation has ended
  ALTER TABLE one_offs ADD COLUMN awaited INTEGER NOT NULL DEFAULT 0;
  `,
  `
  -- ticks of schedules: one row for each, for ever, so that none is run twice
  CREATE TABLE scheduled_runs (
    service TEXT NOT NULL, environment TEXT NOT NULL, process TEXT NOT NULL, tick INTEGER NOT NULL,
    release INTEGER NOT NULL, transaction_id TEXT NOT NULL, name TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('claimed', 'asked', 'ended')),
    asked_at INTEGER, stopping TEXT, outcome TEXT, exit_code INTEGER, started_at INTEGER, ended_at INTEGER,
    PRIMARY KEY (service, environment, process, tick)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX scheduled_runs_open ON scheduled_runs (tick) WHERE state <> 'ended';
  `,
  `
  -- releases on trial: staged, in a canary, or baking; at most one of a service has no end. What the proxy should draw for them is read from here
  CREATE TABLE trials (
    transaction_id TEXT PRIMARY KEY,       -- of the deploy
    service TEXT NOT NULL, environment TEXT NOT NULL,
    release INTEGER NOT NULL, against INTEGER,
    policy TEXT NOT NULL,                  -- core/trial.ts TrialPolicy, as JSON, as it was when it began
    calibration TEXT,                      -- core/verdict/evidence.ts Calibration, as JSON; NULL: nobody has looked
    phase TEXT NOT NULL CHECK (phase IN ('staged', 'canary', 'bake')),
    step INTEGER NOT NULL DEFAULT 0, step_since INTEGER NOT NULL,
    share INTEGER NOT NULL DEFAULT 0,      -- of 10,000 requests, that the release is drawn for
    started_at INTEGER NOT NULL, ended_at INTEGER,
    last TEXT, looks INTEGER NOT NULL DEFAULT 0, looked_at INTEGER,
    asked TEXT CHECK (asked IN ('promote', 'go_on', 'abort')), asked_by TEXT,
    verdict TEXT CHECK (verdict IN ('pass', 'fail', 'undecided')), rule TEXT, reason TEXT,
    acted TEXT                             -- what the autopilot did about it
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX trials_open ON trials (service, environment) WHERE ended_at IS NULL;
  CREATE INDEX trials_of_release ON trials (service, environment, release, started_at);
  -- everything that a verdict rests on, so that anybody can judge again
  CREATE TABLE trial_facts (
    transaction_id TEXT NOT NULL, seq INTEGER NOT NULL, fact TEXT NOT NULL,  -- core/verdict/case.ts Fact, as JSON
    PRIMARY KEY (transaction_id, seq)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  -- tags that were built here, and the one image that each of them means
  CREATE TABLE tags (
    repository TEXT NOT NULL, tag TEXT NOT NULL,
    service TEXT NOT NULL, environment TEXT NOT NULL,
    config_digest TEXT NOT NULL,           -- the image ID
    digest TEXT,                           -- of the registry's manifest; NULL: never pushed
    version TEXT, git_revision TEXT, size_bytes INTEGER,
    built_at INTEGER NOT NULL, pushed_at INTEGER, transaction_id TEXT NOT NULL,
    PRIMARY KEY (repository, tag)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX tags_of_service ON tags (service, environment, built_at);
  `,
  `
  -- what a tag has meant here
  CREATE INDEX releases_of_image ON releases (image, created_at);
  `,
  `
  -- why a release was pinned; when retention deleted the last copy of its image
  ALTER TABLE releases ADD COLUMN pin_name TEXT;
  ALTER TABLE releases ADD COLUMN pruned_at INTEGER;
  CREATE INDEX releases_by_image ON releases (config_digest);
  `,
  `
  -- the source repository that a service is built from: the address of its pages
  CREATE TABLE repositories (
    service TEXT NOT NULL, environment TEXT NOT NULL, url TEXT NOT NULL,
    PRIMARY KEY (service, environment)
  ) STRICT, WITHOUT ROWID;
  -- what each version tag stood for when it was seen first; repository: the address of its pages, else its folder
  CREATE TABLE version_tags (
    repository TEXT NOT NULL, tag TEXT NOT NULL, revision TEXT NOT NULL, seen_at INTEGER NOT NULL,
    PRIMARY KEY (repository, tag)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  -- whether an image has passed the checks of an environment: the newest result
  CREATE TABLE verifications (
    service TEXT NOT NULL, config_digest TEXT NOT NULL, environment TEXT NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('passed', 'failed')),
    at INTEGER NOT NULL, transaction_id TEXT NOT NULL,
    PRIMARY KEY (service, config_digest, environment)
  ) STRICT, WITHOUT ROWID;
  -- compose projects of checks, from before they are brought up until they are gone
  CREATE TABLE check_projects (
    name TEXT PRIMARY KEY, service TEXT NOT NULL, environment TEXT NOT NULL, transaction_id TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  -- releases that were made of one of another environment
  CREATE TABLE promotions (
    service TEXT NOT NULL, environment TEXT NOT NULL, release INTEGER NOT NULL,
    from_environment TEXT NOT NULL, from_release INTEGER NOT NULL,
    PRIMARY KEY (service, environment, release)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  -- the schema of each service's database, as it was last seen
  CREATE TABLE schemas (
    service TEXT NOT NULL, environment TEXT NOT NULL,
    version INTEGER NOT NULL, dirty INTEGER NOT NULL, seen_at INTEGER NOT NULL,
    host TEXT, address TEXT,               -- a host that only containers know by its name, and where it was found
    PRIMARY KEY (service, environment)
  ) STRICT, WITHOUT ROWID;
  -- what releases have to do with it
  CREATE TABLE release_schemas (
    service TEXT NOT NULL, environment TEXT NOT NULL, release INTEGER NOT NULL,
    version INTEGER,                       -- that it brings, as was said, or as it was first healthy with
    contract INTEGER NOT NULL,             -- 1: its migrations take away what earlier releases may need
    refused TEXT,                          -- why it cannot live with the schema as last seen: the proxy makes no stand-in of it
    PRIMARY KEY (service, environment, release)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX release_schemas_contracts ON release_schemas (service, environment, release) WHERE contract = 1;
  `,
  `
  -- finding: operations that may have moved users, by time; releases by what people know of them
  CREATE INDEX operations_that_move ON operations (service, environment, started_at)
    WHERE kind IN ('deploy', 'rollback', 'promote', 'remove');
  CREATE INDEX releases_by_digest ON releases (service, environment, digest);
  CREATE INDEX releases_by_revision ON releases (service, environment, git_revision) WHERE git_revision IS NOT NULL;
  CREATE INDEX releases_by_creation ON releases (service, environment, created_at);
  `,
]
