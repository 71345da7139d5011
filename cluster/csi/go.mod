// The test bed's stand-in for a cloud's disks: a CSI driver whose volumes are files that any node can attach.
module stateful.test/cluster/csi

go 1.24.0

require (
	github.com/container-storage-interface/spec v1.12.0
	golang.org/x/sys v0.36.0
	google.golang.org/grpc v1.75.1
	google.golang.org/protobuf v1.36.9
	k8s.io/kubelet v0.34.4
)

require (
	golang.org/x/net v0.41.0 // indirect
	golang.org/x/text v0.26.0 // indirect
	google.golang.org/genproto/googleapis/rpc v0.0.0-20250707201910-8d1bb00bc6a7 // indirect
)
