package main

// The HTTP API. Every answer, errors included, says which version gave it: in the header X-Shop-Version, and as
// "version" in its JSON.

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
)

const (
	versionHeader = "X-Shop-Version"
	maxBodyBytes  = 16 << 10
)

// shop is one running instance.
type shop struct {
	version  string
	instance string
	faults   Faults
	sabotage *sabotage
	orders   ledger
	log      *slog.Logger
}

// ledger keeps orders: a book in memory, or a database.
type ledger interface {
	add(context.Context, Order) error
	find(ctx context.Context, id string) (Order, bool, error)
}

func newShop(version, instance string, faults Faults, log *slog.Logger) *shop {
	return &shop{
		version:  version,
		instance: instance,
		faults:   faults,
		sabotage: newSabotage(faults),
		orders:   newOrderBook(maxOrders),
		log:      log,
	}
}

func (s *shop) handler() http.Handler {
	gin.SetMode(gin.ReleaseMode)
	router := gin.New()
	router.HandleMethodNotAllowed = true
	router.RedirectTrailingSlash = false // a redirect would not name the version
	router.Use(s.nameVersion, s.logFailures, gin.CustomRecovery(func(c *gin.Context, _ any) {
		s.refuse(c, http.StatusInternalServerError, "internal error")
	}))
	router.NoRoute(func(c *gin.Context) { s.refuse(c, http.StatusNotFound, "no such route") })
	router.NoMethod(func(c *gin.Context) { s.refuse(c, http.StatusMethodNotAllowed, "method not allowed") })

	router.GET("/healthz", s.getHealth)
	router.GET("/version", s.getVersion)

	business := router.Group("/", s.misbehave)
	business.GET("/products", s.listProducts)
	business.GET("/products/:id", s.getProduct)
	business.POST("/orders", s.placeOrder)
	business.GET("/orders/:id", s.getOrder)
	return router
}

func (s *shop) getHealth(c *gin.Context) {
	if s.faults.Unhealthy {
		s.refuse(c, http.StatusServiceUnavailable, "unhealthy")
		return
	}
	s.answer(c, http.StatusOK, gin.H{"status": "ok"})
}

func (s *shop) getVersion(c *gin.Context) {
	s.answer(c, http.StatusOK, gin.H{"instance": s.instance, "faults": s.faults.String()})
}

func (s *shop) listProducts(c *gin.Context) {
	s.answer(c, http.StatusOK, gin.H{"products": products})
}

func (s *shop) getProduct(c *gin.Context) {
	product, found := productByID[c.Param("id")]
	if !found {
		s.refuse(c, http.StatusNotFound, "no such product")
		return
	}
	s.answer(c, http.StatusOK, gin.H{"product": product})
}

func (s *shop) placeOrder(c *gin.Context) {
	var request OrderRequest
	if status, err := readJSON(c, &request); err != nil {
		s.refuse(c, status, err.Error())
		return
	}
	if problems := request.Problems(); len(problems) > 0 {
		s.refuse(c, http.StatusUnprocessableEntity, "the order cannot be placed", problems...)
		return
	}
	order := newOrder(request, time.Now())
	if err := s.orders.add(c.Request.Context(), order); err != nil {
		s.log.Error("an order was not kept", "error", err.Error())
		s.refuse(c, http.StatusServiceUnavailable, "the order cannot be kept now")
		return
	}
	c.Header("Location", "/orders/"+order.ID)
	s.answer(c, http.StatusCreated, gin.H{"order": order})
}

func (s *shop) getOrder(c *gin.Context) {
	order, found, err := s.orders.find(c.Request.Context(), c.Param("id"))
	switch {
	case err != nil:
		s.log.Error("an order was not read", "error", err.Error())
		s.refuse(c, http.StatusServiceUnavailable, "orders cannot be read now")
	case !found:
		s.refuse(c, http.StatusNotFound, "no such order")
	default:
		s.answer(c, http.StatusOK, gin.H{"order": order})
	}
}

// misbehave does what is wrong with this version to business requests; health and version stay as they are.
func (s *shop) misbehave(c *gin.Context) {
	if err := s.sabotage.strike(c.Request.Context()); err != nil {
		s.refuse(c, http.StatusInternalServerError, err.Error())
		return
	}
	if s.sabotage.loses() {
		s.refuse(c, http.StatusNotFound, "not found, as this version finds nothing")
	}
}

func (s *shop) nameVersion(c *gin.Context) {
	c.Header(versionHeader, s.version)
}

func (s *shop) logFailures(c *gin.Context) {
	c.Next()
	if status := c.Writer.Status(); status >= http.StatusInternalServerError {
		s.log.Error("request failed", "method", c.Request.Method, "path", c.Request.URL.Path, "status", status)
	}
}

func (s *shop) answer(c *gin.Context, status int, body gin.H) {
	body["version"] = s.version
	c.JSON(status, body)
}

func (s *shop) refuse(c *gin.Context, status int, message string, problems ...Problem) {
	body := gin.H{"error": message}
	if len(problems) > 0 {
		body["problems"] = problems
	}
	c.Abort()
	s.answer(c, status, body)
}

// readJSON reads the body, which must be exactly one JSON value without unknown fields; else it returns the status
// to refuse the request with.
func readJSON(c *gin.Context, into any) (int, error) {
	decoder := json.NewDecoder(http.MaxBytesReader(c.Writer, c.Request.Body, maxBodyBytes))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(into)
	if err == nil {
		if _, rest := decoder.Token(); rest != io.EOF {
			err = errors.New("more than one value")
		}
	}
	var tooLarge *http.MaxBytesError
	switch {
	case err == nil:
		return http.StatusOK, nil
	case errors.As(err, &tooLarge):
		return http.StatusRequestEntityTooLarge, errors.New("the body is too large")
	default:
		return http.StatusBadRequest, errors.New("the body is not the JSON that is expected: " + err.Error())
	}
}
