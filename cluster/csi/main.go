// Command csi stands in for a cloud's disks on the test bed.
//
// A volume is a file on a storage array, a file system that every machine of the test bed has mounted. Attaching
// means writing down which node may use it; staging means mounting it there through a loop device. So volumes move
// between nodes, grow while they are used, and are snapshotted and cloned as those of a cloud are. The array shares
// blocks between files (XFS reflinks), which makes a snapshot instant and a point in time.
//
// The controller runs on the control plane, as a cloud's does: no node's failure takes it away.
package main

import (
	"context"
	"flag"
	"log"
	"net"
	"os"
	"path/filepath"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"google.golang.org/grpc"
)

// driverName is what claims' classes name as their provisioner.
const driverName = "csi-loop.stateful.test"

func main() {
	socket := flag.String("socket", "", "path of the Unix socket to serve on")
	directory := flag.String("array", "", "directory of the storage array")
	node := flag.String("node", "", "name of the node to serve; without it, this is the controller")
	registrations := flag.String("registrations", "", "directory where kubelet looks for new drivers")
	flag.Parse()

	array := &array{directory: *directory}
	server := grpc.NewServer(grpc.UnaryInterceptor(logFailures))
	csi.RegisterIdentityServer(server, &identity{})
	if *node == "" {
		csi.RegisterControllerServer(server, &controller{array: array})
	} else {
		plugin := &nodePlugin{array: array, node: *node}
		csi.RegisterNodeServer(server, plugin)
		go plugin.fenceForever()
		go register(*registrations, *socket)
	}
	log.Fatal(serve(server, *socket))
}

// serve listens on a Unix socket that an earlier run may have left behind.
func serve(server *grpc.Server, socket string) error {
	if err := os.MkdirAll(filepath.Dir(socket), 0o755); err != nil {
		return err
	}
	if err := os.RemoveAll(socket); err != nil {
		return err
	}
	listener, err := net.Listen("unix", socket)
	if err != nil {
		return err
	}
	return server.Serve(listener)
}

func logFailures(
	ctx context.Context, request any, call *grpc.UnaryServerInfo, handle grpc.UnaryHandler,
) (any, error) {
	response, err := handle(ctx, request)
	if err != nil {
		log.Printf("%s: %v", call.FullMethod, err)
	}
	return response, err
}
