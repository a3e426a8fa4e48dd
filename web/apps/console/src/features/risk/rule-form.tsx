import { Button, Group, NumberInput, Select, Stack, Switch, TagsInput, Text, TextInput } from "@mantine/core"
import { useMutation, useQueryClient } from "@tanstack/react-query"
import { words } from "@tradertape/ui/format.ts"
import { useState } from "react"
import { Dialog } from "@/components/dialog/dialog"
import { Failure } from "@/components/states/failure"
import { notifyDone } from "@/lib/notify"
import {
  type OrderMoney,
  type RiskRule,
  type RiskRuleBody,
  type RiskRuleType,
  riskCalls,
} from "@/lib/queries/risk"
import { RehearsalResult } from "./rehearsal"
import { ScopeField } from "./scope-field"

type Parameter = RiskRuleType["parameters"][number]
type Values = Record<string, unknown>

const ACTIONS = ["warn", "reject", "pause_portfolio", "halt_entries", "flatten", "kill"]
const LEVELS = ["user", "portfolio", "strategy", "symbol", "broker"]
const choices = (codes: string[]) => codes.map((code) => ({ value: code, label: words(code) }))

interface Props {
  types: RiskRuleType[]
  rule: RiskRule | null
  money: OrderMoney
  onClose: () => void
}

/** Create a rule or change one; the fields are those of its type in the server's catalogue. */
export function RuleForm({ types, rule, money, onClose }: Props) {
  const client = useQueryClient()
  const [type, setType] = useState<string>(rule?.type ?? types[0]?.type ?? "daily_loss")
  const [name, setName] = useState(rule?.name ?? "")
  const [action, setAction] = useState<string | null>(rule?.action ?? null)
  const [level, setLevel] = useState<string>(rule?.scope.level ?? "user")
  const [scopeId, setScopeId] = useState(rule?.scope.id ?? "")
  const [params, setParams] = useState<Values>(rule?.params ?? {})
  const kind = types.find((one) => one.type === type)
  const saving = useMutation({
    mutationFn: (body: RiskRuleBody) => (rule ? riskCalls.replace(rule.id, body) : riskCalls.create(body)),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ["risk"] })
      notifyDone(rule ? "The rule is changed" : "The rule judges the next order")
      onClose()
    },
  })
  const trying = useMutation({
    mutationFn: (body: RiskRuleBody) => riskCalls.rehearse({ days: 31, money, rules: [body] }),
  })
  if (!kind) return null
  const body = (): RiskRuleBody => ({
    type: kind.type,
    name: name.trim() || undefined,
    action: (action ?? kind.action) as RiskRuleBody["action"],
    scope: { level: level as RiskRule["scope"]["level"], id: level === "user" ? null : scopeId.trim() },
    params: Object.fromEntries(
      kind.parameters.map((one) => [one.key, (params[one.key] ?? one.default) as never]),
    ),
    is_active: rule?.is_active ?? true,
    ...(rule && { applies_to: rule.applies_to, severity: rule.severity }),
  })
  return (
    <Dialog opened onClose={onClose} title={rule ? `Change ${rule.name}` : "New rule"}>
      <Stack gap="sm">
        <Select
          label="Rule"
          data={types.map((one) => ({ value: one.type, label: one.label }))}
          value={type}
          allowDeselect={false}
          searchable
          disabled={rule !== null}
          onChange={(value) => {
            setType(value ?? type)
            setAction(null)
            setParams({})
          }}
        />
        <Text size="sm" c="dimmed">
          {kind.text}
        </Text>
        <TextInput
          label="Name"
          placeholder={kind.label}
          maxLength={120}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        {kind.parameters.map((one) => (
          <Field
            key={`${type}.${one.key}`}
            parameter={one}
            value={params[one.key] ?? one.default}
            onChange={(value) => setParams((all) => ({ ...all, [one.key]: value }))}
          />
        ))}
        <Select
          label="When it is broken"
          data={choices(ACTIONS)}
          allowDeselect={false}
          value={action ?? kind.action}
          onChange={setAction}
        />
        <Group grow align="flex-start">
          <Select
            label="Applies to"
            data={choices(LEVELS)}
            allowDeselect={false}
            value={level}
            onChange={(value) => {
              setLevel(value ?? "user")
              setScopeId("")
            }}
          />
          {level !== "user" && <ScopeField level={level} value={scopeId} onChange={setScopeId} />}
        </Group>
        <Failure error={saving.error ?? trying.error} />
        {trying.data && <RehearsalResult found={trying.data} />}
        <Group justify="flex-end" gap={8}>
          <Button variant="default" loading={trying.isPending} onClick={() => trying.mutate(body())}>
            Try on the last month
          </Button>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button loading={saving.isPending} onClick={() => saving.mutate(body())}>
            {rule ? "Save rule" : "Create rule"}
          </Button>
        </Group>
      </Stack>
    </Dialog>
  )
}

interface FieldProps {
  parameter: Parameter
  value: unknown
  onChange: (value: unknown) => void
}

/** The input of one parameter, by its kind. */
function Field({ parameter, value, onChange }: FieldProps) {
  const { label, kind, note } = parameter
  if (kind === "flag")
    return (
      <Switch
        label={label}
        checked={value === true}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
    )
  if (kind === "symbols" || kind === "choices")
    return (
      <TagsInput
        label={label}
        description={
          note || (kind === "choices" ? `Some of ${parameter.choices.join(", ")}` : "Press Enter after each")
        }
        data={parameter.choices}
        value={Array.isArray(value) ? value.map(String) : []}
        onChange={onChange}
      />
    )
  if (kind === "clock_time")
    return (
      <TextInput
        label={label}
        description="India"
        value={String(value ?? "")}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    )
  return (
    <NumberInput
      label={label}
      description={note || undefined}
      placeholder="Not set"
      prefix={kind === "amount" ? "₹" : undefined}
      suffix={kind === "percent" ? "%" : kind === "seconds" ? " s" : undefined}
      thousandsGroupStyle="lakh"
      thousandSeparator=","
      allowDecimal={kind !== "count"}
      allowNegative={false}
      value={typeof value === "number" ? value : ""}
      onChange={(next) => onChange(typeof next === "number" ? next : null)}
    />
  )
}
