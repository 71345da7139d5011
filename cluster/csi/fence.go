package main

import (
	"errors"
	"log"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// detaching stands in a volume's record while it is being taken from its node.
const detaching = "(detaching)"

// fencedMark says that a loop device's file system can no longer write to the disk, though it may stay mounted.
func fencedMark(directory, device string) string {
	return filepath.Join(directory, "fenced-"+filepath.Base(device))
}

// inUse tells whether any node can still write to a disk. Loop devices belong to the kernel, which all the machines
// share, so this sees also those of a node that nobody can reach.
func inUse(directory string) bool {
	devices, err := output("losetup", "--noheadings", "--output=NAME", "--associated", disk(directory))
	if err != nil {
		return true
	}
	for _, device := range strings.Fields(devices) {
		if !exists(fencedMark(directory, device)) {
			return true
		}
	}
	return false
}

// fenceForever watches for volumes that were taken from this node while it has them mounted, as happens to a node
// that lost its network: a cloud's disk would be gone from under it, and its writes would fail. So they do here.
func (n *nodePlugin) fenceForever() {
	for range time.Tick(100 * time.Millisecond) {
		for _, mounted := range n.staged() {
			found, err := n.array.volume(mounted.volume)
			mark := fencedMark(n.array.volumeDirectory(mounted.volume), mounted.device)
			if err != nil || found.AttachedTo != detaching || exists(mark) {
				continue
			}
			if err := fence(mounted, mark); err != nil {
				log.Printf("taking %s away: %v", mounted.volume, err)
			}
		}
	}
}

// fence stops a mounted file system for good. What it still holds in the block device's cache is written out before
// the mark is set, for afterwards the disk is another node's.
func fence(mounted mountedVolume, mark string) error {
	if err := shutDown(mounted.path); err != nil {
		return err
	}
	if err := run("blockdev", "--flushbufs", mounted.device); err != nil {
		return err
	}
	log.Printf("took %s away", mounted.volume)
	return os.WriteFile(mark, nil, 0o644)
}

// shutDown stops a file system without letting it write another byte. One that was stopped before says so by EIO.
func shutDown(path string) error {
	root, err := os.Open(path)
	if errors.Is(err, unix.EIO) {
		return nil
	}
	if err != nil {
		return err
	}
	defer root.Close()
	const shutdown, withoutFlushing = 0x8004587d, 2 // FS_IOC_SHUTDOWN, FS_SHUTDOWN_FLAGS_NOLOGFLUSH
	err = unix.IoctlSetPointerInt(int(root.Fd()), shutdown, withoutFlushing)
	if errors.Is(err, unix.EIO) {
		return nil
	}
	return err
}

// mountedVolume is a volume that is mounted on this node.
type mountedVolume struct {
	volume, device, path string
}

// staged lists the volumes that are mounted on this node. kubelet's staging paths do not tell which they are, but
// the loop device's backing file does.
func (n *nodePlugin) staged() []mountedVolume {
	var found []mountedVolume
	table, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		return nil
	}
	for _, line := range strings.Split(string(table), "\n") {
		fields := strings.Fields(line)
		if len(fields) < 2 || !strings.HasPrefix(fields[0], "/dev/loop") || !strings.HasSuffix(fields[1], "/globalmount") {
			continue
		}
		backing, err := os.ReadFile("/sys/block/" + filepath.Base(fields[0]) + "/loop/backing_file")
		if err == nil {
			volume := filepath.Base(filepath.Dir(strings.TrimSpace(string(backing))))
			found = append(found, mountedVolume{volume: volume, device: fields[0], path: fields[1]})
		}
	}
	return found
}
