import { Button, Stack, Text } from "@mantine/core"
import type { Trailing } from "@tradertape/api/strategy.ts"
import { NumberField } from "../fields/number-field"
import { useEditing, usePlace } from "../state/editor-context"
import classes from "./blocks.module.css"

export function StopBlock() {
  const { isReadOnly } = useEditing()
  const [trailing, setTrailing] = usePlace<Trailing | null>(["stops", "trailing"])
  return (
    <Stack gap="md">
      <div className={classes.grid}>
        <NumberField
          path={["stops", "stop_loss_pct"]}
          label="Stop loss"
          unit="%"
          off="off"
          min={0}
          max={99}
          step={0.5}
        />
        <NumberField
          path={["stops", "atr_stop_mult"]}
          label="ATR stop"
          unit="× ATR"
          off="off"
          min={0}
          max={50}
          step={0.5}
          hint="If a stop loss is also set, the tighter one applies."
        />
        <NumberField path={["stops", "target_pct"]} label="Target" unit="%" off="off" min={0} step={1} />
        <NumberField path={["stops", "target_r"]} label="Target" unit="× risk" off="off" min={0} step={0.5} />
        <NumberField
          path={["stops", "breakeven_at_pct"]}
          label="Breakeven stop at"
          unit="% gain"
          off="off"
          min={0}
        />
        <NumberField
          path={["stops", "gap_down_exit_pct"]}
          label="Exit on gap of"
          unit="%"
          off="off"
          min={0}
          max={99}
        />
        <NumberField
          path={["stops", "time_exit_days"]}
          label="Exit after"
          unit="days"
          off="off"
          min={1}
          isWhole
        />
      </div>
      <Text size="xs" fw={600} c="dimmed">
        Trailing stop
      </Text>
      {trailing ? (
        <div className={classes.grid}>
          <NumberField
            path={["stops", "trailing", "activate_pct"]}
            label="Activates at"
            unit="% gain"
            min={0}
          />
          <NumberField
            path={["stops", "trailing", "trail_pct"]}
            label="Trails by"
            unit="%"
            off="off"
            min={0}
            max={99}
            step={0.5}
          />
          <NumberField
            path={["stops", "trailing", "trail_atr_mult"]}
            label="Trails by"
            unit="× ATR"
            off="off"
            min={0}
            max={50}
            step={0.5}
          />
          {!isReadOnly && (
            <Button
              variant="subtle"
              color="red"
              onClick={() => setTrailing(null)}
              w="fit-content"
              style={{ alignSelf: "end" }}
            >
              Remove trailing stop
            </Button>
          )}
        </div>
      ) : (
        <Button
          variant="default"
          w="fit-content"
          disabled={isReadOnly}
          onClick={() => setTrailing({ activate_pct: 6, trail_pct: 4, trail_atr_mult: null })}
        >
          Add a trailing stop
        </Button>
      )}
    </Stack>
  )
}
