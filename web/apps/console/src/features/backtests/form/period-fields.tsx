import { Button, Group } from "@mantine/core"
import { DateInput } from "@mantine/dates"
import "@mantine/dates/styles.css"
import type { UseFormReturnType } from "@mantine/form"
import type { DataSet } from "@/lib/queries/market"
import { type Fields, PERIODS, yearsBefore } from "./defaults"
import classes from "./form.module.css"

interface Props {
  form: UseFormReturnType<Fields>
  set: DataSet | undefined
}

/** The period, limited to the range of the data set. */
export function PeriodFields({ form, set }: Props) {
  const first = set?.first ?? null
  const last = set?.last ?? form.values.end_date
  const show = (start: string) => {
    form.setFieldValue("start_date", start)
    form.setFieldValue("end_date", last)
  }
  const range = { valueFormat: "DD MMM YYYY", size: "xs", popoverProps: { withinPortal: true } } as const
  const bounds = { ...(first ? { minDate: first } : {}), maxDate: last }
  return (
    <div>
      <div className={classes.grid}>
        <DateInput label="From" {...range} {...bounds} {...form.getInputProps("start_date")} />
        <DateInput label="To" {...range} {...bounds} {...form.getInputProps("end_date")} />
      </div>
      <Group gap={6} mt={8}>
        {PERIODS.map(({ label, years }) => (
          <Button
            key={label}
            variant="default"
            size="compact-xs"
            onClick={() => show(yearsBefore(last, years, first))}
          >
            {label}
          </Button>
        ))}
        {first && (
          <Button variant="default" size="compact-xs" onClick={() => show(first)}>
            Maximum
          </Button>
        )}
      </Group>
    </div>
  )
}
