import type { ValidationError } from "@tradertape/api/client.ts"
import type { StrategyDocument } from "@tradertape/api/strategy.ts"
import { createContext, useContext } from "react"
import type { Catalogue } from "@/lib/queries/strategies"
import { getAt, isWithin, type Path, setAt, toPointer } from "../../tree/path"

interface Editing {
  document: StrategyDocument
  catalogue: Catalogue
  problems: ValidationError[]
  isReadOnly: boolean
  change: (document: StrategyDocument) => void
}

const Context = createContext<Editing | null>(null)

export const EditingProvider = Context.Provider

export function useEditing(): Editing {
  const editing = useContext(Context)
  if (!editing) throw new Error("useEditing must be used inside an editor")
  return editing
}

/** Read and write the value at a path of the document. */
export function usePlace<T>(path: Path): [T | undefined, (value: T) => void] {
  const { document, change } = useEditing()
  return [getAt(document, path) as T | undefined, (value) => change(setAt(document, path, value))]
}

/** The problem at a path; with `inside`, also at paths below it that have no field of their own. */
export function useProblem(path: Path, inside = false): string | undefined {
  const { problems } = useEditing()
  const pointer = toPointer(path)
  const parts = pointer.split("/")
  const found = problems.find((one) =>
    inside ? isWithin(one.pointer.split("/"), parts) : one.pointer === pointer,
  )
  return found?.message
}
