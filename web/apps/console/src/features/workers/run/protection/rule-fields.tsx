import { Switch, Text } from "@mantine/core"
import type { UseFormReturnType } from "@mantine/form"
import { NumberField } from "@/components/forms/price-input"
import type { Draft } from "./draft"
import classes from "./protection.module.css"

interface Props {
  form: UseFormReturnType<Draft>
}

/** Rules on all protected positions together. */
export function BasketFields({ form }: Props) {
  const at = (field: string) => form.getInputProps(`basket.${field}`)
  return (
    <fieldset className={classes.group}>
      <legend>All positions together</legend>
      <div className={classes.fields}>
        <NumberField isSigned size="xs" label="Stop (%)" placeholder="none" {...at("stoploss_pct")} />
        <NumberField isSigned size="xs" label="Target (%)" placeholder="none" {...at("target_pct")} />
        <NumberField
          isSigned
          size="xs"
          label="Trail from a profit of (%)"
          placeholder="none"
          {...at("trailing_activate_pct")}
        />
        <NumberField
          isSigned
          size="xs"
          label="Trailing distance (%)"
          placeholder="none"
          {...at("trailing_drawdown_pct")}
        />
      </div>
      <Text size="xs" c="dimmed" mt={8}>
        Percent of the entry value of the protected positions.
      </Text>
    </fieldset>
  )
}

interface OperationProps {
  /** Returns the input props of a form field by its name. */
  at: (field: string, type?: "checkbox") => object
}

/** Rules on worker liveness and time. */
export function OperationFields({ at }: OperationProps) {
  return (
    <fieldset className={classes.group}>
      <legend>Worker liveness and time</legend>
      <div className={classes.fields}>
        <Switch
          size="sm"
          className={classes.wide}
          label="Exit the run when the worker stops sending heartbeats"
          {...at("exit_on_worker_stale", "checkbox")}
        />
        <NumberField
          isSigned
          size="xs"
          label="Without heartbeat for (s)"
          placeholder="30 to 86,400"
          {...at("worker_stale_sec")}
        />
        <NumberField
          isSigned
          size="xs"
          label="Square off early by (s)"
          placeholder="none"
          {...at("mis_squareoff_buffer_sec")}
        />
      </div>
    </fieldset>
  )
}
