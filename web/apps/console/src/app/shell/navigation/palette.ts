const REQUEST = "tradertape:palette"

/** Request the command palette; the frame opens it. */
export function openPalette(): void {
  window.dispatchEvent(new Event(REQUEST))
}

/** Call `action` whenever the palette is requested. Returns a function that unsubscribes. */
export function onPaletteRequest(action: () => void): () => void {
  window.addEventListener(REQUEST, action)
  return () => window.removeEventListener(REQUEST, action)
}
