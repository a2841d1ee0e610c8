package main

// The shop's PostgreSQL: orders, and a queue with a job for each. Safe for concurrent use.
// Invariant: an order and its job, and the work of a job and the note that it is done, are one transaction each; so
// no job is lost, and none is done twice, whoever dies when.

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	maxConnections  = 4
	connectPatience = 5 * time.Second
	queryPatience   = 5 * time.Second // for a single statement of a request
	// A worker that is paused with a job in hand gives it back after this time.
	idleInTransaction = "30s"
)

type database struct{ pool *pgxpool.Pool }

// openDatabase does not connect yet: a shop starts although its database is away. "" is none.
func openDatabase(url string) (*database, error) {
	if url == "" {
		return nil, nil
	}
	config, err := pgxpool.ParseConfig(url) // its errors hide the password
	if err != nil {
		return nil, err
	}
	config.MaxConns = maxConnections
	config.ConnConfig.ConnectTimeout = connectPatience
	config.ConnConfig.RuntimeParams["idle_in_transaction_session_timeout"] = idleInTransaction
	if config.ConnConfig.RuntimeParams["application_name"] == "" {
		config.ConnConfig.RuntimeParams["application_name"] = "gin-shop"
	}
	pool, err := pgxpool.NewWithConfig(context.Background(), config)
	if err != nil {
		return nil, err
	}
	return &database{pool}, nil
}

func (d *database) close() {
	if d != nil {
		d.pool.Close()
	}
}

// add keeps an order, and enqueues its job.
func (d *database) add(ctx context.Context, order Order) error {
	ctx, cancel := context.WithTimeout(ctx, queryPatience)
	defer cancel()
	_, err := d.pool.Exec(ctx, `
		WITH placed AS (
			INSERT INTO orders (id, customer, items, total_cents, placed_at) VALUES ($1, $2, $3, $4, $5) RETURNING id
		)
		INSERT INTO jobs (order_id) SELECT id FROM placed`,
		order.ID, order.Customer, order.Items, order.TotalCents, order.PlacedAt)
	return err
}

func (d *database) find(ctx context.Context, id string) (Order, bool, error) {
	ctx, cancel := context.WithTimeout(ctx, queryPatience)
	defer cancel()
	order := Order{ID: id}
	err := d.pool.QueryRow(ctx, `SELECT customer, items, total_cents, placed_at FROM orders WHERE id = $1`, id).
		Scan(&order.Customer, &order.Items, &order.TotalCents, &order.PlacedAt)
	if errors.Is(err, pgx.ErrNoRows) {
		return Order{}, false, nil
	}
	order.PlacedAt = order.PlacedAt.UTC()
	return order, err == nil, err
}

// doNext takes the oldest job that nobody has in hand, and does it: an invoice is written for its order. prepare
// happens in the middle, while the job is in hand; if it fails, the job is free again. false: there was none.
func (d *database) doNext(ctx context.Context, who identity, prepare func(context.Context) error) (bool, error) {
	found := false
	err := pgx.BeginFunc(ctx, d.pool, func(tx pgx.Tx) error {
		var job int64
		err := tx.QueryRow(ctx, `
			SELECT id FROM jobs WHERE done_at IS NULL ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED`).Scan(&job)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		found = true
		if err := d.noteAttempt(ctx, job, who); err != nil {
			return err
		}
		if err := prepare(ctx); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `
			WITH done AS (UPDATE jobs SET done_at = now() WHERE id = $1 RETURNING id, order_id)
			INSERT INTO invoices (job_id, total_cents, release, version, instance)
			SELECT done.id, orders.total_cents, $2, $3, $4 FROM done JOIN orders ON orders.id = done.order_id`,
			job, who.release, who.version, who.instance)
		return err
	})
	return found, err
}

// noteAttempt is not part of the job's transaction: it stays when that does not come to its end.
func (d *database) noteAttempt(ctx context.Context, job int64, who identity) error {
	_, err := d.pool.Exec(ctx, `INSERT INTO attempts (job_id, release, version, instance) VALUES ($1, $2, $3, $4)`,
		job, who.release, who.version, who.instance)
	return err
}
