import { Stack, Switch } from "@mantine/core"
import type { AddonRules } from "@tradertape/api/strategy.ts"
import { blankCondition } from "../../tree/nodes"
import { ConditionEditor } from "../conditions/condition-editor"
import { NumberField } from "../fields/number-field"
import { useEditing, usePlace } from "../state/editor-context"
import classes from "./blocks.module.css"

export function AddonBlock() {
  const { isReadOnly } = useEditing()
  const [rules, setRules] = usePlace<AddonRules>(["addon_rules"])
  const isOn = rules?.enabled ?? false
  const toggle = (enabled: boolean) =>
    setRules({ ...rules, enabled, condition: rules?.condition ?? blankCondition("compare") })
  return (
    <Stack gap="sm">
      <Switch
        size="xs"
        label="Buy more of a held stock"
        checked={isOn}
        disabled={isReadOnly}
        onChange={(event) => toggle(event.currentTarget.checked)}
      />
      {isOn && (
        <>
          <ConditionEditor path={["addon_rules", "condition"]} scope="position" label="Add-on" />
          <div className={classes.grid}>
            <NumberField
              path={["addon_rules", "max_addons"]}
              label="At most"
              unit="times"
              min={1}
              max={20}
              isWhole
            />
            <NumberField
              path={["addon_rules", "size_pct_of_initial"]}
              label="Size"
              unit="% of first entry"
              min={1}
              max={1000}
            />
            <NumberField
              path={["addon_rules", "min_gap_pct"]}
              label="Price move since last entry"
              unit="%"
              min={0}
              max={99}
            />
            <NumberField
              path={["addon_rules", "min_bars_between"]}
              label="Days between"
              min={0}
              max={250}
              isWhole
            />
          </div>
        </>
      )}
    </Stack>
  )
}
