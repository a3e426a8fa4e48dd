import { NativeSelect } from "@mantine/core"
import { useMutation, useQueryClient } from "@tanstack/react-query"
import { words } from "@tradertape/ui/format.ts"
import { notifyDone, notifyFailure } from "@/lib/notify"
import { bookQuery, type FundClassName, setFundClass } from "@/lib/queries/wealth"

interface Props {
  fund: {
    instrument: string
    scheme: string
    fund_class: string
    class_is_guess: boolean
    guessed_class: string
  }
}

const CLASSES: FundClassName[] = ["equity", "debt", "hybrid", "other"]

/** The class of a fund: guessed from its name until its owner sets it. */
export function FundClassSelect({ fund }: Props) {
  const client = useQueryClient()
  const saving = useMutation({
    mutationFn: (name: FundClassName | null) => setFundClass(fund.instrument, name),
    onSuccess: () => notifyDone("The class of the fund is set"),
    onError: (failure) => notifyFailure("The class of the fund is not set", failure),
    onSettled: async () => {
      await client.invalidateQueries({ queryKey: bookQuery.queryKey })
      await client.invalidateQueries({ queryKey: ["wealth"] })
    },
  })
  return (
    <NativeSelect
      size="xs"
      miw={230}
      aria-label={`Class of ${fund.scheme}`}
      disabled={saving.isPending}
      value={fund.class_is_guess ? "" : fund.fund_class}
      onChange={({ currentTarget }) => saving.mutate((currentTarget.value || null) as FundClassName | null)}
      data={[
        { value: "", label: `${words(fund.guessed_class)}, guessed from its name` },
        ...CLASSES.map((value) => ({ value, label: words(value) })),
      ]}
    />
  )
}
