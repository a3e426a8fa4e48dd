import { ActionIcon, Button, Stack, Text, TextInput } from "@mantine/core"
import type { ExitRule } from "@tradertape/api/strategy.ts"
import { Plus, Trash2 } from "lucide-react"
import { blankCondition } from "../../tree/nodes"
import type { Path } from "../../tree/path"
import { ConditionEditor } from "../conditions/condition-editor"
import { NumberField } from "../fields/number-field"
import { SwitchField } from "../fields/switch-field"
import { useEditing, usePlace, useProblem } from "../state/editor-context"
import classes from "./blocks.module.css"

/** A name that is not used by another rule. */
export function freeName(names: readonly string[], stem: string): string {
  let number = names.length + 1
  while (names.includes(`${stem}_${number}`)) number += 1
  return `${stem}_${number}`
}

export function ExitBlock() {
  const { isReadOnly } = useEditing()
  const [rules = [], setRules] = usePlace<ExitRule[]>(["exit_rules"])
  const add = () => {
    const name = freeName(
      rules.map((rule) => rule.name),
      "exit",
    )
    const priority = Math.max(-1, ...rules.map((rule) => rule.priority)) + 1
    setRules([
      ...rules,
      { name, priority, condition: blankCondition("compare"), ignore_min_hold: false, size_pct: 100 },
    ])
  }
  return (
    <Stack gap="sm">
      {rules.length === 0 && (
        <Text size="sm" c="dimmed">
          No exit rules: positions are closed by stops, targets and holding time only.
        </Text>
      )}
      {rules.map((rule, i) => (
        <Rule
          key={i}
          path={["exit_rules", i]}
          number={i + 1}
          onRemove={() => setRules(rules.filter((other) => other !== rule))}
        />
      ))}
      {!isReadOnly && (
        <Button variant="default" leftSection={<Plus size={14} />} onClick={add} w="fit-content">
          Add exit rule
        </Button>
      )}
    </Stack>
  )
}

function Rule({ path, number, onRemove }: { path: Path; number: number; onRemove: () => void }) {
  const { isReadOnly } = useEditing()
  const [name = "", setName] = usePlace<string>([...path, "name"])
  const problem = useProblem([...path, "name"])
  return (
    <div className={classes.rule}>
      <div className={classes.ruleHead}>
        <TextInput
          size="xs"
          label="Name"
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          readOnly={isReadOnly}
          error={problem}
        />
        <NumberField path={[...path, "priority"]} label="Priority" min={0} max={1000} isWhole />
        <NumberField path={[...path, "size_pct"]} label="Sells" unit="% of position" min={1} max={100} />
        <SwitchField path={[...path, "ignore_min_hold"]} label="Ignore minimum holding time" />
        {!isReadOnly && (
          <ActionIcon aria-label={`Remove exit rule ${name}`} onClick={onRemove} ml="auto">
            <Trash2 size={15} />
          </ActionIcon>
        )}
      </div>
      <ConditionEditor path={[...path, "condition"]} scope="position" label={`Exit rule ${number}`} />
    </div>
  )
}
