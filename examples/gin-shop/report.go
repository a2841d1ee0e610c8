package main

// The nightly report: one row, and an end.

import (
	"context"
	"time"
)

const reportPatience = time.Minute

func runReport(p program) error {
	ctx, cancel := context.WithTimeout(context.Background(), p.faults.Slow+reportPatience)
	defer cancel()
	if err := newSabotage(p.faults).strike(ctx); err != nil {
		return err
	}
	report, err := p.database.writeReport(ctx, p.who)
	if err != nil {
		return err
	}
	p.log.Info("reported", "orders", report.orders, "invoices", report.invoices, "total_cents", report.totalCents)
	return nil
}

type report struct{ orders, invoices, totalCents int64 }

func (d *database) writeReport(ctx context.Context, who identity) (report, error) {
	var written report
	err := d.pool.QueryRow(ctx, `
		INSERT INTO reports (release, orders, invoices, total_cents)
		SELECT $1, (SELECT count(*) FROM orders), count(*), coalesce(sum(total_cents), 0) FROM invoices
		RETURNING orders, invoices, total_cents`, who.release).
		Scan(&written.orders, &written.invoices, &written.totalCents)
	return written, err
}
