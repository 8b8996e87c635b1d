# Everything one does with Usher. Settings are given on the command line or in the environment:
#   make run PORT=9000 ORDER_TTL=1m
.DEFAULT_GOAL := help
SHELL := /bin/bash

export HOST PORT DATA ORDER_TTL MAX_HOLDS MAX_RESERVATIONS PRICE_CAP_PERCENT OPERATORS IDLE LOG_LEVEL JWT_SECRET_KEY TICKET_KEY STRIPE_SECRET_KEY STRIPE_PUBLISHABLE_KEY STRIPE_WEBHOOK_SECRET
export SMTP_HOST SMTP_PORT SMTP_USER SMTP_PASSWORD SMTP_FROM SMTP_TLS

modules := events shared functions knative ui
packages := $(modules:%=./%/...)
build := .build

##@ Use it

.PHONY: run
run: web ## Run everything on this machine: http://127.0.0.1:8080. Ctrl-C stops it, running it again goes on
	@go build -o $(build)/local ./knative/cmd/local
	@exec $(build)/local

.PHONY: demo
demo: ## Fill the running system with LISTINGS=300 that look like those of people
	@go run ./knative/cmd/demo -url 'http://$(or $(HOST),127.0.0.1):$(or $(PORT),8080)' -listings '$(or $(LISTINGS),300)'

.PHONY: clean
clean: ## Forget all data of the local system, and what was built
	rm -rf $(or $(DATA),.usher) $(build) ui/web/dist

##@ Work on it

.PHONY: test
test: lint test-go test-e2e test-web ## All fast tests; installs what they need

.PHONY: test-go
test-go: dynalite $(build)/stripe-mock ## Unit and contract tests of every module
	@DYNALITE=$(CURDIR)/knative/dynamodb/dynalite STRIPE_MOCK=$(CURDIR)/$(build)/stripe-mock go test $$(go list $(packages) | grep -v /e2e$$)

.PHONY: test-e2e
test-e2e: ## The promises from outside: real processes, HTTP only
	go test -count=1 -timeout 15m ./knative/e2e

.PHONY: test-web
test-web: web ## The web client's types, logic and style
	cd ui/web && npm run check && npm test

.PHONY: test-browser
test-browser: web ## The web client in headless Chromium against the real system; installs Chromium where it may
	@command -v chromium >/dev/null || { [ "$$(id -u)" = 0 ] && apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium; }
	cd ui/web && npm run e2e

.PHONY: race
race: ## The unit tests again under the race detector (needs a C compiler)
	go test -race -timeout 15m $$(go list $(packages) | grep -v /e2e$$)

.PHONY: lint
lint: $(build)/golangci-lint ## go vet and golangci-lint over every module
	@go vet $(packages)
	@for m in $(modules); do (cd $$m && $(CURDIR)/$(build)/golangci-lint run ./...) || exit 1; done

.PHONY: lint-workflows
lint-workflows: ## Check the GitHub workflows
	@cd .ci/actionlint && GOWORK=off go build -o $(CURDIR)/$(build)/actionlint github.com/rhysd/actionlint/cmd/actionlint
	@$(build)/actionlint

.PHONY: audit
audit: audit-go audit-npm ## Known vulnerabilities in what we depend on; asks vuln.go.dev and the npm registry

.PHONY: audit-go
audit-go:
	@cd .ci/tools && GOWORK=off go build -o $(CURDIR)/$(build)/govulncheck golang.org/x/vuln/cmd/govulncheck
	@for m in $(modules); do (cd $$m && $(CURDIR)/$(build)/govulncheck ./...) || exit 1; done

.PHONY: audit-npm
audit-npm: | node
	cd ui/web && npm audit --package-lock-only --omit=dev
	cd ui/web && npm audit --package-lock-only --audit-level=high

.PHONY: simulate
simulate: ## The rules under random failures: SEEDS=100000 simulated worlds; a failing one is printed and replays exactly
	go run ./functions/simulation/cmd/simulate -seeds $(or $(SEEDS),100000)

.PHONY: mutants
mutants: ## Break the rules on purpose, one by one: the simulation must notice each
	cd functions && go run ./simulation/cmd/mutants

.PHONY: chaos
chaos: ## Trade while everything is killed by turns, for MINUTES=10; then every promise is held to what is left
	CHAOS_MINUTES=$(or $(MINUTES),10) go test -count=1 -timeout 120m -run 'TestChaos$$' -v ./knative/e2e

.PHONY: races
races: ## RACES=500 payments against expiry, and as many against cancellation
	RACES=$(or $(RACES),500) go test -count=1 -timeout 60m -run 'TestPayRaces$$' -v ./knative/e2e

.PHONY: ledger
ledger: ## The Broker alone: EVENTS=100000 while each of its parts is killed ten times; then LENGTH=30s of ten times what it takes
	USHER_BROKER_LEDGER=$(or $(EVENTS),100000) USHER_BROKER_OVERLOAD=$(or $(LENGTH),30s) \
	  go test -count=1 -timeout 60m -run 'TestLedger$$|TestOverload$$' -v ./knative/broker/dataplane

.PHONY: fuzz
fuzz: ## Feed every parser with surprises, each for FUZZTIME=1m (ONLY=knative/dynamodb: some); what breaks one is kept in its testdata
	@grep -ro '^func Fuzz[A-Za-z0-9]*' --include='*_test.go' --exclude-dir=node_modules $(or $(ONLY),$(modules)) | sort | \
	while IFS=: read -r file target; do \
	  echo "$$(dirname $$file) $${target#func }"; \
	  go test -run '^$$' -fuzz "^$${target#func }$$" -fuzztime $(or $(FUZZTIME),1m) ./$$(dirname $$file) </dev/null || exit 1; \
	done

.PHONY: fuzz-api
fuzz-api: ## Ask the whole API what its OpenAPI document says, and what it does not, for LENGTH=30m (SEED=1: those requests again)
	FUZZ_API=$(or $(LENGTH),30m) SEED=$(SEED) go test -count=1 -timeout 300m -run 'TestFuzzAPI$$' -v ./knative/e2e

.PHONY: generate
generate: ## Write what is derived: event schemas, the gateway's routes, the references of events and of the API
	go generate ./events ./ui/openapi
	go run ./knative/internal/routes knative/base

.PHONY: verify-manifests
verify-manifests: ## What a cluster would say of the manifests, without one: Knative's own types, defaults and validation (part of make test)
	go test -count=1 ./knative/overlays ./knative/broker/config ./knative/local/manifest

.PHONY: bench
bench: web ## Measure everything against what is to be reached: one table, and JSON in .build/bench.json (ONLY=purchase|store|broker…)
	@go run ./knative/internal/bench -only '$(ONLY)' -json $(build)/bench.json

.PHONY: saturate
saturate: ## Raise the load until each part of the local system does no more, and name what is busy then
	go test -run '^$$' -bench 'Saturation$$' -benchtime 1x -timeout 60m -v ./knative/e2e

.PHONY: bench-compare
bench-compare: web ## Measure another commit beside this one: BASE=v1.0.0 [ONLY=purchase]
	@[ -n '$(BASE)' ] || { echo 'Say with what to compare: make bench-compare BASE=HEAD~1' >&2; exit 1; }
	@go run ./knative/internal/bench -only '$(ONLY)' -base '$(BASE)'

##@ Put it on a cluster (knative/OPERATIONS.md)

OVERLAY ?= dev
export OVERLAY KO_DOCKER_REPO PUBLIC_URL
# ko by itself looks for .ko.yaml.
export KO_CONFIG_PATH := $(CURDIR)/ko.yaml
# In the cluster's own network nothing can be fetched: what ko builds is fetched, and compiled, before.
compiled := CGO_ENABLED=0 go build -trimpath ./functions/... ./knative/... ./ui/...

.PHONY: deploy
deploy: web ## ko apply onto the cluster of KUBECONFIG, or of make cluster: KO_DOCKER_REPO=registry.example.com/usher OVERLAY=dev|production|test
	@$(compiled)
	@knative/cluster/run.sh knative/cluster/deploy.sh

.PHONY: undeploy
undeploy: ## Take it away again; the data of volumes stays
	@knative/cluster/run.sh knative/cluster/deploy.sh undeploy

.PHONY: images
images: web ## Build all images with ko, with their SBOMs, push them to KO_DOCKER_REPO, and print their sizes
	@$(compiled)
	@knative/cluster/run.sh knative/cluster/images.sh

.PHONY: cluster
cluster: ## A real Kubernetes with Knative on this machine (Linux, root): no Docker, no image pulled; the first time takes half an hour
	@knative/cluster/up.sh

.PHONY: cluster-down
cluster-down: ## End it; binaries and images are kept in ~/.cache/usher/cluster
	@knative/cluster/down.sh

.PHONY: test-knative
test-knative: web ## Deploy onto that cluster, or onto the one of KUBECONFIG, and hold the product to its promises there
	@$(compiled)
	@go test -c -o $(build)/e2e.test ./knative/e2e
	@knative/cluster/run.sh knative/cluster/test.sh

##@ Look into it

.PHONY: dead-letters
dead-letters: ## Events that could not be delivered, in a running system (ARGS="show ID", "replay ID", "drop ID"; default: list)
	@port=$$(sed -n 's/.*"broker": *\([0-9]*\).*/\1/p' $(or $(DATA),.usher)/ports.json 2>/dev/null); \
	[ -n "$$port" ] || { echo 'There is no local system in $(or $(DATA),.usher): start one with make run.' >&2; exit 1; }; \
	go run ./knative/cmd/dead-letters -broker-url "http://127.0.0.1:$$port" $(or $(ARGS),list)

.PHONY: help
help: ## This list
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z0-9-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@printf '\nSettings of make run, as NAME=value behind it or in the environment\n'
	@printf '  %-24s %s\n' \
	  'PORT=8080' 'the port to listen on' \
	  'HOST=127.0.0.1' 'the address to listen on' \
	  'DATA=.usher' 'the folder that keeps everything' \
	  'ORDER_TTL=15m' 'how long a reserved ticket waits to be paid' \
	  'MAX_HOLDS=4' 'how many unpaid orders one person may have at once' \
	  'MAX_RESERVATIONS=30' 'how many orders one person may begin within ORDER_TTL; 0 is any number' \
	  'PRICE_CAP_PERCENT=' 'how much of its face value a ticket may cost at most, such as 120; unset: any price' \
	  'OPERATORS=' 'the ids of the accounts that run the place, separated by commas' \
	  'IDLE=60s' 'how long a function stays up without work' \
	  'LOG_LEVEL=info' 'debug, info, warn or error' \
	  'STRIPE_SECRET_KEY=' 'with STRIPE_PUBLISHABLE_KEY and STRIPE_WEBHOOK_SECRET: use Stripe, not the test double'

# The web client is built when its sources changed.
web_sources := $(shell find ui/web ui/openapi -type f -not -path '*/node_modules/*' -not -path '*/dist/*' -not -name schema.d.ts 2>/dev/null)

.PHONY: web
web: ui/web/dist/index.html

ui/web/dist/index.html: $(web_sources) ui/web/node_modules/.package-lock.json
	@cd ui/web && npm run --silent build

ui/web/node_modules/.package-lock.json: ui/web/package.json ui/web/package-lock.json | node
	@cd ui/web && npm ci --no-audit --no-fund --loglevel=error

.PHONY: dynalite
dynalite: knative/dynamodb/dynalite/node_modules/.package-lock.json

knative/dynamodb/dynalite/node_modules/.package-lock.json: knative/dynamodb/dynalite/package.json knative/dynamodb/dynalite/package-lock.json | node
	@cd knative/dynamodb/dynalite && npm ci --no-audit --no-fund --loglevel=error

.PHONY: node
node:
	@command -v npm >/dev/null || { echo 'Node.js (20.19 or later, with npm) is needed to build the web client: install it from https://nodejs.org and try again.' >&2; exit 1; }

# The linter has a module of its own, so that its dependencies are not the product's.
$(build)/golangci-lint: .ci/tools/go.mod .ci/tools/go.sum
	cd .ci/tools && GOWORK=off go build -o $(CURDIR)/$(build)/golangci-lint github.com/golangci/golangci-lint/v2/cmd/golangci-lint

# Stripe's own mock server, which a test holds our requests to.
$(build)/stripe-mock: .ci/stripe-mock/go.mod .ci/stripe-mock/go.sum
	cd .ci/stripe-mock && GOWORK=off go build -o $(CURDIR)/$(build)/stripe-mock github.com/stripe/stripe-mock
