/** Names of the keyboard's modifier keys, as they are printed on the reader's keyboard. */

const APPLE = /mac|iphone|ipad|ipod/i

/** Whether the keyboard has a ⌘ key instead of Ctrl. */
export function isApple(platform = typeof navigator === "undefined" ? "" : navigator.platform): boolean {
  return APPLE.test(platform)
}

/** A shortcut with the platform's main modifier: ⌘K, or Ctrl K. */
export function withModifier(key: string, apple = isApple()): string {
  return apple ? `⌘${key}` : `Ctrl ${key}`
}
