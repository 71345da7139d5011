package main

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// array is the storage array: one directory for each volume and each snapshot. Only the controller changes the
// records; nodes read them, since to see them is what being attached to the array means.
type array struct {
	directory string
}

// volume is the record of a volume.
type volume struct {
	ID        string `json:"id"`
	SizeBytes int64  `json:"sizeBytes"`
	// Snapshot or volume that it was made from; empty for a blank one.
	Source string `json:"source,omitempty"`
	// Node that may use it; empty while it is attached to none.
	AttachedTo string `json:"attachedTo,omitempty"`
	// What a VolumeAttributesClass asked for. Nothing here enforces it.
	Attributes map[string]string `json:"attributes,omitempty"`
}

// snapshot is the record of a snapshot.
type snapshot struct {
	ID        string    `json:"id"`
	VolumeID  string    `json:"volumeId"`
	SizeBytes int64     `json:"sizeBytes"`
	Created   time.Time `json:"created"`
}

func (a *array) volumeDirectory(id string) string { return filepath.Join(a.directory, "volumes", id) }
func (a *array) snapshotDirectory(id string) string {
	return filepath.Join(a.directory, "snapshots", id)
}

// disk is the file that holds a volume's or a snapshot's blocks.
func disk(directory string) string { return filepath.Join(directory, "disk.img") }

func record(directory string) string { return filepath.Join(directory, "record.json") }

// volume reads a volume's record; a missing one is codes.NotFound, as the CSI asks.
func (a *array) volume(id string) (*volume, error) {
	found := &volume{}
	return found, read(a.volumeDirectory(id), "volume "+id, found)
}

func (a *array) snapshot(id string) (*snapshot, error) {
	found := &snapshot{}
	return found, read(a.snapshotDirectory(id), "snapshot "+id, found)
}

func read(directory, what string, into any) error {
	text, err := os.ReadFile(record(directory))
	if errors.Is(err, fs.ErrNotExist) {
		return status.Errorf(codes.NotFound, "there is no %s", what)
	}
	if err != nil {
		return err
	}
	return json.Unmarshal(text, into)
}

// write replaces a record in one step: a reader sees the old one or the new one.
func write(directory string, value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	if err := os.WriteFile(record(directory)+".new", text, 0o644); err != nil {
		return err
	}
	return os.Rename(record(directory)+".new", record(directory))
}

// createDisk makes a disk of the given size, blank or with another's content. The directory appears with its record
// only when write is called, so that a half-made one is made again.
func createDisk(directory, source string, sizeBytes int64) error {
	if err := os.RemoveAll(directory); err != nil {
		return err
	}
	if err := os.MkdirAll(directory, 0o755); err != nil {
		return err
	}
	if source != "" {
		// One step for the file system, so the copy is of one point in time even while the source is written to.
		if err := run("cp", "--reflink=always", source, disk(directory)); err != nil {
			return err
		}
	} else if err := os.WriteFile(disk(directory), nil, 0o600); err != nil {
		return err
	}
	return os.Truncate(disk(directory), sizeBytes)
}

// run runs a command; its error says what the command said.
func run(name string, args ...string) error {
	_, err := output(name, args...)
	return err
}

func output(name string, args ...string) (string, error) {
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		return "", status.Errorf(codes.Internal, "%s %v: %v: %s", name, args, err, out)
	}
	return string(out), nil
}
