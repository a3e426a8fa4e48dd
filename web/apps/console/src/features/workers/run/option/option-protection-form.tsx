import { Button, Group, SegmentedControl, Select, Text } from "@mantine/core"
import { useForm } from "@mantine/form"
import { count } from "@tradertape/ui/format.ts"
import { History } from "lucide-react"
import type { ReactNode } from "react"
import { AmountInput, NumberField } from "@/components/forms/price-input"
import { type OptionProtectionDocument, optionCalls } from "@/lib/queries/option-runs"
import classes from "../protection/protection.module.css"
import { ProtectionFrame } from "../protection/protection-frame"
import {
  type Basis,
  type OptionDraft,
  optionFieldErrors,
  toOptionDocument,
  toOptionDraft,
} from "./option-draft"

const UNITS = [
  { value: "inr", label: "₹ for the strategy" },
  { value: "pct", label: "% of the basis" },
  { value: "premium", label: "₹ premium per unit" },
]
const BASES = [
  { value: "entry_value", label: "Entry value" },
  { value: "premium", label: "Net premium" },
]

interface Props {
  id: string
  document: OptionProtectionDocument | null
  chips: ReactNode
  note: string
  isOver: boolean
  /** Replay these rules on the prices since the entry. */
  onTry: (document: OptionProtectionDocument) => void
}

/** The limits on the strategy and on its legs. The server validates them field by field. */
export function OptionProtectionForm({ id, document, chips, note, isOver, onTry }: Props) {
  const form = useForm<OptionDraft>({ initialValues: toOptionDraft(document) })
  const single = document?.legs?.length ?? 0
  return (
    <ProtectionFrame
      id={id}
      form={form}
      note={note}
      chips={chips}
      isOver={isOver}
      save={(draft) => optionCalls.saveProtection(id, toOptionDocument(draft, document))}
      place={optionFieldErrors}
      extra={
        <Button
          variant="default"
          leftSection={<History size={14} />}
          onClick={() => onTry(toOptionDocument(form.values, document))}
        >
          Replay since entry
        </Button>
      }
    >
      <fieldset className={classes.group}>
        <legend>Whole strategy</legend>
        <div className={classes.fields}>
          <Limit form={form} name="stoploss" label="Stop" />
          <Limit form={form} name="target" label="Target" />
          <NumberField
            isSigned
            size="xs"
            label="Trail from a profit of (%)"
            placeholder="from entry"
            {...form.getInputProps("trail_from")}
          />
          <NumberField
            isSigned
            size="xs"
            label="Trailing distance (%)"
            placeholder="none"
            {...form.getInputProps("trail_distance")}
          />
        </div>
        <Group gap={8} mt={10}>
          <Text size="xs" c="dimmed">
            Percentages of
          </Text>
          <SegmentedControl
            data={BASES}
            aria-label="Percentages of"
            value={form.values.basis}
            onChange={(value) => form.setFieldValue("basis", value as Basis)}
          />
        </Group>
      </fieldset>
      <fieldset className={classes.group}>
        <legend>Each leg separately</legend>
        <div className={classes.fields}>
          <LegRule form={form} name="leg_stoploss_pct" label="Leg stop (%)" />
          <LegRule form={form} name="leg_target_pct" label="Leg target (%)" />
          <LegRule form={form} name="leg_trailing_stoploss_pct" label="Leg trailing stop (%)" />
        </div>
        <Text size="xs" c="dimmed" mt={8}>
          Percent of the leg's entry price; closes only that leg.
          {single > 0 && ` ${count(single, "leg")} with separate rules set by the worker: kept unchanged.`}
        </Text>
      </fieldset>
    </ProtectionFrame>
  )
}

type Form = ReturnType<typeof useForm<OptionDraft>>

function Limit({ form, name, label }: { form: Form; name: "stoploss" | "target"; label: string }) {
  const input = {
    size: "xs",
    label,
    placeholder: "none",
    isSigned: true,
    ...form.getInputProps(`${name}.value`),
  } as const
  return (
    <>
      {form.values[name].unit === "pct" ? <NumberField {...input} /> : <AmountInput {...input} />}
      <Select label={`${label} in`} data={UNITS} {...form.getInputProps(`${name}.unit`)} />
    </>
  )
}

interface LegRuleProps {
  form: Form
  name: "leg_stoploss_pct" | "leg_target_pct" | "leg_trailing_stoploss_pct"
  label: string
}

function LegRule({ form, name, label }: LegRuleProps) {
  return <NumberField isSigned size="xs" label={label} placeholder="none" {...form.getInputProps(name)} />
}
