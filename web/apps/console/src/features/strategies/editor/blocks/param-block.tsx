import { ActionIcon, Button, Group, Stack, Text, TextInput } from "@mantine/core"
import type { ParamSpec } from "@tradertape/api/strategy.ts"
import { Plus, Trash2 } from "lucide-react"
import { useState } from "react"
import { NumberField } from "../fields/number-field"
import { useEditing, usePlace } from "../state/editor-context"
import classes from "./blocks.module.css"

const NAME = /^[a-z][a-z0-9_]*$/

export function ParamBlock() {
  const { isReadOnly } = useEditing()
  const [params = {}, setParams] = usePlace<Record<string, number | ParamSpec>>(["params"])
  const [name, setName] = useState("")
  const isFree = NAME.test(name) && !(name in params)
  const add = () => {
    setParams({ ...params, [name]: { default: 10, min: null, max: null, step: null, title: "" } })
    setName("")
  }
  const remove = (removed: string) =>
    setParams(Object.fromEntries(Object.entries(params).filter(([key]) => key !== removed)))
  return (
    <Stack gap="sm">
      {Object.entries(params).map(([key, spec]) => (
        <div key={key} className={classes.ruleHead}>
          <Text size="sm" fw={550} miw={90} pb={6}>
            {key}
          </Text>
          {typeof spec === "number" ? (
            <NumberField path={["params", key]} label="Value" />
          ) : (
            <>
              <NumberField path={["params", key, "default"]} label="Value" />
              <NumberField path={["params", key, "min"]} label="Lowest" off="none" />
              <NumberField path={["params", key, "max"]} label="Highest" off="none" />
              <NumberField path={["params", key, "step"]} label="Step" off="none" />
            </>
          )}
          {!isReadOnly && (
            <ActionIcon aria-label={`Remove parameter ${key}`} onClick={() => remove(key)} mb={2}>
              <Trash2 size={15} />
            </ActionIcon>
          )}
        </div>
      ))}
      {!isReadOnly && (
        <Group gap={8} align="flex-end">
          <TextInput
            size="xs"
            label="New parameter"
            placeholder="dip_pct"
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            error={name && !isFree ? "A new lower-case word, such as dip_pct" : undefined}
          />
          <Button variant="default" leftSection={<Plus size={14} />} disabled={!isFree} onClick={add}>
            Add
          </Button>
        </Group>
      )}
    </Stack>
  )
}
