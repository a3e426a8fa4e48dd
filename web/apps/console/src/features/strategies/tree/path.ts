/** Paths in a document, and immutable updates at them. */

export type Path = readonly (string | number)[]

export function toPointer(path: Path): string {
  return path.map((part) => `/${String(part).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("")
}

export function fromPointer(pointer: string): Path {
  return pointer
    .split("/")
    .slice(1)
    .map((part) => {
      const name = part.replaceAll("~1", "/").replaceAll("~0", "~")
      return /^\d+$/.test(name) ? Number(name) : name
    })
}

type Holder = Record<string | number, unknown>

function isHolder(value: unknown): value is Holder {
  return typeof value === "object" && value !== null
}

/** The value at a path; undefined if there is none. */
export function getAt(whole: unknown, path: Path): unknown {
  let value = whole
  for (const part of path) {
    if (!isHolder(value)) return undefined
    value = value[part]
  }
  return value
}

/** The document with a new value at a path. Missing objects on the way are created. */
export function setAt<T>(whole: T, path: Path, value: unknown): T {
  const [part, ...rest] = path
  if (part === undefined) return value as T
  const holder: Holder = isHolder(whole) ? whole : {}
  const changed = setAt(holder[part], rest, value)
  if (Array.isArray(holder)) return holder.with(Number(part), changed) as T
  return { ...holder, [part]: changed } as T
}

/** The document without the value at a path: a list item or an object key. */
export function removeAt<T>(whole: T, path: Path): T {
  const parent = getAt(whole, path.slice(0, -1))
  const last = path.at(-1)
  if (last === undefined || !isHolder(parent)) return whole
  if (Array.isArray(parent)) return setAt(whole, path.slice(0, -1), parent.toSpliced(Number(last), 1))
  const { [last]: _gone, ...others } = parent
  return setAt(whole, path.slice(0, -1), others)
}

/** The document with a value inserted into a list at an index. */
export function insertAt<T>(whole: T, listPath: Path, index: number, value: unknown): T {
  const list = getAt(whole, listPath)
  const items: unknown[] = Array.isArray(list) ? list : []
  return setAt(whole, listPath, items.toSpliced(index, 0, value))
}

export function isWithin(path: Path, ancestor: Path): boolean {
  return ancestor.length <= path.length && ancestor.every((part, i) => part === path[i])
}
