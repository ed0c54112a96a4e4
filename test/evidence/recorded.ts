/**
 * Lines as Envoys of the testbed wrote them (Istio 1.31, its own text and JSON formats). The server's pod is
 * 10.244.2.4, its mesh client 10.244.2.5, a client without a sidecar 10.244.2.7, and the node answers for 10.244.2.1.
 */
export const serverText = `2026-11-25T19:06:39.948814Z\tinfo\tReadiness succeeded in 755.603709ms
[2026-11-25T19:06:40.523Z] "GET /mtls HTTP/1.1" 200 - via_upstream - "-" 0 391 2 1 "-" "-" "dc400caf-0b34-477e-8bff-bb49b66451a9" "server.shop" "10.244.2.4:8080" inbound|8080|| 127.0.0.6:52422 10.244.2.4:8080 10.244.2.5:40384 outbound_.80_._.server.shop.svc.cluster.local default
[2026-11-25T19:06:40.751Z] "GET /plain HTTP/1.1" 200 - via_upstream - "-" 0 164 2 1 "-" "-" "b6a2278c-febe-4342-905f-028b61799a63" "server.shop" "10.244.2.4:8080" inbound|8080|| 127.0.0.6:52422 10.244.2.4:8080 10.244.2.7:54768 - default
[2026-11-25T19:06:40.964Z] "GET /host HTTP/1.1" 200 - via_upstream - "-" 0 163 3 2 "-" "-" "73f12abd-556e-44cb-ba6c-6e470200a979" "server.shop" "10.244.2.4:8080" inbound|8080|| 127.0.0.6:52430 10.244.2.4:8080 10.244.2.1:13036 - default
[2026-11-25T19:06:41.945Z] "GET / HTTP/1.1" 200 - via_upstream - "-" 0 351 2 1 "203.0.113.9, 10.244.2.5" "a" "id" "h" "u" inbound|8080|| 127.0.0.6:1 10.244.2.4:8080 10.244.2.5:5 outbound_.80_._.server.shop.svc.cluster.local default" "fcca80a3-5137-41de-9c0f-396c43f5a41b" "server.shop" "10.244.2.4:8080" inbound|8080|| 127.0.0.6:52430 10.244.2.4:8080 10.244.2.5:0 - default
[2026-11-25T19:06:42.166Z] "- - -" 0 NR filter_chain_not_found - "-" 0 0 0 - "-" "-" "-" "-" "-" - - 10.244.2.4:8080 10.244.2.7:54792 foo.example -
`

export const storeText = `[2026-11-25T19:06:41.376Z] "- - -" 0 - - - "-" 59 246 14 - "-" "-" "-" "-" "10.244.2.6:8080" inbound|8080|| 127.0.0.6:42242 10.244.2.6:8080 10.244.2.7:59168 - -
[2026-11-25T19:06:41.698Z] "- - -" 0 - - - "-" 58 245 21 - "-" "-" "-" "-" "10.244.2.6:8080" inbound|8080|| 127.0.0.6:42254 10.244.2.6:8080 10.244.2.5:59122 outbound_.80_._.tcps.shop.svc.cluster.local -
`

/** Of the mesh client's own proxy: what it sends. */
export const outboundText = `[2026-11-25T19:06:40.519Z] "GET /mtls HTTP/1.1" 200 - via_upstream - "-" 0 391 6 5 "-" "-" "dc400caf-0b34-477e-8bff-bb49b66451a9" "server.shop" "10.244.2.4:8080" outbound|80||server.shop.svc.cluster.local 10.244.2.5:40384 10.96.2.170:80 10.244.2.5:54582 - default
[2026-11-25T19:06:41.696Z] "- - -" 0 - - - "-" 58 245 23 - "-" "-" "-" "-" "10.244.2.6:8080" outbound|80||tcps.shop.svc.cluster.local 10.244.2.5:59122 10.96.2.115:80 10.244.2.5:45988 - -
`

export const serverJson = `app URL path = /
{"authority":"server.shop","bytes_received":0,"bytes_sent":391,"connection_termination_details":null,"downstream_local_address":"10.244.2.4:8080","downstream_remote_address":"10.244.2.5:49570","duration":11,"method":"GET","path":"/mtls","protocol":"HTTP/1.1","request_id":"5ce99534-c6b7-4342-bbbc-d1e6fdcfd802","requested_server_name":"outbound_.80_._.server.shop.svc.cluster.local","response_code":200,"response_code_details":"via_upstream","response_flags":"-","route_name":"default","start_time":"2026-11-25T19:03:34.806Z","upstream_cluster":"inbound|8080||","upstream_host":"10.244.2.4:8080","upstream_local_address":"127.0.0.6:37844","upstream_service_time":"10","upstream_transport_failure_reason":null,"user_agent":null,"x_forwarded_for":null}
{"authority":"server.shop","bytes_received":0,"bytes_sent":164,"connection_termination_details":null,"downstream_local_address":"10.244.2.4:8080","downstream_remote_address":"10.244.2.7:60158","duration":2,"method":"GET","path":"/plain","protocol":"HTTP/1.1","request_id":"acbd12e4-afb0-469d-b4f6-7c4674501fa7","requested_server_name":null,"response_code":200,"response_code_details":"via_upstream","response_flags":"-","route_name":"default","start_time":"2026-11-25T19:03:35.934Z","upstream_cluster":"inbound|8080||","upstream_host":"10.244.2.4:8080","upstream_local_address":"127.0.0.6:37844","upstream_service_time":"1","upstream_transport_failure_reason":null,"user_agent":null,"x_forwarded_for":null}
{"authority":"server.shop","bytes_received":0,"bytes_sent":203,"connection_termination_details":null,"downstream_local_address":"10.244.2.4:8080","downstream_remote_address":"10.244.9.9:0","duration":2,"method":"GET","path":"/","protocol":"HTTP/1.1","request_id":"9dedcc85-0328-4634-8567-9fc774dfbd69","requested_server_name":null,"response_code":200,"response_code_details":"via_upstream","response_flags":"-","route_name":"default","start_time":"2026-11-25T19:02:56.991Z","upstream_cluster":"inbound|8080||","upstream_host":"10.244.2.4:8080","upstream_local_address":"127.0.0.6:49906","upstream_service_time":"1","upstream_transport_failure_reason":null,"user_agent":null,"x_forwarded_for":"203.0.113.9, 10.244.9.9"}
{"authority":null,"bytes_received":0,"bytes_sent":0,"connection_termination_details":null,"downstream_local_address":"10.244.2.4:8080","downstream_remote_address":"10.244.2.7:42206","duration":0,"method":null,"path":null,"protocol":null,"request_id":null,"requested_server_name":null,"response_code":0,"response_code_details":"filter_chain_not_found","response_flags":"NR","route_name":null,"start_time":"2026-11-25T19:03:41.661Z","upstream_cluster":null,"upstream_host":null,"upstream_local_address":null,"upstream_service_time":null,"upstream_transport_failure_reason":null,"user_agent":null,"x_forwarded_for":null}
`
