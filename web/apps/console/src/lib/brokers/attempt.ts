/** A login that was begun in this tab and goes over the broker's page. */
export interface Attempt {
  broker: string
  state: string
  user: number
  /** The page to return to. */
  back: string
}

const NAME = "tradertape.broker-login"

export function rememberAttempt(attempt: Attempt): void {
  try {
    sessionStorage.setItem(NAME, JSON.stringify(attempt))
  } catch {
    // Without it the callback returns to the list of brokers.
  }
}

/** The attempt that a callback belongs to, if it was begun in this tab. */
export function attemptOf(state: string): Attempt | undefined {
  try {
    const kept = JSON.parse(sessionStorage.getItem(NAME) ?? "null") as Attempt | null
    return kept?.state === state ? kept : undefined
  } catch {
    return undefined
  }
}

export function forgetAttempt(): void {
  sessionStorage.removeItem(NAME)
}

/** Whether `address` may be opened for a login: an http address, which no script is. */
export function isWebAddress(address: string): boolean {
  return /^https?:\/\//i.test(address)
}
