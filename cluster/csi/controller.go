package main

import (
	"context"
	"os"
	"sync"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

const (
	mebibyte    = int64(1) << 20
	defaultSize = 1024 * mebibyte
	// XFS makes none smaller.
	smallestSize = 300 * mebibyte
)

// controller creates, attaches and grows volumes.
type controller struct {
	csi.UnimplementedControllerServer
	array *array
	// Held while a record is read and written again.
	mutex sync.Mutex
}

func (*controller) ControllerGetCapabilities(
	context.Context, *csi.ControllerGetCapabilitiesRequest,
) (*csi.ControllerGetCapabilitiesResponse, error) {
	response := &csi.ControllerGetCapabilitiesResponse{}
	for _, capability := range []csi.ControllerServiceCapability_RPC_Type{
		csi.ControllerServiceCapability_RPC_CREATE_DELETE_VOLUME,
		csi.ControllerServiceCapability_RPC_PUBLISH_UNPUBLISH_VOLUME,
		csi.ControllerServiceCapability_RPC_CREATE_DELETE_SNAPSHOT,
		csi.ControllerServiceCapability_RPC_CLONE_VOLUME,
		csi.ControllerServiceCapability_RPC_EXPAND_VOLUME,
		csi.ControllerServiceCapability_RPC_MODIFY_VOLUME,
		csi.ControllerServiceCapability_RPC_SINGLE_NODE_MULTI_WRITER,
	} {
		response.Capabilities = append(response.Capabilities, &csi.ControllerServiceCapability{
			Type: &csi.ControllerServiceCapability_Rpc{Rpc: &csi.ControllerServiceCapability_RPC{Type: capability}},
		})
	}
	return response, nil
}

// CreateVolume makes a volume, once for each name: the name is the claim's identity, and becomes the volume's.
func (c *controller) CreateVolume(
	_ context.Context, request *csi.CreateVolumeRequest,
) (*csi.CreateVolumeResponse, error) {
	if request.GetName() == "" {
		return nil, status.Error(codes.InvalidArgument, "a volume needs a name")
	}
	if err := checkCapabilities(request.GetVolumeCapabilities()); err != nil {
		return nil, err
	}
	size, err := sizeFor(request.GetCapacityRange())
	if err != nil {
		return nil, err
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	existing, err := c.array.volume(request.GetName())
	if err == nil {
		if existing.SizeBytes != size {
			return nil, status.Errorf(codes.AlreadyExists, "volume %s exists with %d bytes, not %d",
				existing.ID, existing.SizeBytes, size)
		}
		return created(existing, request), nil
	}
	if status.Code(err) != codes.NotFound {
		return nil, err
	}
	source, sourceID, err := c.source(request.GetVolumeContentSource(), size)
	if err != nil {
		return nil, err
	}
	directory := c.array.volumeDirectory(request.GetName())
	if err := createDisk(directory, source, size); err != nil {
		return nil, err
	}
	made := &volume{
		ID: request.GetName(), SizeBytes: size, Source: sourceID, Attributes: request.GetMutableParameters(),
	}
	return created(made, request), write(directory, made)
}

// source finds the disk that a new volume starts from. It must fit: a file system does not survive being cut off.
func (c *controller) source(content *csi.VolumeContentSource, size int64) (path, id string, err error) {
	var sourceSize int64
	switch {
	case content.GetSnapshot() != nil:
		id = content.GetSnapshot().GetSnapshotId()
		found, err := c.array.snapshot(id)
		if err != nil {
			return "", "", err
		}
		path, sourceSize = disk(c.array.snapshotDirectory(id)), found.SizeBytes
	case content.GetVolume() != nil:
		id = content.GetVolume().GetVolumeId()
		found, err := c.array.volume(id)
		if err != nil {
			return "", "", err
		}
		path, sourceSize = disk(c.array.volumeDirectory(id)), found.SizeBytes
	default:
		return "", "", nil
	}
	if size < sourceSize {
		return "", "", status.Errorf(codes.OutOfRange, "a copy of %s needs at least its %d bytes, not %d",
			id, sourceSize, size)
	}
	return path, id, nil
}

func created(made *volume, request *csi.CreateVolumeRequest) *csi.CreateVolumeResponse {
	return &csi.CreateVolumeResponse{Volume: &csi.Volume{
		VolumeId: made.ID, CapacityBytes: made.SizeBytes, ContentSource: request.GetVolumeContentSource(),
	}}
}

// DeleteVolume deletes a volume; one that is gone already is a success, for the call may be a repetition.
func (c *controller) DeleteVolume(
	_ context.Context, request *csi.DeleteVolumeRequest,
) (*csi.DeleteVolumeResponse, error) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	found, err := c.array.volume(request.GetVolumeId())
	if err == nil && found.AttachedTo != "" {
		return nil, status.Errorf(codes.FailedPrecondition, "volume %s is attached to %s", found.ID, found.AttachedTo)
	}
	return &csi.DeleteVolumeResponse{}, os.RemoveAll(c.array.volumeDirectory(request.GetVolumeId()))
}

func (c *controller) ValidateVolumeCapabilities(
	_ context.Context, request *csi.ValidateVolumeCapabilitiesRequest,
) (*csi.ValidateVolumeCapabilitiesResponse, error) {
	if _, err := c.array.volume(request.GetVolumeId()); err != nil {
		return nil, err
	}
	if err := checkCapabilities(request.GetVolumeCapabilities()); err != nil {
		return &csi.ValidateVolumeCapabilitiesResponse{Message: err.Error()}, nil
	}
	return &csi.ValidateVolumeCapabilitiesResponse{
		Confirmed: &csi.ValidateVolumeCapabilitiesResponse_Confirmed{
			VolumeCapabilities: request.GetVolumeCapabilities(),
		},
	}, nil
}

// ControllerExpandVolume makes the disk larger; its node is then asked to let the file system follow.
func (c *controller) ControllerExpandVolume(
	_ context.Context, request *csi.ControllerExpandVolumeRequest,
) (*csi.ControllerExpandVolumeResponse, error) {
	size, err := sizeFor(request.GetCapacityRange())
	if err != nil {
		return nil, err
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	found, err := c.array.volume(request.GetVolumeId())
	if err != nil {
		return nil, err
	}
	if size > found.SizeBytes {
		if err := os.Truncate(disk(c.array.volumeDirectory(found.ID)), size); err != nil {
			return nil, err
		}
		found.SizeBytes = size
		if err := write(c.array.volumeDirectory(found.ID), found); err != nil {
			return nil, err
		}
	}
	return &csi.ControllerExpandVolumeResponse{CapacityBytes: found.SizeBytes, NodeExpansionRequired: true}, nil
}

// ControllerModifyVolume writes down what a VolumeAttributesClass asks for.
func (c *controller) ControllerModifyVolume(
	_ context.Context, request *csi.ControllerModifyVolumeRequest,
) (*csi.ControllerModifyVolumeResponse, error) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	found, err := c.array.volume(request.GetVolumeId())
	if err != nil {
		return nil, err
	}
	found.Attributes = request.GetMutableParameters()
	return &csi.ControllerModifyVolumeResponse{}, write(c.array.volumeDirectory(found.ID), found)
}

func sizeFor(wanted *csi.CapacityRange) (int64, error) {
	size := wanted.GetRequiredBytes()
	if size == 0 {
		size = defaultSize
	}
	// Disks come in whole mebibytes; the file system needs some room.
	size = max(smallestSize, (size+mebibyte-1)/mebibyte*mebibyte)
	if limit := wanted.GetLimitBytes(); limit != 0 && size > limit {
		return 0, status.Errorf(codes.OutOfRange, "no volume of at most %d bytes can be had", limit)
	}
	return size, nil
}

// checkCapabilities refuses what a disk that one node attaches cannot do.
func checkCapabilities(capabilities []*csi.VolumeCapability) error {
	if len(capabilities) == 0 {
		return status.Error(codes.InvalidArgument, "a volume needs a capability")
	}
	for _, capability := range capabilities {
		if capability.GetBlock() != nil {
			return status.Error(codes.InvalidArgument, "volumes are file systems here, not raw blocks")
		}
		switch mode := capability.GetAccessMode().GetMode(); mode {
		case csi.VolumeCapability_AccessMode_SINGLE_NODE_WRITER,
			csi.VolumeCapability_AccessMode_SINGLE_NODE_SINGLE_WRITER,
			csi.VolumeCapability_AccessMode_SINGLE_NODE_MULTI_WRITER,
			csi.VolumeCapability_AccessMode_SINGLE_NODE_READER_ONLY:
		default:
			return status.Errorf(codes.InvalidArgument, "one node at a time can use a volume, so not %v", mode)
		}
	}
	return nil
}
