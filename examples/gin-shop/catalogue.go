package main

// The catalogue: what the shop sells. It does not change while the process runs.

// Product is one thing to buy. Prices are whole cents.
type Product struct {
	ID         string `json:"id"`
	Name       string `json:"name"`
	PriceCents int64  `json:"price_cents"`
}

var products = []Product{
	{"anchor-chain", "Anchor chain, 20 m", 18900},
	{"barometer", "Brass barometer", 12450},
	{"bilge-pump", "Bilge pump", 5990},
	{"binoculars", "Binoculars 7x50", 23900},
	{"boat-hook", "Telescopic boat hook", 3490},
	{"compass", "Steering compass", 15900},
	{"fender", "Fender, medium", 2190},
	{"flare-kit", "Flare kit", 7990},
	{"life-jacket", "Life jacket 150 N", 9990},
	{"mooring-line", "Mooring line, 12 m", 4290},
	{"propeller", "Three-blade propeller", 64900},
	{"sextant", "Sextant", 48900},
}

var productByID = func() map[string]Product {
	byID := make(map[string]Product, len(products))
	for _, product := range products {
		byID[product.ID] = product
	}
	return byID
}()
