package main

import (
	"context"
	"os"
	"time"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// CreateSnapshot keeps what a volume holds at this moment, also while it is in use: what a server would find after
// losing its power now.
func (c *controller) CreateSnapshot(
	_ context.Context, request *csi.CreateSnapshotRequest,
) (*csi.CreateSnapshotResponse, error) {
	if request.GetName() == "" {
		return nil, status.Error(codes.InvalidArgument, "a snapshot needs a name")
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	existing, err := c.array.snapshot(request.GetName())
	if err == nil {
		if existing.VolumeID != request.GetSourceVolumeId() {
			return nil, status.Errorf(codes.AlreadyExists, "snapshot %s is one of %s", existing.ID, existing.VolumeID)
		}
		return &csi.CreateSnapshotResponse{Snapshot: described(existing)}, nil
	}
	if status.Code(err) != codes.NotFound {
		return nil, err
	}
	source, err := c.array.volume(request.GetSourceVolumeId())
	if err != nil {
		return nil, err
	}
	directory := c.array.snapshotDirectory(request.GetName())
	if err := createDisk(directory, disk(c.array.volumeDirectory(source.ID)), source.SizeBytes); err != nil {
		return nil, err
	}
	made := &snapshot{ID: request.GetName(), VolumeID: source.ID, SizeBytes: source.SizeBytes, Created: time.Now()}
	return &csi.CreateSnapshotResponse{Snapshot: described(made)}, write(directory, made)
}

func (c *controller) DeleteSnapshot(
	_ context.Context, request *csi.DeleteSnapshotRequest,
) (*csi.DeleteSnapshotResponse, error) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return &csi.DeleteSnapshotResponse{}, os.RemoveAll(c.array.snapshotDirectory(request.GetSnapshotId()))
}

func described(taken *snapshot) *csi.Snapshot {
	return &csi.Snapshot{
		SnapshotId:     taken.ID,
		SourceVolumeId: taken.VolumeID,
		SizeBytes:      taken.SizeBytes,
		CreationTime:   timestamppb.New(taken.Created),
		ReadyToUse:     true,
	}
}
