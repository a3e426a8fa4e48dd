import type { AgentInstance, AgentSnapshot } from "@/lib/queries/agents"

export type Tone = "green" | "yellow" | "red" | "gray"

export interface Word {
  text: string
  tone: Tone
}

/** Whether an agent was heard of a moment ago. */
export function presenceOf(agent: Pick<AgentInstance, "online">): Word {
  return agent.online ? { text: "online", tone: "green" } : { text: "offline", tone: "red" }
}

/** How an agent places orders. */
export function executionOf(agent: Pick<AgentInstance, "auto_execute">): string {
  return agent.auto_execute ? "Places signals without asking" : "Asks before it places a signal"
}

/** The brokers of an agent, the one that places orders first. */
export function brokersOf(agent: Pick<AgentInstance, "brokers">): string {
  const sorted = [...agent.brokers].sort((one, other) => Number(other.primary) - Number(one.primary))
  const named = sorted.map(({ name, connected, primary }) => {
    const state = connected ? "" : " (not connected)"
    return `${name}${primary ? ", places orders" : ""}${state}`
  })
  return named.join("; ") || "none"
}

/** What the agent's comparison with the broker's book came to. */
export function driftOf(snapshot: Pick<AgentSnapshot, "drift_status" | "drift" | "symbols">): Word {
  const { drift_status: status, drift, symbols } = snapshot
  if (status === "ok") return { text: `no drift in ${symbols ?? 0} symbols`, tone: "green" }
  if (status === "drift") return { text: `${drift ?? 0} of ${symbols ?? 0} symbols differ`, tone: "yellow" }
  if (status === "stale") return { text: "not compared lately", tone: "yellow" }
  if (status === "broker_unavailable") return { text: "broker not reached", tone: "red" }
  return { text: "not compared", tone: "gray" }
}
