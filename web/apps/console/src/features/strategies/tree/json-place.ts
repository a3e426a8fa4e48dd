/** Finds the position of a JSON pointer in the text of a document. */
import { jsonLanguage } from "@codemirror/lang-json"
import { fromPointer } from "./path"

type Node = ReturnType<typeof jsonLanguage.parser.parse>["topNode"]

const VALUES = new Set(["Object", "Array", "String", "Number", "True", "False", "Null"])

function values(node: Node): Node[] {
  const found: Node[] = []
  for (let child = node.firstChild; child; child = child.nextSibling) {
    if (VALUES.has(child.name)) found.push(child)
  }
  return found
}

function property(node: Node, key: string, text: string): Node | null {
  for (const found of node.getChildren("Property")) {
    const name = found.getChild("PropertyName")
    if (name && text.slice(name.from + 1, name.to - 1) === key) return values(found).at(-1) ?? found
  }
  return null
}

function step(node: Node, part: string | number, text: string): Node | null {
  if (node.name === "Array") return values(node)[Number(part)] ?? null
  return node.name === "Object" ? property(node, String(part), text) : null
}

/** The text range of the value, or of its nearest existing parent. */
export function rangeOfPointer(text: string, pointer: string): { from: number; to: number } {
  const root = values(jsonLanguage.parser.parse(text).topNode)[0]
  if (!root) return { from: 0, to: text.length }
  let node = root
  for (const part of fromPointer(pointer)) {
    const next = step(node, part, text)
    if (!next) return { from: node.from, to: Math.min(node.to, node.from + 1) }
    node = next
  }
  return { from: node.from, to: node.to }
}
