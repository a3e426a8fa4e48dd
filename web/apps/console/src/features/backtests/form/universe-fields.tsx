import { Select, TagsInput } from "@mantine/core"
import type { UseFormReturnType } from "@mantine/form"
import { useQuery } from "@tanstack/react-query"
import { count } from "@tradertape/ui/format.ts"
import { type DataSet, symbolsQuery, universesQuery } from "@/lib/queries/market"
import { setTitle } from "@/lib/set-title"
import { type Fields, OWN_LIST } from "./defaults"
import classes from "./form.module.css"

interface Props {
  form: UseFormReturnType<Fields>
  sets: DataSet[]
}

/** The universe of stocks and the data set. */
export function UniverseFields({ form, sets }: Props) {
  const dataSet = form.values.data_set || undefined
  const universes = useQuery(universesQuery(dataSet))
  const isOwn = form.values.universe === OWN_LIST
  const symbols = useQuery({ ...symbolsQuery(dataSet), enabled: isOwn })
  const known = universes.data?.map(({ name, title, members }) => ({
    value: name,
    label: `${title}, ${count(members, "stock")}`,
  }))
  return (
    <>
      <div className={classes.grid}>
        <Select
          label="Universe"
          data={[
            ...(known ?? [{ value: "nifty_100", label: "NIFTY 100" }]),
            { value: OWN_LIST, label: "My own list…" },
          ]}
          searchable
          {...form.getInputProps("universe")}
        />
        <Select
          label="Prices"
          data={sets.map((set) => ({
            value: set.name,
            label: `${setTitle(set.name)}`,
          }))}
          {...form.getInputProps("data_set")}
        />
      </div>
      {isOwn && (
        <TagsInput
          size="xs"
          label="Stocks"
          placeholder="INFY, TCS …"
          data={symbols.data?.map(({ symbol }) => symbol) ?? []}
          splitChars={[",", " "]}
          limit={20}
          maxTags={500}
          {...form.getInputProps("own_symbols")}
          onChange={(next) =>
            form.setFieldValue(
              "own_symbols",
              next.map((text) => text.toUpperCase()),
            )
          }
        />
      )}
    </>
  )
}
