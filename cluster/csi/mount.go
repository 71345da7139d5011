package main

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// ensureFileSystem makes a file system on a blank disk. A disk that holds anything is left alone: whatever it is,
// it is somebody's data.
func ensureFileSystem(image, kind string) error {
	blank, err := isBlank(image)
	if err != nil || !blank {
		return err
	}
	switch kind {
	case "ext4":
		return run("mkfs.ext4", "-q", "-F", "-m", "0", "-E", "nodiscard,lazy_itable_init=1,lazy_journal_init=1", image)
	case "xfs":
		return run("mkfs.xfs", "-q", "-K", image)
	default:
		return status.Errorf(codes.InvalidArgument, "file systems are ext4 or xfs here, not %s", kind)
	}
}

func isBlank(image string) (bool, error) {
	err := exec.Command("blkid", "--probe", image).Run()
	var exit *exec.ExitError
	// blkid's way of saying that it recognises nothing.
	if errors.As(err, &exit) && exit.ExitCode() == 2 {
		return true, nil
	}
	return false, err
}

// mountImage mounts a disk through a loop device of its own, which goes when the last mount of it does. mount's own
// loop option would share the device of a node that the disk was taken from by force, and with it a dead file system.
func mountImage(image, path, kind string, options []string) error {
	if err := os.MkdirAll(path, 0o750); err != nil {
		return err
	}
	if kind == "xfs" {
		// A copy has the identity of what it was made from, and both may be in use here.
		options = append(options, "nouuid")
	}
	found, err := output("losetup", "--find", "--show", image)
	if err != nil {
		return err
	}
	device := strings.TrimSpace(found)
	// An earlier device of this name may have been fenced off; this one may write.
	if err := os.RemoveAll(fencedMark(filepath.Dir(image), device)); err != nil {
		return err
	}
	arguments := []string{"-t", kind}
	if len(options) > 0 {
		arguments = append(arguments, "-o", strings.Join(options, ","))
	}
	mountFailed := run("mount", append(arguments, device, path)...)
	// While it is mounted, this only says that the device is to go afterwards.
	return errors.Join(mountFailed, run("losetup", "--detach", device))
}

// growFileSystem makes the file system at a path as large as its disk.
func growFileSystem(path string) error {
	device, err := deviceAt(path)
	if err != nil {
		return err
	}
	if err := run("losetup", "--set-capacity", device); err != nil {
		return err
	}
	kind, err := output("findmnt", "--noheadings", "--output=FSTYPE", "--mountpoint", path)
	if err != nil {
		return err
	}
	if strings.TrimSpace(kind) == "xfs" {
		return run("xfs_growfs", path)
	}
	// Needs CAP_SYS_RESOURCE while it is mounted, where XFS does not: hence the class's default.
	return run("resize2fs", device)
}

// deviceAt is the loop device mounted at a path.
func deviceAt(path string) (string, error) {
	device, err := output("findmnt", "--noheadings", "--output=SOURCE", "--mountpoint", path)
	// Of a bind mount, findmnt adds the directory in brackets.
	device, _, _ = strings.Cut(strings.TrimSpace(device), "[")
	return device, err
}

func unmount(path string) error {
	if mounted, err := isMounted(path); !mounted || err != nil {
		return err
	}
	return run("umount", path)
}

func isMounted(path string) (bool, error) {
	table, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		return false, err
	}
	for _, line := range strings.Split(string(table), "\n") {
		if fields := strings.Fields(line); len(fields) > 1 && fields[1] == path {
			return true, nil
		}
	}
	return false, nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}
