/**
 * API secrets that are kept in this browser and nowhere else, for each person and broker. Whoever can read this
 * browser's storage can read them; the server sees them only where a broker's login has no other way.
 */
export interface KeptSecret {
  apiKey: string
  secret: string
  /** Forget it when the person signs out. */
  untilSignOut: boolean
}

const PREFIX = "tradertape.broker-secret"
const nameOf = (user: number, broker: string) => `${PREFIX}.${user}.${broker}`

function isKept(value: unknown): value is KeptSecret {
  if (typeof value !== "object" || value === null) return false
  const { apiKey, secret } = value as Partial<KeptSecret>
  return typeof apiKey === "string" && typeof secret === "string" && secret !== ""
}

/** Whether a key is the one that the server shows: whole, or only its end after "…". */
export const isShownAs = (apiKey: string, shown: string) =>
  shown.startsWith("…") ? apiKey.endsWith(shown.slice(1)) : apiKey === shown

/** Return the secret of an API key as the server shows it; undefined if this browser has none of that key. */
export function keptSecret(user: number, broker: string, shown: string | null): KeptSecret | undefined {
  if (!shown) return undefined
  try {
    const value: unknown = JSON.parse(localStorage.getItem(nameOf(user, broker)) ?? "null")
    return isKept(value) && isShownAs(value.apiKey, shown) ? value : undefined
  } catch {
    return undefined
  }
}

/** Keep a secret. Returns whether the browser allows it. */
export function keepSecret(user: number, broker: string, kept: KeptSecret): boolean {
  try {
    localStorage.setItem(nameOf(user, broker), JSON.stringify(kept))
    return true
  } catch {
    return false
  }
}

export function forgetSecret(user: number, broker: string): void {
  localStorage.removeItem(nameOf(user, broker))
}

/** Forget the person's secrets that were kept until the sign-out. */
export function forgetSecretsOnSignOut(user: number): void {
  const mine = Object.keys(localStorage).filter((name) => name.startsWith(`${PREFIX}.${user}.`))
  for (const name of mine) {
    try {
      const value: unknown = JSON.parse(localStorage.getItem(name) ?? "null")
      if (isKept(value) && !value.untilSignOut) continue
    } catch {
      // Unreadable: of no use to anybody.
    }
    localStorage.removeItem(name)
  }
}
