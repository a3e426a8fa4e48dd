import { Select, type SelectProps } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { count } from "@tradertape/ui/format.ts"
import { universesQuery } from "@/lib/queries/market"

interface Props extends Omit<SelectProps, "data"> {
  value?: string
}

/** The stocks that a portfolio looks at. A list of one's own that a backtest used is offered as it is. */
export function UniverseSelect(props: Props) {
  const { data } = useQuery(universesQuery())
  const known = (data ?? []).map(({ name, title, members }) => ({
    value: name,
    label: `${title}, ${count(members, "stock")}`,
  }))
  const own = props.value?.startsWith("custom:") ? props.value : undefined
  const stocks = own?.slice("custom:".length).split(",").length ?? 0
  return (
    <Select
      searchable
      allowDeselect={false}
      {...props}
      data={own ? [...known, { value: own, label: `The backtest's list, ${count(stocks, "stock")}` }] : known}
    />
  )
}
