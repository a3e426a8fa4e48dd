/** The one door to the server: JSON in, JSON out, refusals as ApiError. */

export interface Complaint {
  pointer: string
  message: string
}

export class ApiError extends Error {
  readonly status: number
  readonly code: string
  readonly requestId: string
  readonly complaints: Complaint[]

  constructor(status: number, message: string, code: string, requestId: string, complaints: Complaint[]) {
    super(message)
    this.name = "ApiError"
    this.status = status
    this.code = code
    this.requestId = requestId
    this.complaints = complaints
  }
}

export type Query = Record<string, string | number | boolean | null | undefined>

interface Asked {
  query?: Query
  body?: unknown
  signal?: AbortSignal
}

export interface Page<T> {
  items: T[]
  total: number
}

function address(path: string, query: Query = {}): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== "") search.set(name, String(value))
  }
  const text = search.toString()
  return `/api${path}${text ? `?${text}` : ""}`
}

interface Located {
  loc?: (string | number)[]
  msg?: string
  pointer?: string
  message?: string
}

function isLocated(value: unknown): value is Located {
  return typeof value === "object" && value !== null && ("msg" in value || "message" in value)
}

/** FastAPI says {loc, msg}, our documents say {pointer, message}: read both. */
function complaint({ loc, msg, pointer, message }: Located): Complaint {
  const place = pointer ?? `/${(loc ?? []).slice(1).join("/")}`
  return { pointer: place, message: message ?? msg ?? "" }
}

export async function refusal(response: Response): Promise<ApiError> {
  const body: unknown = await response.json().catch(() => null)
  const fields = typeof body === "object" && body !== null ? (body as Record<string, unknown>) : {}
  const listed = [fields.errors, fields.detail].find(Array.isArray) ?? []
  const complaints = listed.filter(isLocated).map(complaint)
  const detail = typeof fields.detail === "string" ? fields.detail : complaints[0]?.message
  const code = response.headers.get("X-Error-Code") ?? ""
  const requestId = response.headers.get("X-Request-Id") ?? ""
  return new ApiError(
    response.status,
    detail ?? `The server answered ${response.status}`,
    code,
    requestId,
    complaints,
  )
}

async function send(method: string, path: string, { query, body, signal }: Asked): Promise<Response> {
  let response: Response
  try {
    response = await fetch(address(path, query), {
      method,
      credentials: "same-origin",
      headers: body === undefined ? {} : { "Content-Type": "application/json" },
      body: body === undefined ? null : JSON.stringify(body),
      signal: signal ?? null,
    })
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error
    throw new ApiError(0, "The server cannot be reached. Is TraderTape still running?", "unreachable", "", [])
  }
  if (!response.ok) throw await refusal(response)
  return response
}

export async function request<T>(method: string, path: string, asked: Asked = {}): Promise<T> {
  const response = await send(method, path, asked)
  return response.status === 204 ? (undefined as T) : ((await response.json()) as T)
}

/** A bare array with its whole length in X-Total-Count. */
export async function requestPage<T>(path: string, asked: Asked = {}): Promise<Page<T>> {
  const response = await send("GET", path, asked)
  const items = (await response.json()) as T[]
  return { items, total: Number(response.headers.get("X-Total-Count") ?? items.length) }
}
