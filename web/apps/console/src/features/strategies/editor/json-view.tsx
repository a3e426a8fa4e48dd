import { json, jsonParseLinter } from "@codemirror/lang-json"
import { type Diagnostic, linter, lintGutter } from "@codemirror/lint"
import { Text, useComputedColorScheme } from "@mantine/core"
import type { StrategyDocument } from "@tradertape/api/strategy.ts"
import CodeMirror, { EditorView, Prec } from "@uiw/react-codemirror"
import { useEffect, useMemo, useRef, useState } from "react"
import { rangeOfPointer } from "../tree/json-place"
import classes from "./editor.module.css"
import { useEditing } from "./state/editor-context"

const look = EditorView.theme({
  "&": { backgroundColor: "var(--tt-surface)", fontSize: "12.5px" },
  ".cm-gutters": { backgroundColor: "var(--tt-sunken)", border: "0", color: "var(--tt-muted)" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "var(--tt-sunken)" },
  ".cm-content": { fontFamily: "ui-monospace, Menlo, Consolas, monospace" },
})

function parsed(text: string): StrategyDocument | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as StrategyDocument)
      : null
  } catch {
    return null
  }
}

/** Scroll to the position of a JSON pointer and place the cursor there. */
function show(view: EditorView, pointer: string): void {
  const { from, to } = rangeOfPointer(view.state.doc.toString(), pointer)
  view.dispatch({
    selection: { anchor: from, head: to },
    effects: EditorView.scrollIntoView(from, { y: "center" }),
  })
}

/** The document as JSON. Valid text updates the document at once; invalid text is marked and not applied. */
export default function JsonView({ at }: { at: string | undefined }) {
  const view = useRef<EditorView | null>(null)
  const { document, change, problems, isReadOnly } = useEditing()
  const scheme = useComputedColorScheme()
  const [text, setText] = useState(() => JSON.stringify(document, null, 2))

  // The document changed elsewhere (undo, restore): update the text unless it is already equivalent.
  useEffect(() => {
    setText((old) => {
      const current = parsed(old)
      return current && JSON.stringify(current) === JSON.stringify(document)
        ? old
        : JSON.stringify(document, null, 2)
    })
  }, [document])

  const extensions = useMemo(() => {
    const syntax = jsonParseLinter()
    const marks = linter((view): Diagnostic[] => {
      const wrong = syntax(view)
      if (wrong.length > 0) return wrong
      return problems.map(({ pointer, message }) => ({
        ...rangeOfPointer(view.state.doc.toString(), pointer),
        severity: "error" as const,
        message,
      }))
    })
    return [
      json(),
      marks,
      lintGutter(),
      Prec.highest(look),
      EditorView.contentAttributes.of({ "aria-label": "Strategy as JSON" }),
    ]
  }, [problems])

  useEffect(() => {
    if (view.current && at) show(view.current, at)
  }, [at])

  const isBroken = parsed(text) === null
  const type = (next: string) => {
    setText(next)
    const value = parsed(next)
    if (value) change(value)
  }
  return (
    <div>
      <div className={classes.json}>
        <CodeMirror
          value={text}
          onCreateEditor={(made) => {
            view.current = made
            if (at) show(made, at)
          }}
          onChange={type}
          extensions={extensions}
          theme={scheme}
          readOnly={isReadOnly}
          height="min(72dvh, 900px)"
        />
      </div>
      <Text size="xs" c={isBroken ? "var(--tt-loss)" : "dimmed"} mt={6} role={isBroken ? "alert" : undefined}>
        {isBroken
          ? "Invalid JSON: changes are not applied until it is valid."
          : "Changes are applied to the forms and the plain English at once."}
      </Text>
    </div>
  )
}
