import { type ComboboxItem, type OptionsFilter, Select } from "@mantine/core"
import type { ArithOp, Operand } from "@tradertape/api/strategy.ts"
import { useMemo } from "react"
import { RequiredNumber } from "@/components/forms/required-number"
import { choiceOf, choices, numberOf, operandOf, type Scope } from "../../tree/operands"
import type { Path } from "../../tree/path"
import { useEditing, usePlace, useProblem } from "../state/editor-context"
import classes from "./conditions.module.css"
import { OperandSettings } from "./operand-settings"

interface Props {
  path: Path
  scope: Scope
  label: string
}

const OPS: { value: ArithOp; label: string }[] = [
  { value: "+", label: "+" },
  { value: "-", label: "−" },
  { value: "*", label: "×" },
  { value: "/", label: "÷" },
]

/** Matches "rsi14" by "rsi" and by "relative strength". */
function byNameOrNote({ options, search, limit }: Parameters<OptionsFilter>[0], notes: Map<string, string>) {
  const wanted = search.trim().toLowerCase()
  const fits = (item: ComboboxItem) =>
    `${item.label} ${notes.get(item.value) ?? ""}`.toLowerCase().includes(wanted)
  return options
    .flatMap((option) =>
      "items" in option ? [{ ...option, items: option.items.filter((item) => fits(item)) }] : [],
    )
    .filter((group) => group.items.length > 0)
    .slice(0, limit)
}

/** Selects a value: price, indicator, number, position, index or calculation. */
export function OperandEditor({ path, scope, label }: Props) {
  const { document, catalogue, isReadOnly } = useEditing()
  const [operand = 0, setOperand] = usePlace<Operand>(path)
  const problem = useProblem(path, choiceOf(operand) !== "arith")
  const params = Object.keys(document.params ?? {}).join("|")
  const groups = useMemo(
    () => choices(catalogue, scope, params ? params.split("|") : []),
    [catalogue, scope, params],
  )
  const notes = useMemo(
    () => new Map(groups.flatMap(({ items }) => items.map((item) => [item.value, item.note] as const))),
    [groups],
  )
  const choice = choiceOf(operand)
  const picker = (
    <Select
      className={choice === "literal" ? `${classes.picker} ${classes.narrow}` : classes.picker}
      filter={(input) => byNameOrNote(input, notes)}
      aria-label={label}
      data={groups}
      value={choice}
      onChange={(next) => next && setOperand(operandOf(next, operand, catalogue))}
      searchable
      maxDropdownHeight={320}
      comboboxProps={{ width: 320, position: "bottom-start", withinPortal: true, keepMounted: false }}
      renderOption={({ option }) => (
        <span className={classes.option}>
          <b>{option.label}</b> <span>{notes.get(option.value)}</span>
        </span>
      )}
      readOnly={isReadOnly}
      error={Boolean(problem)}
      title={problem}
    />
  )
  if (typeof operand !== "number" && operand.type === "arith") {
    return (
      <span className={classes.arith}>
        <OperandEditor path={[...path, "left"]} scope={scope} label={`${label}, first part`} />
        <Select
          className={classes.sign}
          aria-label={`${label}, sign`}
          data={OPS}
          value={operand.op}
          onChange={(op) => op && setOperand({ ...operand, op })}
          readOnly={isReadOnly}
        />
        <OperandEditor path={[...path, "right"]} scope={scope} label={`${label}, second part`} />
        <button
          type="button"
          className={classes.quiet}
          disabled={isReadOnly}
          onClick={() => setOperand(operand.left)}
        >
          keep first
        </button>
      </span>
    )
  }
  return (
    <span className={classes.operand}>
      {picker}
      {choice === "literal" ? (
        <RequiredNumber
          className={classes.literal}
          size="xs"
          aria-label={`${label}, number`}
          value={numberOf(operand)}
          onChange={(value) => value !== null && setOperand({ type: "literal", value })}
          decimals={6}
          isSigned
          step={1}
          readOnly={isReadOnly}
          error={Boolean(problem)}
        />
      ) : (
        <OperandSettings operand={operand} onChange={setOperand} label={label} />
      )}
    </span>
  )
}
