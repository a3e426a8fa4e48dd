const ASKED = "tradertape:palette"

/** Ask for the command palette; whoever holds it opens it. */
export function openPalette(): void {
  window.dispatchEvent(new Event(ASKED))
}

/** Hear of it when the palette is asked for. Returns the way to stop hearing. */
export function onPaletteAsked(action: () => void): () => void {
  window.addEventListener(ASKED, action)
  return () => window.removeEventListener(ASKED, action)
}
