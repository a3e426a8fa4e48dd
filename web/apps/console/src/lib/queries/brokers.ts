import { queryOptions } from "@tanstack/react-query"
import { unwrap } from "@tradertape/api/client.ts"
import * as api from "@tradertape/api/generated/sdk.gen.ts"
import type {
  BrokerOut,
  CapabilitiesOut,
  OpenSessionWritable,
  PreferencesOut,
  SaveCredentialsWritable,
} from "@tradertape/api/generated/types.gen.ts"

export type BrokerRow = BrokerOut
export type BrokerCapabilities = CapabilitiesOut
export type Environment = BrokerOut["environment"]
export type Proof = BrokerOut["login"]["proofs"][number]
export type SessionProof = OpenSessionWritable

export type MailPreferences = PreferencesOut

const SANDBOX_BROKERS = ["kite", "upstox", "groww"] as const
const POLL_MS = 60_000

const path = (broker: string) => ({ broker })

/** Every broker, with the person's keys and session there. */
export const brokersQuery = queryOptions({
  queryKey: ["brokers"],
  queryFn: ({ signal }) => unwrap(api.listBrokers({ signal })),
  refetchInterval: POLL_MS,
})

/** The sandbox of this server, and the person's account there. */
export const sandboxQuery = queryOptions({
  queryKey: ["brokers", "sandbox"],
  queryFn: ({ signal }) => unwrap(api.readSandbox({ signal })),
})

/** Which mails about sessions at brokers the person gets. */
export const mailPreferencesQuery = queryOptions({
  queryKey: ["brokers", "preferences"],
  queryFn: ({ signal }) => unwrap(api.readPreferences({ signal })),
})

export const brokerCalls = {
  savePreferences: (body: MailPreferences) => unwrap(api.savePreferences({ body })),
  saveCredentials: (broker: string, body: SaveCredentialsWritable) =>
    unwrap(api.saveCredentials({ path: path(broker), body })),
  deleteCredentials: (broker: string) => unwrap(api.deleteCredentials({ path: path(broker) })),
  beginLogin: (broker: string) => unwrap(api.beginLogin({ path: path(broker) })),
  openSession: (broker: string, body: SessionProof) => unwrap(api.openSession({ path: path(broker), body })),
  signOut: (broker: string) => unwrap(api.endSession2({ path: path(broker) })),
  checkAddress: (broker: string) => unwrap(api.checkAddress({ path: path(broker) })),
  startSandbox: (broker: string) =>
    unwrap(api.setUpSandbox({ body: { broker: SANDBOX_BROKERS.find((one) => one === broker) } })),
}
