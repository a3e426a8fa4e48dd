/** Sealed documents of an agent, decrypted in this browser. The key is never sent anywhere. */

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
const KEY_BYTES = 32
const NONCE_BYTES = 12

export interface SealedRow {
  symbol: string
  exchange: string
  product?: string
  quantity?: string
  average_price?: string
  last_price?: string
  value?: string
  pnl?: string
}

export interface SealedDocument {
  holdings?: SealedRow[]
  positions?: SealedRow[]
  margins?: Record<string, string>
}

/** Whether this page may decrypt: browsers allow it with HTTPS, and on localhost. */
export const canDecrypt = () => globalThis.crypto?.subtle !== undefined

/** The bytes of a key as `tradertape-agent factor seal-key` prints it; null where it is none. */
export function bytesOfKey(text: string): Uint8Array<ArrayBuffer> | null {
  const letters = text.toUpperCase().replace(/[\s-]/g, "")
  const bytes = new Uint8Array(KEY_BYTES)
  let [held, bits, at] = [0, 0, 0]
  for (const letter of letters) {
    const value = ALPHABET.indexOf(letter)
    if (value < 0) return null
    held = ((held << 5) | value) & 0xfff
    bits += 5
    if (bits < 8) continue
    bits -= 8
    if (at === KEY_BYTES) return null
    bytes[at++] = (held >> bits) & 0xff
  }
  return at === KEY_BYTES && letters.length === 52 ? bytes : null
}

/** A key for this browser alone: what it is made of cannot be read back. */
export const keyOf = (bytes: Uint8Array<ArrayBuffer>) =>
  crypto.subtle.importKey("raw", bytes, "AES-GCM", false, ["decrypt"])

/** Decrypts a document. Rejects with another key, or where it was changed. */
export async function unsealed(document: string, key: CryptoKey): Promise<SealedDocument> {
  const whole = Uint8Array.from(atob(document), (letter) => letter.charCodeAt(0))
  const iv = whole.slice(0, NONCE_BYTES)
  const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv }, key, whole.slice(NONCE_BYTES))
  return JSON.parse(new TextDecoder().decode(plain)) as SealedDocument
}

// --- the key of this browser -------------------------------------------------------------------

const STORE = "keys"

function database(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open("tradertape-seal", 1)
    opening.onupgradeneeded = () => opening.result.createObjectStore(STORE)
    opening.onsuccess = () => resolve(opening.result)
    opening.onerror = () => reject(opening.error)
  })
}

async function inStore<T>(
  mode: IDBTransactionMode,
  act: (store: IDBObjectStore) => IDBRequest<T>,
): Promise<T> {
  const opened = await database()
  try {
    return await new Promise((resolve, reject) => {
      const asked = act(opened.transaction(STORE, mode).objectStore(STORE))
      asked.onsuccess = () => resolve(asked.result)
      asked.onerror = () => reject(asked.error)
    })
  } finally {
    opened.close()
  }
}

/** The key that was kept for a factor in this browser, if any. */
export const keptKey = (userId: number, factorId: string): Promise<CryptoKey | undefined> =>
  inStore("readonly", (store) => store.get(`${userId} ${factorId}`) as IDBRequest<CryptoKey | undefined>)

/** Keeps a key in this browser; the key itself cannot be read out of it. */
export const keepKey = (userId: number, factorId: string, key: CryptoKey) =>
  inStore("readwrite", (store) => store.put(key, `${userId} ${factorId}`))

/** Forgets the key of a factor. */
export const forgetKey = (userId: number, factorId: string) =>
  inStore("readwrite", (store) => store.delete(`${userId} ${factorId}`))
