# What the project needs is Node 20 or later with npm, and Go for the Kubernetes API server that demo and tests run against.
# npm brings Node 24 itself on Linux; elsewhere the Node that is installed must be 22.19 or later.
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)
SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help demo test lint generate clean

help: ## Show this
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))
	@echo
	@echo 'Variables for demo and test:'
	@echo '  KEEP=1                                  demo: leave everything running until Ctrl-C'
	@echo '  E2E_AUTHENTIK_URL, E2E_AUTHENTIK_TOKEN  use this Authentik, with an administrator'"'"'s API token, instead of the stand-in'
	@echo '  E2E_SMTP_HOST, E2E_SMTP_PORT            mail server that this Authentik can reach, instead of our own on 127.0.0.1 …'
	@echo '  E2E_MAILS_FILE                          … and the file that it appends mails to: a JSON object a line, with "to" and "text"'
	@echo '  KUBEBUILDER_ASSETS                      folder with kube-apiserver and etcd, instead of building them once'
	@echo '  NO_COLOR=1                              no colours'

demo: node_modules/.package-lock.json ## Take the guide from two charts to a person who has signed up, and remove everything
	@exec node demo/main.ts

test: lint ## Check types, style, layers and dead code, and run all tests
	@exec npm test

lint: node_modules/.package-lock.json ## Check types, style, layers and dead code
	npm run typecheck
	npm run lint

generate: node_modules/.package-lock.json ## Write what is derived from the schemas and the charts: crds, docs, deploy
	npm run generate

clean: ## Remove what was built here; node_modules and the built API server in the user's cache stay
	rm -rf dist coverage .cache

# npm writes this file last; it is older than package-lock.json after a pull that changed that.
node_modules/.package-lock.json: package-lock.json
	@echo 'Installing the npm packages (a minute) …'
	@npm ci --no-audit --no-fund
	@touch $@
