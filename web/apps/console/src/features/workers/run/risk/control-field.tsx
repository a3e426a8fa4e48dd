import { Select, Switch, TextInput } from "@mantine/core"
import type { ReactNode } from "react"
import { NumberField } from "@/components/forms/price-input"
import { choicesOf, labelOf, type RiskControl, type RiskValue, rangeOf } from "./controls"

interface Input {
  value?: RiskValue
  error?: ReactNode
  onChange: (value: RiskValue) => void
}

interface Props {
  control: RiskControl
  disabled: boolean
  input: Input
}

/** The input that fits a control: its type, range, step and help come from the worker. */
export function ControlField({ control, disabled, input }: Props) {
  const { type = "number", help } = control
  const { value = "", error, onChange } = input
  const common = { label: labelOf(control), disabled, error }
  const range = rangeOf(control)
  switch (type) {
    case "boolean":
      return (
        <Switch
          size="sm"
          {...common}
          description={help}
          checked={value === true}
          onChange={(event) => onChange(event.currentTarget.checked)}
        />
      )
    case "select": {
      const choices = choicesOf(control)
      return (
        <Select
          {...common}
          description={help}
          data={choices.map(({ value: text, label }) => ({ value: text, label }))}
          value={value === "" ? null : String(value)}
          onChange={(text) => onChange(choices.find((choice) => choice.value === text)?.means ?? "")}
        />
      )
    }
    case "text":
      return (
        <TextInput
          size="xs"
          {...common}
          description={help}
          value={String(value)}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      )
    default:
      return (
        <NumberField
          isSigned
          size="xs"
          {...common}
          description={[help, range].filter(Boolean).join(" · ") || undefined}
          step={control.step ?? 1}
          decimals={type === "integer" ? 0 : 6}
          value={typeof value === "boolean" ? "" : value}
          onChange={onChange}
        />
      )
  }
}
