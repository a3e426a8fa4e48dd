import { ApiError } from "@tradertape/api/client.ts"

/**
 * The server's words by the field of a form they stand at. places: the field for each pointer into what was sent, and
 * for everything below it. What has no field is left out.
 */
export function fieldErrors(
  error: unknown,
  places: Readonly<Record<string, string>>,
): Record<string, string> {
  const found: Record<string, string> = {}
  for (const { pointer, message } of error instanceof ApiError ? error.complaints : []) {
    const place = Object.keys(places).find((one) => pointer === one || pointer.startsWith(`${one}/`))
    const field = place && places[place]
    if (field) found[field] = found[field] ? `${found[field]}; ${message}` : message
  }
  return found
}
