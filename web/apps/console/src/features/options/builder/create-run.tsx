import { Button, Group, Stack, Text, TextInput } from "@mantine/core"
import { useForm } from "@mantine/form"
import { useMutation, useQueryClient } from "@tanstack/react-query"
import { useNavigate } from "@tanstack/react-router"
import type { PreviewedStrategy } from "@tradertape/api/generated/types.gen.ts"
import { count, date, exact, words } from "@tradertape/ui/format.ts"
import { Play } from "lucide-react"
import { useState } from "react"
import { Dialog } from "@/components/dialog/dialog"
import { AmountInput } from "@/components/forms/price-input"
import { AccountSelect } from "@/components/inputs/account-select"
import { Failure } from "@/components/states/failure"
import { fieldErrors } from "@/lib/field-errors"
import { optionCalls } from "@/lib/queries/option-runs"
import { FIRST_ACCOUNT } from "@/lib/trading-account"

const PLACES = {
  "/strategy_name": "name",
  "/metadata/account_scope": "account",
  "/protection/stoploss_inr": "stop",
  "/protection/target_inr": "target",
}

interface Props {
  preview: PreviewedStrategy
  product: "NRML" | "MIS"
}

/** Button and dialog that create a paper option run from the strategy. */
export function CreateRun({ preview, product }: Props) {
  const [isAsking, setAsking] = useState(false)
  return (
    <>
      <Button leftSection={<Play size={14} />} onClick={() => setAsking(true)}>
        Create option run
      </Button>
      {isAsking && <CreateRunDialog preview={preview} product={product} onClose={() => setAsking(false)} />}
    </>
  )
}

/** Set name, account and limits of the run. Places no orders: the run is entered from its own page. */
function CreateRunDialog({ preview, product, onClose }: Props & { onClose: () => void }) {
  const navigate = useNavigate()
  const client = useQueryClient()
  const form = useForm({
    initialValues: {
      name: preview.strategy_name
        ? `${preview.underlying} ${words(preview.strategy_name).toLowerCase()}`
        : `${preview.underlying} ${date(preview.expiry)}, ${count(preview.legs.length, "leg")}`,
      account: FIRST_ACCOUNT,
      stop: "" as number | string,
      target: "" as number | string,
    },
  })
  const { name, account, stop, target } = form.values
  const creating = useMutation({
    mutationFn: () =>
      optionCalls.make({
        strategy_name: name.trim(),
        product,
        legs: preview.legs.map(({ exchange, tradingsymbol, transaction_type, quantity }) => ({
          exchange,
          tradingsymbol,
          transaction_type,
          quantity,
        })),
        protection:
          stop === "" && target === ""
            ? null
            : {
                ...(stop !== "" && { stoploss_inr: Number(stop) }),
                ...(target !== "" && { target_inr: Number(target) }),
              },
        metadata: { account_scope: account, execution_mode: "paper" },
      }),
    onSuccess: (id) => {
      void client.invalidateQueries({ queryKey: ["workers"] })
      return navigate({ to: "/workers/$id", params: { id } })
    },
    onError: (error) => form.setErrors(fieldErrors(error, PLACES)),
  })
  return (
    <Dialog opened onClose={onClose} title="Create option run" size="md">
      <form onSubmit={form.onSubmit(() => creating.mutate())} noValidate>
        <Stack gap="sm">
          <Text size="sm">
            {count(preview.legs.length, "leg")} on {preview.underlying}, requiring about{" "}
            {exact.money(preview.margin.required, 0)} of margin. No orders are placed yet: the page of the run
            shows its orders and the margin required, and asks for confirmation before entering.
          </Text>
          <TextInput
            label="Name"
            maxLength={120}
            required
            withAsterisk={false}
            data-autofocus
            {...form.getInputProps("name")}
          />
          <AccountSelect {...form.getInputProps("account")} />
          <Group grow gap="sm" align="flex-start">
            <AmountInput label="Exit at loss (₹)" placeholder="none" {...form.getInputProps("stop")} />
            <AmountInput label="Exit at profit (₹)" placeholder="none" {...form.getInputProps("target")} />
          </Group>
          {stop === "" && (
            <Text size="xs" className="tt-warn">
              Without a limit the run is unprotected. More limits are available on its page.
            </Text>
          )}
          <Failure
            error={creating.error}
            title="The run was not created"
            marked={Object.keys(form.errors).length}
          />
          <Group justify="flex-end" gap={8}>
            <Button variant="default" onClick={onClose}>
              Back
            </Button>
            <Button type="submit" disabled={!name.trim()} loading={creating.isPending}>
              Create run · PAPER
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  )
}
