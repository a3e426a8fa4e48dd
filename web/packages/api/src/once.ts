/** Idempotency keys: a write that is repeated because it failed is carried out once. */

type KeyHeaders = { "Idempotency-Key": string }
type Kept = [content: string, key: string, at: number]

const NAME = "tradertape.under-way"
/** How long a page that is loaded anew knows of a write whose answer it did not get. */
const KEPT_MS = 120_000

let underWay = restored()

/** What the page before this one had sent without an answer: that of a reload in the middle. */
function restored(): Map<string, [string, number]> {
  try {
    const kept = JSON.parse(sessionStorage.getItem(NAME) ?? "[]") as Kept[]
    const young = kept.filter(([, , at]) => Date.now() - at < KEPT_MS)
    return new Map(young.map(([content, key, at]) => [content, [key, at]]))
  } catch {
    return new Map()
  }
}

function keep(): void {
  try {
    const kept = Array.from(underWay, ([content, [key, at]]): Kept => [content, key, at])
    sessionStorage.setItem(NAME, JSON.stringify(kept))
  } catch {
    // No storage here, or it is full: this page knows them all the same.
  }
}

/** Read anew what is kept: what a page does when it is loaded. */
export function reloaded(): void {
  underWay = restored()
}

/** Hexadecimal and random; `crypto.randomUUID` is missing where the page has no TLS. */
function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")
}

/**
 * Send a write under a key. What was asked for and failed keeps its key until it succeeds, so that
 * asking again finds what was carried out in spite of the failure. So does what was under way when
 * the page was loaded anew, for two minutes.
 */
export async function once<T>(what: unknown, send: (headers: KeyHeaders) => Promise<T>): Promise<T> {
  const content = JSON.stringify(what)
  const key = underWay.get(content)?.[0] ?? newKey()
  underWay.set(content, [key, Date.now()])
  keep()
  const done = await send({ "Idempotency-Key": key })
  underWay.delete(content)
  keep()
  return done
}
