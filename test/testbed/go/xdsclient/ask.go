package main

import (
	"context"
	"encoding/json"

	cluster "github.com/envoyproxy/go-control-plane/envoy/config/cluster/v3"
	core "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	listener "github.com/envoyproxy/go-control-plane/envoy/config/listener/v3"
	hcm "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/http_connection_manager/v3"
	discovery "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/anypb"
)

const (
	types         = "type.googleapis.com/envoy.config."
	clusterType   = types + "cluster.v3.Cluster"
	listenerType  = types + "listener.v3.Listener"
	routeType     = types + "route.v3.RouteConfiguration"
	endpointsType = types + "endpoint.v3.ClusterLoadAssignment"
)

type stream = grpc.BidiStreamingClient[discovery.DiscoveryRequest, discovery.DiscoveryResponse]

// ask goes through the conversation of a proxy that has just started: clusters and listeners first, then
// the endpoints and routes that those name. It acknowledges nothing, as it only reads each answer once.
func ask(ctx context.Context, connection *grpc.ClientConn, proxy Proxy) Answer {
	answer := Answer{Proxy: proxy.Name + "." + proxy.Namespace}
	if err := answer.fill(ctx, connection, proxy); err != nil {
		answer.Error = err.Error()
	}
	return answer
}

func (a *Answer) fill(ctx context.Context, connection *grpc.ClientConn, proxy Proxy) error {
	self, err := node(proxy)
	if err != nil {
		return err
	}
	conversation, err := discovery.NewAggregatedDiscoveryServiceClient(connection).StreamAggregatedResources(ctx)
	if err != nil {
		return err
	}
	clusters, err := get(conversation, self, clusterType, nil)
	if err != nil {
		return err
	}
	endpoints, err := get(conversation, nil, endpointsType, namesOfEndpoints(clusters))
	if err != nil {
		return err
	}
	listeners, err := get(conversation, nil, listenerType, nil)
	if err != nil {
		return err
	}
	routes, err := get(conversation, nil, routeType, namesOfRoutes(listeners))
	if err != nil {
		return err
	}
	for _, part := range []struct {
		to   *[]json.RawMessage
		from []*anypb.Any
	}{{&a.Clusters, clusters}, {&a.Endpoints, endpoints}, {&a.Listeners, listeners}, {&a.Routes, routes}} {
		if *part.to, err = asJSON(part.from); err != nil {
			return err
		}
	}
	return conversation.CloseSend()
}

// get asks for resources of one type and waits for the first answer of that type.
func get(conversation stream, self *core.Node, kind string, names []string) ([]*anypb.Any, error) {
	// Asking for no names means all of them, where there are none to ask for.
	byName := kind == endpointsType || kind == routeType
	if byName && len(names) == 0 {
		return nil, nil
	}
	request := &discovery.DiscoveryRequest{Node: self, TypeUrl: kind, ResourceNames: names}
	if err := conversation.Send(request); err != nil {
		return nil, err
	}
	for {
		response, err := conversation.Recv()
		if err != nil {
			return nil, err
		}
		if response.TypeUrl == kind {
			return response.Resources, nil
		}
	}
}

func namesOfEndpoints(resources []*anypb.Any) (names []string) {
	for _, resource := range resources {
		found := &cluster.Cluster{}
		if resource.UnmarshalTo(found) != nil || found.GetType() != cluster.Cluster_EDS {
			continue
		}
		name := found.GetEdsClusterConfig().GetServiceName()
		if name == "" {
			name = found.Name
		}
		names = append(names, name)
	}
	return names
}

func namesOfRoutes(resources []*anypb.Any) (names []string) {
	seen := map[string]bool{"": true}
	for _, resource := range resources {
		found := &listener.Listener{}
		if resource.UnmarshalTo(found) != nil {
			continue
		}
		chains := found.FilterChains
		if found.DefaultFilterChain != nil {
			chains = append(chains, found.DefaultFilterChain)
		}
		for _, chain := range chains {
			for _, filter := range chain.Filters {
				manager := &hcm.HttpConnectionManager{}
				if filter.GetTypedConfig().UnmarshalTo(manager) != nil {
					continue
				}
				if name := manager.GetRds().GetRouteConfigName(); !seen[name] {
					seen[name] = true
					names = append(names, name)
				}
			}
		}
	}
	return names
}

func asJSON(resources []*anypb.Any) ([]json.RawMessage, error) {
	values := []json.RawMessage{}
	for _, resource := range resources {
		message, err := resource.UnmarshalNew()
		if err != nil {
			return nil, err
		}
		value, err := protojson.MarshalOptions{UseProtoNames: true}.Marshal(message)
		if err != nil {
			return nil, err
		}
		values = append(values, value)
	}
	return values, nil
}
