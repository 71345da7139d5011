package main

import (
	"context"
	"log"
	"path/filepath"

	"google.golang.org/grpc"
	registerapi "k8s.io/kubelet/pkg/apis/pluginregistration/v1"
)

// registration introduces the driver to kubelet, which finds it by a socket in its directory of registrations.
type registration struct {
	registerapi.UnimplementedRegistrationServer
	endpoint string
}

func register(directory, endpoint string) {
	server := grpc.NewServer()
	registerapi.RegisterRegistrationServer(server, &registration{endpoint: endpoint})
	log.Fatal(serve(server, filepath.Join(directory, driverName+"-reg.sock")))
}

func (r *registration) GetInfo(context.Context, *registerapi.InfoRequest) (*registerapi.PluginInfo, error) {
	return &registerapi.PluginInfo{
		Type:              registerapi.CSIPlugin,
		Name:              driverName,
		Endpoint:          r.endpoint,
		SupportedVersions: []string{"1.0.0"},
	}, nil
}

func (*registration) NotifyRegistrationStatus(
	_ context.Context, status *registerapi.RegistrationStatus,
) (*registerapi.RegistrationStatusResponse, error) {
	if !status.GetPluginRegistered() {
		log.Printf("kubelet refused this driver: %s", status.GetError())
	}
	return &registerapi.RegistrationStatusResponse{}, nil
}
