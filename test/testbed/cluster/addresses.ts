/**
 * The addresses of one cluster, all within its own network namespace. They differ between clusters, so
 * that the pods of two can be joined by a route later.
 */
export interface Addresses {
  node: string
  pods: string
  services: string
  kubernetesService: string
  dnsService: string
}

export function addressesOf(index: number): Addresses {
  return {
    node: `10.213.${index}.1`,
    pods: `10.244.${index}.0/24`,
    services: `10.96.${index}.0/24`,
    kubernetesService: `10.96.${index}.1`,
    dnsService: `10.96.${index}.10`,
  }
}
