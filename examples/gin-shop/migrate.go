package main

// The schema of the database, in versions. Each only adds, so that the release before it goes on working, and can be
// gone back to, on a schema that is newer than itself.

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	migrateLock     = 0x67696e73686f70 // "ginshop": whoever migrates waits for whoever does already
	migratePatience = time.Minute
)

// migrations holds one element for each version, the first being 1. What was released is never changed.
var migrations = []string{
	// Orders, and a job for each.
	`CREATE TABLE orders (
		id          text PRIMARY KEY,
		customer    text NOT NULL,
		items       jsonb NOT NULL,
		total_cents bigint NOT NULL,
		placed_at   timestamptz NOT NULL
	);
	CREATE TABLE jobs (
		id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
		order_id    text NOT NULL REFERENCES orders,
		enqueued_at timestamptz NOT NULL DEFAULT now(),
		done_at     timestamptz
	);
	CREATE INDEX jobs_waiting ON jobs (id) WHERE done_at IS NULL;`,

	// What jobs result in, and how often they were begun. Nothing here forbids a second invoice for a job, or a
	// second attempt: that there is none is the queue's doing, and can be counted.
	`CREATE TABLE invoices (
		id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
		job_id      bigint NOT NULL,
		total_cents bigint NOT NULL,
		release     text NOT NULL,
		version     text NOT NULL,
		instance    text NOT NULL,
		written_at  timestamptz NOT NULL DEFAULT clock_timestamp()
	);
	CREATE TABLE attempts (
		id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
		job_id   bigint NOT NULL,
		release  text NOT NULL,
		version  text NOT NULL,
		instance text NOT NULL,
		begun_at timestamptz NOT NULL DEFAULT clock_timestamp()
	);`,

	// The nightly report.
	`CREATE TABLE reports (
		id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
		release     text NOT NULL,
		orders      bigint NOT NULL,
		invoices    bigint NOT NULL,
		total_cents bigint NOT NULL,
		written_at  timestamptz NOT NULL DEFAULT now()
	);`,
}

func runMigrateUp(p program) error {
	ctx, cancel := context.WithTimeout(context.Background(), migratePatience)
	defer cancel()
	before, err := p.database.migrateUp(ctx, migrations)
	if err != nil {
		return err
	}
	switch known := len(migrations); {
	case before > known:
		p.log.Info("the schema is newer than this version, and stays", "schema", before, "known", known)
	case before == known:
		p.log.Info("the schema is up to date", "schema", before)
	default:
		p.log.Info("the schema was brought up to date", "schema", known, "before", before)
	}
	return nil
}

// migrateUp applies what is missing, all of it or nothing, and returns the version that was there before.
func (d *database) migrateUp(ctx context.Context, migrations []string) (before int, err error) {
	err = pgx.BeginFunc(ctx, d.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, migrateLock); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `CREATE TABLE IF NOT EXISTS schema_versions (
			version    integer PRIMARY KEY,
			applied_at timestamptz NOT NULL DEFAULT now()
		)`); err != nil {
			return err
		}
		if err := tx.QueryRow(ctx, `SELECT coalesce(max(version), 0) FROM schema_versions`).Scan(&before); err != nil {
			return err
		}
		for version := before + 1; version <= len(migrations); version++ {
			if _, err := tx.Exec(ctx, migrations[version-1]); err != nil {
				return fmt.Errorf("schema version %d: %w", version, err)
			}
			if _, err := tx.Exec(ctx, `INSERT INTO schema_versions (version) VALUES ($1)`, version); err != nil {
				return err
			}
		}
		return nil
	})
	return before, err
}
