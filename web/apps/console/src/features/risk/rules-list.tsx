import { ActionIcon, Badge, Group, Switch, Text } from "@mantine/core"
import { useMutation, useQueryClient } from "@tanstack/react-query"
import { instant, words } from "@tradertape/ui/format.ts"
import { Pencil, Trash2 } from "lucide-react"
import { notifyDone, notifyFailure } from "@/lib/notify"
import { type RiskRule, type RiskRuleType, riskCalls } from "@/lib/queries/risk"
import { parametersOf } from "./parameters"
import classes from "./risk.module.css"

interface Props {
  rules: RiskRule[]
  types: RiskRuleType[]
  onEdit: (rule: RiskRule) => void
}

/** Every rule with its parameters in words, a switch, and its last breach. */
export function RulesList({ rules, types, onEdit }: Props) {
  const client = useQueryClient()
  const onSettled = () => client.invalidateQueries({ queryKey: ["risk"] })
  const switching = useMutation({
    mutationFn: ({ id, on }: { id: number; on: boolean }) => riskCalls.switch(id, on),
    onError: (error) => notifyFailure("The rule was not changed", error),
    onSettled,
  })
  const removing = useMutation({
    mutationFn: (rule: RiskRule) => riskCalls.remove(rule.id),
    onSuccess: (_, rule) => notifyDone(`${rule.name} is deleted; a halt it has begun stays`),
    onError: (error) => notifyFailure("The rule was not deleted", error),
    onSettled,
  })
  return (
    <ul className={classes.rules} aria-label="Rules">
      {rules.map((rule) => (
        <li key={rule.id} className={classes.rule}>
          <div className={classes.what}>
            <Text fw={550}>{rule.name}</Text>
            <Text size="xs" c="dimmed">
              {parametersOf(rule, types)}
              {rule.scope.level === "user" ? "" : ` · ${words(rule.scope.level)} ${rule.scope.id}`}
              {rule.last_triggered_at
                ? ` · broken ${rule.trigger_count}×, last ${instant(rule.last_triggered_at)}`
                : ""}
            </Text>
          </div>
          <Badge variant="light">{words(rule.action)}</Badge>
          <Group gap={6}>
            <Switch
              aria-label={`${rule.name} is active`}
              checked={rule.is_active}
              onChange={(event) => switching.mutate({ id: rule.id, on: event.currentTarget.checked })}
            />
            <ActionIcon variant="subtle" aria-label={`Change ${rule.name}`} onClick={() => onEdit(rule)}>
              <Pencil size={15} />
            </ActionIcon>
            <ActionIcon
              variant="subtle"
              color="red"
              aria-label={`Delete ${rule.name}`}
              onClick={() => removing.mutate(rule)}
            >
              <Trash2 size={15} />
            </ActionIcon>
          </Group>
        </li>
      ))}
    </ul>
  )
}
