import { ActionIcon, Popover, Select, Stack, Text } from "@mantine/core"
import type { IndicatorParams, Operand } from "@tradertape/api/strategy.ts"
import { SlidersHorizontal } from "lucide-react"
import { RequiredNumber } from "@/components/forms/required-number"
import type { IndicatorEntry } from "@/lib/queries/strategies"
import { offsetOf, PRICES, withOffset } from "../../tree/operands"
import { useEditing } from "../state/editor-context"
import classes from "./conditions.module.css"

interface Props {
  operand: Operand
  onChange: (operand: Operand) => void
  label: string
}

type Custom = Extract<Operand, { fn: string }>

function isCustom(operand: Operand): operand is Custom {
  return typeof operand !== "number" && operand.type === "indicator" && "fn" in operand
}

/** The settings in brief: "20 on high, 1 day before". */
function settingsText(operand: Operand): string {
  const parts: string[] = []
  if (isCustom(operand)) {
    const values = Object.values(operand.params ?? {}).map((v) =>
      typeof v === "number" ? String(v) : v.name,
    )
    if (values.length > 0) parts.push(values.join(", "))
    if (operand.output) parts.push(operand.output)
    if (operand.source && operand.source !== "close") parts.push(`of ${operand.source}`)
  }
  const offset = offsetOf(operand)
  if (offset > 0) parts.push(offset === 1 ? "1 day before" : `${offset} days before`)
  return parts.join(", ")
}

/** Parameters, output, input series and day offset of an indicator. */
export function OperandSettings({ operand, onChange, label }: Props) {
  const { catalogue, isReadOnly } = useEditing()
  if (typeof operand === "number" || (operand.type !== "indicator" && operand.type !== "market")) return null
  const entry = isCustom(operand) ? catalogue.indicators.find(({ name }) => name === operand.fn) : undefined
  const text = settingsText(operand)
  return (
    <Popover width={260} position="bottom-start" withArrow trapFocus shadow="md">
      <Popover.Target>
        {text ? (
          <button type="button" className={classes.settings} aria-label={`${label}, settings: ${text}`}>
            {text}
          </button>
        ) : (
          <ActionIcon size="sm" aria-label={`${label}, settings`} className={classes.tune}>
            <SlidersHorizontal size={13} />
          </ActionIcon>
        )}
      </Popover.Target>
      <Popover.Dropdown>
        <Stack gap="xs">
          {entry && <Text size="xs">{entry.title}</Text>}
          {entry && isCustom(operand) && <CustomFields operand={operand} entry={entry} onChange={onChange} />}
          <RequiredNumber
            size="xs"
            label="Days before"
            description="0 is the day of the signal, 1 the day before."
            min={0}
            max={250}
            decimals={0}
            step={1}
            value={offsetOf(operand)}
            onChange={(value) => value !== null && onChange(withOffset(operand, value))}
            readOnly={isReadOnly}
          />
        </Stack>
      </Popover.Dropdown>
    </Popover>
  )
}

interface FieldsProps {
  operand: Custom
  entry: IndicatorEntry
  onChange: (operand: Operand) => void
}

function CustomFields({ operand, entry, onChange }: FieldsProps) {
  const { document, isReadOnly } = useEditing()
  const declared = Object.keys(document.params ?? {})
  const params: IndicatorParams = operand.params ?? {}
  const setParam = (name: string, value: IndicatorParams[string]) =>
    onChange({ ...operand, params: { ...params, [name]: value } })
  return (
    <>
      {entry.params.map((param) => {
        const value = params[param.name] ?? param.default
        if (typeof value !== "number") {
          return (
            <Select
              key={param.name}
              label={param.name}
              data={declared}
              value={value.name}
              onChange={(name) => name && setParam(param.name, { type: "param", name })}
              readOnly={isReadOnly}
            />
          )
        }
        return (
          <RequiredNumber
            key={param.name}
            size="xs"
            label={param.name}
            min={param.minimum}
            max={param.maximum}
            decimals={param.kind === "float" ? 6 : 0}
            isSigned={param.minimum < 0}
            step={1}
            value={value}
            onChange={(next) => next !== null && setParam(param.name, next)}
            readOnly={isReadOnly}
          />
        )
      })}
      {entry.inputs.includes("source") && (
        <Select
          label="Computed on"
          data={[...PRICES]}
          value={operand.source ?? "close"}
          onChange={(source) => source && onChange({ ...operand, source })}
          readOnly={isReadOnly}
        />
      )}
      {entry.outputs.length > 1 && (
        <Select
          label="Line"
          data={entry.outputs}
          value={operand.output ?? entry.outputs[0] ?? null}
          onChange={(output) => output && onChange({ ...operand, output })}
          readOnly={isReadOnly}
        />
      )}
    </>
  )
}
