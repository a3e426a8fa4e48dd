/** What a broker's page sends back with the browser. */

/** The query of the address that this document was opened with, before the router reads "012" as a number. */
const openedWith =
  typeof window === "undefined" ? null : { path: window.location.pathname, query: window.location.search }

/** The query with which a page was opened: as it was sent, if the document began at the page. */
export function queryOf(path: string, current: string): string {
  return openedWith?.path === path ? openedWith.query : current
}

export type Arrival =
  | { kind: "granted"; code: string; state: string }
  | { kind: "denied"; reason: string; state: string }
  | { kind: "incomplete" }

/** Brokers' names of the code, where the server does not tell its own. */
const CODES = ["request_token", "code"]
const REASONS = ["error_description", "error", "message"]
const DENIALS = new Set(["cancelled", "canceled", "denied", "error", "failed", "failure"])

/**
 * The code of a login that the person's agent completes: one that this server may not complete, because the
 * account is obfuscated, or that was begun on the agent, whose state begins with "agent.", or elsewhere, without a state.
 */
export function codeForAgent(
  query: string,
  parameter: string | undefined,
  me: { obfuscation: boolean; agent: { registered: boolean } },
): string | null {
  if (!me.agent.registered) return null
  const sent = new URLSearchParams(query)
  const names = parameter ? [parameter] : CODES
  const code = names.map((name) => sent.get(name)).find(Boolean)
  const state = sent.get("state") ?? ""
  return code && (me.obfuscation || !state || state.startsWith("agent.")) ? code : null
}

/** Read a callback's query. parameter: the broker's name of the code. */
export function arrivalOf(query: string, parameter: string | undefined): Arrival {
  const sent = new URLSearchParams(query)
  const first = (names: readonly string[]) => names.map((name) => sent.get(name)).find(Boolean) ?? ""
  const state = sent.get("state") ?? ""
  const code = first(parameter ? [parameter] : CODES)
  const isDenied = sent.has("error") || DENIALS.has((sent.get("status") ?? "").toLowerCase())
  if (isDenied) return { kind: "denied", reason: first(REASONS), state }
  return code && state ? { kind: "granted", code, state } : { kind: "incomplete" }
}
