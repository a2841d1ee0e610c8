package main

// What needs a PostgreSQL: SHOP_TEST_DATABASE_URL=postgres://… go test. Each test works in a schema of its own.

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/url"
	"os"
	"reflect"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

var tester = identity{"r1", "v1.2.3", "box-1"}

// testDatabase is empty. Its URL is for other processes.
func testDatabase(t *testing.T) (*database, string) {
	t.Helper()
	server := os.Getenv("SHOP_TEST_DATABASE_URL")
	if server == "" {
		t.Skip("SHOP_TEST_DATABASE_URL is not set")
	}
	admin, err := openDatabase(server)
	if err != nil {
		t.Fatal(err)
	}
	schema := fmt.Sprintf("shop_test_%d", rand.Uint32())
	if _, err := admin.pool.Exec(t.Context(), "CREATE SCHEMA "+schema); err != nil {
		t.Fatal(err)
	}
	address, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	query := address.Query()
	query.Set("search_path", schema)
	address.RawQuery = query.Encode()
	d, err := openDatabase(address.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		d.close()
		if _, err := admin.pool.Exec(context.Background(), "DROP SCHEMA "+schema+" CASCADE"); err != nil {
			t.Error(err)
		}
		admin.close()
	})
	return d, address.String()
}

func migrated(t *testing.T) (*database, string) {
	t.Helper()
	d, address := testDatabase(t)
	if _, err := d.migrateUp(t.Context(), migrations); err != nil {
		t.Fatal(err)
	}
	return d, address
}

func placeOrders(t *testing.T, d *database, count int) {
	t.Helper()
	for range count {
		order := newOrder(OrderRequest{Customer: "Ada", Items: []ItemRequest{{"compass", 1}}}, time.Now())
		if err := d.add(t.Context(), order); err != nil {
			t.Fatal(err)
		}
	}
}

func (d *database) count(t *testing.T, what string) int {
	t.Helper()
	var count int
	if err := d.pool.QueryRow(t.Context(), "SELECT count(*) FROM "+what).Scan(&count); err != nil {
		t.Fatal(err)
	}
	return count
}

func nothing(context.Context) error { return nil }

func TestMigrationsAreAppliedOnce(t *testing.T) {
	d, _ := testDatabase(t)
	var together sync.WaitGroup
	for range 3 {
		together.Go(func() {
			if _, err := d.migrateUp(t.Context(), migrations[:2]); err != nil {
				t.Error(err)
			}
		})
	}
	together.Wait()
	placeOrders(t, d, 1)
	for _, want := range []int{2, len(migrations)} {
		if before, err := d.migrateUp(t.Context(), migrations); err != nil || before != want {
			t.Errorf("from %d, %v, want from %d", before, err, want)
		}
	}
	if before, err := d.migrateUp(t.Context(), migrations[:1]); err != nil || before != len(migrations) {
		t.Errorf("an older release: from %d, %v, want the newer schema to stay", before, err)
	}
	if d.count(t, "orders") != 1 {
		t.Error("the order is gone")
	}
}

func TestAMigrationThatFailsChangesNothing(t *testing.T) {
	d, _ := migrated(t)
	bad := append(migrations[:len(migrations):len(migrations)], "CREATE TABLE half (id int)", "CREATE NONSENSE")
	if _, err := d.migrateUp(t.Context(), bad); err == nil || !strings.Contains(err.Error(), fmt.Sprint(len(bad))) {
		t.Errorf("%v, want an error that names version %d", err, len(bad))
	}
	if d.count(t, "information_schema.tables WHERE table_schema = current_schema() AND table_name = 'half'") != 0 {
		t.Error("half of it was done")
	}
}

func TestAnOrderInTheDatabaseCanBeReadByEveryInstance(t *testing.T) {
	d, _ := migrated(t)
	s := newShop("v1.2.3", "box-1", Faults{}, slog.New(slog.DiscardHandler))
	s.orders = d
	placed := ask(t, s.handler(), "POST", "/orders", goodOrder)
	if placed.status != 201 {
		t.Fatalf("%d %v", placed.status, placed.body)
	}
	read := ask(t, s.handler(), "GET", placed.header.Get("Location"), "")
	if read.status != 200 || !reflect.DeepEqual(read.body["order"], placed.body["order"]) {
		t.Errorf("%d %v, want %v", read.status, read.body, placed.body)
	}
	if got := ask(t, s.handler(), "GET", "/orders/unknown", ""); got.status != 404 {
		t.Errorf("unknown order: %d %v", got.status, got.body)
	}
	if d.count(t, "jobs WHERE done_at IS NULL") != 1 {
		t.Error("want one job for one order")
	}
}

func TestAShopWhoseDatabaseIsAwayIsHealthyAndRefusesOrders(t *testing.T) {
	d, err := openDatabase(nobodyThere)
	if err != nil {
		t.Fatal(err)
	}
	defer d.close()
	s := newShop("v1.2.3", "box-1", Faults{}, slog.New(slog.DiscardHandler))
	s.orders = d
	for request, want := range map[string]int{"GET /healthz": 200, "GET /products": 200, "POST /orders": 503, "GET /orders/x": 503} {
		method, path, _ := strings.Cut(request, " ")
		if got := ask(t, s.handler(), method, path, goodOrder); got.status != want {
			t.Errorf("%s: %d %v, want %d", request, got.status, got.body, want)
		}
	}
}

func TestWorkersNeverDoAJobTwice(t *testing.T) {
	const jobs = 60
	d, _ := migrated(t)
	placeOrders(t, d, jobs)
	var workers sync.WaitGroup
	for range 3 {
		workers.Go(func() {
			for {
				found, err := d.doNext(t.Context(), tester, nothing)
				if err != nil {
					t.Error(err)
				}
				if !found {
					return
				}
			}
		})
	}
	workers.Wait()
	for what, want := range map[string]int{
		"jobs WHERE done_at IS NOT NULL":             jobs,
		"invoices":                                   jobs,
		"(SELECT DISTINCT job_id FROM invoices) one": jobs,
		"attempts":                                   jobs,
		"invoices WHERE total_cents = 15900 AND release = 'r1'": jobs,
	} {
		if got := d.count(t, what); got != want {
			t.Errorf("%d %s, want %d", got, what, want)
		}
	}
}

func TestAJobThatFailsIsFreeAgainAndItsAttemptIsKnown(t *testing.T) {
	d, _ := migrated(t)
	placeOrders(t, d, 1)
	broken := errors.New("broken")
	if found, err := d.doNext(t.Context(), tester, func(context.Context) error { return broken }); !found || !errors.Is(err, broken) {
		t.Errorf("%v %v", found, err)
	}
	if d.count(t, "invoices") != 0 || d.count(t, "jobs WHERE done_at IS NULL") != 1 {
		t.Error("a job that failed is done")
	}
	if found, err := d.doNext(t.Context(), tester, nothing); !found || err != nil {
		t.Errorf("%v %v", found, err)
	}
	if d.count(t, "invoices") != 1 || d.count(t, "attempts") != 2 {
		t.Errorf("%d invoices after %d attempts, want 1 after 2", d.count(t, "invoices"), d.count(t, "attempts"))
	}
}

func TestOnSigtermTheJobInHandIsFinished(t *testing.T) {
	d, address := migrated(t)
	placeOrders(t, d, 3)
	p := launch(t, "worker", "DATABASE_URL="+address, "SHOP_RELEASE=r7", "SHOP_FAULTS=slow=1s")
	p.logged("working")
	for d.count(t, "attempts") == 0 {
		time.Sleep(time.Millisecond)
	}
	p.signal(syscall.SIGTERM)
	if code := p.exitCode(); code != exitDone {
		t.Errorf("exit code %d, want 0", code)
	}
	attempts, invoices := d.count(t, "attempts"), d.count(t, "invoices WHERE release = 'r7'")
	if attempts != invoices || attempts == 3 {
		t.Errorf("%d invoices after %d attempts, want as many, and jobs left", invoices, attempts)
	}
}

func TestAWorkerThatDiesOnSigtermLeavesItsJobToOthers(t *testing.T) {
	d, address := migrated(t)
	placeOrders(t, d, 1)
	p := launch(t, "worker", "DATABASE_URL="+address, "SHOP_FAULTS=slow=20s,die-on-sigterm")
	p.logged("working")
	for d.count(t, "attempts") == 0 {
		time.Sleep(time.Millisecond)
	}
	p.signal(syscall.SIGTERM)
	p.exitCode()
	for d.count(t, "invoices") == 0 { // the server needs a moment to hear of its death
		if _, err := d.doNext(t.Context(), tester, nothing); err != nil {
			t.Fatal(err)
		}
	}
	if d.count(t, "invoices") != 1 || d.count(t, "attempts") != 2 {
		t.Errorf("%d invoices after %d attempts, want 1 after 2", d.count(t, "invoices"), d.count(t, "attempts"))
	}
}

func TestAReportIsOneRow(t *testing.T) {
	d, address := migrated(t)
	placeOrders(t, d, 2)
	if _, err := d.doNext(t.Context(), tester, nothing); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{"DATABASE_URL": address, "SHOP_RELEASE": "r3"}
	var stdout, stderr strings.Builder
	if code := run([]string{"report"}, func(name string) string { return env[name] }, &stdout, &stderr); code != exitDone {
		t.Fatalf("exit code %d: %s%s", code, &stdout, &stderr)
	}
	if d.count(t, "reports") != 1 || d.count(t, "reports WHERE orders = 2 AND invoices = 1 AND total_cents = 15900 AND release = 'r3'") != 1 {
		t.Errorf("not the row that is wanted: %s", &stdout)
	}
	env["SHOP_FAULTS"] = "fail=100%"
	if code := run([]string{"report"}, func(name string) string { return env[name] }, &stdout, &stderr); code != exitFailed || d.count(t, "reports") != 1 {
		t.Errorf("a bad version: exit code %d, %d reports", code, d.count(t, "reports"))
	}
}
