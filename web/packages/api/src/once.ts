/** Idempotency keys: a write that is repeated because it failed is carried out once. */

type KeyHeaders = { "Idempotency-Key": string }

const underWay = new Map<string, string>()

/** Hexadecimal and random; `crypto.randomUUID` is missing where the page has no TLS. */
function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")
}

/**
 * Send a write under a key. What was asked for and failed keeps its key until it succeeds, so that
 * asking again finds what was carried out in spite of the failure.
 */
export async function once<T>(what: unknown, send: (headers: KeyHeaders) => Promise<T>): Promise<T> {
  const content = JSON.stringify(what)
  const key = underWay.get(content) ?? newKey()
  underWay.set(content, key)
  const done = await send({ "Idempotency-Key": key })
  underWay.delete(content)
  return done
}
