package main

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

const goodOrder = `{"customer":"Ada","items":[{"product_id":"compass","quantity":2},{"product_id":"fender","quantity":1}]}`

// business are requests that reach each business route and that a good version answers well.
var business = []struct{ method, path, body string }{
	{"GET", "/products", ""},
	{"GET", "/products/compass", ""},
	{"POST", "/orders", goodOrder},
	{"GET", "/orders/first", ""},
}

func testShop(t *testing.T, spec string) *shop {
	t.Helper()
	faults, err := ParseFaults(spec)
	if err != nil {
		t.Fatal(err)
	}
	s := newShop("v1.2.3", "box-1", faults, slog.New(slog.DiscardHandler))
	s.orders.add(t.Context(), Order{ID: "first"})
	return s
}

type response struct {
	status int
	header http.Header
	body   map[string]any
}

func ask(t *testing.T, handler http.Handler, method, path, body string) response {
	t.Helper()
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body)))
	got := response{status: recorder.Code, header: recorder.Header()}
	if err := json.Unmarshal(recorder.Body.Bytes(), &got.body); err != nil {
		t.Fatalf("%s %s: answer is not JSON: %v: %s", method, path, err, recorder.Body)
	}
	return got
}

func TestAGoodVersionAnswersEveryRoute(t *testing.T) {
	handler := testShop(t, "").handler()
	for _, request := range business {
		if got := ask(t, handler, request.method, request.path, request.body); got.status >= 400 {
			t.Errorf("%s %s: %d %v", request.method, request.path, got.status, got.body)
		}
	}
	if got := ask(t, handler, "GET", "/healthz", ""); got.status != 200 || got.body["status"] != "ok" {
		t.Errorf("health: %d %v", got.status, got.body)
	}
	got := ask(t, handler, "GET", "/version", "")
	if got.status != 200 || got.body["version"] != "v1.2.3" || got.body["instance"] != "box-1" || got.body["faults"] != "none" {
		t.Errorf("version: %d %v", got.status, got.body)
	}
}

func TestEveryAnswerNamesItsVersion(t *testing.T) {
	requests := append(business[:len(business):len(business)], []struct{ method, path, body string }{
		{"GET", "/healthz", ""},
		{"GET", "/products/kraken", ""},
		{"POST", "/orders", "not JSON"},
		{"POST", "/orders", `{"customer":"Ada"}`},
		{"DELETE", "/products", ""},
		{"GET", "/nowhere", ""},
		{"GET", "/products/", ""},
	}...)
	for _, spec := range []string{"", "fail=100%", "unhealthy"} {
		handler := testShop(t, spec).handler()
		for _, request := range requests {
			got := ask(t, handler, request.method, request.path, request.body)
			if got.header.Get("X-Shop-Version") != "v1.2.3" || got.body["version"] != "v1.2.3" {
				t.Errorf("%s %s with %q: %d %v %v", request.method, request.path, spec, got.status, got.header, got.body)
			}
		}
	}
}

func TestTheCatalogueListsWhatCanBeOrdered(t *testing.T) {
	handler := testShop(t, "").handler()
	listed := ask(t, handler, "GET", "/products", "").body["products"].([]any)
	if len(listed) != len(productByID) {
		t.Fatalf("%d products listed, want %d with an id of their own", len(listed), len(productByID))
	}
	for _, entry := range listed {
		product := entry.(map[string]any)
		got := ask(t, handler, "GET", "/products/"+product["id"].(string), "")
		if one, _ := got.body["product"].(map[string]any); got.status != 200 || one["name"] != product["name"] || one["price_cents"].(float64) <= 0 {
			t.Errorf("%v: %d %v", product["id"], got.status, got.body)
		}
	}
	if got := ask(t, handler, "GET", "/products/kraken", ""); got.status != 404 {
		t.Errorf("unknown product: %d %v", got.status, got.body)
	}
}

func TestAnOrderThatWasPlacedCanBeRead(t *testing.T) {
	handler := testShop(t, "").handler()
	placed := ask(t, handler, "POST", "/orders", goodOrder)
	if placed.status != 201 {
		t.Fatalf("%d %v", placed.status, placed.body)
	}
	location := placed.header.Get("Location")
	read := ask(t, handler, "GET", location, "")
	order := read.body["order"].(map[string]any)
	if read.status != 200 || order["customer"] != "Ada" || order["total_cents"] != float64(2*15900+2190) || location != "/orders/"+order["id"].(string) {
		t.Errorf("%s: %d %v", location, read.status, read.body)
	}
	if got := ask(t, handler, "GET", "/orders/unknown", ""); got.status != 404 {
		t.Errorf("unknown order: %d %v", got.status, got.body)
	}
}

func TestABadOrderIsRefusedAndNotKept(t *testing.T) {
	cases := map[string]struct {
		body   string
		status int
	}{
		"empty":          {"", 400},
		"not JSON":       {"customer=Ada", 400},
		"cut":            {goodOrder[:len(goodOrder)-1], 400},
		"unknown field":  {`{"customer":"Ada","items":[{"product_id":"compass","quantity":1}],"discount":99}`, 400},
		"wrong type":     {`{"customer":"Ada","items":[{"product_id":"compass","quantity":"1"}]}`, 400},
		"two values":     {goodOrder + goodOrder, 400},
		"rest behind it": {goodOrder + "]", 400},
		"too large":      {`{"customer":"` + strings.Repeat("a", maxBodyBytes) + `"}`, 413},
		"not orderable":  {`{"customer":"Ada","items":[{"product_id":"kraken","quantity":0}]}`, 422},
	}
	for name, c := range cases {
		s := testShop(t, "")
		if got := ask(t, s.handler(), "POST", "/orders", c.body); got.status != c.status || got.body["error"] == "" {
			t.Errorf("%s: %d %v, want %d", name, got.status, got.body, c.status)
		}
		if len(s.orders.(*orderBook).byID) != 1 {
			t.Errorf("%s: the order was kept", name)
		}
	}
	got := ask(t, testShop(t, "").handler(), "POST", "/orders", cases["not orderable"].body)
	if problems := got.body["problems"].([]any); len(problems) != 2 {
		t.Errorf("problems %v, want the product and the quantity", problems)
	}
}

func TestUnknownRoutesAndMethods(t *testing.T) {
	handler := testShop(t, "fail=100%").handler()
	if got := ask(t, handler, "GET", "/nowhere", ""); got.status != 404 {
		t.Errorf("unknown route: %d", got.status)
	}
	if got := ask(t, handler, "DELETE", "/products", ""); got.status != 405 || got.header.Get("Allow") != "GET" {
		t.Errorf("unknown method: %d, Allow %q", got.status, got.header.Get("Allow"))
	}
}

func TestAFailingVersionFailsItsShareOfBusinessRequestsOnly(t *testing.T) {
	s := testShop(t, "fail=24%")
	s.sabotage.draw = rand.New(rand.NewPCG(1, 2)).Float64
	handler := s.handler()
	const rounds = 2_000
	failed := map[string]int{}
	for range rounds {
		for _, request := range business {
			got := ask(t, handler, request.method, request.path, request.body)
			if got.status == 500 {
				failed[request.path]++
			}
		}
		for _, path := range []string{"/healthz", "/version"} {
			if got := ask(t, handler, "GET", path, ""); got.status != 200 {
				t.Fatalf("%s: %d", path, got.status)
			}
		}
	}
	for _, request := range business {
		if share := float64(failed[request.path]) / rounds; share < 0.20 || share > 0.28 {
			t.Errorf("%s failed in %.1f %% of its requests, want about 24 %%", request.path, 100*share)
		}
	}
	if want := rounds - failed["/orders"] + 1; len(s.orders.(*orderBook).byID) != want {
		t.Errorf("%d orders kept, want %d: those that did not fail, and the first", len(s.orders.(*orderBook).byID), want)
	}
}

func TestAVersionThatFindsNothingAnswersItsShareOfBusinessRequestsWith404(t *testing.T) {
	s := testShop(t, "notfound=100%")
	handler := s.handler()
	for _, request := range business {
		got := ask(t, handler, request.method, request.path, request.body)
		if got.status != 404 || got.body["version"] != s.version {
			t.Errorf("%s %s: %d %v, want 404 from this version", request.method, request.path, got.status, got.body)
		}
	}
	for _, path := range []string{"/healthz", "/version"} {
		if got := ask(t, handler, "GET", path, ""); got.status != 200 {
			t.Errorf("%s: %d", path, got.status)
		}
	}
	s.sabotage.faults.NotFoundShare = 0.24
	for draw, want := range map[float64]int{0: 404, 0.239999: 404, 0.24: 200, 0.999999: 200} {
		s.sabotage.draw = func() float64 { return draw }
		if got := ask(t, handler, "GET", "/products", ""); got.status != want {
			t.Errorf("draw %v: %d, want %d", draw, got.status, want)
		}
	}
}

func TestASlowVersionDelaysBusinessRequestsOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		handler := testShop(t, "slow=1200ms").handler()
		took := func(method, path, body string) time.Duration {
			start := time.Now() // the clock of the bubble: exact
			if got := ask(t, handler, method, path, body); got.status >= 400 {
				t.Errorf("%s %s: %d %v", method, path, got.status, got.body)
			}
			return time.Since(start)
		}
		for _, request := range business {
			if got := took(request.method, request.path, request.body); got != 1200*time.Millisecond {
				t.Errorf("%s %s took %s", request.method, request.path, got)
			}
		}
		for _, path := range []string{"/healthz", "/version"} {
			if got := took("GET", path, ""); got != 0 {
				t.Errorf("%s took %s", path, got)
			}
		}
	})
}

func TestAnUnhealthyVersionStillServes(t *testing.T) {
	handler := testShop(t, "unhealthy").handler()
	if got := ask(t, handler, "GET", "/healthz", ""); got.status != 503 {
		t.Errorf("health: %d", got.status)
	}
	for _, request := range business {
		if got := ask(t, handler, request.method, request.path, request.body); got.status >= 400 {
			t.Errorf("%s %s: %d", request.method, request.path, got.status)
		}
	}
}

func TestFailedRequestsAreLogged(t *testing.T) {
	var lines bytes.Buffer
	s := testShop(t, "fail=100%")
	s.log = slog.New(slog.NewJSONHandler(&lines, nil))
	ask(t, s.handler(), "GET", "/products/compass?x=1", "")
	var line map[string]any
	if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
		t.Fatalf("%v in %q", err, lines.String())
	}
	if line["method"] != "GET" || line["path"] != "/products/compass" || line["status"] != float64(500) {
		t.Errorf("%v", line)
	}
}

func TestAPanicIsAnInternalError(t *testing.T) {
	s := testShop(t, "")
	s.orders = nil // whatever a bug may do
	if got := ask(t, s.handler(), "POST", "/orders", goodOrder); got.status != 500 || got.body["version"] != "v1.2.3" {
		t.Errorf("%d %v", got.status, got.body)
	}
}
