.DEFAULT_GOAL := help
SHELL := /bin/bash
TOOLS := $(CURDIR)/.tools/bin
LINT_VERSION := v2.14.0
LINT := $(TOOLS)/golangci-lint
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)

.PHONY: help run keycloak build image check deploy-check vulncheck test fmt lint fuzz bench-lists bench-writes bench-journal bench-overhead bench-bulk bench-members bench-confined bench-decode conformance idp-report certify screenshots soak matrix size prose setup clean

help: ## show this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

run: ## try it: Keycloak, a tenant and the proxy on :8080, until Ctrl-C
	@go build -o bin/scim-proxy ./cmd/scim-proxy && exec ./bin/scim-proxy demo

KEYCLOAK := go build -o bin/keycloak ./cmd/scim-proxy/internal/kcserver/keycloak && exec ./bin/keycloak

keycloak: ## start a real Keycloak on a free port, until Ctrl-C
	@$(KEYCLOAK) run

build: ## build bin/scim-proxy
	go build -trimpath -ldflags "-s -w -X main.version=$(VERSION)" -o bin/scim-proxy ./cmd/scim-proxy

image: ## build the container image for amd64 and arm64 into bin/image (an OCI layout), without docker
	cd deploy && go run ./image -version $(VERSION) -revision "$$(git rev-parse HEAD)" -epoch "$$(git log -1 --format=%ct)"

check: lint size prose ## before every commit: format, vet, lint, sizes, prose, unit tests; no Keycloak
	go test -short ./...
	$(MAKE) deploy-check TESTFLAGS=-short
	$(MAKE) vulncheck

# deploy is a module of its own: its tests use Helm and the types of Kubernetes, and the program
# must not depend on them. No result is cached, because go test does not see that a test builds the
# program.
deploy-check: ## test what deploys the program: image, compose file, chart, packages
	cd deploy && go test -count=1 $(TESTFLAGS) ./...

vulncheck: ## known vulnerabilities of what the program calls; fails for those that go.mod can mend
	cd deploy && go run ./vulncheck

test: setup lint size prose ## everything: lint, race detector, fuzzers, tests on a real Keycloak; says first what it installs
	@echo "tests with a real Keycloak; each package has a line when it ends, and each test that takes 10 seconds"
	@go build -o bin/progress ./test/progress
	$(KEYCLOAK) exec -- ./test/all.sh
	$(MAKE) fuzz FUZZTIME=3000x

setup:
	@go build -o bin/keycloak ./cmd/scim-proxy/internal/kcserver/keycloak && ./test/setup.sh

fmt: ## format the code
	gofmt -w $$(git ls-files -co --exclude-standard '*.go')

lint: $(TOOLS)/golangci-lint-$(LINT_VERSION) ## format, vet for three systems, lint
	@bad=$$(gofmt -l $$(git ls-files -co --exclude-standard '*.go')); test -z "$$bad" || { echo "not formatted: $$bad"; exit 1; }
	go vet ./...
	GOOS=windows go vet ./...
	GOOS=darwin go vet ./...
	$(LINT) run --allow-parallel-runners ./...
	cd deploy && go vet ./... && $(LINT) run --allow-parallel-runners ./...

$(TOOLS)/golangci-lint-$(LINT_VERSION):
	@echo "installing golangci-lint $(LINT_VERSION) into $(TOOLS), once"
	GOBIN=$(TOOLS) go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(LINT_VERSION)
	@touch $@

FUZZTIME := 10s
# It builds only packages with a fuzz target, and fails if one does not build.
fuzz: ## every fuzz target for FUZZTIME (10s), or as often (3000x)
	@set -euo pipefail; \
	files=$$(grep -rl --include='*_test.go' '^func Fuzz' .); \
	for d in $$(dirname $$files | sort -u); do \
		targets=$$(go test -list '^Fuzz' $$d | grep '^Fuzz'); \
		for f in $$targets; do go test -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZTIME) $$d; done; \
	done

soak: ## mixed load while Keycloak, Redis and a proxy are killed in turn; 30 minutes, or SOAK=2h
	go test -race -count=1 -v -timeout 12h ./test/soak -soak $(or $(SOAK),30m)

matrix: ## the conversations with each store, on each release of Keycloak, and behind the shim; docs/proof.md
	./test/matrix.sh

idp-report: ## send the requests of identity providers to the proxy and to Keycloak itself; write the table in docs/idps.md
	$(KEYCLOAK) exec -- go test -run '^TestCorpus$$' -count=1 -timeout 20m ./test/ -report ../docs/idps.md

certify: ## check Keycloak itself and the proxy, tolerant and strict, by requirement; write the tables in docs/conformance.md; 2 minutes
	$(KEYCLOAK) exec -- go test -run '^TestCertify$$' -count=1 -timeout 20m ./test/ -certify ../docs/conformance.md

screenshots: ## make the pictures of README again
	$(KEYCLOAK) exec -- go test -run '^TestScreenshots$$' -count=1 ./test/browser -screenshots ../../docs/images

# docs/performance.md says what their tables mean.
BENCH := go test -run '^$$' -benchtime 1x -timeout 60m

bench-lists: ## compare lists of 2,000 and of 20,000 users with Keycloak's own, and memory; 10 minutes
	$(KEYCLOAK) exec -- $(BENCH) -bench '^BenchmarkLists$$' ./test/

bench-writes: ## compare GET, POST, PUT and PATCH with Keycloak's own, one and 16 at a time; 1 minute
	$(KEYCLOAK) exec -- $(BENCH) -bench '^BenchmarkWrites$$' ./test/

bench-journal: ## compare writes with the journal with the same without it; 1 minute
	$(KEYCLOAK) exec -- $(BENCH) -bench '^BenchmarkJournal$$' ./test/

bench-overhead: ## what the proxy adds in front of an instant Keycloak: time, processor, memory; 1 minute
	$(BENCH) -bench '^BenchmarkOverhead$$' ./test/

bench-bulk: ## compare 1,000 creates by bulk with single requests, also from far away; 5 minutes
	$(KEYCLOAK) exec -- $(BENCH) -bench '^BenchmarkBulk$$' ./test/

bench-members: ## compare a PUT of many members with the same change sent to Keycloak itself; 2 minutes
	$(KEYCLOAK) exec -- $(BENCH) -bench '^BenchmarkMembers$$' ./test/

bench-confined: ## compare look-ups and provisioning of a group tenant with its account's own requests; 5 minutes
	$(KEYCLOAK) exec -- $(BENCH) -bench '^BenchmarkConfined$$' ./test/

bench-decode: ## bytes, allocations and processor time per request, page of 100, and discovery document
	go test -run '^$$' -bench '^Benchmark(Decode|Page|Discovery|Request)$$' -benchtime 200x ./proxy

size: ## lines of each package without tests, the largest first; fails above 1,200 (scim: 2,300, proxy: 1,300)
	@./test/size.sh

prose: ## check comments, pages and messages: at most 100 columns, and no words that test/prose lists
	@go test ./test/prose -count=1 -run '^TestTree$$' -tree

conformance: ## run scim2-tester against the demo
	./test/conformance.sh

clean: ## remove built files, and the demo's data
	rm -rf bin .tools .demo
