import { useMemo, useSyncExternalStore } from "react"

const NAMES = [
  "bg",
  "surface",
  "sunken",
  "line",
  "line-strong",
  "text",
  "muted",
  "accent",
  "gain",
  "loss",
  "warn",
] as const

export type Tokens = Record<(typeof NAMES)[number], string>

function subscribe(changed: () => void): () => void {
  const observer = new MutationObserver(changed)
  observer.observe(document.documentElement, {
    attributes: true,
    attributeFilter: ["data-mantine-color-scheme", "data-palette"],
  })
  return () => observer.disconnect()
}

function snapshot(): string {
  const style = getComputedStyle(document.documentElement)
  return NAMES.map((name) => style.getPropertyValue(`--tt-${name}`).trim()).join("|")
}

/** The palette as strings for canvas charts, updated when theme or palette changes. */
export function useTokens(): Tokens {
  const joined = useSyncExternalStore(subscribe, snapshot)
  return useMemo(() => {
    const values = joined.split("|")
    return Object.fromEntries(NAMES.map((name, i) => [name, values[i] ?? ""])) as Tokens
  }, [joined])
}

/** Colours for up to six overlaid curves, in order of use. */
export function curveColors(tokens: Tokens): string[] {
  const isDark = tokens.bg.startsWith("#0")
  return isDark
    ? [tokens.accent, "#f0a35e", "#4cc9c0", "#e07bc3", "#b7cf5a", "#c9a17c"]
    : [tokens.accent, "#c2630a", "#0c8a83", "#b13a8f", "#5f7d0c", "#7b5b3a"]
}
