/** The API client: unwraps responses of generated calls and turns failures into ApiError. */
import { client } from "./generated/client.gen.ts"

export interface ValidationError {
  pointer: string
  message: string
}

export class ApiError extends Error {
  readonly status: number
  readonly code: string
  readonly requestId: string
  readonly validationErrors: ValidationError[]

  constructor(
    status: number,
    message: string,
    code: string,
    requestId: string,
    validationErrors: ValidationError[],
  ) {
    super(message)
    this.name = "ApiError"
    this.status = status
    this.code = code
    this.requestId = requestId
    this.validationErrors = validationErrors
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

/** FastAPI reports {loc, msg}, document validation {pointer, msg}: accept both. */
function validationError({ loc, msg, pointer, message }: Located): ValidationError {
  const place = pointer ?? `/${(loc ?? []).slice(1).join("/")}`
  return { pointer: place, message: message ?? msg ?? "" }
}

/** Create an ApiError from an error response, or from the absence of one. */
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
  const validationErrors = Array.isArray(detail) ? detail.filter(isLocated).map(validationError) : []
  const message = typeof detail === "string" ? detail : validationErrors[0]?.message
  return new ApiError(
    response.status,
    message ?? `The server returned status ${response.status}`,
    response.headers.get("X-Error-Code") ?? "",
    response.headers.get("X-Request-Id") ?? "",
    validationErrors,
  )
}

client.interceptors.error.use((body, response) => failureOf(body, response))

/** Return the data of a call; rejects with an ApiError. */
export async function unwrap<T>(call: Promise<{ data: T }>): Promise<T> {
  return (await call).data
}

/** Return an array response with its total count from X-Total-Count. */
export async function unwrapPage<T>(call: Promise<{ data: T[]; response: Response }>): Promise<Page<T>> {
  const { data, response } = await call
  return { items: data, total: Number(response.headers.get("X-Total-Count") ?? data.length) }
}
