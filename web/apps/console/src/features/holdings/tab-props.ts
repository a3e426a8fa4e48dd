import type { Environment } from "@/lib/queries/brokers"

/** The broker whose rows are shown; all brokers if undefined. */
export interface TabProps {
  broker: string | undefined
  onBroker: (broker: string | undefined) => void
  /** Real and sandbox accounts are never shown or totalled together. */
  environment: Environment
}
