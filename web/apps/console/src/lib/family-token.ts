const KEPT = "tt-family-invitation"
const PAGE = "/family/invitation"

/**
 * Takes the token of an invitation out of the address, into this tab alone: the way through sign-in would put it
 * into a query, which servers and histories keep.
 */
export function takeToken(): void {
  const { pathname, hash } = window.location
  if (pathname !== PAGE || hash.length < 2) return
  window.sessionStorage.setItem(KEPT, decodeURIComponent(hash.slice(1)))
  window.history.replaceState(window.history.state, "", PAGE)
}

/** The same for an address that the router read before: where to go after sign-in. */
export const withoutToken = (href: string): string => (href.startsWith(`${PAGE}#`) ? PAGE : href)

export const keptToken = (): string | null => window.sessionStorage.getItem(KEPT)

export const forgetToken = (): void => window.sessionStorage.removeItem(KEPT)
