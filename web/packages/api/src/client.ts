/** The one door to the server: generated calls in, their answers out, refusals as ApiError. */
import { client } from "./generated/client.gen.ts"

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

export interface Page<T> {
  items: T[]
  total: number
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

/** FastAPI says {loc, msg}, documents say {pointer, msg}: read both. */
function complaint({ loc, msg, pointer, message }: Located): Complaint {
  const place = pointer ?? `/${(loc ?? []).slice(1).join("/")}`
  return { pointer: place, message: message ?? msg ?? "" }
}

/** What went wrong, from the body of a refusal and its headers; without an answer, that. */
export function failureOf(body: unknown, response: Response | undefined): unknown {
  if (body instanceof DOMException && body.name === "AbortError") return body
  if (!response) {
    return new ApiError(
      0,
      "The server cannot be reached. Is TraderTape still running?",
      "unreachable",
      "",
      [],
    )
  }
  const detail = typeof body === "object" && body !== null && "detail" in body ? body.detail : undefined
  const complaints = Array.isArray(detail) ? detail.filter(isLocated).map(complaint) : []
  const said = typeof detail === "string" ? detail : complaints[0]?.message
  return new ApiError(
    response.status,
    said ?? `The server answered ${response.status}`,
    response.headers.get("X-Error-Code") ?? "",
    response.headers.get("X-Request-Id") ?? "",
    complaints,
  )
}

client.interceptors.error.use((body, response) => failureOf(body, response))

/** The answer of a call; rejects with an ApiError. */
export async function unwrap<T>(call: Promise<{ data: T }>): Promise<T> {
  return (await call).data
}

/** A bare array with its whole length in X-Total-Count. */
export async function unwrapPage<T>(call: Promise<{ data: T[]; response: Response }>): Promise<Page<T>> {
  const { data, response } = await call
  return { items: data, total: Number(response.headers.get("X-Total-Count") ?? data.length) }
}
