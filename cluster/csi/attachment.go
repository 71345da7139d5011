package main

import (
	"context"
	"time"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// ControllerPublishVolume attaches a volume to a node, and refuses while another has it.
func (c *controller) ControllerPublishVolume(
	_ context.Context, request *csi.ControllerPublishVolumeRequest,
) (*csi.ControllerPublishVolumeResponse, error) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	found, err := c.array.volume(request.GetVolumeId())
	if err != nil {
		return nil, err
	}
	if found.AttachedTo != "" && found.AttachedTo != request.GetNodeId() {
		return nil, status.Errorf(codes.FailedPrecondition, "volume %s is attached to %s", found.ID, found.AttachedTo)
	}
	found.AttachedTo = request.GetNodeId()
	return &csi.ControllerPublishVolumeResponse{}, write(c.array.volumeDirectory(found.ID), found)
}

// ControllerUnpublishVolume detaches a volume from a node, by force if the node still uses it: then it takes effect
// when the node can no longer write.
func (c *controller) ControllerUnpublishVolume(
	ctx context.Context, request *csi.ControllerUnpublishVolumeRequest,
) (*csi.ControllerUnpublishVolumeResponse, error) {
	id, node := request.GetVolumeId(), request.GetNodeId()
	begun, err := c.changeAttachment(id, detaching, func(attachedTo string) bool {
		return attachedTo == detaching || (attachedTo != "" && (node == "" || attachedTo == node))
	})
	if err != nil || !begun {
		return &csi.ControllerUnpublishVolumeResponse{}, err
	}
	for inUse(c.array.volumeDirectory(id)) {
		select {
		case <-ctx.Done():
			return nil, status.Errorf(codes.DeadlineExceeded, "volume %s is still in use", id)
		case <-time.After(50 * time.Millisecond):
		}
	}
	_, err = c.changeAttachment(id, "", func(attachedTo string) bool { return attachedTo == detaching })
	return &csi.ControllerUnpublishVolumeResponse{}, err
}

// changeAttachment writes down where a volume is attached, if what is written there now satisfies a condition, and
// tells whether it did. A volume that is gone satisfies none.
func (c *controller) changeAttachment(id, to string, condition func(attachedTo string) bool) (bool, error) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	found, err := c.array.volume(id)
	if status.Code(err) == codes.NotFound {
		return false, nil
	}
	if err != nil || !condition(found.AttachedTo) {
		return false, err
	}
	found.AttachedTo = to
	return true, write(c.array.volumeDirectory(id), found)
}
