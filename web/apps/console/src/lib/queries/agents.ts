import { queryOptions } from "@tanstack/react-query"
import { unwrap } from "@tradertape/api/client.ts"
import * as api from "@tradertape/api/generated/sdk.gen.ts"
import type {
  AgentInstanceOut,
  AgentsOut,
  LeaseOut,
  SnapshotDetailOut,
  SnapshotOut,
} from "@tradertape/api/generated/types.gen.ts"

export type AgentsPage = AgentsOut
export type AgentInstance = AgentInstanceOut
export type AgentLease = LeaseOut
export type AgentSnapshot = SnapshotOut
export type AgentSnapshotDetail = SnapshotDetailOut

const POLL_MS = 10_000

/** The person's agents, what they have in hand, and what they last sent. */
export const agentsQuery = queryOptions({
  queryKey: ["agents"],
  queryFn: ({ signal }) => unwrap(api.showAgents({ signal })),
  refetchInterval: POLL_MS,
})

/** What a snapshot holds. */
export const snapshotQuery = (id: number) =>
  queryOptions({
    queryKey: ["agents", "snapshot", id],
    queryFn: ({ signal }) => unwrap(api.showSnapshot({ signal, path: { snapshot_id: id } })),
  })

export const agentCalls = {
  setObfuscation: (enabled: boolean) => unwrap(api.setObfuscation({ body: { enabled } })),
  release: (leaseId: number) => unwrap(api.releaseLease({ path: { lease_id: leaseId } })),
  offerToken: (broker: string, token: string) =>
    unwrap(api.offerToken({ body: { broker, request_token: token } })),
}
