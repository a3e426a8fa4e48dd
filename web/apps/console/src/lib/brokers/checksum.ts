/** What proves to a broker that the owner of the API secret signs in, without sending the secret. */

const hex = (bytes: Uint8Array) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")

/** Browsers have Web Crypto on https and localhost only: elsewhere the same is computed in JavaScript. */
async function digest(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const subtle: SubtleCrypto | undefined = globalThis.crypto?.subtle
  if (subtle) return new Uint8Array(await subtle.digest("SHA-256", bytes))
  const { sha256 } = await import("@noble/hashes/sha2.js")
  return sha256(bytes)
}

/** The SHA-256 of a text, in hexadecimal. */
export async function sha256Hex(text: string): Promise<string> {
  return hex(await digest(new TextEncoder().encode(text)))
}

/** Of a login at the broker's page: API key, the code it came back with, and API secret. */
export function loginChecksum(apiKey: string, code: string, secret: string): Promise<string> {
  return sha256Hex(`${apiKey}${code}${secret}`)
}

/** Of a login without a page: API secret and the time in epoch seconds. */
export function timedChecksum(secret: string, epoch_s: number): Promise<string> {
  return sha256Hex(`${secret}${epoch_s}`)
}
