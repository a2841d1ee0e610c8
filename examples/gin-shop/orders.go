package main

// Orders: what may be ordered, and a book of the latest ones. The book is in memory and bounded: when it is full
// the oldest order makes room.

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"sync"
	"time"
)

const (
	maxItemsPerOrder = 20
	maxQuantity      = 100
	maxCustomerBytes = 100
	maxOrders        = 10_000
	orderIDLength    = 16 // characters of 5 random bits
)

// OrderRequest is what a customer sends.
type OrderRequest struct {
	Customer string        `json:"customer"`
	Items    []ItemRequest `json:"items"`
}

// ItemRequest is one line of an OrderRequest.
type ItemRequest struct {
	ProductID string `json:"product_id"`
	Quantity  int    `json:"quantity"`
}

// Order is an accepted order, with the prices of the moment it was placed.
type Order struct {
	ID         string      `json:"id"`
	Customer   string      `json:"customer"`
	Items      []OrderItem `json:"items"`
	TotalCents int64       `json:"total_cents"`
	PlacedAt   time.Time   `json:"placed_at"`
}

// OrderItem is one line of an Order.
type OrderItem struct {
	ProductID  string `json:"product_id"`
	Quantity   int    `json:"quantity"`
	PriceCents int64  `json:"price_cents"` // of one
}

// Problem is one thing that is wrong with a request.
type Problem struct {
	Field   string `json:"field"`
	Message string `json:"message"`
}

// Problems lists everything that forbids the order; none means that it can be placed.
func (r OrderRequest) Problems() []Problem {
	var problems []Problem
	wrong := func(field, format string, args ...any) {
		problems = append(problems, Problem{Field: field, Message: fmt.Sprintf(format, args...)})
	}
	if customer := strings.TrimSpace(r.Customer); customer == "" || len(customer) > maxCustomerBytes {
		wrong("customer", "must have 1 to %d bytes", maxCustomerBytes)
	}
	if len(r.Items) == 0 || len(r.Items) > maxItemsPerOrder {
		wrong("items", "must have 1 to %d entries", maxItemsPerOrder)
		return problems
	}
	ordered := map[string]bool{}
	for i, item := range r.Items {
		field := fmt.Sprintf("items[%d]", i)
		if _, sold := productByID[item.ProductID]; !sold {
			wrong(field+".product_id", "there is no product %q", item.ProductID)
		} else if ordered[item.ProductID] {
			wrong(field+".product_id", "%q is ordered twice", item.ProductID)
		}
		ordered[item.ProductID] = true
		if item.Quantity < 1 || item.Quantity > maxQuantity {
			wrong(field+".quantity", "must be from 1 to %d", maxQuantity)
		}
	}
	return problems
}

// newOrder prices a request that has no problems.
func newOrder(request OrderRequest, now time.Time) Order {
	order := Order{
		ID:       strings.ToLower(rand.Text()[:orderIDLength]),
		Customer: strings.TrimSpace(request.Customer),
		PlacedAt: now.UTC().Truncate(time.Microsecond), // as exact as a database keeps it
	}
	for _, item := range request.Items {
		price := productByID[item.ProductID].PriceCents
		order.Items = append(order.Items, OrderItem{item.ProductID, item.Quantity, price})
		order.TotalCents += price * int64(item.Quantity)
	}
	return order
}

// orderBook keeps the latest orders, at most as many as ring has places. Safe for concurrent use.
type orderBook struct {
	mu   sync.Mutex
	byID map[string]Order
	ring []string // ids, oldest first from next on
	next int      // where the next id goes
}

func newOrderBook(places int) *orderBook {
	return &orderBook{byID: make(map[string]Order), ring: make([]string, places)}
}

func (b *orderBook) add(_ context.Context, order Order) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.byID, b.ring[b.next])
	b.byID[order.ID] = order
	b.ring[b.next] = order.ID
	b.next = (b.next + 1) % len(b.ring)
	return nil
}

func (b *orderBook) find(_ context.Context, id string) (Order, bool, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	order, found := b.byID[id]
	return order, found, nil
}
