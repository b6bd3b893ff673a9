// Command etcd is etcd as released: its own module can't be installed by path, since it carries replace lines.
package main

import (
	"os"

	"go.etcd.io/etcd/server/v3/etcdmain"
)

func main() { etcdmain.Main(os.Args) }
