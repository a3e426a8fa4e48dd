/** Verdicts in the order they are read: signals, then what was close to being one, then the rest. */
export function orderOf(verdicts: Readonly<Record<string, string[]>>): [string, string[]][] {
  const place = (reason: string) => (reason === "signal" ? 0 : reason === "rules" ? 2 : 1)
  return Object.entries(verdicts)
    .map(([reason, symbols]): [string, string[]] => [reason, [...symbols].sort()])
    .sort(([a, left], [b, right]) => place(a) - place(b) || right.length - left.length || a.localeCompare(b))
}
