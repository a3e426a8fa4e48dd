import { Button, Stack, Text } from "@mantine/core"
import type { RegimeFilter } from "@tradertape/api/strategy.ts"
import { ConditionEditor } from "../conditions/condition-editor"
import { SelectField } from "../fields/select-field"
import { useEditing, usePlace } from "../state/editor-context"
import classes from "./blocks.module.css"

const FRESH: RegimeFilter = {
  index: "NIFTY 50",
  condition: {
    type: "compare",
    left: { type: "market", name: "close" },
    op: ">",
    right: { type: "market", name: "sma200" },
  },
  when_false: "block_entries",
}

const INDICES = ["NIFTY 50", "NIFTY 100", "NIFTY BANK"].map((value) => ({ value, label: value }))

const OTHERWISE = [
  { value: "block_entries", label: "Block new entries" },
  { value: "halve_size", label: "Halve position size" },
]

export function RegimeBlock() {
  const { isReadOnly } = useEditing()
  const [regime, setRegime] = usePlace<RegimeFilter | null>(["regime_filter"])
  if (!regime) {
    return (
      <Stack gap="sm">
        <Text size="sm" c="dimmed">
          Off: entries are allowed in every market. Exits are never affected.
        </Text>
        <Button variant="default" w="fit-content" disabled={isReadOnly} onClick={() => setRegime(FRESH)}>
          Only when the index is above its 200-day average
        </Button>
      </Stack>
    )
  }
  return (
    <Stack gap="sm">
      <div className={classes.grid}>
        <SelectField path={["regime_filter", "index"]} label="Index" options={INDICES} />
        <SelectField path={["regime_filter", "when_false"]} label="Otherwise" options={OTHERWISE} />
      </div>
      <ConditionEditor path={["regime_filter", "condition"]} scope="market" label="Regime" />
      {!isReadOnly && (
        <Button variant="subtle" color="red" w="fit-content" onClick={() => setRegime(null)}>
          Remove regime filter
        </Button>
      )}
    </Stack>
  )
}
