// Command xdsclient asks istiod what it would give proxies, without any Envoy.
//
//	xdsclient ADDRESS < proxies.json
//
// Its input is a list of proxies; its output is one JSON object per proxy, in the same order, with the
// clusters, listeners, routes and endpoints that istiod gives it. istiod does not ask for credentials on
// its plaintext port, which is why a client can speak for any proxy.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"sync"
	"time"

	core "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/structpb"

	_ "istio.io/istio/pkg/config/xds" // the types of Envoy's filters, to print them by name
)

// Proxy is what istiod needs to know of a proxy to tell which configuration is its own.
type Proxy struct {
	Name           string            `json:"name"`
	Namespace      string            `json:"namespace"`
	IP             string            `json:"ip"`
	ServiceAccount string            `json:"serviceAccount"`
	Labels         map[string]string `json:"labels"`
	Gateway        bool              `json:"gateway"`
}

// Answer is everything that istiod gives one proxy, or why it could not be asked.
type Answer struct {
	Proxy     string            `json:"proxy"`
	Error     string            `json:"error,omitempty"`
	Clusters  []json.RawMessage `json:"clusters"`
	Listeners []json.RawMessage `json:"listeners"`
	Routes    []json.RawMessage `json:"routes"`
	Endpoints []json.RawMessage `json:"endpoints"`
}

func main() {
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(address string) error {
	var proxies []Proxy
	if err := json.NewDecoder(os.Stdin).Decode(&proxies); err != nil {
		return err
	}
	large := grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(256 << 20))
	connection, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()), large)
	if err != nil {
		return err
	}
	defer connection.Close()

	answers := make([]Answer, len(proxies))
	var all sync.WaitGroup
	atOnce := make(chan struct{}, 16)
	for i, proxy := range proxies {
		all.Go(func() {
			atOnce <- struct{}{}
			defer func() { <-atOnce }()
			ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
			defer cancel()
			answers[i] = ask(ctx, connection, proxy)
		})
	}
	all.Wait()
	output := json.NewEncoder(os.Stdout)
	for _, answer := range answers {
		if err := output.Encode(answer); err != nil {
			return err
		}
	}
	return nil
}

// node introduces a proxy as pilot-agent would.
func node(proxy Proxy) (*core.Node, error) {
	kind := "sidecar"
	if proxy.Gateway {
		kind = "router"
	}
	labels := map[string]any{}
	for key, value := range proxy.Labels {
		labels[key] = value
	}
	metadata, err := structpb.NewStruct(map[string]any{
		"NAMESPACE":       proxy.Namespace,
		"NAME":            proxy.Name,
		"SERVICE_ACCOUNT": proxy.ServiceAccount,
		"LABELS":          labels,
		"CLUSTER_ID":      "Kubernetes",
		"INSTANCE_IPS":    proxy.IP,
		"GENERATOR":       "",
	})
	if err != nil {
		return nil, err
	}
	id := fmt.Sprintf("%s~%s~%s.%s~%s.svc.cluster.local", kind, proxy.IP, proxy.Name, proxy.Namespace, proxy.Namespace)
	return &core.Node{Id: id, Metadata: metadata}, nil
}
