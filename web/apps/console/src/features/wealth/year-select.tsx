import { Select } from "@mantine/core"

interface Props {
  years: string[]
  value: string | null
  onChange: (year: string | undefined) => void
  /** The words for all years together, where that can be chosen. */
  all?: string
}

/** A financial year of those in which something was sold. */
export function YearSelect({ years, value, onChange, all }: Props) {
  const data = years.map((year) => ({ value: year, label: `FY ${year}` }))
  return (
    <Select
      aria-label="Financial year"
      size="xs"
      w={130}
      allowDeselect={false}
      data={all ? [{ value: "", label: all }, ...data] : data}
      value={value ?? ""}
      onChange={(year) => onChange(year || undefined)}
    />
  )
}
