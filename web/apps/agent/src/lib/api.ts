/** The one door to the agent: proofs of the page and of the device, and errors with their reason. */

const DEVICE = "tradertape-agent-device"
const CHANGED_PROOF = 403

/** Why the agent did not do what was asked. status: 0 where it did not answer. */
export class AgentError extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

export interface Session {
  /** Proves that a page of this agent makes a request; another one after each start. */
  csrf: string
  /** The page is open on the agent's own machine. */
  is_local: boolean
  is_paired: boolean
  version: string | null
}

let csrf = ""

export const rememberDevice = (token: string) => localStorage.setItem(DEVICE, token)

function headersOf(body: unknown): Headers {
  const headers = new Headers({ "X-CSRF-Token": csrf })
  const device = localStorage.getItem(DEVICE)
  if (device) headers.set("X-Device-Token", device)
  if (body !== undefined) headers.set("Content-Type", "application/json")
  return headers
}

async function send(method: string, path: string, body: unknown, signal?: AbortSignal): Promise<Response> {
  const text = body === undefined ? undefined : JSON.stringify(body)
  try {
    return await fetch(path, { method, headers: headersOf(body), body: text, signal })
  } catch (error) {
    if (signal?.aborted) throw error
    throw new AgentError(0, "The agent does not answer. Is it running, and is this device in its network?")
  }
}

async function read<T>(answer: Response): Promise<T> {
  let found: unknown
  try {
    found = await answer.json()
  } catch {
    throw new AgentError(answer.status, `The agent answered ${answer.status} without a reason.`)
  }
  if (answer.ok) return found as T
  const detail = (found as { detail?: unknown }).detail
  throw new AgentError(
    answer.status,
    typeof detail === "string" ? detail : `The agent answered ${answer.status}.`,
  )
}

export async function readSession(signal?: AbortSignal): Promise<Session> {
  const found = await read<Session>(await send("GET", "/api/session", undefined, signal))
  csrf = found.csrf
  return found
}

export async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  return read<T>(await send("GET", path, undefined, signal))
}

/** Change something. The proof of a page is another one after a restart of the agent: it is renewed once. */
export async function change<T>(method: "POST" | "PUT" | "DELETE", path: string, body?: unknown): Promise<T> {
  const sent = csrf
  const answer = await send(method, path, body)
  if (answer.status !== CHANGED_PROOF) return read<T>(answer)
  await readSession()
  return read<T>(csrf === sent ? answer : await send(method, path, body))
}
