import { ApiError } from "@tradertape/api/client.ts"

/**
 * Map validation errors of the server to form fields. places: the field for a JSON pointer into the request body and
 * for everything below it. Errors without a field are omitted.
 */
export function fieldErrors(
  error: unknown,
  places: Readonly<Record<string, string>>,
): Record<string, string> {
  const found: Record<string, string> = {}
  for (const { pointer, message } of error instanceof ApiError ? error.validationErrors : []) {
    const place = Object.keys(places).find((one) => pointer === one || pointer.startsWith(`${one}/`))
    const field = place && places[place]
    if (field) found[field] = found[field] ? `${found[field]}; ${message}` : message
  }
  return found
}
