/** The editor's document with undo and redo history. */
import type { StrategyDocument } from "@tradertape/api/strategy.ts"

export interface History {
  document: StrategyDocument
  saved: StrategyDocument
  past: StrategyDocument[]
  future: StrategyDocument[]
}

export type Action =
  | { kind: "change"; document: StrategyDocument }
  | { kind: "undo" }
  | { kind: "redo" }
  | { kind: "saved"; document: StrategyDocument }

const DEPTH = 100

export function begin(document: StrategyDocument): History {
  return { document, saved: document, past: [], future: [] }
}

export function isChanged(history: History): boolean {
  return (
    history.document !== history.saved && JSON.stringify(history.document) !== JSON.stringify(history.saved)
  )
}

export function reduce(history: History, action: Action): History {
  const { document, past, future } = history
  switch (action.kind) {
    case "change":
      if (action.document === document) return history
      return { ...history, document: action.document, past: [...past.slice(1 - DEPTH), document], future: [] }
    case "undo": {
      const previous = past.at(-1)
      if (!previous) return history
      return { ...history, document: previous, past: past.slice(0, -1), future: [document, ...future] }
    }
    case "redo": {
      const [next, ...rest] = future
      if (!next) return history
      return { ...history, document: next, past: [...past, document], future: rest }
    }
    case "saved":
      return begin(action.document)
  }
}
