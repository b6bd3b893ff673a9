//go:build tools

// Package tools makes `go mod tidy` keep what the two programs of the test bed need; nothing here is compiled.
package tools

import (
	_ "k8s.io/kubernetes/cmd/kube-apiserver/app"
	_ "k8s.io/kubernetes/cmd/kube-controller-manager/app"
)
