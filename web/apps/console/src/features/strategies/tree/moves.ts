/** Add, remove and move conditions in a document. Pure functions. */
import type { Condition } from "@tradertape/api/strategy.ts"
import { blankCondition, isGroup, isWrapper } from "./nodes"
import { getAt, insertAt, isWithin, type Path, removeAt, setAt } from "./path"

export function conditionAt(whole: unknown, path: Path): Condition | null {
  const found = getAt(whole, path)
  return typeof found === "object" && found !== null && "type" in found ? (found as Condition) : null
}

/** The path of the node that holds the node at `path`; null at the root of a tree. */
export function parentPath(path: Path): Path | null {
  const [beforeLast, last] = path.slice(-2)
  if (beforeLast === "conditions" && typeof last === "number") return path.slice(0, -2)
  return last === "condition" ? path.slice(0, -1) : null
}

function holderOf(whole: unknown, path: Path): { node: Condition; path: Path } | null {
  const up = parentPath(path)
  const node = up && conditionAt(whole, up)
  return node && (isGroup(node) || isWrapper(node)) ? { node, path: up } : null
}

export function addCondition<T>(whole: T, groupPath: Path, node: Condition): T {
  const list = getAt(whole, [...groupPath, "conditions"])
  return insertAt(whole, [...groupPath, "conditions"], Array.isArray(list) ? list.length : 0, node)
}

/**
 * Remove a node. Groups and wrappers that become empty are removed too, because the language does
 * not allow empty ones; the root of a tree becomes a blank comparison.
 */
export function removeCondition<T>(whole: T, path: Path): T {
  const holder = holderOf(whole, path)
  if (!holder) return setAt(whole, path, blankCondition("compare"))
  const isLast = isGroup(holder.node) ? holder.node.conditions.length <= 1 : true
  if (isLast) return removeCondition(whole, holder.path)
  const removed = removeAt(whole, path)
  return clampCount(removed, holder.path)
}

/** Limit `at_least` of a count to the number of its conditions. */
function clampCount<T>(whole: T, groupPath: Path): T {
  const group = conditionAt(whole, groupPath)
  if (group?.type !== "count" || group.at_least <= group.conditions.length) return whole
  return setAt(whole, [...groupPath, "at_least"], group.conditions.length)
}

/** Swap a node with its neighbour above (-1) or below (+1) in the same group. */
export function shift<T>(whole: T, path: Path, by: -1 | 1): T {
  const list = getAt(whole, path.slice(0, -1))
  const from = path.at(-1)
  if (!Array.isArray(list) || typeof from !== "number") return whole
  const to = from + by
  if (to < 0 || to >= list.length) return whole
  return setAt(whole, path.slice(0, -1), list.with(from, list[to]).with(to, list[from]))
}

/** Wrap a node in another: "not (…)", or a group to which conditions can be added. */
export function wrap<T>(whole: T, path: Path, type: "and" | "or" | "not" | "for_bars"): T {
  const node = conditionAt(whole, path)
  if (!node) return whole
  const around: Condition =
    type === "and" || type === "or"
      ? { type, conditions: [node] }
      : type === "not"
        ? { type, condition: node }
        : { type, bars: 3, condition: node }
  return setAt(whole, path, around)
}

/** Replace a wrapper or group by its content. */
export function unwrap<T>(whole: T, path: Path): T {
  const node = conditionAt(whole, path)
  if (node && isWrapper(node)) return setAt(whole, path, node.condition)
  if (!node || !isGroup(node)) return whole
  const [only] = node.conditions
  if (node.conditions.length === 1 && only) return setAt(whole, path, only)
  const holder = holderOf(whole, path)
  const index = path.at(-1)
  if (!holder || !isGroup(holder.node) || typeof index !== "number") return whole
  return setAt(whole, path.slice(0, -1), holder.node.conditions.toSpliced(index, 1, ...node.conditions))
}

export function canUnwrap(whole: unknown, path: Path): boolean {
  return unwrap(whole, path) !== whole
}

/** Move a node into a group, at an index. A node cannot move into itself. */
export function moveInto<T>(whole: T, from: Path, groupPath: Path, index: number): T {
  const node = conditionAt(whole, from)
  const group = conditionAt(whole, groupPath)
  if (!node || !group || !isGroup(group) || isWithin(groupPath, from)) return whole
  const sibling = parentPath(from)
  const isSameGroup = sibling?.length === groupPath.length && isWithin(sibling, groupPath)
  if (isSameGroup) {
    const old = Number(from.at(-1))
    const target = index > old ? index - 1 : index
    const list = group.conditions.toSpliced(old, 1).toSpliced(target, 0, node)
    return setAt(whole, [...groupPath, "conditions"], list)
  }
  return moveAcross(whole, from, groupPath, index, node)
}

const MARK: Condition = { type: "random", prob: 0, seed: -1 }

/** The moved node is first replaced by a marker, so that paths stay valid until the insertion is done. */
function moveAcross<T>(whole: T, from: Path, groupPath: Path, index: number, node: Condition): T {
  const marked = setAt(whole, from, MARK)
  const inserted = insertAt(marked, [...groupPath, "conditions"], index, node)
  const markPath = findMark(inserted)
  return markPath ? removeCondition(inserted, markPath) : whole
}

function findMark(value: unknown, path: Path = []): Path | null {
  if (value === MARK) return path
  if (typeof value !== "object" || value === null) return null
  for (const [key, inner] of Object.entries(value)) {
    const found = findMark(inner, [...path, Array.isArray(value) ? Number(key) : key])
    if (found) return found
  }
  return null
}

/** Move a node out of its group, directly after the group. */
export function moveOut<T>(whole: T, path: Path): T {
  const holder = holderOf(whole, path)
  const outer = holder && holderOf(whole, holder.path)
  const index = holder?.path.at(-1)
  if (!holder || !outer || !isGroup(outer.node) || typeof index !== "number") return whole
  return moveInto(whole, path, outer.path, index + 1)
}
