import { useDebouncedValue } from "@mantine/hooks"
import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { useBlocker } from "@tanstack/react-router"
import { ApiError, type ValidationError } from "@tradertape/api/client.ts"
import type { StrategyDocument } from "@tradertape/api/strategy.ts"
import { useCallback, useReducer, useRef, useState } from "react"
import { notifyDone, notifyFailure } from "@/lib/notify"
import {
  type English,
  type Strategy,
  strategyCalls,
  strategyQuery,
  verdictQuery,
} from "@/lib/queries/strategies"
import { documentOf } from "../../tree/document"
import { begin, isChanged, reduce } from "../../tree/history"

const CHECK_AFTER_MS = 350

export interface StrategyEditor {
  document: StrategyDocument
  problems: ValidationError[]
  english: English | undefined
  isChecking: boolean
  isChanged: boolean
  isSaving: boolean
  hasConflict: boolean
  canUndo: boolean
  canRedo: boolean
  change: (document: StrategyDocument) => void
  undo: () => void
  redo: () => void
  /** Save; `then` is called after it succeeded. */
  save: (then?: () => void) => void
  /** Load the saved version and discard local changes. */
  reload: () => Promise<void>
  /** Save on top of a version that was saved elsewhere in the meantime. */
  overwrite: () => Promise<void>
  adopt: (strategy: Strategy) => void
}

/** The last valid plain English, kept while the document has problems. */
function useLastEnglish(english: English | null | undefined, first: English): English {
  const last = useRef(first)
  if (english) last.current = english
  return last.current
}

/** The state of one editor: document with history, live validation, saving and conflicts. */
export function useStrategyEditor(strategy: Strategy): StrategyEditor {
  const client = useQueryClient()
  const [history, dispatch] = useReducer(reduce, strategy, (given) => begin(documentOf(given)))
  const [version, setVersion] = useState(strategy.version)
  const { document } = history
  const [settled] = useDebouncedValue(document, CHECK_AFTER_MS)
  const check = useQuery({ ...verdictQuery(settled), placeholderData: keepPreviousData })
  const english = useLastEnglish(check.data?.english, strategy.english)
  const changed = isChanged(history)

  const adopt = useCallback(
    (saved: Strategy) => {
      client.setQueryData(strategyQuery(saved.id).queryKey, saved)
      void client.invalidateQueries({ queryKey: ["strategies", "list"] })
      void client.invalidateQueries({ queryKey: ["strategies", saved.id, "versions"] })
      setVersion(saved.version)
      dispatch({ kind: "saved", document: documentOf(saved) })
    },
    [client],
  )
  const saving = useMutation({
    mutationFn: (expected: number) => strategyCalls.save(strategy.id, document, expected),
    onSuccess: (saved) => {
      adopt(saved)
      notifyDone(`Saved as version ${saved.version}`)
    },
    onError: (error) => {
      if (!(error instanceof ApiError && error.status === 409))
        notifyFailure("The strategy was not saved", error)
    },
  })
  const fresh = () => client.fetchQuery({ ...strategyQuery(strategy.id), staleTime: 0 })
  useUnsavedWarning(changed && strategy.is_mine)
  return {
    document,
    problems: check.data?.errors ?? [],
    english,
    isChecking: settled !== document || check.isFetching,
    isChanged: changed,
    isSaving: saving.isPending,
    hasConflict: saving.error instanceof ApiError && saving.error.status === 409,
    canUndo: history.past.length > 0,
    canRedo: history.future.length > 0,
    change: useCallback((next) => dispatch({ kind: "change", document: next }), []),
    undo: () => dispatch({ kind: "undo" }),
    redo: () => dispatch({ kind: "redo" }),
    save: (then) => saving.mutate(version, { onSuccess: then }),
    reload: async () => {
      adopt(await fresh())
      saving.reset()
    },
    overwrite: async () => saving.mutate((await fresh()).version),
    adopt,
  }
}

/** Ask for confirmation before navigation or closing the tab discards unsaved changes. */
function useUnsavedWarning(isOn: boolean): void {
  useBlocker({
    shouldBlockFn: ({ current, next }) =>
      isOn &&
      current.pathname !== next.pathname &&
      !window.confirm("Leave without saving? Your changes are lost."),
    enableBeforeUnload: isOn,
  })
}
