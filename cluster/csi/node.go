package main

import (
	"context"
	"os"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"golang.org/x/sys/unix"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// nodePlugin mounts attached volumes on its node.
type nodePlugin struct {
	csi.UnimplementedNodeServer
	array *array
	node  string
}

func (n *nodePlugin) NodeGetInfo(context.Context, *csi.NodeGetInfoRequest) (*csi.NodeGetInfoResponse, error) {
	return &csi.NodeGetInfoResponse{NodeId: n.node}, nil
}

func (*nodePlugin) NodeGetCapabilities(
	context.Context, *csi.NodeGetCapabilitiesRequest,
) (*csi.NodeGetCapabilitiesResponse, error) {
	response := &csi.NodeGetCapabilitiesResponse{}
	for _, capability := range []csi.NodeServiceCapability_RPC_Type{
		csi.NodeServiceCapability_RPC_STAGE_UNSTAGE_VOLUME,
		csi.NodeServiceCapability_RPC_EXPAND_VOLUME,
		csi.NodeServiceCapability_RPC_GET_VOLUME_STATS,
		csi.NodeServiceCapability_RPC_SINGLE_NODE_MULTI_WRITER,
	} {
		response.Capabilities = append(response.Capabilities, &csi.NodeServiceCapability{
			Type: &csi.NodeServiceCapability_Rpc{Rpc: &csi.NodeServiceCapability_RPC{Type: capability}},
		})
	}
	return response, nil
}

// NodeStageVolume mounts a volume once on the node, with a new file system if it is blank.
func (n *nodePlugin) NodeStageVolume(
	_ context.Context, request *csi.NodeStageVolumeRequest,
) (*csi.NodeStageVolumeResponse, error) {
	found, err := n.array.volume(request.GetVolumeId())
	if err != nil {
		return nil, err
	}
	if found.AttachedTo != n.node {
		return nil, status.Errorf(codes.FailedPrecondition, "volume %s is not attached to %s", found.ID, n.node)
	}
	path := request.GetStagingTargetPath()
	if mounted, err := isMounted(path); mounted || err != nil {
		return &csi.NodeStageVolumeResponse{}, err
	}
	kind := request.GetVolumeCapability().GetMount().GetFsType()
	if kind == "" {
		kind = "xfs"
	}
	image := disk(n.array.volumeDirectory(found.ID))
	if err := ensureFileSystem(image, kind); err != nil {
		return nil, err
	}
	options := request.GetVolumeCapability().GetMount().GetMountFlags()
	if err := mountImage(image, path, kind, options); err != nil {
		return nil, err
	}
	// A copy may be larger than what it was made from.
	return &csi.NodeStageVolumeResponse{}, growFileSystem(path)
}

func (*nodePlugin) NodeUnstageVolume(
	_ context.Context, request *csi.NodeUnstageVolumeRequest,
) (*csi.NodeUnstageVolumeResponse, error) {
	return &csi.NodeUnstageVolumeResponse{}, unmount(request.GetStagingTargetPath())
}

// NodePublishVolume shows a staged volume to a pod.
func (*nodePlugin) NodePublishVolume(
	_ context.Context, request *csi.NodePublishVolumeRequest,
) (*csi.NodePublishVolumeResponse, error) {
	target := request.GetTargetPath()
	if mounted, err := isMounted(target); mounted || err != nil {
		return &csi.NodePublishVolumeResponse{}, err
	}
	if err := os.MkdirAll(target, 0o750); err != nil {
		return nil, err
	}
	if err := run("mount", "--bind", request.GetStagingTargetPath(), target); err != nil {
		return nil, err
	}
	if request.GetReadonly() {
		return &csi.NodePublishVolumeResponse{}, run("mount", "-o", "remount,bind,ro", target)
	}
	return &csi.NodePublishVolumeResponse{}, nil
}

func (*nodePlugin) NodeUnpublishVolume(
	_ context.Context, request *csi.NodeUnpublishVolumeRequest,
) (*csi.NodeUnpublishVolumeResponse, error) {
	if err := unmount(request.GetTargetPath()); err != nil {
		return nil, err
	}
	return &csi.NodeUnpublishVolumeResponse{}, os.RemoveAll(request.GetTargetPath())
}

// NodeExpandVolume lets the file system follow its disk, while it is in use.
func (n *nodePlugin) NodeExpandVolume(
	_ context.Context, request *csi.NodeExpandVolumeRequest,
) (*csi.NodeExpandVolumeResponse, error) {
	found, err := n.array.volume(request.GetVolumeId())
	if err != nil {
		return nil, err
	}
	path := request.GetStagingTargetPath()
	if path == "" {
		path = request.GetVolumePath()
	}
	return &csi.NodeExpandVolumeResponse{CapacityBytes: found.SizeBytes}, growFileSystem(path)
}

func (n *nodePlugin) NodeGetVolumeStats(
	_ context.Context, request *csi.NodeGetVolumeStatsRequest,
) (*csi.NodeGetVolumeStatsResponse, error) {
	var stats unix.Statfs_t
	if err := unix.Statfs(request.GetVolumePath(), &stats); err != nil {
		return nil, status.Errorf(codes.NotFound, "volume %s: %v", request.GetVolumeId(), err)
	}
	block := stats.Bsize
	return &csi.NodeGetVolumeStatsResponse{Usage: []*csi.VolumeUsage{
		{
			Unit:      csi.VolumeUsage_BYTES,
			Total:     int64(stats.Blocks) * block,
			Available: int64(stats.Bavail) * block,
			Used:      int64(stats.Blocks-stats.Bfree) * block,
		},
		{
			Unit:      csi.VolumeUsage_INODES,
			Total:     int64(stats.Files),
			Available: int64(stats.Ffree),
			Used:      int64(stats.Files - stats.Ffree),
		},
	}}, nil
}
