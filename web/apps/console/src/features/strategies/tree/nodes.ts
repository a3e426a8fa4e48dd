/** Functions on single condition nodes: blank nodes, children, conversion between types. */
import type { Condition, ConditionType, Operand } from "@tradertape/api/strategy.ts"

export const CONDITION_TITLES: Record<ConditionType, string> = {
  compare: "Compare two values",
  cross: "One value crosses another",
  between: "Value is between",
  in: "Value is one of",
  and: "All of these",
  or: "Any of these",
  count: "At least some of these",
  not: "Not",
  for_bars: "True for several days",
  random: "Random",
}

const CLOSE: Operand = { type: "indicator", name: "close" }
const AVERAGE: Operand = { type: "indicator", name: "sma50" }
const number = (value: number): Operand => ({ type: "literal", value })

export function isGroup(node: Condition): node is Extract<Condition, { conditions: Condition[] }> {
  return node.type === "and" || node.type === "or" || node.type === "count"
}

export function isWrapper(node: Condition): node is Extract<Condition, { condition: Condition }> {
  return node.type === "not" || node.type === "for_bars"
}

export function blankCondition(type: ConditionType): Condition {
  switch (type) {
    case "and":
    case "or":
      return { type, conditions: [blankCondition("compare")] }
    case "count":
      return { type, at_least: 1, conditions: [blankCondition("compare")] }
    case "not":
      return { type, condition: blankCondition("compare") }
    case "for_bars":
      return { type, bars: 3, condition: blankCondition("compare") }
    case "compare":
      return { type, left: CLOSE, op: ">", right: AVERAGE }
    case "cross":
      return { type, direction: "above", left: CLOSE, right: AVERAGE }
    case "between":
      return { type, value: { type: "indicator", name: "rsi14" }, low: number(30), high: number(70) }
    case "in":
      return { type, value: { type: "indicator", name: "vol_regime" }, values: [1] }
    case "random":
      return { type, prob: 0.05, seed: 0 }
  }
}

/** The operands of a comparison in reading order; none for groups. */
function operandsOf(node: Condition): Operand[] {
  switch (node.type) {
    case "compare":
    case "cross":
      return [node.left, node.right]
    case "between":
      return [node.value, node.low, node.high]
    case "in":
      return [node.value]
    default:
      return []
  }
}

function childrenOf(node: Condition): Condition[] {
  if (isGroup(node)) return node.conditions
  return isWrapper(node) ? [node.condition] : []
}

/** Convert a node to another type, keeping children of groups and operands of comparisons. */
export function convert(node: Condition, type: ConditionType): Condition {
  if (node.type === type) return node
  const blank = blankCondition(type)
  const children = childrenOf(node)
  const kept = children.length > 0 ? children : [node]
  if (isGroup(blank)) {
    return blank.type === "count"
      ? { ...blank, conditions: kept, at_least: Math.max(1, kept.length - 1) }
      : { ...blank, conditions: kept }
  }
  if (isWrapper(blank)) {
    const first = kept[0]
    const inner: Condition = kept.length === 1 && first ? first : { type: "and", conditions: kept }
    return { ...blank, condition: inner }
  }
  const [left, right] = operandsOf(node)
  if (!left) return blank
  switch (blank.type) {
    case "compare":
    case "cross":
      return { ...blank, left, right: right ?? blank.right }
    case "between":
      return { ...blank, value: left, low: right ?? blank.low }
    case "in":
      return { ...blank, value: left }
    default:
      return blank
  }
}

/** Size and depth of a tree, counted like the server, including operands. */
export function measure(node: Condition | Operand, depth = 1): { nodes: number; depth: number } {
  const inner: (Condition | Operand)[] = []
  if (typeof node !== "number") {
    if (node.type === "arith") inner.push(node.left, node.right)
    else if ("conditions" in node || "condition" in node) inner.push(...childrenOf(node as Condition))
    else inner.push(...operandsOf(node as Condition))
  }
  const sizes = inner.map((child) => measure(child, depth + 1))
  return {
    nodes: 1 + sizes.reduce((sum, size) => sum + size.nodes, 0),
    depth: Math.max(depth, ...sizes.map((size) => size.depth)),
  }
}
