const SYSTEMS: [pattern: RegExp, name: string][] = [
  [/iPhone/, "iPhone"],
  [/iPad/, "iPad"],
  [/Android/, "Android"],
  [/Windows/, "Windows"],
  [/Mac OS/, "Mac"],
  [/Linux/, "Linux"],
]
const BROWSERS: [pattern: RegExp, name: string][] = [
  [/Edg\//, "Edge"],
  [/Firefox\//, "Firefox"],
  [/Chrome\//, "Chrome"],
  [/Safari\//, "Safari"],
]

const first = (rows: [RegExp, string][], agent: string) => rows.find(([pattern]) => pattern.test(agent))?.[1]

/** "Chrome on Android", from what a browser says of itself: the name in the list of devices. */
export function deviceName(agent: string): string {
  const browser = first(BROWSERS, agent) ?? "Browser"
  const system = first(SYSTEMS, agent)
  return system ? `${browser} on ${system}` : browser
}
