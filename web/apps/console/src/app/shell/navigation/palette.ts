const REQUEST = "tradertape:palette"
const SHORTCUTS = "tradertape:shortcuts"

function listen(name: string, action: () => void): () => void {
  window.addEventListener(name, action)
  return () => window.removeEventListener(name, action)
}

/** Request the command palette; the frame opens it. */
export function openPalette(): void {
  window.dispatchEvent(new Event(REQUEST))
}

/** Call `action` whenever the palette is requested. Returns a function that unsubscribes. */
export function onPaletteRequest(action: () => void): () => void {
  return listen(REQUEST, action)
}

/** Request the list of keyboard shortcuts; the frame opens it. */
export function openShortcuts(): void {
  window.dispatchEvent(new Event(SHORTCUTS))
}

/** Call `action` whenever the list of shortcuts is requested. Returns a function that unsubscribes. */
export function onShortcutsRequest(action: () => void): () => void {
  return listen(SHORTCUTS, action)
}
