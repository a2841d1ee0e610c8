package main

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestAnOrderTakesThePricesOfTheCatalogue(t *testing.T) {
	placed := time.Date(2026, 4, 5, 12, 23, 45, 0, time.FixedZone("CEST", 2*60*60))
	order := newOrder(OrderRequest{Customer: " Ada ", Items: []ItemRequest{{"compass", 2}, {"fender", 3}}}, placed)
	if want := int64(2*15900 + 3*2190); order.TotalCents != want {
		t.Errorf("total %d, want %d", order.TotalCents, want)
	}
	if order.Customer != "Ada" {
		t.Errorf("customer %q, want it without spaces around", order.Customer)
	}
	if got := order.PlacedAt.Format(time.RFC3339); got != "2026-04-05T10:23:45Z" {
		t.Errorf("placed at %s, want UTC", got)
	}
	if other := newOrder(OrderRequest{}, placed); len(order.ID) != orderIDLength || order.ID == other.ID {
		t.Errorf("ids %q and %q, want two different ones", order.ID, other.ID)
	}
}

func TestProblemsOfAnOrder(t *testing.T) {
	good := []ItemRequest{{"compass", 1}}
	tooMany := make([]ItemRequest, maxItemsPerOrder+1)
	cases := []struct {
		name    string
		request OrderRequest
		fields  string
	}{
		{"good", OrderRequest{"Ada", []ItemRequest{{"compass", 1}, {"fender", maxQuantity}}}, ""},
		{"longest name", OrderRequest{strings.Repeat("a", maxCustomerBytes), good}, ""},
		{"no customer", OrderRequest{"  ", good}, "customer"},
		{"too long a name", OrderRequest{strings.Repeat("a", maxCustomerBytes+1), good}, "customer"},
		{"nothing", OrderRequest{}, "customer items"},
		{"too many items", OrderRequest{"Ada", tooMany}, "items"},
		{"unknown product", OrderRequest{"Ada", []ItemRequest{{"kraken", 1}}}, "items[0].product_id"},
		{"twice", OrderRequest{"Ada", []ItemRequest{{"compass", 1}, {"compass", 1}}}, "items[1].product_id"},
		{"none of it", OrderRequest{"Ada", []ItemRequest{{"compass", 0}}}, "items[0].quantity"},
		{"too much", OrderRequest{"Ada", []ItemRequest{{"compass", maxQuantity + 1}}}, "items[0].quantity"},
		{"all at once", OrderRequest{"", []ItemRequest{{"kraken", -1}, {"", 1}}},
			"customer items[0].product_id items[0].quantity items[1].product_id"},
	}
	for _, c := range cases {
		var fields []string
		for _, problem := range c.request.Problems() {
			fields = append(fields, problem.Field)
		}
		if got := strings.Join(fields, " "); got != c.fields {
			t.Errorf("%s: problems with %q, want %q", c.name, got, c.fields)
		}
	}
}

func TestAFullBookForgetsTheOldestOrder(t *testing.T) {
	book := newOrderBook(3)
	for i := range 5 {
		book.add(t.Context(), Order{ID: fmt.Sprint(i)})
	}
	for id, want := range map[string]bool{"0": false, "1": false, "2": true, "3": true, "4": true} {
		if _, found, _ := book.find(t.Context(), id); found != want {
			t.Errorf("order %s found: %v, want %v", id, found, want)
		}
	}
	if len(book.byID) != 3 {
		t.Errorf("%d orders kept, want 3", len(book.byID))
	}
}

func TestTheBookIsSafeForConcurrentUse(t *testing.T) {
	book := newOrderBook(100)
	var writers sync.WaitGroup
	for w := range 4 {
		writers.Go(func() {
			for i := range 200 {
				id := fmt.Sprintf("%d-%d", w, i)
				book.add(t.Context(), Order{ID: id})
				book.find(t.Context(), id)
			}
		})
	}
	writers.Wait()
	if len(book.byID) != 100 {
		t.Errorf("%d orders kept, want 100", len(book.byID))
	}
}
